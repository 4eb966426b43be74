// Programs with one fault each, and their healthy twins, to record profiles of (see regenerate):
//
//	faults FAULT|FAULT-twin SECONDS FILE      a CPU profile, until so many seconds of CPU are used
//	faults GOROUTINE-FAULT SECONDS PREFIX     dumps of goroutines, the last so long after the load
//
// Each does some honest work of its own, and the fault beside it, in a function of the fault's name. The twin does the
// same job without the fault.
package main

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A fault is run by several goroutines, each calling what prepare gave it again and again.
type fault struct {
	goroutines int
	gogc       int // 0: as it is
	prepare    func(faulty bool) func()
}

var faults = map[string]fault{
	"allocation":        {2, 0, prepareAllocation},
	"gc-mark":           {1, 20, prepareMark},
	"gc-assist":         {4, 10, prepareAssist},
	"mutex-contention":  {8, 0, prepareMutex},
	"runtime-locks":     {16, 0, prepareRuntimeLocks},
	"scheduler":         {8, 0, prepareScheduler},
	"syscalls":          {2, 0, prepareSyscalls},
	"maps":              {2, 0, prepareMaps},
	"json-reflect":      {2, 0, prepareJSON},
	"tls-handshake":     {2, 0, prepareTLS},
	"string-conversion": {2, 0, prepareStrings},
	"interface-boxing":  {2, 0, prepareBoxing},
	"regexp-compile":    {2, 0, prepareRegexp},
	"fmt":               {2, 0, prepareFmt},
	"logging":           {2, 0, prepareLogging},
	"clock":             {2, 0, prepareClock},
	"copies":            {2, 0, prepareCopies},
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: faults FAULT|FAULT-twin SECONDS FILE")
	}
	name, faulty := os.Args[1], true
	if len(name) > 5 && name[len(name)-5:] == "-twin" {
		name, faulty = name[:len(name)-5], false
	}
	if _, known := goroutineFaults[os.Args[1]]; known {
		name = os.Args[1]
	}
	f, known := faults[name]
	seconds, err := strconv.Atoi(os.Args[2])
	if _, waits := goroutineFaults[name]; waits && err == nil {
		if err := recordGoroutines(name, time.Duration(seconds)*time.Second, os.Args[3]); err != nil {
			log.Fatal(err)
		}
		return
	}
	if !known || err != nil {
		log.Fatalf("no fault %q, or %q is no number of seconds", name, os.Args[2])
	}
	if err := record(f, faulty, time.Duration(seconds)*time.Second, os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func record(f fault, faulty bool, length time.Duration, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(2)
	if f.gogc != 0 {
		debug.SetGCPercent(f.gogc)
	}
	step := f.prepare(faulty)
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	n := drive(f.goroutines, length, step)
	pprof.StopCPUProfile()
	fmt.Println(path, n, "steps,", runtime.Version())
	return file.Close()
}

func drive(goroutines int, length time.Duration, step func()) (steps int64) {
	var stop int32
	var group sync.WaitGroup
	for i := 0; i < goroutines; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for atomic.LoadInt32(&stop) == 0 {
				step()
				atomic.AddInt64(&steps, 1)
			}
		}()
	}
	for begin := cpu(); cpu()-begin < length; {
		time.Sleep(20 * time.Millisecond)
	}
	atomic.StoreInt32(&stop, 1)
	group.Wait()
	return steps
}

// cpu is what the process has used: a profile has a sample for each 10 ms of it, however busy the machine is.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

var sink uint64

// work is the honest part.
//
//go:noinline
func work(rounds int) uint64 {
	x := uint64(88172645463325252)
	for i := 0; i < rounds; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

func keep(x uint64) {
	if x == 0 { // never: it keeps what made x from being optimised away
		atomic.AddUint64(&sink, 1)
	}
}
