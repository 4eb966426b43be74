// Makes profiles of the shape that Go programs leave, as large as asked for:
//
//	profiles cpu|heap SAMPLES SEED OUT
//
// A program of several thousand functions, each with a few callees and call sites of its own; a stack is a walk from
// a goroutine's entry on, in which some callees are likelier than others and small ones are inlined. So stacks share
// their beginnings, as real ones do, and hardly two are the same. CPU profiles have two values and a label on every
// fourth sample; heap profiles four values and the label "bytes" on each. SEED is of the samples; the program is
// always the same, so that two profiles may be compared.
package main

import (
	"compress/gzip"
	"fmt"
	"log"
	"math/rand"
	"os"
	"strconv"
)

type message []byte

func (m *message) varint(v uint64) {
	for ; v >= 0x80; v >>= 7 {
		*m = append(*m, byte(v)|0x80)
	}
	*m = append(*m, byte(v))
}

func (m *message) number(field int, v uint64) {
	if v != 0 {
		m.varint(uint64(field) << 3)
		m.varint(v)
	}
}

func (m *message) bytes(field int, b []byte) {
	m.varint(uint64(field)<<3 | 2)
	m.varint(uint64(len(b)))
	*m = append(*m, b...)
}

func (m *message) packed(field int, values ...uint64) {
	var list message
	for _, v := range values {
		list.varint(v)
	}
	m.bytes(field, list)
}

const (
	packages  = 160
	functions = 6000
	entries   = 40
)

type call struct {
	location uint64 // a call site, with what is inlined into it
	to       int
}

type program struct {
	strings   []string
	ids       map[string]uint64
	out       message // functions, locations
	calls     [functions][]call
	leaves    [functions]uint64
	locations uint64
}

func (p *program) text(s string) uint64 {
	if id, ok := p.ids[s]; ok {
		return id
	}
	id := uint64(len(p.strings))
	p.ids[s] = id
	p.strings = append(p.strings, s)
	return id
}

func (p *program) location(r *rand.Rand, chain ...int) uint64 {
	var m message
	p.locations++
	m.number(1, p.locations)
	m.number(2, 1)
	m.number(3, 0x400000+p.locations*37)
	for _, f := range chain {
		var line message
		line.number(1, uint64(f)+1)
		line.number(2, uint64(20+f%400+r.Intn(60)))
		m.bytes(4, line)
	}
	p.out.bytes(4, m)
	return p.locations
}

func newProgram() *program {
	r := rand.New(rand.NewSource(1))
	p := &program{ids: map[string]uint64{}}
	p.text("")
	for f := 0; f < functions; f++ {
		var m message
		pkg := f % packages
		name := fmt.Sprintf("example.com/service/internal/package%d.(*Type%d).Method%d", pkg, f%700, f)
		m.number(1, uint64(f)+1)
		m.number(2, p.text(name))
		m.number(3, p.text(name))
		m.number(4, p.text(fmt.Sprintf("/src/example.com/service/internal/package%d/file%d.go", pkg, f%9)))
		m.number(5, uint64(20+f%400))
		p.out.bytes(5, m)
	}
	for f := 0; f < functions; f++ {
		p.leaves[f] = p.location(r, f)
		for n := 1 + r.Intn(6); n > 0; n-- {
			to := f + 1 + r.Intn(functions/8)
			chain := []int{f}
			if r.Intn(4) == 0 { // a small function between the two is inlined
				chain = []int{(f + 1 + r.Intn(200)) % functions, f}
			}
			p.calls[f] = append(p.calls[f], call{p.location(r, chain...), to % functions})
		}
	}
	return p
}

// The leaf first.
func (p *program) stack(r *rand.Rand) []uint64 {
	at := r.Intn(entries)
	depth := 8 + r.Intn(30)
	stack := make([]uint64, depth)
	for i := depth - 1; i > 0; i-- {
		c := p.calls[at][min(r.Intn(len(p.calls[at])), r.Intn(len(p.calls[at])))]
		stack[i] = c.location
		at = c.to
	}
	stack[0] = p.leaves[at]
	return stack
}

func (p *program) label(m *message, key string, num uint64, text string) {
	var label message
	label.number(1, p.text(key))
	if text != "" {
		label.number(2, p.text(text))
	}
	label.number(3, num)
	m.bytes(3, label)
}

func (p *program) sample(r *rand.Rand, heap bool) message {
	var m message
	m.packed(1, p.stack(r)...)
	if heap {
		size := uint64(8) << r.Intn(14)
		count := uint64(1 + r.Intn(5000))
		live := count * uint64(r.Intn(3)) / 8
		m.packed(2, count, count*size, live, live*size)
		p.label(&m, "bytes", size, "")
		return m
	}
	count := uint64(1)
	if r.Intn(10) == 0 {
		count += uint64(r.Intn(9))
	}
	m.packed(2, count, count*10000000)
	if r.Intn(4) == 0 {
		p.label(&m, "handler", 0, fmt.Sprintf("/v1/resource%d", r.Intn(50)))
	}
	return m
}

func (p *program) types(out *message, names ...string) {
	for i := 0; i < len(names); i += 2 {
		var m message
		m.number(1, p.text(names[i]))
		m.number(2, p.text(names[i+1]))
		out.bytes(1, m)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: profiles cpu|heap SAMPLES SEED OUT")
	}
	heap := os.Args[1] == "heap"
	samples, err := strconv.Atoi(os.Args[2])
	check(err)
	seed, err := strconv.Atoi(os.Args[3])
	check(err)
	file, err := os.Create(os.Args[4])
	check(err)
	out := gzip.NewWriter(file)
	r := rand.New(rand.NewSource(int64(seed)))
	p := newProgram()
	var head message
	if heap {
		p.types(&head, "alloc_objects", "count", "alloc_space", "bytes", "inuse_objects", "count", "inuse_space", "bytes")
	} else {
		p.types(&head, "samples", "count", "cpu", "nanoseconds")
	}
	_, err = out.Write(head)
	check(err)
	for i := 0; i < samples; i++ {
		var m message
		m.bytes(2, p.sample(r, heap))
		_, err = out.Write(m)
		check(err)
	}
	var mapping, tail message
	mapping.number(1, 1)
	mapping.number(2, 0x400000)
	mapping.number(3, 0x4000000)
	mapping.number(5, p.text("/usr/bin/service"))
	mapping.number(7, 1)
	tail.bytes(3, mapping)
	tail = append(tail, p.out...)
	for _, s := range p.strings {
		tail.bytes(6, []byte(s))
	}
	tail.number(9, 1700000000000000000+uint64(seed))
	tail.number(10, 30000000000)
	_, err = out.Write(tail)
	check(err)
	check(out.Close())
	check(file.Close())
}
