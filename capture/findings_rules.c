#include "capture/findings_rules.h"

#include <string.h>

#define NAME_MOST  4096
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/*
 * The order: first what would take all below it away if it were mended (an expression compiled once allocates
 * nothing), then the collector, then what has a name of its own (a map that grows) before what it is made of
 * (allocation), and what merely takes place somewhere last.
 *
 * Thresholds: 15 % and 5 % for allocation and assist are those of the Go GC guide ("Identifying sources of
 * overhead"); a compiled expression and a lock have no business in a request at all; the others are what a
 * service of mixed work stays below.
 *
 * The collector: marking is what dedicated and fractional workers do; the names changed with the Green Tea
 * collector (1.25 as an experiment, 1.26 by default). Workers that run where a core would be idle cost nobody
 * anything, and say so from 1.22 on. Locks of the runtime are lock2 and unlock2 alone: procyield and futex
 * below a mutex or the scheduler are those'.
 */
const struct findings_rule findings_rules[RULE_WORDS] = {
	[RULE_REGEXP] =
		{.name = "regexp-compile",
                 .title = "regular expressions are compiled while serving",
                 .means =
                         "An expression is parsed and compiled each time, which costs far more than to use it.",
                 .todo = "Compile once, into a package variable or a field (regexp.MustCompile), and share it: it "
                         "is safe for concurrent use.",
                 .threshold = 0.005,
                 .words = WORDS("regexp.Compile*", "regexp.MustCompile*", "regexp.compile*",
                                "regexp/syntax.Parse", "regexp/syntax.Compile")},
	[RULE_TLS] =
		{.name = "tls-handshake",
                 .title = "TLS handshakes are made",
                 .means = "Connections are opened anew rather than used again; each costs a key exchange "
                          "and a signature.",
                 .todo = "Keep connections alive: one http.Client for all, bodies read to the end and closed, "
                         "MaxIdleConnsPerHost as high as the requests in flight; session resumption for clients "
                         "that cannot.",
                 .threshold = 0.05,
                 .words = WORDS("crypto/tls.*andshake*")},
	[RULE_GC_ASSIST] =
		{.name = "gc-assist",
                 .title = "requests are made to help the garbage collector",
                 .means =
                         "Memory is allocated faster than the collector marks in the background, so allocating "
                         "goroutines mark before they get any: it is in the latency of requests.",
                 .todo = "Allocate less where the callers do; with memory to spare raise GOGC, or set GOMEMLIMIT "
                         "with a higher GOGC.",
                 .threshold = 0.05,
                 .words = WORDS("runtime.gcAssistAlloc*")},
	[RULE_GC_MARK] =
		{.name = "gc-mark",
                 .title = "the garbage collector marks",
                 .means =
                         "The heap is walked often, or much of it is alive and full of pointers. The callers are "
                         "those that allocate most.",
                 .todo = "Allocate less, or hold less and with fewer pointers (values, not pointers to them); with "
                         "memory to spare raise GOGC or set GOMEMLIMIT.",
                 .threshold = 0.20,
                 .words = WORDS("runtime.gcBgMarkWorker*", "runtime.gcDrain*", "runtime.gcMarkTermination*",
                                "runtime.gcMarkDone*", "runtime.scanobject*", "runtime.scanObject*",
                                "runtime.scanSpan*", "runtime.scanblock", "runtime.scanConservative",
                                "runtime.scanstack", "runtime.greyobject", "runtime.markroot*",
                                "runtime.tryDeferToSpanScan", "internal/runtime/gc/scan.*"),
                 .unless = RULE_BIT(RULE_GC_IDLE)},
	[RULE_MUTEX] =
		{.name = "mutex-contention",
                 .title = "goroutines fight for a lock",
                 .means =
                         "A lock is held when others want it; what is seen here is the CPU of waiting and waking, the "
                         "time lost is more.",
                 .todo = "Hold it shorter (no I/O, no encoding inside), divide it (by shard or key), or use atomics, "
                         "a copy that is swapped, or sync.Map for what is mostly read. --profiles mutex shows "
                         "who holds it.",
                 .threshold = 0.02,
                 .words = WORDS("sync.(*Mutex).lockSlow", "sync.(*Mutex).unlockSlow",
                                "internal/sync.(*Mutex).lockSlow", "internal/sync.(*Mutex).unlockSlow",
                                "sync.(*RWMutex).*", "sync.runtime_SemacquireMutex",
                                "sync.runtime_SemacquireRWMutex*", "internal/sync.runtime_SemacquireMutex")},
	[RULE_LOGGING] =
		{.name = "logging",
                 .title = "logging takes CPU",
                 .means = "Lines are formatted and written for each request.",
                 .todo = "Log less on the hot path (sample, or a lower level that is checked before arguments are "
                         "made), with typed attributes, through a buffered writer.",
                 .threshold = 0.05,
                 .words = WORDS("log.*", "log/slog.*", "log/slog/internal*", "go.uber.org/zap.*",
                                "go.uber.org/zap/zapcore.*", "github.com/rs/zerolog.*",
                                "github.com/sirupsen/logrus.*", "k8s.io/klog/*")},
	[RULE_STRINGS] =
		{.name = "string-conversion",
                 .title = "strings are joined and converted",
                 .means =
                         "Each + of strings, and each []byte(s) and string(b), copies its bytes into new memory; in a "
                         "loop the cost grows with the square of the length.",
                 .todo = "Build with strings.Builder (Grow first) or append to one []byte; keep data in one of the "
                         "two forms.",
                 .threshold = 0.03,
                 .words = WORDS("runtime.concatstring*", "runtime.concatbyte*", "runtime.slicebytetostring*",
                                "runtime.stringtoslicebyte*", "runtime.slicerunetostring*",
                                "runtime.stringtoslicerune*", "runtime.intstring"),
                 .direct = true},
	[RULE_BOXING] =
		{.name = "interface-boxing",
                 .title = "values are put into interfaces",
                 .means =
                         "A value that becomes an interface (any) is copied to the heap, one allocation each.",
                 .todo = "Pass pointers or concrete types, or use generics, on the hot path.",
                 .threshold = 0.05,
                 .words = WORDS("runtime.convT*"),
                 .direct = true},
	[RULE_MAPS] =
		{.name = "maps",
                 .title = "maps take CPU",
                 .means = "Time goes to hashing, looking up and growing maps.",
                 .todo = "Give make() the size when it is known, use small integers or structs as keys rather than "
                         "long strings, keep a map rather than make one a request; slices for few items.",
                 .threshold = 0.10,
                 .words = WORDS("runtime.map*", "runtime.makemap*", "runtime.hashGrow", "runtime.growWork*",
                                "runtime.evacuate*", "internal/runtime/maps.*"),
                 .direct = true},
	[RULE_ALLOCATION] =
		{.name = "allocation",
                 .title = "memory is allocated",
                 .means =
                         "Much of the CPU goes to getting memory, and more, by way of the collector, to freeing it.",
                 .todo = "Look at the callers: make slices with their capacity, use buffers again (sync.Pool), return "
                         "values rather than pointers. --profiles allocs shows bytes a request.",
                 .threshold = 0.15,
                 .words = WORDS("runtime.mallocgc*", "runtime.newobject*", "runtime.makeslice*",
                                "runtime.growslice*", "runtime.newarray", "runtime.rawstring*",
                                "runtime.rawbyteslice", "runtime.rawruneslice", "runtime.makechan*")},
	[RULE_RUNTIME_LOCKS] =
		{.name = "runtime-locks",
                 .title = "the runtime fights for its own locks",
                 .means =
                         "Many goroutines use one channel, timer heap or memory list at a time: the lock is inside "
                         "the runtime.",
                 .todo = "Send in batches or over several channels, allocate large blocks less often, use fewer "
                         "timers.",
                 .threshold = 0.05,
                 .words = WORDS("runtime.lock2*", "runtime.unlock2*")},
	[RULE_SCHEDULER] =
		{.name = "scheduler",
                 .title = "the scheduler takes CPU",
                 .means =
                         "Goroutines run for very short times, and cores look for the next one or sleep and wake "
                         "in between.",
                 .todo = "Give each goroutine more to do (batches, fewer channel hops); at low load it is the price of "
                         "waking up, so look again under more.",
                 .threshold = 0.15,
                 .words = WORDS("runtime.findRunnable*", "runtime.findrunnable*", "runtime.schedule",
                                "runtime.park_m", "runtime.stopm", "runtime.startm", "runtime.stealWork",
                                "runtime.wakep", "runtime.goschedImpl", "runtime.goready*", "runtime.ready",
                                "runtime.mPark", "runtime.resetspinning", "runtime.exitsyscall0",
                                "runtime.notewakeup")},
	[RULE_SYSCALLS] =
		{.name = "syscalls",
                 .title = "the kernel reads and writes for it",
                 .means =
                         "Most of the work is I/O in small pieces: each call into the kernel has a price of its own.",
                 .todo = "Buffer (bufio, one Write an answer), keep connections alive, send fewer and larger messages; "
                         "for a service that only passes data on it is as it should be.",
                 .threshold = 0.25,
                 .words = WORDS("internal/poll.(*FD).*", "syscall.*", "*/syscall.Syscall6",
                                "*/syscall/linux.Syscall6", "runtime.entersyscall*", "runtime.exitsyscall*"),
                 .unless = RULE_BIT(RULE_SCHEDULER)},
	[RULE_JSON] =
		{.name = "json-reflect",
                 .title = "JSON and reflection take CPU",
                 .means = "Values are taken apart and put together by reflection, field by field.",
                 .todo = "Decode into structs rather than any, encode straight to the answer, keep what does not change "
                         "encoded; else a generated or faster codec.",
                 .threshold = 0.10,
                 .words = WORDS("encoding/json.*", "encoding/json/*", "reflect.*",
                                "github.com/json-iterator/go.*", "github.com/goccy/go-json*")},
	[RULE_FMT] =
		{.name = "fmt",
                 .title = "fmt formats on the hot path",
                 .means = "Printf looks at its format and at the types of its arguments each time.",
                 .todo = "strconv and append (strconv.AppendInt) where it is hot; no Sprintf to join strings or make "
                         "keys.",
                 .threshold = 0.05,
                 .words = WORDS("fmt.*")},
	[RULE_CLOCK] =
		{.name = "clock",
                 .title = "the clock is read very often",
                 .means =
                         "time.Now is called so often that it shows; where the kernel has no fast clock each is a "
                         "system call.",
                 .todo = "Read it once a request and hand it on.",
                 .threshold = 0.02,
                 .words = WORDS("time.Now", "time.now", "time.Since", "time.Until", "time.runtimeNow")},
	[RULE_COPIES] =
		{.name = "copies",
                 .title = "memory is copied and cleared",
                 .means = "Large values or buffers are copied, or cleared before use.",
                 .todo = "Pass pointers to large structs, grow slices once to their size, use buffers again, io.Copy "
                         "rather than io.ReadAll.",
                 .threshold = 0.08,
                 .words = WORDS(
			 "runtime.memmove", "runtime.memclr*", "runtime.typedmemmove",
			 "runtime.typedslicecopy", "runtime.duffcopy", "runtime.duffzero", "runtime.wbMove",
			 "runtime.wbZero")},
	[RULE_GC_IDLE] = {.words = WORDS("runtime.gcDrainMarkWorkerIdle")},
};

/* '*' stands for any text; the only character with a meaning. Cost: at most the product of the lengths. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			from = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

uint32_t findings_patterns(const char *function)
{
	uint32_t ret = 0;

	if (strnlen(function, NAME_MOST + 1) > NAME_MOST)
		return 0;
	for (size_t i = 0; i < RULE_WORDS; i++)
		for (const char *const *word = findings_rules[i].words; *word; word++)
			if (matches(*word, function)) {
				ret |= RULE_BIT(i);
				break;
			}
	return ret;
}
