#include "tests/lib/failing_alloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* What there is below: a sanitizer's own names for its functions, else the C library's. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif

/* Called before there is a sanitizer, which allocates as it starts. */
#define BARE __attribute__((no_sanitize("address,thread,undefined")))

#define EACH 200

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);
void *REAL(memalign)(size_t alignment, size_t size);

extern const char __executable_start[], etext[];

/* Part of the program, it is reached without a lookup, which would allocate. */
static _Thread_local bool meant __attribute__((tls_model("initial-exec")));
static _Atomic uint64_t asked, fails_at;
static _Atomic enum failing_kind kind;

/* ---- a walk --------------------------------------------------------------------------------- */

static uint64_t stride(const struct failing *walk)
{
	return walk->kind == FAILING_OWN || walk->nth < EACH ? 1 : 1 + walk->nth / 30;
}

bool failing_next(struct failing *walk)
{
	walk->runs++;
	if (!walk->nth || failing_hit(walk))
		walk->nth += walk->nth ? stride(walk) : 1;
	else if (++walk->kind < FAILING_KINDS)
		walk->nth = 1;
	return walk->kind < FAILING_KINDS;
}

void failing_begin(const struct failing *walk)
{
	kind = walk->kind;
	asked = 0;
	fails_at = walk->nth;
	meant = true;
}

void failing_end(struct failing *walk)
{
	meant = false;
	fails_at = 0;
	walk->asked = asked;
}

bool failing_hit(const struct failing *walk)
{
	return walk->asked >= walk->nth;
}

const char *failing_name(const struct failing *walk, char ret[40])
{
	static const char *const names[] = {"own", "any", "all from"};

	snprintf(ret, 40, "%s %llu", names[walk->kind], (unsigned long long)walk->nth);
	return ret;
}

BARE bool failing_now(const void *caller)
{
	uint64_t nth = fails_at, at;
	const char *code = caller;

	if (!meant || !nth || (kind == FAILING_OWN && (code < __executable_start || code >= etext)))
		return false;
	at = ++asked;
	if (at < nth || (at > nth && kind != FAILING_ALL_BEHIND))
		return false;
	errno = ENOMEM;
	return true;
}

/* ---- in place of the allocator ------------------------------------------------------------ */

#define FAILS() failing_now(__builtin_return_address(0))

BARE void *malloc(size_t size)
{
	return FAILS() ? NULL : REAL(malloc)(size);
}

BARE void *calloc(size_t count, size_t size)
{
	return FAILS() ? NULL : REAL(calloc)(count, size);
}

BARE void *realloc(void *old, size_t size)
{
	return FAILS() ? NULL : REAL(realloc)(old, size);
}

BARE void *aligned_alloc(size_t alignment, size_t size)
{
	return FAILS() ? NULL : REAL(memalign)(alignment, size);
}

BARE int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *memory = FAILS() ? NULL : REAL(memalign)(alignment, size);

	if (!memory)
		return ENOMEM;
	*ret = memory;
	return 0;
}

/* ---- threads ------------------------------------------------------------------------------- */

struct start {
	void *(*body)(void *);
	void *argument;
};

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                          void *argument);

static void *begin(void *argument)
{
	struct start start = *(struct start *)argument;

	free(argument);
	meant = true;
	return start.body(start.argument);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                          void *argument)
{
	struct start *start;
	int status;

	if (!meant)
		return __real_pthread_create(thread, attributes, body, argument);
	start = REAL(malloc)(sizeof *start);
	if (!start)
		return EAGAIN;
	*start = (struct start){body, argument};
	status = __real_pthread_create(thread, attributes, begin, start);
	if (status)
		free(start);
	return status;
}
