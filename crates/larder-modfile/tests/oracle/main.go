// Command oracle answers questions about go.mod and go.work files with x/mod itself, one JSON value a line.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

type question struct {
	Op    string
	File  []byte
	Edits [][]string
}

type answer struct {
	Error     string
	Said      []string
	Formatted []byte
	Sorted    []byte
	Edits     []string
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	decoder := json.NewDecoder(in)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for decoder.More() {
		var q question
		if err := decoder.Decode(&q); err != nil {
			panic(err)
		}
		if err := encoder.Encode(reply(q)); err != nil {
			panic(err)
		}
	}
}

func reply(q question) answer {
	if q.Op == "work" {
		return work(q)
	}
	var f *modfile.File
	var err error
	switch q.Op {
	case "strict":
		f, err = modfile.Parse("go.mod", q.File, nil)
	case "lax":
		f, err = modfile.ParseLax("go.mod", q.File, nil)
	case "fix":
		f, err = modfile.Parse("go.mod", q.File, fix)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	a := answer{Said: said(f), Formatted: modfile.Format(f.Syntax)}
	for _, edit := range q.Edits {
		a.Edits = append(a.Edits, apply(f, edit))
		f.Cleanup() // x/mod trips over what it removed itself
	}
	if q.Edits == nil {
		f.SortBlocks()
	}
	f.Cleanup()
	a.Sorted = modfile.Format(f.Syntax)
	return a
}

func fix(path, version string) (string, error) {
	switch version {
	case "master":
		return "v1.9.0", nil
	case "gone":
		return "", &module.ModuleError{Path: path, Err: errors.New("unknown revision gone")}
	case "v0":
		return "", fmt.Errorf("no versions of %s", path)
	}
	if module.CanonicalVersion(version) != version {
		return "", errors.New("not canonical")
	}
	return version, nil
}

func named(v module.Version) string { return v.String() }

func said(f *modfile.File) []string {
	var s []string
	add := func(format string, args ...any) { s = append(s, fmt.Sprintf(format, args...)) }
	if f.Module != nil {
		add("module %s deprecated %s", f.Module.Mod.Path, f.Module.Deprecated)
	}
	if f.Go != nil {
		add("go %s", f.Go.Version)
	}
	if f.Toolchain != nil {
		add("toolchain %s", f.Toolchain.Name)
	}
	for _, x := range f.Godebug {
		add("godebug %s %s", x.Key, x.Value)
	}
	for _, x := range f.Require {
		add("require %s %v", named(x.Mod), x.Indirect)
	}
	for _, x := range f.Exclude {
		add("exclude %s", named(x.Mod))
	}
	for _, x := range f.Replace {
		add("replace %s %s", named(x.Old), named(x.New))
	}
	for _, x := range f.Retract {
		add("retract %s %s %s", x.Low, x.High, x.Rationale)
	}
	for _, x := range f.Tool {
		add("tool %s", x.Path)
	}
	for _, x := range f.Ignore {
		add("ignore %s", x.Path)
	}
	return s
}

func requirements(words []string) []*modfile.Require {
	var list []*modfile.Require
	for ; len(words) >= 3; words = words[3:] {
		m := module.Version{Path: words[0], Version: words[1]}
		list = append(list, &modfile.Require{Mod: m, Indirect: words[2] == "true"})
	}
	return list
}

func apply(f *modfile.File, edit []string) string {
	var err error
	e := append(edit[1:], "", "", "", "")
	switch edit[0] {
	case "require":
		err = f.AddRequire(e[0], e[1])
	case "new-require":
		f.AddNewRequire(e[0], e[1], e[2] == "true")
	case "drop-require":
		err = f.DropRequire(e[0])
	case "set":
		f.SetRequire(requirements(edit[1:]))
	case "separate":
		f.SetRequireSeparateIndirect(requirements(edit[1:]))
	case "at-most-two":
		f.SetRequireAtMostTwo(requirements(edit[1:]))
	case "module":
		err = f.AddModuleStmt(e[0])
	case "go":
		err = f.AddGoStmt(e[0])
	case "drop-go":
		f.DropGoStmt()
	case "toolchain":
		err = f.AddToolchainStmt(e[0])
	case "drop-toolchain":
		f.DropToolchainStmt()
	case "godebug":
		err = f.AddGodebug(e[0], e[1])
	case "drop-godebug":
		err = f.DropGodebug(e[0])
	case "exclude":
		err = f.AddExclude(e[0], e[1])
	case "drop-exclude":
		err = f.DropExclude(e[0], e[1])
	case "replace":
		err = f.AddReplace(e[0], e[1], e[2], e[3])
	case "drop-replace":
		err = f.DropReplace(e[0], e[1])
	case "retract":
		err = f.AddRetract(modfile.VersionInterval{Low: e[0], High: e[1]}, e[2])
	case "drop-retract":
		err = f.DropRetract(modfile.VersionInterval{Low: e[0], High: e[1]})
	case "tool":
		err = f.AddTool(e[0])
	case "drop-tool":
		err = f.DropTool(e[0])
	case "ignore":
		err = f.AddIgnore(e[0])
	case "drop-ignore":
		err = f.DropIgnore(e[0])
	case "comment":
		f.AddComment(e[0])
	case "cleanup":
		f.Cleanup()
	case "sort":
		f.SortBlocks()
	default:
		panic("unknown edit " + edit[0])
	}
	return message(err)
}

func message(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

func work(q question) answer {
	f, err := modfile.ParseWork("go.work", q.File, nil)
	if err != nil {
		return answer{Error: err.Error()}
	}
	a := answer{Formatted: modfile.Format(f.Syntax)}
	add := func(words ...string) { a.Said = append(a.Said, strings.Join(words, " ")) }
	if f.Go != nil {
		add("go", f.Go.Version)
	}
	if f.Toolchain != nil {
		add("toolchain", f.Toolchain.Name)
	}
	for _, x := range f.Godebug {
		add("godebug", x.Key, x.Value)
	}
	for _, x := range f.Use {
		add("use", x.Path)
	}
	for _, x := range f.Replace {
		add("replace", named(x.Old), named(x.New))
	}
	for _, edit := range q.Edits {
		a.Edits = append(a.Edits, applyWork(f, edit))
		f.Cleanup()
	}
	if q.Edits == nil {
		f.SortBlocks()
	}
	f.Cleanup()
	a.Sorted = modfile.Format(f.Syntax)
	return a
}

func applyWork(f *modfile.WorkFile, edit []string) string {
	var err error
	e := append(edit[1:], "", "", "", "")
	switch edit[0] {
	case "go":
		err = f.AddGoStmt(e[0])
	case "drop-go":
		f.DropGoStmt()
	case "toolchain":
		err = f.AddToolchainStmt(e[0])
	case "drop-toolchain":
		f.DropToolchainStmt()
	case "godebug":
		err = f.AddGodebug(e[0], e[1])
	case "drop-godebug":
		err = f.DropGodebug(e[0])
	case "use":
		err = f.AddUse(e[0], "")
	case "drop-use":
		err = f.DropUse(e[0])
	case "replace":
		err = f.AddReplace(e[0], e[1], e[2], e[3])
	case "drop-replace":
		err = f.DropReplace(e[0], e[1])
	case "cleanup":
		f.Cleanup()
	case "sort":
		f.SortBlocks()
	default:
		panic("unknown edit " + edit[0])
	}
	return message(err)
}
