#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "capture/profile.h"

#define NAME_MOST   1024
#define DEPTH_MOST  1024
#define COUNT_MOST  1000000000        /* goroutines that one line may claim */
#define FRAMES_MOST ((size_t)4 << 20) /* of all stacks that differ */

/* What a dump's strings and stacks lie in. */
struct cap_dump {
	struct profile_strings strings;
	struct cap_goframe *frames; /* of all groups, one behind the other */
};

/* A line of the text, without its end. */
struct line {
	const char *text;
	size_t length;
};

struct parser {
	struct cap_dump *dump;
	size_t frame_room, frame_count;
	struct cap_goroutine_group *groups;
	size_t *starts; /* of each group in the frames */
	size_t group_room, start_room, group_count;
	struct profile_index index;
	uint64_t total;

	/* the goroutine that is being read */
	bool inside, created;
	struct cap_goroutine_group now;
	const char *function; /* named, its file is in the next line */
	size_t start;         /* of its frames */
	bool no_memory, too_many;
};

static bool starts(struct line line, const char *prefix)
{
	size_t length = strlen(prefix);

	return line.length >= length && memcmp(line.text, prefix, length) == 0;
}

static const char *find(struct line line, const char *part)
{
	return line.length ? memmem(line.text, line.length, part, strlen(part)) : NULL;
}

