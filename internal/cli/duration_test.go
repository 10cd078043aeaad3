package cli

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0": 0, "3h55m": 3*time.Hour + 55*time.Minute, "90s": 90 * time.Second, "1.5h": 90 * time.Minute,
		"235:00": 235 * time.Minute, "3:55:10": 3*time.Hour + 55*time.Minute + 10*time.Second,
		"1-00:00:00": day, "2-12": 60 * time.Hour, "0-00:30": 30 * time.Minute, "65535-0": 65535 * day,
	} {
		var d duration
		if err := d.Set(text); err != nil || time.Duration(d) != want {
			t.Errorf("%q is %v, %v; want %v", text, time.Duration(d), err, want)
		}
	}
	for _, text := range []string{"", "30", "-1h", "-1", "1-", "-", "1-2-3", "1:2:3:4", "1-1:2:3:4", ":", "1:", "a:b", "65536:00", "1h:00", "+1:00", "1:-1"} {
		var d duration
		if err := d.Set(text); err == nil {
			t.Errorf("%q is taken for %v", text, time.Duration(d))
		}
	}
}
