// Package cli is what the commands share: exit codes, signals and flags.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
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

// ErrInterrupted ends a run that was stopped by a signal. What wraps it says how
// to go on.
var ErrInterrupted = errors.New("interrupted")

// Main runs a command with a context that SIGINT and SIGTERM cancel, prints its
// error as one line to standard error, and gives the exit code. A second signal
// ends the program where it stands.
func Main(name string, run func(ctx context.Context, args []string, stdout, stderr io.Writer) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	return Code(err)
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

// Flags is a flag set that reports mistakes as UsageError and prints usage,
// then every flag with its default, to out on --help.
func Flags(name, usage string, out io.Writer) *pflag.FlagSet {
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.SetOutput(out)
	flags.Usage = func() {
		flags.VisitAll(showZero)
		fmt.Fprintf(out, "%s\n%s", usage, flags.FlagUsagesWrapped(100))
	}
	return flags
}

// showZero adds the default that pflag keeps to itself, because it is zero.
func showZero(f *pflag.Flag) {
	if (f.DefValue == "0" || f.DefValue == "false") && !strings.Contains(f.Usage, "(0: ") && f.Name != "help" {
		f.Usage += fmt.Sprintf(" (default %s)", f.DefValue)
	}
}

// Parse parses args and turns a mistake into a UsageError.
func Parse(flags *pflag.FlagSet, args []string) error {
	// pflag prints the whole usage on a mistake; one line says more.
	usage := flags.Usage
	flags.Usage = func() {}
	err := flags.Parse(args)
	if errors.Is(err, pflag.ErrHelp) {
		usage()
		return err
	}
	if err != nil {
		return Usagef("%v (--help lists the flags)", err)
	}
	return nil
}
