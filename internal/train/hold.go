package train

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// hold keeps a run folder to this process until release, or until the process ends in whatever way: a job that was queued
// twice would write over itself. A file system without locks leaves it to the user.
func hold(dir string) (release func(), err error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		folder.Close()
		return nil, fmt.Errorf("%s: another vit-train is at work in it; wait for its end, or use another --out", dir)
	}
	return func() { folder.Close() }, nil
}
