package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/train"
)

// TestMain lets the test binary be vit-train, for tests of processes.
func TestMain(m *testing.M) {
	if os.Getenv("BE_VIT_TRAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

func command(args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	cmd = exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "BE_VIT_TRAIN=1")
	stderr = new(bytes.Buffer)
	cmd.Stderr = stderr
	return cmd, stderr
}

// catalogue writes n small pictures of two classes and their catalogue.
func catalogue(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	text := "id_str,file_loc,class\n"
	for i := range n {
		im := image.NewGray(image.Rect(0, 0, 16, 16))
		for p := range im.Pix {
			im.Pix[p] = uint8(7*i + 5*p)
		}
		im.Set(8, 8+4*(i%2), color.White)
		var b bytes.Buffer
		if err := png.Encode(&b, im); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%d.png", i)
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("%d,%s,%d\n", i, name, i%2)
	}
	name := filepath.Join(dir, "train.csv")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// small are the flags of a run of a second or so.
func small(catalogue, out string, more ...string) []string {
	return append([]string{"--catalog", catalogue, "--label=class", "--out", out, "--image-size=16", "--patch-size=4",
		"--dim=48", "--depth=3", "--heads=3", "--batch=4", "--epochs=12", "--workers=2"}, more...)
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// exitCode is how a process ended; -1 by a signal.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return -2
}

// A process that is told to stop goes on to the same bits when it is started again.
func TestSignals(t *testing.T) {
	data := catalogue(t, 40)
	whole := t.TempDir()
	cmd, stderr := command(small(data, whole)...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	took := time.Since(start)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1} {
		t.Run(signal.String(), func(t *testing.T) {
			out := t.TempDir()
			stopped := 0
			for i := range 5 {
				cmd, stderr := command(small(data, out, "--resume")...)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				// Not before the process listens, then somewhere in the run.
				time.Sleep(took/5 + took*time.Duration(i*7%5)/8)
				cmd.Process.Signal(signal)
				code := exitCode(cmd.Wait())
				if code == 0 {
					break
				}
				if code == -1 && stderr.Len() == 0 {
					continue // on a busy machine it had not begun to listen
				}
				if code != cli.Interrupted {
					t.Fatalf("exit code %d, want %d\n%s", code, cli.Interrupted, stderr)
				}
				stopped++
			}
			if stopped == 0 {
				t.Skip("the process was too quick to be stopped")
			}
			cmd, stderr := command(small(data, out, "--resume")...)
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, stderr)
			}
			sameRun(t, out, whole, fmt.Sprintf("%d stops", stopped))
			if steps(t, out) != steps(t, whole) {
				t.Errorf("after being stopped %d times the steps are others:\n%s", stopped, steps(t, out))
			}
		})
	}
}

// sameRun compares what two runs have left.
func sameRun(t *testing.T, out, whole, after string) {
	t.Helper()
	for _, name := range []string{"last/model.safetensors", "best/model.safetensors", "metrics.json"} {
		if read(t, out, name) != read(t, whole, name) {
			t.Errorf("after %s %s is another", after, name)
		}
	}
	_, got, _ := strings.Cut(read(t, out, "run.toml"), "\n\n") // without the flags, in which are --out and --resume
	if _, want, _ := strings.Cut(read(t, whole, "run.toml"), "\n\n"); got != want || got == "" {
		t.Errorf("after %s the settings are others:\n%s", after, got)
	}
	for _, pattern := range []string{".*", "*/.*"} {
		if names, _ := filepath.Glob(filepath.Join(out, pattern)); len(names) > 0 {
			t.Errorf("files left behind: %q", names)
		}
	}
}

