package fits

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// A peer is a program that reads FITS files: it takes a job on a line and answers with the seconds that it took.
type peer struct {
	name string
	in   io.Writer
	out  *bufio.Scanner
}

func (p *peer) run(job string) (float64, error) {
	if _, err := fmt.Fprintln(p.in, job); err != nil {
		return 0, err
	}
	if !p.out.Scan() {
		return 0, fmt.Errorf("%s does not answer to %q", p.name, job)
	}
	return strconv.ParseFloat(p.out.Text(), 64)
}

// startPeer starts a program that answers to jobs.
func startPeer(t testing.TB, name string, args ...string) (*peer, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		return nil, err
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return &peer{name, in, bufio.NewScanner(out)}, nil
}

// startCfitsio compiles and starts testdata/peer.c, or says why it cannot.
func startCfitsio(t testing.TB) (*peer, error) {
	program := filepath.Join(t.TempDir(), "peer")
	if out, err := exec.Command("gcc", "-O2", "-o", program, "testdata/peer.c", "-lcfitsio", "-lm").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("Debian: gcc, libcfitsio-dev: %w\n%s", err, out)
	}
	return startPeer(t, "cfitsio", program)
}

// startPeers starts those that are installed, and says aloud which are not.
func startPeers(b *testing.B) (peers []*peer) {
	if p, err := startCfitsio(b); err != nil {
		b.Logf("SKIPPED cfitsio: %v", err)
	} else {
		peers = append(peers, p)
	}
	for name, module := range map[string]string{"astropy": "astropy", "python-fitsio": "fitsio"} {
		if err := exec.Command("/usr/bin/python3", "-c", "import "+module).Run(); err != nil {
			b.Logf("SKIPPED %s (Debian: python3-%s): %v", name, module, err)
			continue
		}
		if p, err := startPeer(b, name, "/usr/bin/python3", "-W", "ignore", "testdata/peer.py", name); err != nil {
			b.Logf("SKIPPED %s: %v", name, err)
		} else {
			peers = append(peers, p)
		}
	}
	return peers
}
