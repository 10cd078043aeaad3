package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/mpi"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/internal/train"
)

// together does a run with the processes that mpirun or srun has started beside this one. Rank 0 speaks for all; one that fails
// says so and ends all.
func together(command *cli.Command, flags *pflag.FlagSet, opt *train.Options, run func() error) error {
	world, err := mpi.Join()
	if err != nil {
		return err
	}
	log := command.Log
	if world.Rank() > 0 {
		command.Log = progress.NewLog(io.Discard)
		flags.Set("profile", "") // rank 0 alone writes
	}
	opt.World, opt.Log, opt.Origin = world, command.Log, cli.Origin(flags)
	if err = begin(command, flags, *opt); err == nil {
		err = run()
	}
	code := cli.Code(err)
	if world.Size() > 1 && code != cli.Done && code != cli.Interrupted {
		log.Error(fmt.Sprintf("vit-train: rank %d of %d: %v", world.Rank(), world.Size(), err), "rank", world.Rank(), "exit_status", code)
		world.Abort(code)
	}
	world.Close()
	if world.Rank() > 0 {
		os.Exit(code)
	}
	return err
}
