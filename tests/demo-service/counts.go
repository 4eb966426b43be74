package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	remembered = 20 * time.Minute // how far back a window may begin
	mostPaths  = 100              // further paths are counted together
)

// counter keeps totals by path, and the completion time of each request to the millisecond in a ring.
type counter struct {
	mu       sync.Mutex
	started  time.Time
	paths    map[string]int64
	inFlight int64
	ring     []bucket
}

type bucket struct {
	ms    int64 // since the Unix epoch; an older one means the bucket is stale
	count int64
}

func newCounter(now time.Time) *counter {
	return &counter{started: now, paths: map[string]int64{}, ring: make([]bucket, remembered.Milliseconds())}
}

// handler counts what next answers. /count and /window themselves, and the kubelet's probes, are not counted.
func (c *counter) handler(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/count", c.serveCount)
	mux.HandleFunc("/window", c.serveWindow)
	mux.Handle("/healthz", next)
	mux.Handle("/readyz", next)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.begin()
		defer func() { c.end(r.URL.Path, time.Now()) }()
		next.ServeHTTP(w, r)
	})
	return mux
}

func (c *counter) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight++
}

func (c *counter) end(path string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
	if _, known := c.paths[path]; !known && len(c.paths) >= mostPaths {
		path = "other"
	}
	c.paths[path]++
	ms := now.UnixMilli()
	slot := &c.ring[ms%int64(len(c.ring))]
	if slot.ms != ms {
		*slot = bucket{ms: ms}
	}
	slot.count++
}

// window is the number of requests completed in [begin, end), both to the millisecond.
func (c *counter) window(begin, end time.Time) (total int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from, to := begin.UnixMilli(), end.UnixMilli()
	for _, b := range c.ring {
		if b.count > 0 && b.ms >= from && b.ms < to {
			total += b.count
		}
	}
	return total
}

func (c *counter) serveCount(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var total int64
	for _, n := range c.paths {
		total += n
	}
	writeJSON(w, map[string]any{
		"started": c.started.UnixNano(), "total": total, "paths": c.paths, "in_flight": c.inFlight,
	})
}

func (c *counter) serveWindow(w http.ResponseWriter, r *http.Request) {
	begin, err := strconv.ParseInt(r.FormValue("begin"), 10, 64)
	if err != nil {
		http.Error(w, "begin is not a number of nanoseconds", http.StatusBadRequest)
		return
	}
	end, err := strconv.ParseInt(r.FormValue("end"), 10, 64)
	if err != nil || end < begin {
		http.Error(w, "end is not a number of nanoseconds after begin", http.StatusBadRequest)
		return
	}
	if time.Since(time.Unix(0, begin)) > remembered {
		http.Error(w, "begin is longer ago than is remembered", http.StatusGone)
		return
	}
	writeJSON(w, map[string]int64{"requests": c.window(time.Unix(0, begin), time.Unix(0, end))})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
