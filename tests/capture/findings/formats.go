package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"sync/atomic"
)

func prepareJSON(faulty bool) func() {
	if faulty {
		return func() { keep(work(500) + uint64(encode(7))) }
	}
	return func() {
		var room [100]byte
		keep(work(500) + uint64(len(encodeTwin(room[:0], 7))))
	}
}

type answer struct {
	ID   int      `json:"id"`
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

var tags = []string{"red", "green", "blue"}

//go:noinline
func encode(id int) int {
	text, err := json.Marshal(answer{id, "item", tags})
	if err != nil {
		log.Fatal(err)
	}
	return len(text)
}

//go:noinline
func encodeTwin(to []byte, id int) []byte {
	to = append(to, `{"id":`...)
	to = strconv.AppendInt(to, int64(id), 10)
	return append(to, `,"name":"item","tags":["red","green","blue"]}`...)
}

func prepareTLS(faulty bool) func() {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		keep(work(4000))
		_, _ = io.WriteString(w, "ok")
	}))
	client := server.Client()
	if transport, ok := client.Transport.(*http.Transport); ok {
		transport.DisableKeepAlives = faulty
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	return func() { fetch(client, server.URL) }
}

//go:noinline
func fetch(client *http.Client, url string) {
	answer, err := client.Get(url)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}

const expression = `^(\w+)@(\w+)\.(com|org)$`

var once = regexp.MustCompile(expression)

func prepareRegexp(faulty bool) func() {
	if faulty {
		return func() {
			keep(work(100000))
			check("someone@example.com")
		}
	}
	return func() {
		keep(work(100000))
		checkTwin("someone@example.com")
	}
}

//go:noinline
func check(address string) bool { return regexp.MustCompile(expression).MatchString(address) }

//go:noinline
func checkTwin(address string) bool { return once.MatchString(address) }

var serial int64

func prepareFmt(faulty bool) func() {
	if faulty {
		return func() { keep(work(300) + uint64(len(key(int(atomic.AddInt64(&serial, 1)))))) }
	}
	return func() {
		var room [40]byte
		keep(work(300) + uint64(len(keyTwin(room[:0], int(atomic.AddInt64(&serial, 1))))))
	}
}

//go:noinline
func key(n int) string { return fmt.Sprintf("user-%d/%s", n, "profile") }

//go:noinline
func keyTwin(to []byte, n int) []byte {
	to = append(to, "user-"...)
	to = strconv.AppendInt(to, int64(n), 10)
	return append(to, "/profile"...)
}
