package node

import (
	"testing"
	"testing/fstest"
)

const gib = 1 << 30

// The files are as kernels write them, in groups as Slurm, systemd and Docker make them.
func TestOf(t *testing.T) {
	const meminfo = "MemTotal:       16777216 kB\nMemFree:         1000000 kB\n"
	for name, c := range map[string]struct {
		files       map[string]string
		env         map[string]string
		procs, cpus int
		want        Share
	}{
		"nothing is known":    {procs: 8, cpus: 8, want: Share{8, "", 0, ""}},
		"a machine by itself": {map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n"}, nil, 8, 8, Share{8, "", 16 * gib, ""}},
		"Slurm, version 2, a job's and a step's limits": {map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0\n",
			"sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/memory.max":                    "4294967296\n",
			"sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/memory.max":             "3221225472\n",
			"sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/user/task_0/memory.max": "max\n",
			"sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/user/task_0/cpu.max":    "max 100000\n",
		}, map[string]string{"SLURM_CPUS_ON_NODE": "4", "SLURM_MEM_PER_NODE": "4096"}, 4, 4, Share{4, "", 3 * gib, "cgroup"}},
		"Slurm, version 1, in a group of several controllers": {map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "9:name=systemd:/\n5:memory:/slurm/uid_1/job_7\n4:cpu,cpuacct:/slurm/uid_1/job_7\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":                   "9223372036854771712\n",
			"sys/fs/cgroup/memory/slurm/uid_1/job_7/memory.limit_in_bytes": "2147483648\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":                           "-1\n",
			"sys/fs/cgroup/cpu/slurm/uid_1/job_7/cpu.cfs_quota_us":         "250000\n",
			"sys/fs/cgroup/cpu/slurm/uid_1/job_7/cpu.cfs_period_us":        "100000\n",
		}, nil, 8, 8, Share{3, "cgroup", 2 * gib, "cgroup"}},
		"Slurm without groups or binding": {map[string]string{"proc/meminfo": meminfo},
			map[string]string{"SLURM_CPUS_PER_TASK": "4", "SLURM_CPUS_ON_NODE": "8", "SLURM_MEM_PER_CPU": "1024"}, 64, 64, Share{4, "SLURM_CPUS_PER_TASK", 8 * gib, "SLURM_MEM_PER_CPU"}},
		"Slurm, one task, cores not named": {nil, map[string]string{"SLURM_CPUS_ON_NODE": "6"}, 64, 64, Share{6, "SLURM_CPUS_ON_NODE", 0, ""}},
		"a step of several tasks a node": {nil,
			map[string]string{"SLURM_CPUS_ON_NODE": "8", "SLURM_STEP_TASKS_PER_NODE": "2,4(x3)", "SLURM_MEM_PER_NODE": "8192"}, 64, 64, Share{2, "SLURM_CPUS_ON_NODE", 2 * gib, "SLURM_MEM_PER_NODE"}},
		"ranks of Open MPI": {map[string]string{"proc/meminfo": meminfo}, map[string]string{"OMPI_COMM_WORLD_LOCAL_SIZE": "2"}, 1, 1, Share{1, "", 8 * gib, ""}},
		"a login node, where systemd holds a user's processes together": {map[string]string{
			"proc/self/cgroup": "0::/user.slice/user-1000.slice/session-3.scope\n",
			"sys/fs/cgroup/user.slice/user-1000.slice/cpu.max":     "150000 100000\n",
			"sys/fs/cgroup/user.slice/user-1000.slice/memory.high": "1073741824\n",
		}, nil, 64, 64, Share{2, "cgroup", 1 * gib, "cgroup"}},
		"a container, which sees its own group as the root": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 100000\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, nil, 2, 8, Share{1, "cgroup", gib / 2, "cgroup"}},
		"a container, to which the host's path is shown": {map[string]string{
			"proc/self/cgroup": "5:memory:/docker/abc\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
		}, nil, 8, 8, Share{8, "", gib / 2, "cgroup"}},
		"what the user says": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 100000\n"},
			map[string]string{"GOMAXPROCS": "5", "SLURM_CPUS_PER_TASK": "2"}, 5, 8, Share{5, "GOMAXPROCS", 0, ""}},
		"nonsense": {map[string]string{
			"proc/meminfo": "MemTotal: much kB\n", "proc/self/cgroup": "0\n::\n0::/../..//a\n", "sys/fs/cgroup/a/cpu.max": "0 0\n", "sys/fs/cgroup/cpu.max": "100\n",
			"sys/fs/cgroup/memory.max": "99999999999999999999999\n",
		}, map[string]string{"SLURM_CPUS_PER_TASK": "-1", "SLURM_MEM_PER_NODE": "0", "SLURM_STEP_TASKS_PER_NODE": "(x,"}, 8, 8, Share{8, "", 0, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			for name, text := range c.files {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := Of(files, func(name string) string { return c.env[name] }, c.procs, c.cpus); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestString(t *testing.T) {
	for want, s := range map[string]Share{
		"1 core":  {Cores: 1},
		"2 cores": {Cores: 2},
		"4 cores (SLURM_CPUS_PER_TASK), 1.5 GiB of memory (cgroup)": {4, "SLURM_CPUS_PER_TASK", 3 * gib / 2, "cgroup"},
	} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
