/* progress.c: the plain lines, for a log. */
#include "tests/plugin/test.h"

#include <stdio.h>
#include <unistd.h>

#include "plugin/clock.h"
#include "plugin/plan.h"
#include "plugin/progress.h"

static int kept_stderr;
static FILE *caught;

static int catch_stderr(void **state)
{
	(void)state;
	caught = tmpfile();
	kept_stderr = dup(STDERR_FILENO);
	return !caught || kept_stderr < 0 || dup2(fileno(caught), STDERR_FILENO) < 0;
}

static int release_stderr(void **state)
{
	(void)state;
	fflush(stderr);
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	fclose(caught);
	return 0;
}

static const char *caught_text(void)
{
	static char text[4096];
	size_t length;

	fflush(stderr);
	rewind(caught);
	length = fread(text, 1, sizeof text - 1, caught);
	text[length] = '\0';
	return text;
}

static void tick(struct progress *progress, int64_t second, uint64_t requests, bool due)
{
	struct lg_snapshot snapshot = {.now = second * SECOND, .vus = 8, .total.requests = requests};

	progress->next = due ? 0 : INT64_MAX;
	progress_tick(progress, &snapshot, -1);
}

static void gives_the_rate_from_the_first_line_on(void **state)
{
	struct progress progress;

	(void)state;
	progress_init(&progress, false, 8);
	progress_phase(&progress, "ramp", "", 2 * SECOND);
	tick(&progress, 1, 100, false);
	tick(&progress, 3, 700, false);
	tick(&progress, 5, 2100, true);
	tick(&progress, 6, 2900, true);
	assert_has(caught_text(), "  8/8 VUs  500 req/s");
	assert_has(caught_text(), "  8/8 VUs  800 req/s");
}

/* A phase too short for a line of its own leaves nothing to the next one. */
static void counts_no_other_phase_into_the_rate(void **state)
{
	struct progress progress;

	(void)state;
	progress_init(&progress, false, 8);
	progress_phase(&progress, "ramp", "", 2 * SECOND);
	tick(&progress, 1, 100, false);
	progress_phase(&progress, "capture", "", 5 * SECOND);
	tick(&progress, 11, 1000, false);
	tick(&progress, 16, 6000, true);
	assert_has(caught_text(), "1,000 req/s");
}

static void says_nothing_when_quiet(void **state)
{
	struct progress progress;

	(void)state;
	progress_init(&progress, true, 8);
	progress_note(&progress, "note");
	progress_phase(&progress, "ramp", "", 2 * SECOND);
	tick(&progress, 1, 100, true);
	assert_string_equal(caught_text(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_the_rate_from_the_first_line_on, catch_stderr,
	                                        release_stderr),
		cmocka_unit_test_setup_teardown(counts_no_other_phase_into_the_rate, catch_stderr,
	                                        release_stderr),
		cmocka_unit_test_setup_teardown(says_nothing_when_quiet, catch_stderr, release_stderr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
