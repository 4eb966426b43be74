#include "capture/profile.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum cap_status profile_error(struct cap_error *error, enum cap_status status, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return status;
	error->status = status;
	error->http_status = 0;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	for (char *c = error->text; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
	return status;
}

static bool first_room(struct cap_profile *profile, struct profile_room *room)
{
	if (!profile_reserve(&profile->frame_start, &room->frame_start, 0, 1, sizeof *profile->frame_start) ||
	    !profile_reserve(&profile->label_start, &room->label_start, 0, 1, sizeof *profile->label_start) ||
	    !profile_reserve(&profile->frames, &room->frames, 0, 1, sizeof *profile->frames) ||
	    !profile_reserve(&profile->labels, &room->labels, 0, 1, sizeof *profile->labels) ||
	    !profile_reserve(&profile->values, &room->values, 0, 1, sizeof *profile->values) ||
	    !profile_reserve(&profile->lines, &room->lines, 0, 1, sizeof *profile->lines))
		return false;
	profile->frame_start[0] = profile->label_start[0] = 0;
	return profile_strings_put(&profile->strings, "", 0) == 0;
}

struct cap_profile *profile_new(struct profile_room *room)
{
	struct cap_profile *profile = calloc(1, sizeof *profile);

	*room = (struct profile_room){0};
	if (profile && !first_room(profile, room)) {
		cap_profile_free(profile);
		return NULL;
	}
	return profile;
}

void cap_profile_free(struct cap_profile *profile)
{
	if (!profile)
		return;
	profile_strings_release(&profile->strings);
	free(profile->types);
	free(profile->values);
	free(profile->frames);
	free(profile->frame_start);
	free(profile->labels);
	free(profile->label_start);
	free(profile->mappings);
	free(profile->functions);
	free(profile->locations);
	free(profile->lines);
	free(profile->comments);
	free(profile);
}

size_t cap_profile_type_count(const struct cap_profile *profile)
{
	return profile->type_count;
}

const char *cap_profile_type(const struct cap_profile *profile, size_t i, const char **ret_unit)
{
	if (ret_unit)
		*ret_unit = profile_text(profile, profile->types[i].unit);
	return profile_text(profile, profile->types[i].type);
}

static int type_find(const struct cap_profile *profile, const char *name, const char *other)
{
	for (size_t i = 0; i < profile->type_count; i++) {
		const char *type = profile_text(profile, profile->types[i].type);

		if (strcmp(type, name) == 0 || strcmp(type, other) == 0)
			return (int)i;
	}
	return -1;
}

/* "inuse_space" also finds "space", as SampleIndexByName does for old heap profiles. */
int cap_profile_type_index(const struct cap_profile *profile, const char *name)
{
	const char *usual = profile_text(profile, profile->default_type);
	int found;

	if (name)
		return type_find(profile, name, strncmp(name, "inuse_", 6) == 0 ? name + 6 : name);
	found = *usual ? type_find(profile, usual, usual) : -1;
	return found >= 0 ? found : (int)profile->type_count - 1;
}

bool profile_is_base(const struct cap_profile *profile, size_t sample)
{
	for (uint32_t i = profile->label_start[sample]; i < profile->label_start[sample + 1]; i++)
		if (strcmp(profile_text(profile, profile->labels[i].key), "pprof::base") == 0 &&
		    strcmp(profile_text(profile, profile->labels[i].str), "true") == 0)
			return true;
	return false;
}

/* What `go tool pprof` takes as 100 % (internal/report computeTotal): absolute values, of the base in a diff.
 */
int64_t cap_profile_total(const struct cap_profile *profile, size_t type)
{
	int64_t total = 0, base = 0;

	for (size_t i = 0; i < profile->sample_count; i++) {
		int64_t value = profile_abs(profile->values[i * profile->type_count + type]);

		total = profile_sum(total, value);
		if (profile_is_base(profile, i))
			base = profile_sum(base, value);
	}
	return base > 0 ? base : total;
}

int64_t cap_profile_duration(const struct cap_profile *profile)
{
	return profile->duration;
}

void cap_profile_set_duration(struct cap_profile *profile, int64_t ns)
{
	profile->duration = ns;
}

int64_t cap_profile_time(const struct cap_profile *profile)
{
	return profile->time;
}

size_t cap_profile_sample_count(const struct cap_profile *profile)
{
	return profile->sample_count;
}

const char *cap_profile_program(const struct cap_profile *profile, const char **ret_build_id)
{
	const struct profile_mapping *main_program = profile->mapping_count ? profile->mappings : NULL;

	if (ret_build_id)
		*ret_build_id = main_program ? profile_text(profile, main_program->build_id) : "";
	return main_program ? profile_text(profile, main_program->file) : "";
}

const char *cap_profile_doc_url(const struct cap_profile *profile)
{
	return profile_text(profile, profile->doc_url);
}

const char *cap_profile_comment(const struct cap_profile *profile, size_t i)
{
	return i < profile->comment_count ? profile_text(profile, profile->comments[i]) : NULL;
}

bool cap_profile_is_signed(const struct cap_profile *profile, size_t type)
{
	for (size_t i = 0; i < profile->sample_count; i++)
		if (profile->values[i * profile->type_count + type] < 0)
			return true;
	return false;
}
