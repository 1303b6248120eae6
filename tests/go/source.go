package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// height is the height of a tile: 256 nodes wide.
const height = 8

// fileMax bounds what is read of one file: a bundle of 256 entries of 65,535 bytes, each after its length.
const fileMax = 256 * (2 + 65535)

var client = &http.Client{Timeout: 20 * time.Second}

// A source gives the bytes of a file of a log by its path, such as tile/0/000.
type source func(path string) ([]byte, error)

func open(address string) (source, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	switch parsed.Scheme {
	case "http", "https":
		return func(path string) ([]byte, error) { return get(parsed.JoinPath(path).String()) }, nil
	case "file":
		return func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(parsed.Path, path)) }, nil
	}
	return nil, fmt.Errorf("%s: neither http:// nor file://", address)
}

func get(address string) ([]byte, error) {
	response, err := client.Get(address)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, fileMax+1))
	if err == nil && len(body) > fileMax {
		err = fmt.Errorf("%s: more than %d bytes", address, fileMax)
	}
	return body, err
}

// tilesOf names every tile of a log of this size, level by level.
func tilesOf(size int64) []tlog.Tile {
	return tlog.NewTiles(height, 0, size)
}

// pathOf is a tile's path in tlog-tiles. The paths of x/mod begin with the height, which is always 8 here.
func pathOf(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
}

// bundleOf is the path of the entries below a tile of level 0.
func bundleOf(tile tlog.Tile) string {
	return "tile/entries/" + strings.TrimPrefix(pathOf(tile), "tile/0/")
}
