// Hashes and unpacks zips with golang.org/x/mod, as the go command does, one order a line:
//
//	hash ZIP
//	unzip ZIP PATH VERSION DIRECTORY
//
// and answers each with the nanoseconds that it took, by the clock and of all processors, or with an error.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

func obey(order []string) error {
	switch {
	case len(order) == 2 && order[0] == "hash":
		_, err := dirhash.HashZip(order[1], dirhash.Hash1)
		return err
	case len(order) == 5 && order[0] == "unzip":
		m := module.Version{Path: order[2], Version: order[3]}
		return zip.Unzip(order[4], m, order[1])
	}
	return fmt.Errorf("unknown order %q", order)
}

// spent is the time that processors have spent on this process.
func spent() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		start, before := time.Now(), spent()
		if err := obey(strings.Split(lines.Text(), " ")); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(time.Since(start).Nanoseconds(), spent()-before)
	}
}
