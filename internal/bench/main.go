// Bench measures how fast the kernels and models are, beside their peers:
// OpenBLAS, oneDNN, BLIS, torch and ONNX Runtime, on the same machine in the
// same minutes.
//
//	make bench-peers                              install and build the peers
//	make bench                                    every target, with its peer
//	go run ./internal/bench --only gemm/1040      some of the jobs
//	make bench-json                               our own figures, a JSON line each
//
// A job is one thing to compute. Each contender at a job, which is this program
// or a peer, is a process of its own, so that its peak memory is known. They
// take turns at samples of a fraction of a second and are stopped while they
// wait, so that a machine that others disturb disturbs all of them alike.
package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/astrovit/astrovit/internal/cli"
)

const usage = `Measure the project's kernels and models beside their peers. Run it in the root of the checkout.

  bench [--only REGEXP] [--seconds N]      a table of targets
  bench --json                             our own figures, a JSON line each

Flags:`

func main() { os.Exit(cli.Main("bench", run)) }

func run(ctx context.Context, args []string, command *cli.Command) error {
	if len(args) == 2 && args[0] == workerArgument {
		return work(args[1], os.Stdin, command.Stdout)
	}
	flags := command.Flags("bench", usage)
	only := flags.String("only", "", "the jobs whose names match, as infer/cutout/batch=32/threads=2/f32")
	seconds := flags.Float64("seconds", 3, "what each contender spends at a job; at a matrix product a tenth of it")
	tries := flags.Int("tries", 3, "how often a job is measured at most, while other processes disturb it")
	asJSON := flags.Bool("json", false, "our own figures only, as JSON lines")
	list := flags.Bool("list", false, "name the jobs and do nothing")
	within := flags.Duration("within", 24*time.Hour, "leave out, aloud, the jobs that would start later than this")
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	if err := cli.NoArguments(flags); err != nil {
		return err
	}
	if !(*seconds > 0) {
		return cli.Usagef("--seconds is %g; it must be positive", *seconds)
	}
	if *tries < 1 {
		return cli.Usagef("--tries is %d; it must be at least 1", *tries)
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return cli.Usagef("--only: %v", err)
	}
	jobs := targetJobs()
	if *asJSON {
		jobs = ownJobs()
	}
	jobs = matching(jobs, pattern)
	if len(jobs) == 0 {
		return cli.Usagef("no job matches %q (--list names them)", *only)
	}

	if *list {
		for _, j := range jobs {
			fmt.Fprintln(command.Stdout, j)
		}
		return nil
	}

	var figures report = &lines{out: command.Stdout}
	if !*asJSON {
		if _, err := os.Stat(sourceFolder); err != nil {
			return cli.Usagef("there is no %s here: run it in the root of the checkout", sourceFolder)
		}
		figures = &table{out: command.Stdout}
	}
	begin := time.Now()
	for i, j := range jobs {
		if time.Since(begin) > *within {
			command.Log.Warn(fmt.Sprintf("LEFT OUT, as %v have passed: %s", *within, j))
			continue
		}
		command.Log.Info(fmt.Sprintf("%d/%d %s", i+1, len(jobs), j))
		contenders := []contender{ourselves(j)}
		if !*asJSON {
			contenders = append(contenders, peers(j)...)
		}
		o, err := competeInQuiet(ctx, j, contenders, *seconds, *tries)
		if err != nil {
			return err
		}
		if err := figures.add(o); err != nil {
			return err
		}
	}
	return figures.close()
}
