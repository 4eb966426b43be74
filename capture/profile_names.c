#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

static bool contains(const struct profile_string *string, const char *part)
{
	return memmem(string->text, string->length, part, strlen(part)) != NULL;
}

/* looksLikeDemangledCPlusPlus: neither Java's "class.<init>" nor Go's "foo.(*Bar[...]).Method". */
static bool is_cplusplus(const struct profile_string *name)
{
	if (contains(name, ".<") || contains(name, "])."))
		return false;
	return contains(name, "::") || contains(name, "<") || contains(name, ">") || contains(name, "[") ||
	       contains(name, "]");
}

/* Removes what stands in matching brackets, the outermost ones too; stops where they do not match. */
static size_t remove_matching(char *text, size_t length, char start, char end)
{
	size_t depth = 0, first = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == start && depth++ == 0)
			first = i;
		if (text[i] != end)
			continue;
		if (depth == 0)
			return length;
		if (--depth == 0) {
			memmove(text + first, text + i + 1, length - i - 1);
			length -= i + 1 - first;
			i = first - 1; /* wraps to "before the first", and on to it */
		}
	}
	return length;
}

static uint32_t simplify(struct profile_strings *strings, uint32_t string)
{
	struct profile_string name = strings->items[string];
	char *copy;
	size_t length;

	if (!is_cplusplus(&name))
		return string;
	copy = profile_arena_take(&strings->arena, name.length);
	if (!copy)
		return PROFILE_NONE;
	memcpy(copy, name.text, name.length);
	length = remove_matching(copy, name.length, '(', ')');
	length = remove_matching(copy, length, '<', '>');
	return profile_strings_put(strings, copy, length);
}

/* Once for each string: many functions may share a long one. */
static bool set_shown(struct cap_profile *profile, uint32_t *simple)
{
	for (size_t i = 0; i < profile->function_count; i++) {
		struct profile_function *function = &profile->functions[i];
		uint32_t name = function->system_name;

		function->shown = function->name;
		if (function->name && function->name != name)
			continue;
		if (simple[name] == PROFILE_NONE)
			simple[name] = simplify(&profile->strings, name);
		function->shown = simple[name];
		if (function->shown == PROFILE_NONE)
			return false;
	}
	return true;
}

bool profile_names(struct cap_profile *profile)
{
	uint32_t *simple = malloc(profile->strings.count * sizeof *simple);
	bool ok;

	if (!simple)
		return false;
	memset(simple, 0xff, profile->strings.count * sizeof *simple);
	ok = set_shown(profile, simple);
	free(simple);
	return ok;
}

/* Go's filepath.Base: trailing slashes go first; only slashes give "/". */
static const char *base_name(const char *path, size_t *length)
{
	const char *slash;

	while (*length > 1 && path[*length - 1] == '/')
		--*length;
	if (*length == 1)
		return path;
	slash = memrchr(path, '/', *length);
	if (!slash)
		return path;
	*length -= (size_t)(slash + 1 - path);
	return slash + 1;
}

static char *make_label(struct profile_strings *strings, uint32_t file)
{
	size_t length = strings->items[file].length;
	const char *base = base_name(strings->items[file].text, &length);
	char *label = profile_arena_take(&strings->arena, length + 3);

	if (!label)
		return NULL;
	label[0] = '[';
	memcpy(label + 1, base, length);
	memcpy(label + 1 + length, "]", 2);
	return label;
}

bool profile_mapping_labels(struct cap_profile *profile)
{
	char **labels = calloc(profile->strings.count, sizeof *labels);
	bool ok = labels != NULL;

	for (size_t i = 0; ok && i < profile->mapping_count; i++) {
		uint32_t file = profile->mappings[i].file;

		if (file && !labels[file])
			labels[file] = make_label(&profile->strings, file);
		profile->mappings[i].label = labels[file];
		ok = !file || labels[file];
	}
	free(labels);
	return ok;
}

/* Back to the slash before the last element, but not beyond `floor`. */
static size_t back(const char *out, size_t used, size_t floor)
{
	while (--used > floor && out[used] != '/')
		;
	return used;
}

/* The elements of a path, from out[used] on; `root` is 1 for a path from the root, whose slash is written
 * already. */
static size_t clean_elements(const char *at, const char *end, char *out, size_t root)
{
	size_t used = root, floor = root, length;

	for (; at < end; at += length) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		bool up;

		length = (size_t)((slash ? slash : end) - at);
		up = length == 2 && at[0] == '.' && at[1] == '.';
		if (length == 0)
			length = 1;
		else if (length == 1 && at[0] == '.')
			continue;
		else if (up && used > floor)
			used = back(out, used, floor);
		else if (!up || !root) {
			if (used != root)
				out[used++] = '/';
			memmove(out + used, at, length);
			used += length;
			floor = up ? used : floor;
		}
	}
	return used;
}

size_t profile_clean_path(const char *path, size_t length, char *out)
{
	static const char *const prefixes[] = {"/proc/self/cwd/./", "/proc/self/cwd/"};
	size_t used, root;

	for (size_t i = 0; i < 2; i++) {
		size_t prefix = strlen(prefixes[i]);

		if (length < prefix || memcmp(path, prefixes[i], prefix) != 0)
			continue;
		path += prefix;
		length -= prefix;
		break;
	}
	if (!length)
		return 0;
	root = path[0] == '/';
	if (root)
		out[0] = '/';
	used = clean_elements(path, path + length, out, root);
	if (!used)
		out[used++] = '.';
	return used;
}
