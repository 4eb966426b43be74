/*
 * For LD_PRELOAD: the program's FAIL_NTH-th allocation since main() began fails, and with FAIL_ALL all behind
 * it, in whatever library. Without FAIL_NTH none does, and FAIL_COUNT is the file that says how many there
 * were.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

typedef int main_fn(int argc, char **argv, char **environment);
typedef int start_fn(main_fn *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
                     void (*end)(void), void *stack);
int __libc_start_main(main_fn *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*end)(void), void *stack);

static _Atomic uint64_t asked;
static uint64_t nth;
static bool all, begun, failed;
static main_fn *program_main;

/* OpenSSL 3.0 does not survive all of its own. */
static bool is_spared(const void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "/libcrypto.");
}

static bool fails(const void *caller)
{
	uint64_t at;

	if (!begun)
		return false;
	at = ++asked;
	if (!nth || at < nth || (failed && !all) || is_spared(caller))
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *memory = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);

	if (!memory)
		return ENOMEM;
	*ret = memory;
	return 0;
}

static int begin(int argc, char **argv, char **environment)
{
	const char *count = getenv("FAIL_COUNT"), *at = getenv("FAIL_NTH");
	FILE *out = count ? fopen(count, "we") : NULL;
	int status;

	nth = at ? strtoull(at, NULL, 10) : 0;
	all = getenv("FAIL_ALL") != NULL;
	begun = true;
	status = program_main(argc, argv, environment);
	begun = false;
	if (out) {
		fprintf(out, "%llu\n", (unsigned long long)asked);
		fclose(out);
	}
	return status;
}

int __libc_start_main(main_fn *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*end)(void), void *stack)
{
	start_fn *start = NULL;

	*(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
	program_main = program;
	return start(begin, argc, argv, init, fini, end, stack);
}
