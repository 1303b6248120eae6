package main

import (
	"context"
	"fmt"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// steps are how many entries a log of Tessera gets before each of its checkpoints: the first, some, and more than a tile.
var steps = []int{1, 6, 300}

// grow makes a log of Tessera in a folder. Tessera asks the witnesses of the policy itself, and publishes nothing without
// its quorum; what it published is verified.
func grow(o options, arguments []string) error {
	signer, err := readKey(o.key)
	if err != nil {
		return fmt.Errorf("--key: %w", err)
	}
	log, err := note.NewVerifier(o.vkey)
	if err != nil {
		return fmt.Errorf("--vkey: %w", err)
	}
	group, err := readPolicy(o.policy)
	if err != nil {
		return fmt.Errorf("--policy: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	size := 0
	for _, entries := range steps {
		size += entries
		// Opened anew each time, so that each step is one checkpoint and reads what the one before left.
		checkpoint, err := add(ctx, arguments[0], signer, group, size-entries, entries)
		if err != nil {
			return err
		}
		if there, err := sizeOf(checkpoint); err != nil || there != int64(size) {
			return fmt.Errorf("a checkpoint of size %d, not %d: %w", there, size, err)
		}
		if err := verify(checkpoint, log, group); err != nil {
			return err
		}
	}
	return nil
}

// add appends entries to the log, and gives the checkpoint that was published with them.
func add(ctx context.Context, folder string, signer note.Signer, group tessera.WitnessGroup, from, entries int) ([]byte, error) {
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return nil, err
	}
	settings := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(uint(entries), time.Second).
		WithCheckpointInterval(100*time.Millisecond).
		WithWitnesses(group, nil)
	appender, stop, reader, err := tessera.NewAppender(ctx, driver, settings)
	if err != nil {
		return nil, err
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, pause)
	added := make([]tessera.IndexFuture, entries)
	for i := range added {
		added[i] = appender.Add(ctx, tessera.NewEntry(fmt.Appendf(nil, "entry %d", from+i)))
	}
	var checkpoint []byte
	for _, one := range added {
		if _, checkpoint, err = awaiter.Await(ctx, one); err != nil {
			return nil, err
		}
	}
	return checkpoint, stop(ctx)
}
