//go:build linux

package slurm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cluster is a Slurm on this machine: a controller and two nodes. Each is a
// namespace of processes with a name of its own, so that it dies as a whole.
type cluster struct {
	*testing.T
	ctx   context.Context // ends before the test must
	dir   string          // of the daemons
	work  string          // of the jobs
	env   []string        // of the commands
	hosts map[string]*host
}

// host is a running one; gone is closed when it has ended.
type host struct {
	*exec.Cmd
	gone chan struct{}
}

// nodes have more processors and memory than the machine: enough for what the scripts ask for.
const configuration = `
ClusterName=astrovit
SlurmctldHost=controller(127.0.0.1)
SlurmctldPort=%[2]d
AuthInfo=socket=%[1]s/munge.socket,cred_expire=5
SlurmUser=root
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/%%n
TmpFS=%[1]s/%%n-tmp
SlurmctldPidFile=%[1]s/controller.pid
SlurmdPidFile=%[1]s/%%n.pid
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerParameters=sched_interval=2,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=DEFAULT CPUs=12 RealMemory=16384
NodeName=node1 NodeAddr=127.0.0.1 Port=%[3]d
NodeName=node2 NodeAddr=127.0.0.1 Port=%[4]d
PartitionName=DEFAULT Nodes=ALL MaxTime=INFINITE
PartitionName=batch Default=YES PriorityTier=1
PartitionName=urgent PriorityTier=2
`

// newCluster starts a cluster that ends with the test. What it needs and is not there skips the test.
func newCluster(t *testing.T, work string, env ...string) *cluster {
	if os.Getuid() != 0 {
		t.Skip("a Slurm is started by root only")
	}
	for _, program := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%v; Debian has it in munge, slurmctld, slurmd and slurm-client", err)
		}
	}
	c := &cluster{T: t, dir: t.TempDir(), work: work, hosts: map[string]*host{}}
	if err := c.daemon("probe", "true").Run(); err != nil {
		t.Skipf("no namespaces for the nodes: %v", err)
	}
	deadline, ok := t.Deadline()
	if !ok {
		deadline = time.Now().Add(10 * time.Minute)
	}
	var cancel context.CancelFunc
	c.ctx, cancel = context.WithDeadline(context.Background(), deadline.Add(-20*time.Second))
	t.Cleanup(cancel)

	c.write("slurm.conf", fmt.Sprintf(configuration, c.dir, freePort(t), freePort(t), freePort(t)))
	c.write("cgroup.conf", "")
	c.write("munge.key", rand.Text()+rand.Text())
	c.env = append(os.Environ(), append(env, "SLURM_CONF="+c.path("slurm.conf"))...)
	if err := os.Mkdir(c.path("state"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for name := range c.hosts {
			c.cut(name)
		}
	})
	c.start("munge", "munged", "--foreground", "--force", "--num-threads=2", "--origin=127.0.0.1", "--socket="+c.path("munge.socket"), "--key-file="+c.path("munge.key"),
		"--seed-file="+c.path("munge.seed"), "--pid-file="+c.path("munge.pid"), "--log-file="+c.path("munge.log"))
	c.eventually("munge answers", func() bool { _, err := os.Stat(c.path("munge.socket")); return err == nil })
	c.start("controller", "slurmctld", "-D")
	c.boot("node1")
	c.boot("node2")
	c.eventually("both nodes are idle", func() bool {
		return strings.Count(c.try("sinfo", "--noheader", "--Node", "--format=%t", "--partition=batch"), "idle\n") == 2
	})
	return c
}

func (c *cluster) path(name string) string { return filepath.Join(c.dir, name) }

func (c *cluster) write(name, text string) {
	c.Helper()
	if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
		c.Fatal(err)
	}
}

// freePort is one that nothing listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// daemon is a command, not started, in namespaces for processes and the host's
// name, which end with it, and it with the test.
func (c *cluster) daemon(host string, command ...string) *exec.Cmd {
	const script = `mount -t proc proc /proc && echo "$0" >/proc/sys/kernel/hostname || exit; "$@" & wait $!`
	cmd := exec.Command("sh", append([]string{"-c", script, host}, command...)...)
	cmd.Env, cmd.Dir = c.env, c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:   syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS,
		Unshareflags: syscall.CLONE_NEWNS,
		Pdeathsig:    syscall.SIGKILL,
	}
	return cmd
}

