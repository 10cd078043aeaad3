package whole

import (
	"fmt"
	"strings"
)

// Names makes texts, such as ids and labels, names of files in one folder. The
// zero value is ready to use.
type Names struct{ used map[string]int } // each name, and what its followers count up to

// Of is a name that no other call of Of has given, the text itself where it can
// be one. The same texts in the same order get the same names.
func (n *Names) Of(text string) string {
	const longest = 200 // bytes; file systems take 255
	name := strings.Map(func(c rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, c) || c < ' ' {
			return '_'
		}
		return c
	}, text)
	name = strings.ToValidUTF8(name[:min(len(name), longest)], "_")
	if name == "" || strings.HasPrefix(name, ".") {
		name = "_" + name
	}
	if n.used == nil {
		n.used = map[string]int{}
	}
	first := name
	for i := n.used[first] + 1; n.used[name] > 0; i++ {
		name = fmt.Sprintf("%s_%d", first, i)
		n.used[first] = i
	}
	n.used[name] = 1
	return name
}
