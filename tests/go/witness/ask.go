package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"time"

	cosignature "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/witness/client/http"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A request for a cosignature, and what must come of it: a cosignature, or how transparency-dev's client understands the
// refusal.
type request struct {
	what    string
	old     int64
	proof   tlog.TreeProof
	note    []byte
	refusal error
	// size is what a refusal for a wrong old size must name.
	size uint64
}

// ask asks a witness with transparency-dev's client; the log and its proofs are made by x/mod. It says how many checks
// passed.
func ask(o options, arguments []string) error {
	address, err := url.Parse(arguments[0])
	if err != nil {
		return err
	}
	verifier, err := cosignature.NewVerifierForCosignatureV1(o.witness)
	if err != nil {
		return fmt.Errorf("--witness: %w", err)
	}
	requests, err := script(o.key)
	if err != nil {
		return err
	}
	asked, failed := http.NewWitness(address, client), 0
	for _, one := range requests {
		if err := one.check(asked, verifier); err != nil {
			failed++
			fmt.Printf("FAILED  ask: %s: %v\n", one.what, err)
			continue
		}
		fmt.Printf("ok      ask: %s\n", one.what)
	}
	fmt.Printf("%d passed, %d failed\n", len(requests)-failed, failed)
	return nil
}

// script is what is asked, in this order.
func script(key string) ([]request, error) {
	signer, err := readKey(key)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	other, err := newSigner(signer.Name())
	if err != nil {
		return nil, err
	}
	stranger, err := newSigner("stranger." + signer.Name())
	if err != nil {
		return nil, err
	}
	log, another := tree(12, "entry"), tree(12, "another entry")
	wrong := log.proof(9, 12)
	wrong[0][0] ^= 1
	return []request{
		{what: "0 to 5 is cosigned", note: log.checkpoint(5, signer)},
		{what: "5 to 9 is cosigned", old: 5, proof: log.proof(5, 9), note: log.checkpoint(9, signer)},
		{what: "9 is cosigned again", old: 9, note: log.checkpoint(9, signer)},
		{what: "the wrong old size is 409 with the right one", old: 5, proof: log.proof(5, 12),
			note: log.checkpoint(12, signer), refusal: witness.ErrCheckpointStale, size: 9},
		{what: "no old size is 409, too", note: log.checkpoint(12, signer), refusal: witness.ErrCheckpointStale, size: 9},
		{what: "a wrong proof is 422", old: 9, proof: wrong, note: log.checkpoint(12, signer), refusal: witness.ErrInvalidProof},
		{what: "no proof is 422", old: 9, note: log.checkpoint(12, signer), refusal: witness.ErrInvalidProof},
		{what: "another tree is 422", old: 9, proof: another.proof(9, 12), note: another.checkpoint(12, signer),
			refusal: witness.ErrInvalidProof},
		{what: "another root of the same size is 422", old: 9, note: another.checkpoint(9, signer), refusal: witness.ErrInvalidProof},
		{what: "an old size above the new one is 400", old: 9, note: log.checkpoint(5, signer), refusal: witness.ErrOldSizeInvalid},
		{what: "a key that is not the log's is 403", old: 9, proof: log.proof(9, 12), note: log.checkpoint(12, other),
			refusal: witness.ErrNoValidSignature},
		{what: "an origin that is not known is 404", note: log.checkpoint(5, stranger), refusal: witness.ErrUnknownLog},
		{what: "9 to 12 is cosigned after all that", old: 9, proof: log.proof(9, 12), note: log.checkpoint(12, signer)},
	}, nil
}

func (r request) check(asked http.Witness, verifier note.Verifier) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	proof := make([][]byte, len(r.proof))
	for i, hash := range r.proof {
		proof[i] = hash[:]
	}
	lines, size, err := asked.Update(ctx, uint64(r.old), r.note, proof)
	if !errors.Is(err, r.refusal) || size != r.size {
		return fmt.Errorf("it answers %v with size %d, not %v with size %d", err, size, r.refusal, r.size)
	}
	if r.refusal != nil {
		return nil
	}
	signed, err := note.Open(append(r.note, lines...), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	at, err := timeOf(signed.Sigs[0])
	if err == nil && time.Since(at) > skew {
		err = fmt.Errorf("its cosignature was made at %v", at)
	}
	return err
}

func newSigner(name string) (note.Signer, error) {
	private, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	return note.NewSigner(private)
}
