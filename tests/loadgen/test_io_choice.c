/* epoll or io_uring: what a plan gets, and what it is told when it cannot have what it asks for. */
#include "test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loadgen/loadgen.h"

/* From now on that system call fails with this errno, as containers have it. */
static bool forbid(long call, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = COUNT_OF(code), .filter = code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* What is wrong; NULL: nothing. */
static const char *look(const char *part)
{
	struct lg_plan plan = {.url = "http://127.0.0.1:9/", .vus = 1, .io = LG_IO_URING};
	static char error[LG_ERROR_SIZE];
	struct lg_run *run;

	if (lg_start(&plan, &run, error) == 0)
		return "it was to be had";
	if (!strstr(error, "io_uring cannot be used here") || !strstr(error, part) ||
	    !strstr(error, "use epoll"))
		return error;
	if (strcmp(lg_io_name(LG_IO_AUTO), "epoll") != 0 || strcmp(lg_io_name(LG_IO_EPOLL), "epoll") != 0)
		return "it would not be epoll";
	return strcmp(lg_io_name(LG_IO_URING), "none") == 0 ? NULL : "it has a name";
}

/* Whether it works is asked once a process: each question in one of its own. */
static int ask(const char *(*question)(const char *), const char *part, long call, int error)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		const char *wrong = error && !forbid(call, error) ? "no filter" : question(part);

		if (wrong)
			fprintf(stderr, "%s\n", wrong);
		_exit(wrong != NULL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void refused(long call, int error, const char *part)
{
	assert_int_equal(ask(look, part, call, error), 0);
}

static const char *is_had(const char *part)
{
	return strcmp(lg_io_name(LG_IO_URING), "io_uring") ? part : NULL;
}

static void test_refused(void **state)
{
	(void)state;
	refused(SYS_io_uring_setup, EPERM, "not permitted");
	refused(SYS_io_uring_setup, ENOSYS, "has none");
	refused(SYS_io_uring_setup, EINVAL, "too old");
	refused(SYS_io_uring_setup, ENOMEM, "Cannot allocate memory");
}

/* A filter that lets a ring be made, but not used. */
static void test_refused_later(void **state)
{
	(void)state;
	if (ask(is_had, "skipped: io_uring, this kernel does not let us", 0, 0) != 0)
		skip();
	refused(SYS_io_uring_register, EPERM, "not permitted");
	refused(SYS_io_uring_enter, EPERM, "not permitted");
}

static void test_auto(void **state)
{
	bool has = strcmp(lg_io_name(LG_IO_URING), "io_uring") == 0;

	(void)state;
	assert_string_equal(lg_io_name(LG_IO_AUTO), has ? "io_uring" : "epoll");
	assert_string_equal(lg_io_name(LG_IO_EPOLL), "epoll");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused),
	                                   cmocka_unit_test(test_refused_later), cmocka_unit_test(test_auto)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
