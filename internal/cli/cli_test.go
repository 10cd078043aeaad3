package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What runs, and with what, is in the log: for people the flags that were given, and a few arguments.
func TestBegin(t *testing.T) {
	for args, want := range map[string]string{
		"--k=3":           "flags: --k=3\n",
		"a b c":           "flags: a b c\n",
		"--k 4 a b c d e": "flags: --k=4 a b c ... (5 of them)\n",
	} {
		var log bytes.Buffer
		c := New(io.Discard, &log)
		flags := c.Flags("find", "")
		flags.Int("k", 1, "")
		if err := c.Parse(flags, strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		if err := c.Begin(flags); err != nil {
			t.Fatal(err)
		}
		if text := log.String(); !strings.HasPrefix(text, "find ") || !strings.Contains(text, "kernels ") || !strings.HasSuffix(text, "\n"+want) {
			t.Errorf("%s: the log %q", args, text)
		}
	}
}

// A first signal asks a command to save and end, and may come again; a second
// SIGINT ends it, also when it is deaf to the first.
func TestSecondSignal(t *testing.T) {
	if os.Getenv("CLI_TEST_DEAF") != "" {
		os.Exit(Main("deaf", func(ctx context.Context, _ []string, c *Command) error {
			fmt.Fprintln(c.Stdout, "started")
			<-ctx.Done()
			fmt.Fprintln(c.Stdout, "asked")
			time.Sleep(time.Minute)
			return nil
		}))
	}
	command := exec.Command(os.Args[0], "-test.run=^TestSecondSignal$")
	command.Env = append(os.Environ(), "CLI_TEST_DEAF=1")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer command.Process.Kill()
	lines := bufio.NewScanner(out)
	for _, want := range []string{"started", "asked"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("%q, want %q", lines.Text(), want)
		}
		// The handler is taken away in a goroutine, some time after the first signal.
		for range 100 {
			for _, ask := range asks[1:] {
				command.Process.Signal(ask)
			}
			if want == "started" {
				break
			}
			command.Process.Signal(os.Interrupt)
			time.Sleep(10 * time.Millisecond)
		}
	}
	command.Wait()
	if status := command.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGINT {
		t.Errorf("the program ended with %v, not by SIGINT", command.ProcessState)
	}
}
