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
