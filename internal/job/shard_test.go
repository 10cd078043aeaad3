package job

import "testing"

func TestParseShard(t *testing.T) {
	if s, err := ParseShard("3/8"); err != nil || s != (Shard{3, 8}) || s.String() != "3/8" {
		t.Errorf("%v, %v", s, err)
	}
	for _, text := range []string{"", "1", "1/", "/2", "2/2", "-1/2", "1/0", "0/0", "a/b", "1/2/3"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%q is %v", text, s)
		}
	}
	dealt := make([]int, 10)
	for i := range 3 {
		for k := range dealt {
			if (Shard{i, 3}).Has(k) {
				dealt[k]++
			}
		}
	}
	for k, n := range dealt {
		if n != 1 {
			t.Errorf("part %d is in %d shards", k, n)
		}
	}
}

func TestSlurmShard(t *testing.T) {
	for _, test := range []struct {
		id, first, step, count string
		want                   Shard // zero: an error
	}{
		{"", "", "", "", Shard{0, 1}},
		{"0", "0", "1", "4", Shard{0, 4}},
		{"3", "", "", "4", Shard{3, 4}},
		{"14", "10", "2", "3", Shard{2, 3}},
		{"7", "7", "1", "1", Shard{0, 1}}, // one task, submitted again: it does all that is missing
		{"13", "10", "2", "3", Shard{}},
		{"7", "0", "1", "3", Shard{}}, // --array=0,3,7
		{"1", "2", "1", "3", Shard{}},
		{"1", "0", "0", "3", Shard{}},
		{"1", "0", "1", "", Shard{}},
		{"x", "0", "1", "3", Shard{}},
	} {
		env := map[string]string{"SLURM_ARRAY_TASK_ID": test.id, "SLURM_ARRAY_TASK_MIN": test.first, "SLURM_ARRAY_TASK_STEP": test.step, "SLURM_ARRAY_TASK_COUNT": test.count}
		got, err := SlurmShard(func(name string) string { return env[name] })
		if got != test.want || (err == nil) != (test.want.Count > 0) {
			t.Errorf("%+v: %v, %v", test, got, err)
		}
	}
}