static const char *intern(struct parser *parser, const char *text, size_t length)
{
	char clean[NAME_MOST];
	uint32_t string;

	if (length > sizeof clean)
		length = sizeof clean;
	for (size_t i = 0; i < length; i++)
		clean[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
	string = profile_strings_put(&parser->dump->strings, clean, length);
	if (string == PROFILE_NONE) {
		parser->no_memory = true;
		return "";
	}
	return parser->dump->strings.items[string].text;
}

static uint64_t number(const char *text, size_t length)
{
	uint64_t ret = 0;

	for (size_t i = 0; i < length && isdigit((unsigned char)text[i]) && ret < UINT64_MAX / 100; i++)
		ret = ret * 10 + (uint64_t)(text[i] - '0');
	return ret;
}

/* ---- groups ----------------------------------------------------------------- */

/* The frames that begin there; there may be none at all. */
static struct cap_goframe *frames_at(const struct parser *parser, size_t start)
{
	return parser->dump->frames ? parser->dump->frames + start : NULL;
}

static uint32_t hash_group(const struct parser *parser, const struct cap_goroutine_group *group, size_t start)
{
	const struct cap_goframe *frames = frames_at(parser, start);
	uint32_t hash = profile_hash(&group->state, sizeof group->state, group->created);

	for (size_t i = 0; i < group->frame_count; i++) {
		uintptr_t key[3] = {(uintptr_t)frames[i].function, (uintptr_t)frames[i].file,
		                    (uintptr_t)frames[i].line};

		hash = profile_hash(key, sizeof key, hash);
	}
	return hash;
}

/* Strings are interned: equal ones are one. */
static bool same_group(const void *context, uint32_t left, uint32_t right)
{
	const struct parser *parser = context;
	const struct cap_goroutine_group *a = &parser->groups[left], *b = &parser->groups[right];
	const struct cap_goframe *x = frames_at(parser, parser->starts[left]);
	const struct cap_goframe *y = frames_at(parser, parser->starts[right]);

	if (a->state != b->state || a->frame_count != b->frame_count || a->created != b->created)
		return false;
	for (size_t i = 0; i < a->frame_count; i++)
		if (x[i].function != y[i].function || x[i].file != y[i].file || x[i].line != y[i].line)
			return false;
	return true;
}

static void join_group(struct cap_goroutine_group *group, const struct cap_goroutine_group *one)
{
	group->count += one->count;
	if (one->minutes > group->minutes)
		group->minutes = one->minutes;
	if (!group->lock)
		group->lock = one->lock;
}

/* The goroutine that was read joins the group it equals, or begins one. */
static void finish(struct parser *parser)
{
	uint32_t found, next = (uint32_t)parser->group_count;

	if (!parser->inside)
		return;
	parser->inside = false;
	parser->function = NULL;
	parser->now.frame_count = parser->frame_count - parser->start;
	if (!profile_reserve(&parser->groups, &parser->group_room, next, 1, sizeof *parser->groups) ||
	    !profile_reserve(&parser->starts, &parser->start_room, next, 1, sizeof *parser->starts)) {
		parser->no_memory = true;
		return;
	}
	parser->total += parser->now.count;
	parser->groups[next] = parser->now;
	parser->starts[next] = parser->start;
	found = profile_index_put(&parser->index, hash_group(parser, &parser->now, parser->start), next,
	                          same_group, parser);
	if (found == PROFILE_NONE) {
		parser->no_memory = true;
	} else if (found == next) {
		parser->group_count++;
	} else {
		join_group(&parser->groups[found], &parser->now);
		parser->frame_count = parser->start;
	}
}

static void begin(struct parser *parser, uint64_t count, const char *state)
{
	finish(parser);
	parser->inside = true;
	parser->start = parser->frame_count;
	parser->now = (struct cap_goroutine_group){.count = count, .state = state};
}

static void add_frame(struct parser *parser, const char *function, const char *file, int64_t line)
{
	struct cap_dump *dump = parser->dump;

	if (parser->frame_count - parser->start >= DEPTH_MOST)
		return;
	if (parser->frame_count >= FRAMES_MOST) {
		parser->too_many = true;
		return;
	}
	if (!profile_reserve(&dump->frames, &parser->frame_room, parser->frame_count, 1,
	                     sizeof *dump->frames)) {
		parser->no_memory = true;
		return;
	}
	dump->frames[parser->frame_count++] =
		(struct cap_goframe){.function = function, .file = file, .line = line};
}

/* ---- lines -------------------------------------------------------------------- */

/* "/src/main.go:42 +0x1d", with spaces in the path: the last ":digits" that ends or is followed by a space.
 */
static void split_file(struct parser *parser, struct line line, const char **ret_file, int64_t *ret_line)
{
	size_t length = line.length;

	*ret_line = 0;
	for (size_t i = line.length; i-- > 0;) {
		size_t digits = 0;

		if (line.text[i] != ':')
			continue;
		while (i + 1 + digits < line.length && isdigit((unsigned char)line.text[i + 1 + digits]))
			digits++;
		if (!digits || (i + 1 + digits < line.length && line.text[i + 1 + digits] != ' '))
			continue;
		*ret_line = (int64_t)number(line.text + i + 1, digits);
		length = i;
		break;
	}
	*ret_file = intern(parser, line.text, length);
}

/* "chan receive (nil chan), 3 minutes, locked to thread", with " (scan)" behind the state while the collector
 * looks. */
static void read_state(struct parser *parser, struct line words, uint64_t count)
{
	static const char scan[] = " (scan)";
	const char *comma = find(words, ", ");
	size_t length = comma ? (size_t)(comma - words.text) : words.length;
	unsigned minutes = 0;

	if (length >= sizeof scan - 1 &&
	    memcmp(words.text + length - (sizeof scan - 1), scan, sizeof scan - 1) == 0)
		length -= sizeof scan - 1;
	while (comma) {
		struct line rest = {comma + 2, words.length - (size_t)(comma + 2 - words.text)};
		uint64_t n = number(rest.text, rest.length);

		comma = find(rest, ", ");
		if (n && find(rest, " minutes"))
			minutes = n < 1000000 ? (unsigned)n : 1000000;
	}
	begin(parser, count, intern(parser, words.text, length));
	parser->now.minutes = minutes;
}

/* goroutine 34 [IO wait, 2 minutes]: */
static void read_header(struct parser *parser, struct line line)
{
	const char *open = find(line, "["), *close = memrchr(line.text, ']', line.length);

	if (open && close && close > open)
		read_state(parser, (struct line){open + 1, (size_t)(close - open - 1)}, 1);
	else
		begin(parser, 1, intern(parser, "", 0));
}

/* The first argument of what waits for a mutex is the mutex. */
static uint64_t lock_of(const char *function, const char *arguments, size_t length)
{
	const char *at = strstr(function, "sync.(*Mutex).lockSlow");
	uint64_t ret = 0;

	if (!at || length < 3 || memcmp(arguments, "0x", 2) != 0)
		return 0;
	for (size_t i = 2; i < length && i < 18 && isxdigit((unsigned char)arguments[i]); i++) {
		int c = tolower((unsigned char)arguments[i]);

		ret = ret << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return ret;
}

/* "main.(*T).M(0xc000, {0x1, 0x2})" or "created by main.f in goroutine 7". */
static void read_function(struct parser *parser, struct line line)
{
	static const char made[] = "created by ";
	const char *end;

	if (starts(line, made)) {
		line = (struct line){line.text + sizeof made - 1, line.length - (sizeof made - 1)};
		end = find(line, " in goroutine ");
		parser->created = true;
	} else {
		end = memrchr(line.text, '(', line.length);
		parser->created = false;
		if (!end || end == line.text)
			return;
	}
	parser->function = intern(parser, line.text, end ? (size_t)(end - line.text) : line.length);
	if (!parser->created && !parser->now.lock)
		parser->now.lock =
			lock_of(parser->function, end + 1, line.length - (size_t)(end + 1 - line.text));
}

static void read_file(struct parser *parser, struct line line)
{
	const char *file;
	int64_t number_of_line;

	if (!parser->function)
		return;
	split_file(parser, (struct line){line.text + 1, line.length - 1}, &file, &number_of_line);
	add_frame(parser, parser->function, file, number_of_line);
	parser->now.created = parser->created;
	parser->function = NULL;
}

/* "#<tab>0x43b8d6<tab>runtime.gopark+0xd6<tab><tab>/src/proc.go:398" of debug=1. */
static void read_field_frame(struct parser *parser, struct line line)
{
	struct line fields[4];
	size_t count = 0, at = 0;
	const char *plus, *file = "", *function;
	int64_t number_of_line = 0;

	while (at < line.length && count < 4) {
		size_t begin_at = at;

		while (at < line.length && line.text[at] != '\t')
			at++;
		fields[count++] = (struct line){line.text + begin_at, at - begin_at};
		while (at < line.length && line.text[at] == '\t')
			at++;
	}
	if (count < 3 || fields[0].length != 1)
		return;
	plus = memrchr(fields[2].text, '+', fields[2].length);
	function = intern(parser, fields[2].text, plus ? (size_t)(plus - fields[2].text) : fields[2].length);
	if (count > 3)
		split_file(parser, fields[3], &file, &number_of_line);
	else
		file = intern(parser, "", 0);
	add_frame(parser, function, file, number_of_line);
}

/* "12 @ 0x43b8d6 0x44a1f2" of debug=1 */
static bool read_count(struct parser *parser, struct line line)
{
	size_t digits = 0;
	uint64_t count;

	while (digits < line.length && isdigit((unsigned char)line.text[digits]))
		digits++;
	if (!digits || line.length < digits + 3 || memcmp(line.text + digits, " @ ", 3) != 0)
		return false;
	count = number(line.text, digits);
	begin(parser, count < COUNT_MOST ? count : COUNT_MOST, intern(parser, "", 0));
	return true;
}

static void read_line(struct parser *parser, struct line line)
{
	if (line.length && line.text[line.length - 1] == '\r')
		line.length--;
	if (starts(line, "goroutine ") && !starts(line, "goroutine profile:"))
		read_header(parser, line);
	else if (read_count(parser, line) || !parser->inside)
		return;
	else if (!line.length)
		finish(parser);
	else if (starts(line, "#\t"))
		read_field_frame(parser, line);
	else if (line.text[0] == '\t')
		read_file(parser, line);
	else if (line.text[0] != '#' && !starts(line, "..."))
		read_function(parser, line);
}

/* ---- the whole ------------------------------------------------------------------ */

static int compare_frames(const struct cap_goroutine_group *a, const struct cap_goroutine_group *b)
{
	for (size_t i = 0; i < a->frame_count && i < b->frame_count; i++) {
		int compared = strcmp(a->frames[i].function, b->frames[i].function);

		if (compared)
			return compared;
		if (a->frames[i].line != b->frames[i].line)
			return a->frames[i].line < b->frames[i].line ? -1 : 1;
	}
	return a->frame_count < b->frame_count ? -1 : a->frame_count > b->frame_count;
}

static int compare_groups(const void *left, const void *right)
{
	const struct cap_goroutine_group *a = left, *b = right;
	int compared;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	compared = strcmp(a->state, b->state);
	return compared ? compared : compare_frames(a, b);
}

static void read_all(struct parser *parser, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end && !parser->no_memory && !parser->too_many) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		stop = stop ? stop : end;
		read_line(parser, (struct line){text, (size_t)(stop - text)});
		text = stop + 1;
	}
	finish(parser);
}

