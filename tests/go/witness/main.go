// Lets witnesses and logs that hefu's authors did not write meet hefu's.
//
//	key NAME FILE                                      makes a log's key: prints the public half, keeps the other
//	serve --log VKEY --name NAME                       a witness of transparency-dev
//	cosigned --vkey VKEY --policy FILE SOURCE          verifies the cosignatures of a checkpoint
//	grow --key FILE --policy FILE FOLDER               a log of Tessera that witnesses cosign
//	ask --key FILE --witness VKEY URL                  asks a witness for what it must and must not do
//
// SOURCE is http://host:port or file:///folder of a log. Exit codes: 0 when all is well, 1 when not, 2 when called wrongly.
package main

import (
	"flag"
	"fmt"
	"os"
)

const usage = "usage: hefu-interop-witness key|serve|cosigned|grow|ask …; see main.go\n"

// Options are the flags of every command; each takes those that it names above.
type options struct {
	vkey, policy, key, witness, log, name string
	size                                  int64
}

// A command takes as many arguments as it is said to.
type command struct {
	arguments int
	run       func(options, []string) error
}

var commands = map[string]command{
	"key":      {2, makeKey},
	"serve":    {0, serve},
	"cosigned": {1, cosigned},
	"grow":     {1, grow},
	"ask":      {1, ask},
}

func main() {
	if len(os.Args) < 2 {
		misused()
	}
	chosen, known := commands[os.Args[1]]
	if !known {
		misused()
	}
	var o options
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&o.vkey, "vkey", "", "the log's verifier key")
	flags.StringVar(&o.policy, "policy", "", "a tlog-policy file")
	flags.StringVar(&o.key, "key", "", "a file with a log's private key, made by `key`")
	flags.StringVar(&o.witness, "witness", "", "the witness's verifier key")
	flags.StringVar(&o.log, "log", "", "the verifier key of the log to look after")
	flags.StringVar(&o.name, "name", "", "the witness's name")
	flags.Int64Var(&o.size, "size", 0, "wait for a checkpoint of this size or more")
	_ = flags.Parse(os.Args[2:]) // it exits by itself
	if flags.NArg() != chosen.arguments {
		misused()
	}
	if err := chosen.run(o, flags.Args()); err != nil {
		fmt.Fprintf(os.Stderr, "FAILED  %v\n", err)
		os.Exit(1)
	}
}

func misused() {
	fmt.Fprint(os.Stderr, usage)
	os.Exit(2)
}
