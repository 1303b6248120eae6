// Checks a hefu log with code that its authors did not write.
//
//	hefu-interop verify --vkey VKEY SOURCE    everything, with golang.org/x/mod
//	hefu-interop fsck --vkey VKEY SOURCE      Tessera's own check
//
// SOURCE is http://host:port or file:///folder. Exit codes: 0 when all is well, 1 at the first mismatch, which is named,
// 2 when called wrongly.
package main

import (
	"flag"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
)

const usage = "usage: hefu-interop verify|fsck --vkey VKEY SOURCE\n"

func main() {
	if len(os.Args) < 2 {
		misused()
	}
	var err error
	switch command, arguments := os.Args[1], os.Args[2:]; command {
	case "verify":
		err = withKey(command, arguments, verify)
	case "fsck":
		err = withKey(command, arguments, runFsck)
	default:
		misused()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "FAILED  %v\n", err)
		os.Exit(1)
	}
}

func withKey(command string, arguments []string, run func(note.Verifier, string) error) error {
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	vkey := flags.String("vkey", "", "the log's verifier key, as `hefud init` prints it")
	_ = flags.Parse(arguments) // it exits by itself
	if *vkey == "" || flags.NArg() != 1 {
		misused()
	}
	verifier, err := note.NewVerifier(*vkey)
	if err != nil {
		return fmt.Errorf("--vkey: %w", err)
	}
	return run(verifier, flags.Arg(0))
}

func misused() {
	fmt.Fprint(os.Stderr, usage)
	os.Exit(2)
}
