package node

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// groups are the folders of this process's control group of a controller and of
// those around it, of version 2 or 1, where they are mounted by custom. In a
// container, which does not see the outer ones, some do not exist.
func groups(files fs.FS, controller string) (folders []string) {
	text, _ := fs.ReadFile(files, "proc/self/cgroup")
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(fields) != 3 {
			continue
		}
		root := "sys/fs/cgroup"
		if fields[1] != "" { // version 1
			if !slices.Contains(strings.Split(fields[1], ","), controller) {
				continue
			}
			root += "/" + controller
		}
		at := path.Clean("/" + fields[2])
		for ; at != "/"; at = path.Dir(at) {
			folders = append(folders, root+at)
		}
		folders = append(folders, root)
	}
	return folders
}

// quota is how many cores' time the control groups give; 0 if they do not say.
func quota(files fs.FS) (cores float64) {
	for _, group := range groups(files, "cpu") {
		limit, period, _ := strings.Cut(first(files, group+"/cpu.max"), " ")
		if limit == "" { // version 1
			limit, period = first(files, group+"/cpu.cfs_quota_us"), first(files, group+"/cpu.cfs_period_us")
		}
		l, p := number(limit), number(period)
		if l > 0 && p > 0 && (cores == 0 || float64(l)/float64(p) < cores) {
			cores = float64(l) / float64(p)
		}
	}
	return cores
}

// first is a file's first line; "" if there is none.
func first(files fs.FS, name string) string {
	text, _ := fs.ReadFile(files, name)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
