package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"

	cosignature "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/witness/persistence/inmemory"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
)

// serve runs a witness of transparency-dev, with a new key, for one log, until it is killed. It says where it is and its
// key, as `hefu witness serve` does. It remembers what it cosigned as long as it runs.
func serve(o options, _ []string) error {
	log, err := note.NewVerifier(o.log)
	if err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	private, public, err := note.GenerateKey(rand.Reader, o.name)
	if err != nil {
		return fmt.Errorf("--name: %w", err)
	}
	signer, err := cosignature.NewSignerForCosignatureV1(private)
	if err != nil {
		return err
	}
	vkey, err := cosignature.VKeyToCosignatureV1(public)
	if err != nil {
		return err
	}
	theirs, err := witness.New(context.Background(), witness.Opts{
		Persistence: inmemory.New(),
		Signers:     []note.Signer{signer},
		VerifierForLog: func(_ context.Context, origin string) (note.Verifier, bool, error) {
			return log, origin == log.Name(), nil
		},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("witness on http://%v\n%s\n", listener.Addr(), vkey)
	routes := http.NewServeMux()
	routes.HandleFunc("POST /add-checkpoint", witness.NewHTTPHandler(theirs).AddCheckpoint)
	return http.Serve(listener, routes)
}
