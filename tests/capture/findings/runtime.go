package main

import (
	"bufio"
	"io"
	"log"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

func prepareMutex(faulty bool) func() {
	var shared struct {
		sync.Mutex
		sum uint64
	}
	if faulty {
		return func() {
			keep(work(20))
			lock(&shared.Mutex, &shared.sum)
		}
	}
	return func() {
		var own sync.Mutex
		var sum uint64
		keep(work(20))
		lock(&own, &sum)
	}
}

//go:noinline
func lock(mutex *sync.Mutex, sum *uint64) {
	mutex.Lock()
	*sum += work(20)
	mutex.Unlock()
}

// Many goroutines and one channel: the lock that they fight for is the channel's own.
func prepareRuntimeLocks(faulty bool) func() {
	one := make(chan uint64, 1024)
	go func() {
		for x := range one {
			keep(x)
		}
	}()
	for i := 0; i < 8; i++ {
		go func() {
			for x := range one {
				keep(x)
			}
		}()
	}
	if faulty {
		return func() {
			for i := uint64(0); i < 64; i++ {
				send(one, i)
			}
		}
	}
	return func() {
		sum := uint64(0)
		for i := 0; i < 64; i++ {
			sum += work(200)
		}
		send(one, sum)
	}
}

//go:noinline
func send(to chan<- uint64, x uint64) { to <- x }

// Each step is handed to another goroutine and back, one at a time.
func prepareScheduler(faulty bool) func() {
	if faulty {
		return func() {
			there, back := make(chan uint64), make(chan uint64)
			go func() {
				for x := range there {
					back <- x + 1
				}
				close(back)
			}()
			x := uint64(0)
			for i := 0; i < 1000; i++ {
				x = handOver(there, back, x)
			}
			close(there)
			<-back
			keep(x)
		}
	}
	return func() { keep(work(100000)) }
}

//go:noinline
func handOver(there chan<- uint64, back <-chan uint64, x uint64) uint64 {
	there <- x
	return <-back
}

func null() *os.File {
	file, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		log.Fatal(err)
	}
	return file
}

func prepareSyscalls(faulty bool) func() {
	file := null()
	if faulty {
		return func() { write(file) }
	}
	return func() {
		keep(work(2000))
		buffered := bufio.NewWriterSize(file, 4096)
		write(buffered)
		_ = buffered.Flush()
	}
}

var line = []byte("a line\n")

//go:noinline
func write(to io.Writer) {
	for i := 0; i < 50; i++ {
		_, _ = to.Write(line)
	}
}

func prepareLogging(faulty bool) func() {
	logger := log.New(null(), "", log.LstdFlags)
	steps := int64(0)
	return func() {
		keep(work(1000))
		if n := atomic.AddInt64(&steps, 1); faulty || n%1000 == 0 {
			logLine(logger, n)
		}
	}
}

//go:noinline
func logLine(logger *log.Logger, n int64) { logger.Printf("request %d done, status %d", n, 200) }

func prepareClock(faulty bool) func() {
	if faulty {
		return func() {
			for i := 0; i < 20; i++ {
				keep(work(100))
				stamp()
			}
		}
	}
	return func() {
		keep(work(2000))
		stamp()
	}
}

//go:noinline
func stamp() { keep(uint64(time.Now().UnixNano())) }
