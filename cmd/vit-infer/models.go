package main

import (
	"fmt"
	"strings"

	"github.com/astrovit/astrovit/internal/builtin"
	"github.com/astrovit/astrovit/internal/cli"
)

const modelsUsage = `List the models in the binary, a line each, or print the model cards of those
named: what they were trained on, how good they are, and what they cannot do.

  vit-infer models [NAME...]

Flags:`

func runModels(args []string, command *cli.Command) error {
	flags := command.Flags("vit-infer models", modelsUsage)
	if err := command.Parse(flags, args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		for _, name := range builtin.Names() {
			fmt.Fprintln(command.Stdout, builtin.About(name))
		}
		return nil
	}
	for _, name := range flags.Args() {
		card := builtin.Card(name)
		if card == "" {
			return cli.Usagef("there is no built-in model %q; there are %s", name, strings.Join(builtin.Names(), ", "))
		}
		fmt.Fprint(command.Stdout, card)
	}
	return nil
}