// Folds that are killed at any instant go on to the same bits.
func TestFoldsKilled(t *testing.T) {
	data := catalogue(t, 24)
	whole, out := t.TempDir(), t.TempDir()
	cmd, stderr := command(small(data, whole, "--folds=3", "--epochs=4")...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	took := time.Since(start)
	for i := range 5 {
		cmd, _ := command(small(data, out, "--folds=3", "--epochs=4", "--resume")...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(took * time.Duration(1+i) / 8)
		cmd.Process.Kill()
		if cmd.Wait() == nil {
			break
		}
	}
	cmd, stderr = command(small(data, out, "--folds=3", "--epochs=4", "--resume")...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, name := range []string{"folds.csv", "folds.json", "predictions.csv", "fold-1/best/model.safetensors", "fold-3/metrics.json"} {
		if read(t, out, name) != read(t, whole, name) {
			t.Errorf("after being killed %s is another", name)
		}
	}
	for _, pattern := range []string{".*", "fold-*/.*", "fold-*/*/.*"} {
		if names, _ := filepath.Glob(filepath.Join(out, pattern)); len(names) > 0 {
			t.Errorf("files left behind: %q", names)
		}
	}
}

// Flags come as --name value and --name=value, or from a TOML file, over which
// the command line wins; run.toml is such a file.
func TestConfig(t *testing.T) {
	data := catalogue(t, 16)
	out := t.TempDir()
	config := filepath.Join(t.TempDir(), "run.toml")
	text := fmt.Sprintf("catalog = %q\nlabel = [\"class\"]\nepochs = 1\nlr = 1e-4\nflip = false\nimage-size = 16\npatch-size = 8\ndim = 16\ndepth = 1\nheads = 2\nseed = 3\nwhere = [\"class=0\", \"class=1\"]\n", data)
	if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "--config", config, "--out="+out, "--epochs", "2", "--batch=3")
	got := read(t, out, "run.toml")
	for _, want := range []string{"epochs = 2\n", "batch = 3\n", "lr = 0.0001\n", "flip = false\n", "rotate = \"any\"\n", "dim = 16\n", `pool = "mean"`,
		"# vit-train ", fmt.Sprintf("# flags: --catalog=%s --label=[class] ", data)} {
		if !strings.Contains(got, want) {
			t.Errorf("run.toml lacks %q:\n%s", want, got)
		}
	}
	again := t.TempDir()
	mustRun(t, "--config="+filepath.Join(out, "run.toml"), "--catalog", data, "--label", "class", "--seed", "3", "--out", again)
	if read(t, again, "last/model.safetensors") != read(t, out, "last/model.safetensors") {
		t.Error("run.toml as --config gives another result")
	}
}

// What the pictures decide of a preset's sizes, they decide again under run.toml.
func TestConfigOfSmallPictures(t *testing.T) {
	data := catalogue(t, 16)
	for _, recipe := range []string{"1k", "100k"} {
		out, again := t.TempDir(), t.TempDir()
		mustRun(t, "--catalog", data, "--label=class", "--recipe", recipe, "--init=none", "--dim=32", "--heads=2", "--epochs=1", "--batch=8", "--out", out)
		mustRun(t, "--config="+filepath.Join(out, "run.toml"), "--catalog", data, "--label=class", "--out", again)
		if got, want := read(t, again, "last/config.json"), read(t, out, "last/config.json"); got != want {
			t.Errorf("recipe %s: run.toml as --config gives the model\n%s\nnot\n%s", recipe, got, want)
		}
	}
}

func mustRun(t *testing.T, args ...string) {
	t.Helper()
	var log bytes.Buffer
	if err := run(context.Background(), args, cli.New(io.Discard, &log)); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
}

func TestUsage(t *testing.T) {
	dir, configs := t.TempDir(), 0
	config := func(text string) string {
		configs++
		name := filepath.Join(dir, fmt.Sprintf("%d.toml", configs))
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return "--config=" + name
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "--catalog and --out are needed"},
		{[]string{"--catalog=a.csv"}, "--out"},
		{[]string{"--catlog=a.csv"}, "--catlog"},
		{[]string{"--epochs=many"}, "--epochs"},
		{[]string{"--epochs"}, "--epochs"},
		{[]string{"--resume=perhaps"}, "--resume"},
		{[]string{"--time-limit=30"}, "--time-limit"},
		{[]string{"--catalog=a.csv", "--out=b", "--keep=0"}, "--keep must be at least 1"},
		{[]string{"--catalog=a.csv", "--out=b", "c.csv"}, `unexpected argument "c.csv"`},
		{[]string{"--catalog=a.csv", "--out=b", "--flip", "false"}, `a switch takes its value with =, as --resume=false`},
		{[]string{"--config=" + filepath.Join(dir, "none.toml")}, "none.toml"},
		{[]string{config("epoch = 3")}, "there is no flag --epoch"},
		{[]string{config("epochs = 'three'")}, "three"},
		{[]string{config("epochs = [1, 2]")}, "epochs takes one value"},
		{[]string{config("flip = 'perhaps' ")}, "perhaps"},
		{[]string{config("epochs = ")}, "line 1"},
		{[]string{config("config = 'a.toml'")}, "--config"},
		{[]string{config("[preset]\na = 1")}, "preset is no table"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			err := run(context.Background(), c.args, cli.New(io.Discard, io.Discard))
			if err == nil || cli.Code(err) != cli.WrongUsage || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v (exit code %d), want one line with %q and exit code 2", err, cli.Code(err), c.want)
			}
		})
	}
}

