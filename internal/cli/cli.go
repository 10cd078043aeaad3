// Package cli is what the commands share: exit codes, signals and flags.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/internal/node"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/simd"
)

// The exit codes of the commands.
const (
	Done        = 0
	Failed      = 1
	WrongUsage  = 2
	Interrupted = 75 // EX_TEMPFAIL: stopped with everything saved
)

// UsageError is a command line that cannot be.
type UsageError struct{ Reason string }

func (e *UsageError) Error() string { return e.Reason }

// Usagef is a UsageError.
func Usagef(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// ErrInterrupted ends a run that was stopped by a signal or a time limit. What wraps it says how
// to go on.
var ErrInterrupted = errors.New("interrupted")

// Command is a program that runs.
type Command struct {
	Stdout io.Writer
	Log    *slog.Logger // on standard error
	Share  node.Share   // of the machine; zero but in [Main]

	procs         int    // that the runtime would use
	json, version bool   // flags
	profile       string // flag; ""
	profiling     func() error
}

// New is a command that writes to stdout, and its messages to stderr.
func New(stdout, stderr io.Writer) *Command {
	return &Command{Stdout: stdout, Log: progress.NewLog(stderr), procs: runtime.GOMAXPROCS(0)}
}

// asks are the signals that ask for an end: those of a user, and those by which
// batch systems announce one.
var asks = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGXCPU}

// Main runs a command with a context that the asks cancel, prints its error as
// one line to standard error, and gives the exit code. A second SIGINT ends the
// program where it stands; others may come again while it saves, as batch systems
// send them to a job and to its steps, and once more at the end.
func Main(name string, run func(ctx context.Context, args []string, c *Command) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), asks...)
	defer stop()
	context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt) })
	c := New(os.Stdout, os.Stderr)
	c.Share = node.Take()
	err := run(ctx, os.Args[1:], c)
	if c.profiling != nil {
		err = cmp.Or(err, c.profiling())
	}
	code := Code(err)
	switch {
	case code == Done:
	case code == Interrupted:
		c.Log.Warn(fmt.Sprintf("%s: %v", name, err), "exit_status", code)
	default:
		c.Log.Error(fmt.Sprintf("%s: %v", name, err), "exit_status", code)
	}
	return code
}

// Code is the exit code for what a command ended with.
func Code(err error) int {
	var usage *UsageError
	switch {
	case err == nil, errors.Is(err, pflag.ErrHelp):
		return Done
	case errors.Is(err, ErrInterrupted):
		return Interrupted
	case errors.As(err, &usage):
		return WrongUsage
	}
	return Failed
}

// NoArguments refuses what is left of a command line when its flags are read.
func NoArguments(flags *pflag.FlagSet) error {
	if flags.NArg() == 0 {
		return nil
	}
	arg := flags.Arg(0)
	if arg == "true" || arg == "false" {
		return Usagef("unexpected argument %q; a switch takes its value with =, as --resume=%s", arg, arg)
	}
	return Usagef("unexpected argument %q", arg)
}

// exitStatus is what a command's help ends with.
const exitStatus = `
Exit status: 0 done, 1 failed, 2 wrong usage, 75 stopped by a time limit or by SIGINT, SIGTERM,
SIGUSR1, SIGUSR2 or SIGXCPU. Then a training has saved what was done (--resume goes on with it),
and so has an --out that is a folder of results (the same command goes on); an --out that is a
file is not written. A second SIGINT, as of Ctrl-C, ends it where it stands.
`

// Flags is a flag set that reports mistakes as UsageError and prints usage, every
// flag with its default, and the exit codes on --help.
func (c *Command) Flags(name, usage string) *pflag.FlagSet {
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.SetOutput(c.Stdout)
	flags.Usage = func() {
		flags.VisitAll(showZero)
		fmt.Fprintf(c.Stdout, "%s\n%s%s", usage, flags.FlagUsagesWrapped(100), exitStatus)
	}
	return flags
}

// showZero adds the default that pflag keeps to itself, because it is zero.
func showZero(f *pflag.Flag) {
	if (f.DefValue == "0" || f.DefValue == "false") && !strings.Contains(f.Usage, "(0: ") && f.Name != "help" {
		f.Usage += fmt.Sprintf(" (default %s)", f.DefValue)
	}
}

// Parse adds the flags that every command has, parses args, and turns a mistake into
// a UsageError.
func (c *Command) Parse(flags *pflag.FlagSet, args []string) error {
	flags.BoolVar(&c.json, logJSON, false, "make each line on standard error a JSON object: time, level, msg, and what it says as attributes")
	flags.StringVar(&c.profile, "profile", "", "folder for cpu.pprof and heap.pprof of the run, for go tool pprof")
	flags.BoolVar(&c.version, "version", false, "print the version, its commit, the kernels for this CPU and the Go release, and nothing else")
	// pflag prints the whole usage on a mistake; one line says more.
	usage := flags.Usage
	flags.Usage = func() {}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		usage()
		return err
	case err != nil:
		progress.JSON(c.Log, c.json || slices.Contains(args, "--"+logJSON)) // it may come after the mistake
		return Usagef("%v (--help lists the flags)", err)
	case c.version:
		fmt.Fprintf(c.Stdout, "%s %v\n", flags.Name(), built())
		return pflag.ErrHelp
	}
	progress.JSON(c.Log, c.json)
	return nil
}

const logJSON = "log-json"

// shownArguments is how many of a command's arguments people want to see.
const shownArguments = 3

// Begin starts what the flags ask for, now that all are known, and logs what runs,
// on what share of the machine, with which flags.
func (c *Command) Begin(flags *pflag.FlagSet) (err error) {
	progress.JSON(c.Log, c.json)
	if c.profile != "" {
		if c.profiling, err = startProfile(c.profile); err != nil {
			return fmt.Errorf("--profile: %w", err)
		}
	}
	// More workers than the share, since the user says so.
	if n, err := flags.GetInt("workers"); err == nil && n > runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(min(n, c.procs))
	}
	b := built()
	c.Log.Info(fmt.Sprintf("%s %v; %v", flags.Name(), b, c.Share), "version", b.version, "commit", b.commit, "kernels", simd.Level(), "go", runtime.Version(),
		"cores", c.Share.Cores, "cores_by", c.Share.CoresBy, "memory", c.Share.Memory, "memory_by", c.Share.MemoryBy,
		"memory_limit", debug.SetMemoryLimit(-1))
	all := map[string]string{}
	flags.VisitAll(func(f *pflag.Flag) { all[f.Name] = f.Value.String() })
	c.Log.Info(given(flags), "flags", all, "arguments", flags.Args())
	return nil
}

// Origin says on two lines what a file of results comes from: the program, and the flags that it was given.
func Origin(flags *pflag.FlagSet) string {
	oneLine := strings.NewReplacer("\n", " ", "\r", " ")
	return fmt.Sprintf("%s %v\n%s", flags.Name(), built(), oneLine.Replace(given(flags)))
}

// given is the flags and arguments that are not the defaults.
func given(flags *pflag.FlagSet) string {
	text := "flags:"
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			text += fmt.Sprintf(" --%s=%v", f.Name, f.Value)
		}
	})
	switch n := flags.NArg(); {
	case n > shownArguments:
		text += fmt.Sprintf(" %s ... (%d of them)", strings.Join(flags.Args()[:shownArguments], " "), n)
	case n > 0:
		text += " " + strings.Join(flags.Args(), " ")
	}
	return text
}
