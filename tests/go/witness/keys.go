package main

import (
	"crypto/rand"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
)

// makeKey makes the key of a log of this name.
func makeKey(_ options, arguments []string) error {
	private, public, err := note.GenerateKey(rand.Reader, arguments[0])
	if err != nil {
		return err
	}
	if err := os.WriteFile(arguments[1], []byte(private), 0o600); err != nil {
		return err
	}
	fmt.Println(public)
	return nil
}

// readKey reads what makeKey kept: the signer, and a verifier for its signatures.
func readKey(path string) (note.Signer, error) {
	private, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return note.NewSigner(string(private))
}
