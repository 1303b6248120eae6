package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// samples is how many entries and older sizes are proved, besides those around the edges of tiles.
const samples = 64

// A checker knows a log by its source and what its checkpoint says.
type checker struct {
	from source
	tree tlog.Tree
	// leaves are the hashes of the entries.
	leaves []tlog.Hash
	// nodes are all hashes of the tree in x/mod's own order, computed from the entries alone.
	nodes []tlog.Hash
}

// verify checks the signature, every entry, every byte of every tile, the root, and proofs of both kinds.
func verify(key note.Verifier, address string) error {
	from, err := open(address)
	if err != nil {
		return err
	}
	tree, err := checkpoint(key, from)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	c := &checker{from: from, tree: tree}
	for _, step := range []func() error{c.entries, c.tiles, c.root, c.inclusion, c.consistency} {
		if err := step(); err != nil {
			return err
		}
	}
	fmt.Printf("verified a log of %d entries with root %v\n", tree.N, tree.Hash)
	return nil
}

// checkpoint reads the signed checkpoint.
func checkpoint(key note.Verifier, from source) (tlog.Tree, error) {
	bytes, err := from("checkpoint")
	if err != nil {
		return tlog.Tree{}, err
	}
	signed, err := note.Open(bytes, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	if origin, _, _ := strings.Cut(signed.Text, "\n"); origin != key.Name() {
		return tlog.Tree{}, fmt.Errorf("of the log %q, not of %q", origin, key.Name())
	}
	return parseTree(signed.Text)
}

// parseTree reads what a checkpoint says about the tree: its second and third line.
func parseTree(text string) (tlog.Tree, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 {
		return tlog.Tree{}, errors.New("not the three lines of a checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("not a size: %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// entries hashes every entry, compares it with the tiles of level 0, and computes the tree from it.
func (c *checker) entries() error {
	bundles := 0
	for _, tile := range tilesOf(c.tree.N) {
		if tile.L > 0 {
			break
		}
		entries, err := c.bundle(tile)
		if err != nil {
			return fmt.Errorf("%s: %w", bundleOf(tile), err)
		}
		hashes, err := c.tile(tile)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			leaf := tlog.RecordHash(entry)
			if there := tlog.Hash(hashes[i*tlog.HashSize:]); there != leaf {
				return fmt.Errorf("%s: entry %d hashes to %v, in %s stands %v", bundleOf(tile), len(c.leaves), leaf, pathOf(tile), there)
			}
			if err := c.append(leaf); err != nil {
				return err
			}
		}
		bundles++
	}
	fmt.Printf("%d entries in %d bundles hash to what the tiles of level 0 say\n", len(c.leaves), bundles)
	return nil
}

// bundle reads the entries below a tile of level 0: as many as it is wide, each after its length in two bytes.
func (c *checker) bundle(tile tlog.Tile) ([][]byte, error) {
	rest, err := c.from(bundleOf(tile))
	if err != nil {
		return nil, err
	}
	entries := [][]byte{}
	for len(rest) > 0 {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return nil, fmt.Errorf("it ends within its entry %d", len(entries))
		}
		end := 2 + int(binary.BigEndian.Uint16(rest))
		entries, rest = append(entries, rest[2:end]), rest[end:]
	}
	if len(entries) != tile.W {
		return nil, fmt.Errorf("%d entries, not %d", len(entries), tile.W)
	}
	return entries, nil
}

// tile reads the bytes of a tile.
func (c *checker) tile(tile tlog.Tile) ([]byte, error) {
	bytes, err := c.from(pathOf(tile))
	if err == nil && len(bytes) != tile.W*tlog.HashSize {
		err = fmt.Errorf("%d bytes, not %d", len(bytes), tile.W*tlog.HashSize)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pathOf(tile), err)
	}
	return bytes, nil
}

func (c *checker) append(leaf tlog.Hash) error {
	more, err := tlog.StoredHashesForRecordHash(int64(len(c.leaves)), leaf, c.computed())
	c.leaves, c.nodes = append(c.leaves, leaf), append(c.nodes, more...)
	return err
}

// computed reads hashes of the tree that was computed from the entries.
func (c *checker) computed() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(c.nodes)) {
				return nil, fmt.Errorf("hash %d is not computed yet", index)
			}
			hashes[i] = c.nodes[index]
		}
		return hashes, nil
	})
}

// tiles compares every tile of every level with what the entries give.
func (c *checker) tiles() error {
	tiles := tilesOf(c.tree.N)
	levels := map[int]int{}
	for _, tile := range tiles {
		there, err := c.tile(tile)
		if err != nil {
			return err
		}
		computed, err := tlog.ReadTileData(tile, c.computed())
		if err != nil {
			return err
		}
		for i := range computed {
			if there[i] != computed[i] {
				return fmt.Errorf("%s: byte %d is %02x, the entries give %02x", pathOf(tile), i, there[i], computed[i])
			}
		}
		levels[tile.L]++
	}
	fmt.Printf("%d tiles on %d levels are what the entries give, to the byte\n", len(tiles), len(levels))
	return nil
}

// root compares the root of the checkpoint with that of the entries.
func (c *checker) root() error {
	root, err := tlog.TreeHash(c.tree.N, c.computed())
	if err == nil && root != c.tree.Hash {
		err = fmt.Errorf("checkpoint: its root is %v, the entries give %v", c.tree.Hash, root)
	}
	return err
}

// inclusion proves entries from the tiles alone, as a client does that has nothing but the checkpoint.
func (c *checker) inclusion() error {
	proved := 0
	for _, n := range c.sample(0, c.tree.N-1) {
		proof, err := tlog.ProveRecord(c.tree.N, n, c.published())
		if err == nil {
			err = tlog.CheckRecord(proof, c.tree.N, c.tree.Hash, n, c.leaves[n])
		}
		if err != nil {
			return fmt.Errorf("inclusion of entry %d: %w", n, err)
		}
		proved++
	}
	fmt.Printf("%d entries are proved to be in the tree\n", proved)
	return nil
}

// consistency proves, from the tiles alone, that older trees are beginnings of this one.
func (c *checker) consistency() error {
	proved := 0
	for _, size := range c.sample(1, c.tree.N-1) {
		older, err := tlog.TreeHash(size, c.computed())
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(c.tree.N, size, c.published())
		if err == nil {
			err = tlog.CheckTree(proof, c.tree.N, c.tree.Hash, size, older)
		}
		if err != nil {
			return fmt.Errorf("consistency with size %d: %w", size, err)
		}
		proved++
	}
	fmt.Printf("%d older sizes are proved to be beginnings of it\n", proved)
	return nil
}

// sample is the first and the last, what lies around the edges of tiles, and some between.
func (c *checker) sample(first, last int64) []int64 {
	picked := []int64{first, last - 1, last}
	for edge := int64(1) << height; edge <= last+1; edge <<= height {
		picked = append(picked, edge-2, edge-1, edge, edge+1, last/edge*edge)
	}
	for i := int64(1); i < samples; i++ {
		picked = append(picked, first+(last-first)/samples*i)
	}
	slices.Sort(picked)
	picked = slices.DeleteFunc(picked, func(n int64) bool { return n < first || n > last })
	return slices.Compact(picked)
}

// published reads hashes from the tiles; x/mod checks each tile against the root.
func (c *checker) published() tlog.HashReader {
	return tlog.TileHashReader(c.tree, tileReader{c})
}

type tileReader struct{ *checker }

func (r tileReader) Height() int { return height }

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		bytes, err := r.tile(tile)
		if err != nil {
			return nil, err
		}
		all[i] = bytes
	}
	return all, nil
}

func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
