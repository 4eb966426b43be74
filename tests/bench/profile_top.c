/*
 * profile_top [-cum] [-type NAME] [-parse] FILE...: merges the files when there are several and prints
 * "flat<TAB>cum<TAB>name" for each row. With -parse it stops after parsing. With -encode OUT it writes the
 * profile.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"

static unsigned char *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	unsigned char *bytes = NULL;
	long size = -1;

	if (file && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 &&
	    fseek(file, 0, SEEK_SET) == 0)
		bytes = malloc((size_t)size + 1);
	if (bytes && fread(bytes, 1, (size_t)size, file) != (size_t)size) {
		free(bytes);
		bytes = NULL;
	}
	if (file)
		fclose(file);
	*ret_size = (size_t)size;
	return bytes;
}

static struct cap_profile *parse_file(const char *path)
{
	struct cap_profile *profile = NULL;
	struct cap_error error = {0};
	size_t size;
	unsigned char *bytes = read_file(path, &size);

	if (!bytes)
		fprintf(stderr, "%s: cannot be read\n", path);
	else if (cap_profile_parse(bytes, size, &profile, &error) != CAP_OK)
		fprintf(stderr, "%s: %s\n", path, error.text);
	free(bytes);
	return profile;
}

static struct cap_profile *load(char **paths, size_t count)
{
	struct cap_profile **profiles = calloc(count + 1, sizeof(void *)), *merged = NULL;
	struct cap_error error = {0};
	size_t read = 0;

	while (profiles && read < count && (profiles[read] = parse_file(paths[read])))
		read++;
	if (read == count && count == 1) {
		merged = profiles[0];
		profiles[0] = NULL;
	} else if (read == count && cap_profile_merge(profiles, count, &merged, &error) != CAP_OK) {
		fprintf(stderr, "%s\n", error.text);
	}
	for (size_t i = 0; i < read; i++)
		cap_profile_free(profiles[i]);
	free(profiles);
	return merged;
}

static int write_profile(const struct cap_profile *profile, const char *path)
{
	struct cap_error error = {0};
	unsigned char *bytes;
	size_t size, written = 0;
	FILE *file;

	if (cap_profile_encode(profile, &bytes, &size, &error) != CAP_OK)
		return 1;
	file = fopen(path, "wb");
	if (file) {
		written = fwrite(bytes, 1, size, file);
		fclose(file);
	}
	free(bytes);
	return written != size;
}

static int print_top(const struct cap_profile *profile, const char *type, bool by_cum)
{
	int index = cap_profile_type_index(profile, type);
	struct cap_error error = {0};
	struct cap_row *rows;
	size_t count;

	if (index < 0 || cap_profile_top(profile, (size_t)index, by_cum, &rows, &count, &error) != CAP_OK) {
		fprintf(stderr, "%s\n", index < 0 ? "no such type" : error.text);
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		printf("%lld\t%lld\t%s\n", (long long)rows[i].flat, (long long)rows[i].cum, rows[i].function);
	free(rows);
	return 0;
}

int main(int argc, char **argv)
{
	const char *type = NULL, *out = NULL;
	bool by_cum = false, parse_only = false;
	struct cap_profile *profile;
	int i = 1, failed = 0;

	for (; i < argc && argv[i][0] == '-'; i++) {
		by_cum |= strcmp(argv[i], "-cum") == 0;
		parse_only |= strcmp(argv[i], "-parse") == 0;
		if (strcmp(argv[i], "-type") == 0 && i + 1 < argc)
			type = argv[++i];
		else if (strcmp(argv[i], "-encode") == 0 && i + 1 < argc)
			out = argv[++i];
	}
	if (i == argc)
		return 2;
	profile = load(argv + i, (size_t)(argc - i));
	if (!profile)
		return 1;
	if (out)
		failed = write_profile(profile, out);
	else if (!parse_only)
		failed = print_top(profile, type, by_cum);
	cap_profile_free(profile);
	return failed;
}