static enum cap_status fail(struct parser *parser, struct cap_error *error)
{
	if (parser->no_memory)
		return profile_error(error, CAP_MEMORY, "goroutines: out of memory");
	if (parser->too_many)
		return profile_error(error, CAP_TOO_BIG, "goroutines: over %zu frames in stacks that differ",
		                     FRAMES_MOST);
	return profile_error(error, CAP_FORMAT,
	                     "no goroutine dump: no line 'goroutine N [state]:' as pprof's debug=2 has them");
}

enum cap_status cap_goroutines_parse(const void *text, size_t size, struct cap_goroutines *ret,
                                     struct cap_error *error)
{
	struct parser parser = {.dump = calloc(1, sizeof *parser.dump)};
	struct cap_goroutines goroutines = {0};
	enum cap_status status = CAP_OK;

	if (!parser.dump || profile_strings_put(&parser.dump->strings, "", 0) == PROFILE_NONE)
		parser.no_memory = true;
	else
		read_all(&parser, text, size);
	goroutines = (struct cap_goroutines){.groups = parser.groups,
	                                     .count = parser.group_count,
	                                     .total = parser.total,
	                                     .cut = size && ((const char *)text)[size - 1] != '\n',
	                                     .own = parser.dump};
	profile_index_release(&parser.index);
	if (parser.no_memory || parser.too_many || !parser.group_count) {
		status = fail(&parser, error);
		cap_goroutines_release(&goroutines);
	} else {
		for (size_t i = 0; i < parser.group_count; i++)
			parser.groups[i].frames = frames_at(&parser, parser.starts[i]);
		qsort(parser.groups, parser.group_count, sizeof *parser.groups, compare_groups);
		*ret = goroutines;
	}
	free(parser.starts);
	return status;
}

void cap_goroutines_release(struct cap_goroutines *goroutines)
{
	if (goroutines->own) {
		profile_strings_release(&goroutines->own->strings);
		free(goroutines->own->frames);
		free(goroutines->own);
	}
	free(goroutines->groups);
	*goroutines = (struct cap_goroutines){0};
}
