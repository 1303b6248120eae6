package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	cosignature "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/note"
)

const (
	// checkpointMax bounds what is read as a checkpoint.
	checkpointMax = 1 << 20
	// patience is how long a checkpoint of the right size is waited for.
	patience = 30 * time.Second
	// pause lies between two looks.
	pause = 50 * time.Millisecond
	// skew is how far a witness's clock may be off.
	skew = time.Minute
)

var client = &http.Client{Timeout: 10 * time.Second}

// cosigned verifies that a checkpoint is signed by its log and by a quorum of a policy, as Tessera reads it.
func cosigned(o options, arguments []string) error {
	log, err := note.NewVerifier(o.vkey)
	if err != nil {
		return fmt.Errorf("--vkey: %w", err)
	}
	group, err := readPolicy(o.policy)
	if err != nil {
		return fmt.Errorf("--policy: %w", err)
	}
	checkpoint, err := awaited(arguments[0], o.size)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return verify(checkpoint, log, group)
}

func readPolicy(path string) (tessera.WitnessGroup, error) {
	policy, err := os.ReadFile(path)
	if err != nil {
		return tessera.WitnessGroup{}, err
	}
	return tessera.NewWitnessGroupFromPolicy(policy)
}

// verify checks that no signature is wrong, that the log's is there, and those of enough witnesses; it says when each was made.
func verify(checkpoint []byte, log note.Verifier, group tessera.WitnessGroup) error {
	witnesses := slices.Collect(maps.Values(group.Endpoints()))
	signed, err := note.Open(checkpoint, note.VerifierList(append(witnesses, log)...))
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if origin, _, _ := strings.Cut(signed.Text, "\n"); origin != log.Name() {
		return fmt.Errorf("checkpoint: of the log %q, not of %q", origin, log.Name())
	}
	if _, err := signatureBy(signed, log); err != nil {
		return err
	}
	missing := []error{}
	for _, witness := range witnesses {
		signature, err := signatureBy(signed, witness)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		at, err := timeOf(signature)
		if err != nil {
			return err
		}
		fmt.Printf("cosigned by %s at %s\n", signature.Name, at.UTC().Format(time.RFC3339))
	}
	if !group.Satisfied(checkpoint) {
		return fmt.Errorf("checkpoint: no quorum: %w", errors.Join(missing...))
	}
	size, err := sizeOf(checkpoint)
	fmt.Printf("a checkpoint of size %d is signed by %s and by %d witnesses\n", size, log.Name(), len(witnesses)-len(missing))
	return err
}

func signatureBy(signed *note.Note, verifier note.Verifier) (note.Signature, error) {
	for _, signature := range signed.Sigs {
		if signature.Name == verifier.Name() && signature.Hash == verifier.KeyHash() {
			return signature, nil
		}
	}
	return note.Signature{}, fmt.Errorf("not signed by %s", verifier.Name())
}

// timeOf reads when a cosignature was made; one from the future is none.
func timeOf(signature note.Signature) (time.Time, error) {
	at, err := cosignature.CoSigV1Timestamp(signature)
	if err == nil && time.Until(at) > skew {
		err = fmt.Errorf("made at %v", at)
	}
	if err != nil {
		return at, fmt.Errorf("cosignature of %s: %w", signature.Name, err)
	}
	return at, nil
}

// awaited reads a log's checkpoint as soon as it has this size or more.
func awaited(source string, size int64) ([]byte, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		checkpoint, err := read(source)
		if err != nil {
			return nil, err
		}
		there, err := sizeOf(checkpoint)
		if err != nil || there >= size {
			return checkpoint, err
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("of size %d, and none of size %d comes", there, size)
		}
	}
}

func read(source string) ([]byte, error) {
	parsed, err := url.Parse(source)
	if err != nil {
		return nil, err
	}
	if parsed.Scheme == "file" {
		return os.ReadFile(filepath.Join(parsed.Path, "checkpoint"))
	}
	response, err := client.Get(parsed.JoinPath("checkpoint").String())
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, checkpointMax))
}

// sizeOf reads the second line of a checkpoint.
func sizeOf(checkpoint []byte) (int64, error) {
	lines := strings.SplitN(string(checkpoint), "\n", 3)
	if len(lines) < 3 {
		return 0, errors.New("no checkpoint")
	}
	return strconv.ParseInt(lines[1], 10, 64)
}
