package main

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	tessera "github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

// workers is how many files Tessera reads at a time. In v1.0.4 a worker ends at the first mismatch that it finds, and when
// none is left the check waits for ever; one wrong entry gives as many mismatches as the tree has levels of tiles.
const workers = 16

// patience is how long nothing may be read before the check counts as stuck, for that reason; longer than a request takes.
const patience = 30 * time.Second

// runFsck checks a log with Tessera's library: the code of its fsck command without the display.
func runFsck(key note.Verifier, address string) error {
	fetcher, err := fetcherOf(address)
	if err != nil {
		return err
	}
	watched := &watchedFetcher{Fetcher: fetcher}
	check := fsck.New(key.Name(), key, watched, leafHashes, fsck.Opts{N: workers})
	done := make(chan error, 1)
	go func() { done <- whole(check) }()
	before := int64(0)
	for {
		select {
		case err := <-done:
			if err == nil {
				fmt.Printf("fsck read %d files and found them in order:\n%v\n", watched.reads.Load(), check.Status())
			}
			return err
		case <-time.After(patience):
			if now := watched.reads.Load(); now > before {
				before = now
				continue
			}
			return fmt.Errorf("fsck is stuck, as it is after mismatches in many files:\n%v", check.Status())
		}
	}
}

// whole runs a check; v1.0.4 panics at a bundle with fewer entries than it should have.
func whole(check *fsck.Fsck) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("fsck panicked: %v", reason)
		}
	}()
	return check.Check(context.Background())
}

func fetcherOf(address string) (fsck.Fetcher, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if parsed.Scheme == "file" {
		return tessera.FileFetcher{Root: parsed.Path}, nil
	}
	return tessera.NewHTTPFetcher(parsed, client)
}

// leafHashes is the hasher of Tessera's fsck command for the bundles of tlog-tiles, which its library leaves to the caller.
func leafHashes(bundle []byte) ([][]byte, error) {
	entries := api.EntryBundle{}
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(entries.Entries))
	for i, entry := range entries.Entries {
		hashes[i] = rfc6962.DefaultHasher.HashLeaf(entry)
	}
	return hashes, nil
}

// A watchedFetcher counts what is read.
type watchedFetcher struct {
	fsck.Fetcher
	reads atomic.Int64
}

func (f *watchedFetcher) ReadTile(ctx context.Context, level, index uint64, width uint8) ([]byte, error) {
	f.reads.Add(1)
	return f.Fetcher.ReadTile(ctx, level, index, width)
}

func (f *watchedFetcher) ReadEntryBundle(ctx context.Context, index uint64, width uint8) ([]byte, error) {
	f.reads.Add(1)
	return f.Fetcher.ReadEntryBundle(ctx, index, width)
}
