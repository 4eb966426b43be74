package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

// Goroutines that stay, and healthy ones. Each prepares what is there before the load, and gives back
// a step of the load and what ends it.
var goroutineFaults = map[string]func() (step, end func()){
	"leak":        leak,
	"leak-twin":   leakTwin,
	"nil-channel": nilChannel,
	"stall":       stall,
	"pool":        pool,
	"deadlock":    deadlock,
}

// recordGoroutines dumps them before the load, in it and length after it: PREFIX-idle.txt and so on.
func recordGoroutines(name string, length time.Duration, prefix string) error {
	step, end := goroutineFaults[name]()
	settle()
	if err := dump(prefix + "-idle.txt"); err != nil {
		return err
	}
	for i := 0; i < 40; i++ {
		step()
	}
	settle()
	if err := dump(prefix + "-loaded.txt"); err != nil {
		return err
	}
	end()
	settle()
	time.Sleep(length)
	return dump(prefix + "-after.txt")
}

// settle lets goroutines get where they wait; since when they wait is noted by a collection.
func settle() {
	time.Sleep(200 * time.Millisecond)
	runtime.GC()
}

func dump(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.Lookup("goroutine").WriteTo(file, 2); err != nil {
		return err
	}
	return file.Close()
}

func nothing() {}

// Each request leaves one behind, which waits for an answer that nobody reads or sends.
func leak() (step, end func()) { return func() { go leaked(make(chan int)) }, nothing }

//go:noinline
func leaked(answer chan int) { keep(uint64(<-answer)) }

func leakTwin() (step, end func()) {
	done := make(chan struct{})
	return func() { go waitForEnd(done) }, func() { close(done) }
}

//go:noinline
func waitForEnd(done chan struct{}) { <-done }

func nilChannel() (step, end func()) {
	for i := 0; i < 3; i++ {
		go receiveNothing(nil)
	}
	return nothing, nothing
}

//go:noinline
func receiveNothing(never chan int) { keep(uint64(<-never)) }

// One holds a lock and does not come back; the others want it.
func stall() (step, end func()) {
	var mutex sync.Mutex
	for i := 0; i < 15; i++ {
		go wantLock(&mutex)
	}
	time.Sleep(100 * time.Millisecond)
	mutex.Lock()
	return func() {
		if len(stalled) < cap(stalled) {
			stalled <- struct{}{}
			go wantLock(&mutex)
		}
	}, nothing
}

var stalled = make(chan struct{}, 12)

//go:noinline
func wantLock(mutex *sync.Mutex) {
	mutex.Lock()
	sink++
	mutex.Unlock()
}

// Workers that have nothing to do, before the load and after it.
func pool() (step, end func()) {
	jobs := make(chan int)
	for i := 0; i < 16; i++ {
		go worker(jobs)
	}
	return func() { jobs <- 1 }, nothing
}

//go:noinline
func worker(jobs chan int) {
	for job := range jobs {
		keep(work(job))
	}
}

// Two locks, taken in both orders.
func deadlock() (step, end func()) {
	var a, b sync.Mutex
	once := sync.Once{}
	return func() {
		once.Do(func() {
			go lockBoth(&a, &b)
			go lockBothInTurn(&b, &a)
		})
	}, nothing
}

//go:noinline
func lockBoth(first, second *sync.Mutex) {
	first.Lock()
	time.Sleep(50 * time.Millisecond)
	second.Lock()
}

//go:noinline
func lockBothInTurn(first, second *sync.Mutex) {
	first.Lock()
	time.Sleep(50 * time.Millisecond)
	second.Lock()
}
