package cli

import (
	_ "embed"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/astrovit/astrovit/simd"
)

// archived is the commit of a source archive that git made, into which
// .gitattributes has it written.
//
//go:embed archive.txt
var archived string

// build is what a binary was made of.
type build struct{ version, commit string }

// built is what this binary was made of, as far as the go command knew.
func built() build {
	b := build{"(devel)", "unknown"}
	if !strings.HasPrefix(archived, "$Format") {
		b.commit = strings.TrimSpace(archived)
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.version = info.Main.Version
	}
	modified := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " with changes"
		}
	}
	b.commit += modified
	return b
}

func (b build) String() string {
	return fmt.Sprintf("%s, commit %s, kernels %s, %s %s/%s", b.version, b.commit, simd.Level(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