// Pretraining has flags of its own, takes its run.toml as --config, and what it writes is fine-tuned.
func TestPretrain(t *testing.T) {
	data, out, again := catalogue(t, 16), t.TempDir(), t.TempDir()
	mustRun(t, "pretrain", "--catalog", data, "--out", out, "--image-size=16", "--patch-size=4", "--dim=16", "--depth=1", "--heads=2", "--epochs=2", "--mask-ratio=0.5", "--seed=3")
	mustRun(t, "pretrain", "--config", filepath.Join(out, "run.toml"), "--catalog", data, "--out", again, "--seed=3")
	if read(t, again, "last/model.safetensors") != read(t, out, "last/model.safetensors") {
		t.Error("run.toml as --config gives another result")
	}
	mustRun(t, "--catalog", data, "--label=class", "--init", filepath.Join(out, "best"), "--out", t.TempDir(), "--epochs=1")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "--catalog or tiles, and --out are needed"},
		{[]string{"--out=a"}, "--catalog or tiles"},
		{[]string{"--catalog=a.csv", "--out=b", "--label=c"}, "--label"},
		{[]string{"--catalog=a.csv", "--out=b", "--mixup=1"}, "--mixup"},
	} {
		if err := run(context.Background(), append([]string{"pretrain"}, c.args...), cli.New(io.Discard, io.Discard)); cli.Code(err) != cli.WrongUsage || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.args, err, c.want)
		}
	}
	var help bytes.Buffer
	if err := run(context.Background(), []string{"pretrain", "--help"}, cli.New(&help, io.Discard)); cli.Code(err) != cli.Done {
		t.Fatal(err)
	}
	for _, name := range []string{"catalog", "where", "val-fraction", "mask-ratio", "decoder-dim", "decoder-depth", "decoder-heads", "windows", "dim", "rotate", "resume", "keep", "time-limit", "config"} {
		if !strings.Contains(help.String(), "--"+name) {
			t.Errorf("--%s is missing", name)
		}
	}
}

// --help goes to standard output and names every flag with its default.
func TestHelp(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), []string{"--help"}, cli.New(&out, io.Discard)); cli.Code(err) != cli.Done {
		t.Fatal(err)
	}
	help := strings.Join(strings.Fields(out.String()), " ")
	flags := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	new(train.Settings).Register(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		_, after, found := strings.Cut(help, "--"+f.Name+" "+strings.TrimSuffix(f.Value.Type(), "64"))
		if f.Value.Type() == "bool" {
			_, after, found = strings.Cut(help, "--"+f.Name+"[=true|false]")
		}
		entry, _, _ := strings.Cut(after, " --")
		if !found || !strings.Contains(entry, f.DefValue) {
			t.Errorf("--%s: %q does not give the default %q", f.Name, entry, f.DefValue)
		}
	})
	for _, name := range []string{"catalog", "label", "task", "where", "val-catalog", "split-column", "folds", "fold", "out", "recipe", "init", "seed", "workers", "config", "resume", "checkpoint-every", "keep", "time-limit", "strict"} {
		if !strings.Contains(help, "--"+name) {
			t.Errorf("--%s is missing", name)
		}
	}
	if !strings.Contains(help, "75 stopped") {
		t.Error("the exit codes are missing")
	}
}

// The process says in one line, the last, how it failed, and gives the exit code.
func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
	}{{[]string{"--help"}, 0}, {[]string{"--nonsense"}, 2}, {[]string{"--catalog=none.csv", "--label=a", "--out=" + t.TempDir()}, 1}} {
		cmd, stderr := command(c.args...)
		if code := exitCode(cmd.Run()); code != c.code {
			t.Errorf("%q: exit code %d, want %d", c.args, code, c.code)
		}
		lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
		if last := lines[len(lines)-1]; c.code != 0 && !strings.HasPrefix(last, "vit-train: ") || c.code == 2 && len(lines) != 1 {
			t.Errorf("%q: standard error %q", c.args, stderr)
		}
	}
}
