//go:build ignore

// record makes the profiles of this folder; `regenerate` builds and runs it.
// Each fault is small, so that the files are: recursion, inlining, generics,
// closures, labels, contention, goroutines that wait.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
	"time"
)

var sink any

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

type number interface{ ~int | ~float64 }

func sum[T number](values []T) (total T) {
	for _, v := range values {
		total += add(total, v)
	}
	return total
}

func add[T number](a, b T) T { return a + b }

type stack[T any] struct{ items []T }

func (s *stack[T]) push(item T) { s.items = append(s.items, item) }

type point struct {
	X, Y int
	Name string
}

func encode(n int) int {
	size := 0
	for i := 0; i < n; i++ {
		text, _ := json.Marshal(map[string]any{"i": i, "p": []point{{i, i, "p"}}})
		size += len(text)
	}
	return size
}

func hash(n int) {
	block := make([]byte, 4096)
	for i := 0; i < n; i++ {
		s := sha256.Sum256(block)
		block[0] = s[0]
	}
}

func order(n int) {
	values := make([]int, n)
	for i := range values {
		values[i] = (i * 7919) % n
	}
	sort.Slice(values, func(a, b int) bool { return values[a] < values[b] })
}

func grow(n int) {
	var s stack[string]
	var floats []float64
	for i := 0; i < n; i++ {
		s.push(strings.Repeat("x", i%100))
		floats = append(floats, float64(i))
	}
	sink = sum(floats)
	sink = s
}

func burn(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		sink = fib(22)
		sink = encode(200)
		hash(20)
		order(2000)
		grow(2000)
	}
}

func cpu(path string, d time.Duration, labelled bool) {
	file, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(file)
	}
	check(err)
	var group sync.WaitGroup
	for i := 0; i < 2; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			if !labelled {
				burn(d)
				return
			}
			labels := pprof.Labels("handler", fmt.Sprintf("/api/%d", i), "tenant", "a")
			pprof.Do(context.Background(), labels, func(context.Context) { burn(d) })
		}()
	}
	group.Wait()
	pprof.StopCPUProfile()
	check(file.Close())
}

func contend() {
	var lock sync.Mutex
	var shared sync.RWMutex
	var group sync.WaitGroup
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 100; j++ {
				lock.Lock()
				time.Sleep(20 * time.Microsecond)
				lock.Unlock()
				shared.RLock()
				runtime.Gosched()
				shared.RUnlock()
				shared.Lock()
				time.Sleep(time.Microsecond)
				shared.Unlock()
			}
		}()
	}
	group.Wait()
}

func wait() {
	never := make(chan int)
	for i := 0; i < 25; i++ {
		go func() { <-never }()
		go func() { select {} }()
		go func() { time.Sleep(time.Hour) }()
	}
	var lock sync.Mutex
	lock.Lock()
	for i := 0; i < 7; i++ {
		go func() { lock.Lock() }()
	}
	time.Sleep(50 * time.Millisecond)
}

func exchange() {
	pipe := make(chan int)
	done := make(chan bool)
	go func() {
		for range pipe {
		}
		close(done)
	}()
	for i := 0; i < 200; i++ {
		time.Sleep(50 * time.Microsecond)
		pipe <- i
	}
	close(pipe)
	<-done
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func write(folder, name string) {
	file, err := os.Create(filepath.Join(folder, name+".pb.gz"))
	check(err)
	check(pprof.Lookup(name).WriteTo(file, 0))
	check(file.Close())
}

// As /debug/pprof/goroutine?debug=1 and debug=2 give them.
func writeText(folder string, debug int) {
	file, err := os.Create(filepath.Join(folder, fmt.Sprintf("goroutine-%d.txt", debug)))
	check(err)
	check(pprof.Lookup("goroutine").WriteTo(file, debug))
	check(file.Close())
}

func main() {
	folder := os.Args[1]
	runtime.MemProfileRate = 4096
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	for _, slice := range []string{"cpu", "cpu-2", "cpu-3"} {
		cpu(filepath.Join(folder, slice+".pb.gz"), 700*time.Millisecond, false)
	}
	cpu(filepath.Join(folder, "cpu-labels.pb.gz"), 700*time.Millisecond, true)
	contend()
	exchange()
	wait()
	runtime.GC()
	for _, name := range []string{"heap", "allocs", "goroutine", "mutex", "block", "threadcreate"} {
		write(folder, name)
	}
	writeText(folder, 1)
	writeText(folder, 2)
}