// start turns a host on, with one command.
func (c *cluster) start(name string, command ...string) {
	c.Helper()
	log, err := os.OpenFile(c.path(name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		c.Fatal(err)
	}
	defer log.Close()
	h := &host{c.daemon(name, command...), make(chan struct{})}
	h.Stdout, h.Stderr = log, log
	if err := h.Start(); err != nil {
		c.Fatal(err)
	}
	go func() {
		h.Wait() // for all processes of the namespace
		close(h.gone)
	}()
	c.hosts[name] = h
}

// cut takes a host's power away.
func (c *cluster) cut(name string) {
	c.hosts[name].Process.Kill()
	<-c.hosts[name].gone
	delete(c.hosts, name)
}

// boot turns a node on, whose temporary files are gone then.
func (c *cluster) boot(node string) {
	c.Helper()
	if err := errors.Join(os.RemoveAll(c.path(node+"-tmp")), os.Mkdir(c.path(node+"-tmp"), 0o777)); err != nil {
		c.Fatal(err)
	}
	c.start(node, "slurmd", "-D", "-b")
}

// try runs a command where the jobs are, and gives its output, or "" if it fails.
func (c *cluster) try(name string, args ...string) string {
	cmd := exec.CommandContext(c.ctx, name, args...)
	cmd.Env, cmd.Dir = c.env, c.work
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// run is try with a command that may not fail.
func (c *cluster) run(name string, args ...string) string {
	c.Helper()
	cmd := exec.CommandContext(c.ctx, name, args...)
	cmd.Env, cmd.Dir = c.env, c.work
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// eventually waits for what must become true, however busy the machine is.
func (c *cluster) eventually(what string, is func() bool) {
	c.Helper()
	for !is() {
		for name, h := range c.hosts {
			select {
			case <-h.gone:
				c.Fatalf("%s has ended\n%s", name, c.logs())
			default:
			}
		}
		select {
		case <-c.ctx.Done():
			c.Fatalf("not in time: %s\n%s", what, c.logs())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// logs are the ends of all logs, of the jobs and of the daemons.
func (c *cluster) logs() string {
	var all strings.Builder
	names, _ := filepath.Glob(filepath.Join(c.work, "*.log"))
	daemons, _ := filepath.Glob(c.path("*.log"))
	for _, name := range append(names, daemons...) {
		text, _ := os.ReadFile(name)
		fmt.Fprintf(&all, "== %s\n%s\n", filepath.Base(name), text[max(0, len(text)-4000):])
	}
	return all.String()
}

// job is what Slurm says of a job, or of a task of an array.
type job map[string]string

// id is by what commands know it.
func (j job) id() string {
	if task := j["ArrayTaskId"]; task != "" {
		return j["ArrayJobId"] + "_" + task
	}
	return j["JobId"]
}

func (j job) is(states ...string) bool { return slices.Contains(states, j["JobState"]) }

// ended tells whether nothing will come of it any more.
func (j job) ended() bool {
	return len(j) > 0 && !j.is("PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED")
}

// restarts is how often it has been put back.
func (j job) restarts() int {
	n, _ := strconv.Atoi(j["Restarts"])
	return n
}

// jobs are the jobs, and the tasks of arrays, of a name.
func (c *cluster) jobs(name string) (all []job) {
	for line := range strings.Lines(c.try("scontrol", "--oneliner", "show", "jobs")) {
		j := job{}
		for field := range strings.FieldsSeq(line) {
			key, value, _ := strings.Cut(field, "=")
			j[key] = value
		}
		if j["JobName"] == name {
			all = append(all, j)
		}
	}
	return all
}

// job is the only one of a name.
func (c *cluster) job(name string) job {
	if all := c.jobs(name); len(all) == 1 {
		return all[0]
	}
	return nil
}

// log is what a job has written.
func (c *cluster) log(j job) string {
	text, _ := os.ReadFile(j["StdOut"])
	return string(text)
}
