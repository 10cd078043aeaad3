package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// process is a contender at work on a job: it prints an introduction, then
// answers each line "n" with what n runs of the job took. It is stopped
// whenever it is not asked, since some peers' threads wait by spinning.
type process struct {
	about  string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	errors bytes.Buffer
}

// start returns when the process has introduced itself.
func start(ctx context.Context, c contender) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, c.command[0], c.command[1:]...)}
	p.cmd.Env, p.cmd.Stderr = c.env, &p.errors
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
			return nil, errors.New("not installed: make bench-peers")
		}
		return nil, err
	}
	var hello introduction
	if err := p.read(&hello); err != nil {
		p.close()
		return nil, err
	}
	p.about = hello.About
	return p, p.stop()
}

// ask has the job run n times.
func (p *process) ask(n int) (answer, error) {
	var a answer
	if err := p.resume(); err != nil {
		return a, err
	}
	if _, err := fmt.Fprintln(p.in, n); err != nil {
		return a, p.complaint(err)
	}
	if err := p.read(&a); err != nil {
		return a, err
	}
	if !(a.Seconds > 0) {
		return a, fmt.Errorf("a run of %g seconds", a.Seconds)
	}
	return a, p.stop()
}

func (p *process) read(line any) error {
	if !p.out.Scan() {
		return p.complaint(errors.Join(p.out.Err(), io.ErrUnexpectedEOF))
	}
	return json.Unmarshal(p.out.Bytes(), line)
}

// complaint is the last line that a process which failed wrote to its standard
// error, or err if there is none.
func (p *process) complaint(err error) error {
	p.in.Close()
	p.cmd.Wait()
	lines := strings.Split(strings.TrimSpace(p.errors.String()), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return errors.New(last)
	}
	return err
}

func (p *process) stop() error   { return p.cmd.Process.Signal(syscall.SIGSTOP) }
func (p *process) resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// close ends the process.
func (p *process) close() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}
