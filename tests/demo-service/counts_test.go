package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestWindowCountsToTheMillisecond(t *testing.T) {
	start := time.UnixMilli(1_700_000_000_000)
	c := newCounter(start)
	for i := range 100 {
		c.begin()
		c.end("/", start.Add(time.Duration(i)*time.Millisecond))
	}
	for _, tt := range []struct{ from, to, want int64 }{{0, 100, 100}, {10, 20, 10}, {99, 200, 1}, {50, 50, 0}} {
		from, to := time.Duration(tt.from)*time.Millisecond, time.Duration(tt.to)*time.Millisecond
		if got := c.window(start.Add(from), start.Add(to)); got != tt.want {
			t.Errorf("[%d, %d): %d, want %d", tt.from, tt.to, got, tt.want)
		}
	}
}

func TestRingForgetsWhatIsOld(t *testing.T) {
	start := time.UnixMilli(1_700_000_000_000)
	c := newCounter(start)
	c.end("/", start)
	c.end("/", start.Add(remembered))
	if got := c.window(start, start.Add(2*remembered)); got != 1 {
		t.Errorf("%d remembered, want 1", got)
	}
}

func TestCountingLeavesItselfAndProbesOut(t *testing.T) {
	c := newCounter(time.Now())
	handler := c.handler(routes(true))
	for _, path := range []string{"/", "/json", "/count", "/healthz", "/readyz", "/window?begin=0&end=1"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	if len(c.paths) != 2 || c.paths["/"] != 1 || c.paths["/json"] != 1 || c.inFlight != 0 {
		t.Errorf("counted %v, in flight %d", c.paths, c.inFlight)
	}
}
