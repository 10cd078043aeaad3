package progress

import (
	"context"
	"io"
	"log/slog"
	"math"
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// NewLog is a log on w, usually os.Stderr, as people read it: of each record the
// message, which says all, on a line of its own. Attributes say it again for
// programs, in what [JSON] makes of the log.
func NewLog(w io.Writer) *slog.Logger { return slog.New(&handler{w: w}) }

// JSON makes each further line of a log of NewLog's an object with time, level, msg
// and the attributes, or not. A number that JSON does not have is null. It is called
// before anybody else has the log.
func JSON(log *slog.Logger, on bool) {
	h := log.Handler().(*handler)
	if h.json = nil; on {
		h.json = slog.NewJSONHandler(h.w, &slog.HandlerOptions{ReplaceAttr: nullable})
	}
}

func nullable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindFloat64 && (math.IsNaN(a.Value.Float64()) || math.IsInf(a.Value.Float64(), 0)) {
		a.Value = slog.AnyValue(nil)
	}
	return a
}

// handler writes records, and on a terminal the bar beneath them.
type handler struct {
	json slog.Handler // nil: for people

	mu  sync.Mutex
	w   io.Writer
	bar *progressbar.ProgressBar // nil: none is shown
}

// Enabled implements [slog.Handler].
func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if h.json != nil {
		return h.json.Handle(ctx, r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bar != nil {
		h.bar.Clear()
		defer h.bar.RenderBlank() // as it stands
	}
	_, err := io.WriteString(h.w, r.Message+"\n")
	return err
}

// WithAttrs implements [slog.Handler]; people do not see attributes.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if h.json != nil {
		return h.json.WithAttrs(attrs)
	}
	return h
}

// WithGroup implements [slog.Handler].
func (h *handler) WithGroup(name string) slog.Handler {
	if h.json != nil {
		return h.json.WithGroup(name)
	}
	return h
}

// onTerminal is the handler of a log that can show a bar; nil if there is none.
func onTerminal(log *slog.Logger) *handler {
	h, ours := log.Handler().(*handler)
	if !ours || h.json != nil {
		return nil
	}
	if f, ok := h.w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return h
}
