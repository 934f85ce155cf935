// Answers questions about paths and versions by the rules of golang.org/x/mod.
//
// One question a line, its fields separated by tabs; the answer is the question, a tab and the answer.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

func verdict(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}

func text(s string, err error) string {
	if err != nil {
		return "no"
	}
	return s
}

func isCanonical(v string) bool {
	return semver.IsValid(v) && module.CanonicalVersion(v) == v
}

func pseudo(v string) string {
	rev, err := module.PseudoVersionRev(v)
	if !isCanonical(v) || err != nil {
		return "no"
	}
	base, err := module.PseudoVersionBase(v)
	if err != nil {
		base = "impossible"
	}
	return rev + " after " + base
}

func compare(a, b string) string {
	if !isCanonical(a) || !isCanonical(b) {
		return "no"
	}
	order := semver.Compare(a, b)
	if order == 0 {
		order = strings.Compare(a, b)
	}
	return [...]string{"less", "equal", "greater"}[order+1]
}

func split(path string) string {
	prefix, major, ok := module.SplitPathVersion(path)
	if module.CheckPath(path) != nil || !ok {
		return "no"
	}
	return prefix + " and " + major
}

func answer(q []string) string {
	switch q[0] {
	case "path":
		return text(module.EscapePath(q[1]))
	case "unescape":
		return text(module.UnescapePath(q[1]))
	case "split":
		return split(q[1])
	case "version":
		return verdict(isCanonical(q[1]))
	case "revision":
		return text(module.EscapeVersion(q[1]))
	case "unescape-revision":
		return text(module.UnescapeVersion(q[1]))
	case "pseudo":
		return pseudo(q[1])
	case "compare":
		return compare(q[1], q[2])
	case "check":
		return verdict(isCanonical(q[2]) && module.Check(q[1], q[2]) == nil)
	case "match":
		return verdict(module.MatchPrefixPatterns(q[1], q[2]))
	}
	panic(q[0])
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		question := lines.Text()
		fmt.Println(question + "\t" + answer(strings.Split(question, "\t")))
	}
}
