// Judges each zip named on standard input by the rules of golang.org/x/mod: its h1 hash, or "refused".
package main

import (
	"bufio"
	"fmt"
	"os"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

func judge(file, path, version string) string {
	m := module.Version{Path: path, Version: version}
	if _, err := zip.CheckZip(m, file); err != nil {
		return "refused"
	}
	hash, err := dirhash.HashZip(file, dirhash.Hash1)
	if err != nil {
		return "refused"
	}
	return hash
}

func main() {
	path, version := os.Args[1], os.Args[2]
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(judge(lines.Text(), path, version))
	}
}
