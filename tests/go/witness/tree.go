package main

import (
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A merkleTree is a log in memory: all hashes of its tree, in x/mod's order.
type merkleTree []tlog.Hash

// tree makes a log of this many entries.
func tree(size int64, entry string) merkleTree {
	made := merkleTree{}
	for n := range size {
		more, err := tlog.StoredHashes(n, fmt.Appendf(nil, "%s %d", entry, n), made)
		must(err)
		made = append(made, more...)
	}
	return made
}

// ReadHashes is how x/mod reads it.
func (t merkleTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = t[index]
	}
	return hashes, nil
}

// proof says that the first tree of these sizes is the beginning of the second.
func (t merkleTree) proof(older, size int64) tlog.TreeProof {
	proof, err := tlog.ProveTree(size, older, t)
	must(err)
	return proof
}

// checkpoint is that of the first entries, signed.
func (t merkleTree) checkpoint(size int64, signer note.Signer) []byte {
	root, err := tlog.TreeHash(size, t)
	must(err)
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), size, root)}, signer)
	must(err)
	return signed
}

// must is for what can't fail with a tree in memory.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
