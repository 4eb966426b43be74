// A small HTTP service whose profile is known, to test load and capture on.
//
// The work is in work.go, each kind in a function of its own name; counts.go counts what was answered, so
// that a test can hold the count of a load generator against it.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", ":8080", "address of the service; port 0 chooses one")
	profile := flag.String("pprof", "127.0.0.1:6060", "address of pprof; empty for none")
	prefix := flag.String("pprof-prefix", "", "put /debug/pprof below this path")
	secure := flag.Bool("pprof-tls", false, "serve pprof over https, with a certificate of its own")
	wanted := flag.String("pprof-header", "", "a 'Name: value' without which pprof answers 401")
	ready := flag.Bool("ready", true, "answer /readyz with 200")
	flag.IntVar(&plant, "plant", plant, "how often a request of /planted does its extra work")
	flag.Parse()
	if err := run(*listen, *profile, *prefix, *wanted, *secure, *ready); err != nil {
		log.Fatal(err)
	}
}

func run(listen, profile, prefix, wanted string, secure, ready bool) error {
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
		server := &http.Server{Handler: guarded(wanted, http.StripPrefix(prefix, pprofRoutes()))}
		if secure {
			server.TLSConfig = selfSigned()
		}
		if pprofAddr, err = serve(server, profile, failed); err != nil {
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

// serve binds at once, so that the address is known, and answers in the background; over https if the server
// has a certificate.
func serve(server *http.Server, addr string, failed chan<- error) (string, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	addr = listener.Addr().String()
	if server.TLSConfig != nil {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return addr, nil
}

// selfSigned is a configuration with a new certificate that nobody has reason to trust.
func selfSigned() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
}

// guarded asks for a header, if it is given one.
func guarded(wanted string, next http.Handler) http.Handler {
	name, value, _ := strings.Cut(wanted, ": ")
	if name == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(name) != value {
			http.Error(w, "not without the header", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
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
