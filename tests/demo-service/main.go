// A small HTTP service whose profile is known, to test load and capture on.
//
// The work is in work.go, each kind in a function of its own name; counts.go counts what was answered, so
// that a test can hold the count of a load generator against it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", ":8080", "address of the service; port 0 chooses one")
	profile := flag.String("pprof", "127.0.0.1:6060", "address of pprof; empty for none")
	ready := flag.Bool("ready", true, "answer /readyz with 200")
	flag.Parse()
	if err := run(*listen, *profile, *ready); err != nil {
		log.Fatal(err)
	}
}

func run(listen, profile string, ready bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(10_000)

	failed := make(chan error, 2)
	service := &http.Server{Handler: newCounter(time.Now()).handler(routes(ready))}
	serviceAddr, err := serve(service, listen, failed)
	if err != nil {
		return err
	}
	pprofAddr := "none"
	if profile != "" {
		if pprofAddr, err = serve(&http.Server{Handler: pprofRoutes()}, profile, failed); err != nil {
			return err
		}
	}
	fmt.Printf("http=%s pprof=%s\n", serviceAddr, pprofAddr)

	select {
	case err = <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return service.Shutdown(grace)
}

// serve binds at once, so that the address is known, and answers in the background.
func serve(server *http.Server, addr string, failed chan<- error) (string, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return listener.Addr().String(), nil
}

func pprofRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
