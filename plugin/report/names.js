/* What a Go function's name says: its package, whose code it is, and how to write it short. */

const KINDS = {
	app: "application and its modules",
	std: "standard library",
	memory: "allocation and GC",
	system: "system calls, network poller",
	runtime: "scheduler and other runtime",
	other: "other",
};

const SYSTEM = /^(syscall|internal\/poll|internal\/runtime\/syscall(\/linux)?|internal\/syscall\/.*|internal\/runtime\/syscall.*|golang\.org\/x\/sys\/.*|vendor\/golang\.org\/x\/sys\/.*)$/;
const SYSTEM_RUNTIME = /^runtime\.(futex\w*|epoll\w*|netpoll\w*|usleep|osyield|write1?|read|entersyscall|exitsyscall\w*|reentersyscall|nanotime\w*|walltime\w*|vdso\w*|\(\*timers\).*)/;
const MEMORY_RUNTIME = /^runtime\.(mallocgc\w*|newobject|newarray|makeslice\w*|growslice\w*|nextFreeFast|deductAssistCredit|deductSweepCredit|heapSet\w*|heapBits\w*|writeHeapBits\w*|gc\w*|scan\w*|grey\w*|mark\w*|bgsweep|bgscavenge|sweep\w*|wb\w*|bulkBarrier\w*|typedmemmove|typePointers.*|tryDefer\w*|spanOf\w*|findObject|memclr\w*|profilealloc|mProf_\w*|\(\*(mcache|mcentral|mheap|mspan|gcWork|gcBits|gcControllerState|pageAlloc|lfstack|sweepLocked|sweepLocker|activeSweep|spanSet|fixalloc|limiterEvent|stickyOverflow|pallocData|scavenge\w*|unwinder|consistentHeapStats|spanQueue|localSpanQueue|spanInlineMarkBits)\).*)/;

/* "encoding/json.(*encodeState).marshal" -> "encoding/json"; "" when it is no Go name. */
function packageOf(name) {
	const bracket = name.indexOf("[");
	const head = bracket < 0 ? name : name.slice(0, bracket);
	const dot = head.indexOf(".", head.lastIndexOf("/") + 1);

	return dot < 0 ? "" : head.slice(0, dot);
}

function kindOf(name) {
	const where = packageOf(name);

	if (!where || name.includes("::"))
		return "other";
	if (SYSTEM.test(where) || SYSTEM_RUNTIME.test(name))
		return "system";
	if (MEMORY_RUNTIME.test(name) || where.startsWith("internal/runtime/gc"))
		return "memory";
	if (/^(runtime|internal\/(runtime|abi|cpu|bytealg|chacha8rand|goarch|goos)|gogo|aeshashbody|memeqbody|indexbytebody)(\/|$)/.test(where))
		return "runtime";
	if (where === "main" || (where.split("/")[0].includes(".") && !where.startsWith("vendor/")))
		return "app";
	return "std";
}

/* "github.com/a/b/json.(*T).F" -> "json.(*T).F" */
function shortName(name) {
	const bracket = name.indexOf("[");
	const head = bracket < 0 ? name : name.slice(0, bracket);

	return name.slice(head.lastIndexOf("/") + 1);
}
