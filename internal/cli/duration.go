package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// DurationVar adds a flag for a time that is not negative, written as Go (3h55m)
// or as Slurm has it (235:00, 3:55:00, 1-12, 1-12:30, 1-12:30:00), but for a bare
// number, of which nobody knows the unit.
func DurationVar(flags *pflag.FlagSet, p *time.Duration, name string, value time.Duration, usage string) {
	*p = value
	flags.Var((*duration)(p), name, usage)
}

type duration time.Duration

// Type implements [pflag.Value].
func (d *duration) Type() string { return "duration" }

// String implements [pflag.Value].
func (d *duration) String() string {
	if *d == 0 {
		return "0"
	}
	return time.Duration(*d).String()
}

// Set implements [pflag.Value].
func (d *duration) Set(text string) error {
	v, err := parseDuration(text)
	if err == nil {
		*d = duration(v)
	}
	return err
}

func parseDuration(text string) (time.Duration, error) {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	days, clock, dashed := strings.Cut(text, "-")
	if !dashed {
		days, clock = "0", text
	}
	parts := append([]string{days}, strings.Split(clock, ":")...)
	units := []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second}
	switch {
	case !dashed && len(parts) == 3:
		parts = []string{days, "0", parts[1], parts[2]}
	case len(parts) > len(units), !dashed && len(parts) < 3:
		return 0, fmt.Errorf("%q is no time such as 3h55m, 3:55:00 or 1-12:30:00", text)
	}
	var sum time.Duration
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is no time such as 3h55m, 3:55:00 or 1-12:30:00", text)
		}
		sum += time.Duration(n) * units[i]
	}
	return sum, nil
}
