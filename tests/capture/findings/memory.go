package main

import "strings"

type item struct {
	id   int
	name string
	next *item
}

func prepareAllocation(faulty bool) func() {
	if faulty {
		return func() { keep(work(3000) + uint64(len(allocation(60)))) }
	}
	return func() {
		var room [60]item
		keep(work(3000) + uint64(len(allocationTwin(room[:0], 60))))
	}
}

//go:noinline
func allocation(n int) []*item {
	var list []*item
	for i := 0; i < n; i++ {
		list = append(list, &item{id: i, name: "item"})
	}
	return list
}

//go:noinline
func allocationTwin(list []item, n int) []item {
	for i := 0; i < n; i++ {
		list = append(list, item{id: i, name: "item"})
	}
	return list
}

var (
	alive     *item
	aliveFlat []int64
	scratch   []byte
)

// A large heap full of pointers, walked again and again since something allocates; the twin's has no pointers.
func prepareMark(faulty bool) func() {
	for i := 0; i < 1<<20 && faulty; i++ {
		alive = &item{id: i, next: alive}
	}
	if !faulty {
		aliveFlat = make([]int64, 4<<20)
	}
	return func() {
		keep(work(20000))
		allocateBuffer()
	}
}

//go:noinline
func allocateBuffer() { scratch = make([]byte, 256<<10) }

// Pointers are allocated faster than the background workers can mark.
func prepareAssist(faulty bool) func() {
	for i := 0; i < 1<<19; i++ {
		alive = &item{id: i, next: alive}
	}
	if faulty {
		return func() { keep(assist(200)) }
	}
	return func() { keep(work(4000)) }
}

//go:noinline
func assist(n int) uint64 {
	var list *item
	for i := 0; i < n; i++ {
		list = &item{id: i, next: list}
	}
	return uint64(list.id)
}

var words = strings.Split("the quick brown fox jumps over the lazy dog and runs away from here", " ")

func prepareStrings(faulty bool) func() {
	if faulty {
		return func() { keep(work(4000) + uint64(len(join(words)))) }
	}
	return func() { keep(work(4000) + uint64(len(joinTwin(words)))) }
}

//go:noinline
func join(words []string) string {
	s := ""
	for _, word := range words {
		s += word + ","
	}
	return s
}

//go:noinline
func joinTwin(words []string) string {
	var b strings.Builder
	b.Grow(100)
	for _, word := range words {
		b.WriteString(word)
		b.WriteByte(',')
	}
	return b.String()
}

func prepareBoxing(faulty bool) func() {
	if faulty {
		return func() { keep(work(4000) + box(100)) }
	}
	return func() { keep(work(4000) + boxTwin(100)) }
}

//go:noinline
func box(n int) (sum uint64) {
	var room [100]interface{}
	for i := 0; i < n; i++ {
		room[i] = i + 1000
	}
	for _, v := range room {
		sum += uint64(v.(int))
	}
	boxed = room[n-1]
	escape = room[:]
	return sum
}

var (
	boxed  interface{}
	escape []interface{}
)

//go:noinline
func boxTwin(n int) (sum uint64) {
	var room [100]int
	for i := 0; i < n; i++ {
		room[i] = i + 1000
	}
	for _, v := range room {
		sum += uint64(v)
	}
	return sum
}

func prepareMaps(faulty bool) func() {
	if faulty {
		return func() { keep(work(1000) + uint64(count(words))) }
	}
	return func() { keep(work(1000) + uint64(countTwin(words))) }
}

//go:noinline
func count(words []string) int {
	seen := map[string]int{}
	for _, word := range words {
		seen[word]++
	}
	for _, word := range words {
		seen[word]--
	}
	return len(seen)
}

//go:noinline
func countTwin(words []string) int {
	var seen [128]int
	for _, word := range words {
		seen[word[0]&127]++
	}
	return seen['t']
}

type page [64 << 10]byte

var pages [2]page

func prepareCopies(faulty bool) func() {
	if faulty {
		return func() { keep(work(2000) + uint64(copyPage(pages[1][:], pages[0][:]))) }
	}
	return func() { keep(work(2000) + uint64(copyPageTwin(pages[0][:]))) }
}

//go:noinline
func copyPage(to, from []byte) int {
	copy(to, from)
	return int(to[5])
}

//go:noinline
func copyPageTwin(from []byte) int { return int(from[5]) }
