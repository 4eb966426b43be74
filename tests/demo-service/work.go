package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	longestSleep = time.Minute
	longestBurn  = 10 * time.Second
	mostLeaks    = 10_000 // of leakSize each
	leakSize     = 4 << 10
	mostBytes    = 1 << 30
)

var zeros [64 << 10]byte

func routes(ready bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { ok(w) })
	mux.HandleFunc("/json", serveJSON)
	mux.HandleFunc("/planted", servePlanted)
	mux.HandleFunc("/bytes", serveBytes)
	mux.HandleFunc("/mutex", serveMutex)
	mux.HandleFunc("/sleep", serveSleep)
	mux.HandleFunc("/cpu", serveCPU)
	mux.HandleFunc("/leak", serveLeak)
	mux.HandleFunc("/grow", serveGrow)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { ok(w) })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready {
			http.Error(w, "told to be not ready", http.StatusServiceUnavailable)
			return
		}
		ok(w)
	})
	return mux
}

func ok(w http.ResponseWriter) { _, _ = io.WriteString(w, "ok\n") }

// duration reads a query parameter counted in unit, between 0 and most.
func duration(r *http.Request, name string, unit, otherwise, most time.Duration) time.Duration {
	n, err := strconv.ParseInt(r.FormValue(name), 10, 64)
	if err != nil || n < 0 {
		return otherwise
	}
	if n > int64(most/unit) {
		return most
	}
	return time.Duration(n) * unit
}

type item struct {
	ID   int      `json:"id"`
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

func makeItems(n int) []item {
	var items []item
	for i := range n {
		items = append(items, item{i, fmt.Sprintf("item-%d", i), strings.Split("red,green,blue", ",")})
	}
	return items
}

func serveJSON(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(makeItems(200))
}

// plant is how many times a request of /planted does the work of planted: two releases differ by this alone.
var plant = 1

func servePlanted(w http.ResponseWriter, r *http.Request) {
	for range plant {
		planted()
	}
	serveJSON(w, r)
}

// planted is a fixed amount of work, about a twentieth of what serveJSON costs.
//
//go:noinline
func planted() {
	x := uint64(88172645463325252)
	for range 3300 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	if x == 0 { // never, as in burn
		sink++
	}
}

// serveBytes answers with n bytes (10240 unless it is said), for what lies between.
func serveBytes(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(r.FormValue("n"), 10, 64)
	if err != nil || n < 0 || n > mostBytes {
		n = 10240
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	for block := int64(len(zeros)); n > 0; n -= block {
		if _, err := w.Write(zeros[:min(n, block)]); err != nil {
			return
		}
	}
}

var contended struct {
	sync.Mutex
	total int
}

func serveMutex(w http.ResponseWriter, _ *http.Request) {
	for range 10 {
		holdMutex()
	}
	ok(w)
}

//go:noinline
func holdMutex() {
	contended.Lock()
	defer contended.Unlock()
	contended.total++
	burn(20 * time.Microsecond)
}

func serveSleep(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(duration(r, "ms", time.Millisecond, 50*time.Millisecond, longestSleep)):
		ok(w)
	case <-r.Context().Done():
	}
}

func serveCPU(w http.ResponseWriter, r *http.Request) {
	burn(duration(r, "us", time.Microsecond, time.Millisecond, longestBurn))
	ok(w)
}

var sink uint64

// burn keeps one CPU busy in this function for a while.
//
//go:noinline
func burn(d time.Duration) {
	x := uint64(88172645463325252)
	for end := time.Now().Add(d); time.Now().Before(end); {
		for range 2000 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
	}
	if x == 0 { // never: it keeps the loop from being optimised away
		sink++
	}
}

var leaks struct {
	sync.Mutex
	memory [][]byte
}

func serveLeak(w http.ResponseWriter, _ *http.Request) {
	leaks.Lock()
	defer leaks.Unlock()
	if len(leaks.memory) < mostLeaks {
		leaks.memory = append(leaks.memory, make([]byte, leakSize))
		go leakedWorker()
	}
	ok(w)
}

var grown struct {
	sync.Mutex
	memory [][]byte
}

// serveGrow keeps mb more megabytes in use: more than the pod's limit, and its kernel ends it.
func serveGrow(w http.ResponseWriter, r *http.Request) {
	mb, err := strconv.Atoi(r.FormValue("mb"))
	if err != nil || mb < 0 || mb > mostBytes>>20 {
		http.Error(w, "mb is not a number of megabytes", http.StatusBadRequest)
		return
	}
	grown.Lock()
	defer grown.Unlock()
	for range mb {
		page := make([]byte, 1<<20)
		for i := range page {
			page[i] = 1
		}
		grown.memory = append(grown.memory, page)
	}
	ok(w)
}

//go:noinline
func leakedWorker() { <-make(chan struct{}) }
