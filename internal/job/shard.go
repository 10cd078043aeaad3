package job

import (
	"fmt"
	"strconv"
	"strings"
)

// Shard is the part of a job that one of several programs does: of all parts
// those whose number, counted from 0, leaves Index when divided by Count.
type Shard struct{ Index, Count int }

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// Has tells whether part i is the shard's.
func (s Shard) Has(i int) bool { return i%s.Count == s.Index }

// ParseShard reads "i/n" with i from 0 to n-1.
func ParseShard(text string) (Shard, error) {
	index, count, _ := strings.Cut(text, "/")
	i, badIndex := strconv.Atoi(index)
	n, badCount := strconv.Atoi(count)
	if badIndex != nil || badCount != nil || i < 0 || i >= n {
		return Shard{}, fmt.Errorf("%q is not i/n with i from 0 to n-1, as 0/8", text)
	}
	return Shard{i, n}, nil
}

// SlurmShard is the shard that a task of a Slurm job array is to do, by its
// environment; all of the job where there is none. Tasks that are not first,
// first + step, first + 2 step, ... are an error.
func SlurmShard(getenv func(string) string) (Shard, error) {
	if getenv("SLURM_ARRAY_TASK_ID") == "" {
		return Shard{0, 1}, nil
	}
	var id, first, step, count int
	for _, v := range []struct {
		name      string
		to        *int
		otherwise string
	}{{"SLURM_ARRAY_TASK_ID", &id, ""}, {"SLURM_ARRAY_TASK_MIN", &first, "0"}, {"SLURM_ARRAY_TASK_STEP", &step, "1"}, {"SLURM_ARRAY_TASK_COUNT", &count, ""}} {
		text := getenv(v.name)
		if text == "" {
			text = v.otherwise
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return Shard{}, fmt.Errorf("%s is %q, and a whole number is expected; name the shard with --shard i/n", v.name, text)
		}
		*v.to = n
	}
	s := Shard{0, count}
	if step > 0 {
		s.Index = (id - first) / step
	}
	if step < 1 || id < first || (id-first)%step != 0 || s.Index >= count {
		return Shard{}, fmt.Errorf("task %d is not one of the %d tasks %d, %d, ... of a Slurm array; name the shard with --shard i/n", id, count, first, first+step)
	}
	return s, nil
}
