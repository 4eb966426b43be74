/*
 * Fuzzes text dumps of goroutines: what converts parses as a profile of goroutines, and can be written and
 * read again. The first byte says which kind of dump the rest goes on. tests/fuzz drives it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/profile_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_profile(const struct cap_profile *profile)
{
	struct cap_profile *again = NULL;
	struct cap_row *rows;
	unsigned char *bytes;
	size_t size, count;

	check(cap_profile_type_index(profile, "goroutine") == 0 && cap_profile_type_count(profile) == 1);
	check(cap_profile_top(profile, 0, false, &rows, &count, NULL) == CAP_OK);
	free(rows);
	check(cap_profile_encode(profile, &bytes, &size, NULL) == CAP_OK);
	check(cap_profile_parse(bytes, size, &again, NULL) == CAP_OK);
	check(cap_profile_sample_count(again) == cap_profile_sample_count(profile));
	check(cap_profile_total(again, 0) == cap_profile_total(profile, 0));
	cap_profile_free(again);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const starts[] = {"goroutine profile: total 1\n", "goroutine 1 [running]:\n"};
	const char *start = starts[size && data[0] & 1];
	size_t length = strlen(start);
	char *text = malloc(length + size + 1);
	struct cap_profile *profile = NULL;
	struct cap_error error = {.status = CAP_OK};

	check(text != NULL);
	memcpy(text, start, length);
	if (size)
		memcpy(text + length, data + 1, size - 1);
	if (cap_profile_parse(text, length + (size ? size - 1 : 0), &profile, &error) == CAP_OK)
		check_profile(profile);
	else
		check(!profile && error.status == CAP_FORMAT && *error.text);
	cap_profile_free(profile);
	free(text);
	return 0;
}
