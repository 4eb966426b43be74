#include "capture/profile_text.h"

#include <stdlib.h>
#include <string.h>

struct piece {
	const char *at;
	size_t length;
};

/* A frame as locations are told apart: line is the address where there is no function. */
struct frame {
	uint64_t line;
	uint32_t name, file; /* strings; name 0: none */
};

struct text {
	const char *at, *end;
	size_t line_number;
	struct proto_buffer *out;
	struct cap_error *error;
	struct profile_strings strings;
	struct profile_index index;
	struct frame *frames; /* locations: id is the index + 1 */
	size_t frame_count, frame_room;
	uint32_t *stack; /* ids, of the goroutine being read */
	size_t depth, stack_room;
	bool failed; /* out of memory */
};

/* ---- pieces of text ------------------------------------------------------------ */

static bool next_line(struct text *text, struct piece *ret)
{
	const char *end;

	if (text->at == text->end)
		return false;
	end = memchr(text->at, '\n', (size_t)(text->end - text->at));
	end = end ? end : text->end;
	*ret = (struct piece){text->at, (size_t)(end - text->at)};
	text->at = end < text->end ? end + 1 : end;
	text->line_number++;
	if (ret->length && ret->at[ret->length - 1] == '\r')
		ret->length--;
	return true;
}

static bool starts(struct piece piece, const char *with)
{
	size_t length = strlen(with);

	return piece.length >= length && memcmp(piece.at, with, length) == 0;
}

static struct piece after(struct piece piece, size_t skip)
{
	return (struct piece){piece.at + skip, piece.length - skip};
}

/* The part before the first (or last) `c`, or the whole. */
static struct piece before(struct piece piece, char c, bool last)
{
	const char *found = last ? memrchr(piece.at, c, piece.length) : memchr(piece.at, c, piece.length);

	return found ? (struct piece){piece.at, (size_t)(found - piece.at)} : piece;
}

static struct piece before_text(struct piece piece, const char *part)
{
	const char *found = memmem(piece.at, piece.length, part, strlen(part));

	return found ? (struct piece){piece.at, (size_t)(found - piece.at)} : piece;
}

/* Digits at the front, which it then passes; false if there are none, or too many. */
static bool take_number(struct piece *piece, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < piece->length; i++) {
		unsigned char c = (unsigned char)piece->at[i];
		unsigned digit = c >= '0' && c <= '9' ? c - 48u : c >= 'a' && c <= 'f' ? c - 87u : 99;

		if (digit >= base)
			break;
		if (value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*ret = value;
	*piece = after(*piece, i);
	return i > 0;
}

static enum cap_status bad_line(const struct text *text, const char *why)
{
	return profile_error(text->error, CAP_FORMAT, "goroutine dump: line %zu: %s", text->line_number, why);
}

/* ---- the profile ----------------------------------------------------------------- */

static uint32_t put_string(struct text *text, struct piece piece)
{
	uint32_t string = profile_strings_put(&text->strings, piece.at, piece.length);

	text->failed |= string == PROFILE_NONE;
	return string;
}

static bool frame_same(const void *context, uint32_t a, uint32_t b)
{
	const struct frame *frames = context;

	return frames[a].line == frames[b].line && frames[a].name == frames[b].name &&
	       frames[a].file == frames[b].file;
}

/* Onto the stack, from the leaf on. */
static void push(struct text *text, struct piece name, struct piece file, uint64_t line)
{
	struct frame *frame;
	uint32_t id;

	if (!profile_reserve(&text->frames, &text->frame_room, text->frame_count, 1, sizeof *frame) ||
	    !profile_reserve(&text->stack, &text->stack_room, text->depth, 1, sizeof *text->stack)) {
		text->failed = true;
		return;
	}
	frame = &text->frames[text->frame_count];
	*frame = (struct frame){line, put_string(text, name), put_string(text, file)};
	if (text->failed)
		return;
	id = profile_index_put(&text->index, profile_hash(frame, sizeof *frame, 0),
	                       (uint32_t)text->frame_count, frame_same, text->frames);
	text->failed |= id == PROFILE_NONE;
	text->frame_count += id == text->frame_count;
	text->stack[text->depth++] = id + 1;
}

static void put_label(struct text *text, const char *key, struct piece value, uint64_t number)
{
	size_t begun = proto_begin(text->out, 3);

	proto_put(text->out, 1, put_string(text, (struct piece){key, strlen(key)}));
	proto_put(text->out, 2, value.length ? put_string(text, value) : 0);
	proto_put(text->out, 3, value.length ? 0 : number);
	proto_end(text->out, begun);
}

/* What a header of debug=2 says. */
struct state {
	struct piece name, creator;
	uint64_t minutes;
};

static void put_sample(struct text *text, uint64_t count, const struct state *state)
{
	size_t begun = proto_begin(text->out, 2), list = proto_begin(text->out, 1);

	for (size_t i = 0; i < text->depth; i++)
		proto_put_varint(text->out, text->stack[i]);
	proto_end(text->out, list);
	list = proto_begin(text->out, 2);
	proto_put_varint(text->out, count);
	proto_end(text->out, list);
	if (state && state->name.length)
		put_label(text, "state", state->name, 0);
	if (state && state->creator.length)
		put_label(text, "created_by", state->creator, 0);
	if (state && state->minutes)
		put_label(text, "minutes", (struct piece){"", 0}, state->minutes);
	proto_end(text->out, begun);
	text->depth = 0;
}

static void put_tables(struct text *text)
{
	size_t begun, line;

	for (size_t i = 0; i < text->frame_count; i++) {
		const struct frame *frame = &text->frames[i];

		begun = proto_begin(text->out, 4);
		proto_put(text->out, 1, i + 1);
		if (frame->name) {
			line = proto_begin(text->out, 4);
			proto_put(text->out, 1, i + 1);
			proto_put(text->out, 2, frame->line);
			proto_end(text->out, line);
		} else {
			proto_put(text->out, 3, frame->line);
		}
		proto_end(text->out, begun);
		if (!frame->name)
			continue;
		begun = proto_begin(text->out, 5);
		proto_put(text->out, 1, i + 1);
		proto_put(text->out, 2, frame->name);
		proto_put(text->out, 3, frame->name);
		proto_put(text->out, 4, frame->file);
		proto_end(text->out, begun);
	}
}

static void put_type(struct text *text, uint32_t number)
{
	size_t begun = proto_begin(text->out, number);

	proto_put(text->out, 1, put_string(text, (struct piece){"goroutine", 9}));
	proto_put(text->out, 2, put_string(text, (struct piece){"count", 5}));
	proto_end(text->out, begun);
}

static void put_rest(struct text *text)
{
	put_tables(text);
	put_type(text, 1);
	put_type(text, 11);
	proto_put(text->out, 12, 1);
	for (size_t i = 0; i < text->strings.count; i++)
		proto_put_bytes(text->out, 6, text->strings.items[i].text, text->strings.items[i].length);
}

/* "FILE:LINE" or "FILE:LINE +0x1d" onto the stack, with the function's name. */
static bool push_place(struct text *text, struct piece name, struct piece place)
{
	struct piece file = before(before_text(place, " +0x"), ':', true), number;
	uint64_t line;

	if (file.length + 1 >= place.length || !name.length)
		return false;
	number = after(place, file.length + 1);
	if (!take_number(&number, 10, &line))
		return false;
	push(text, name, file, line);
	return true;
}

/* ---- debug=1 ------------------------------------------------------------------------ */

/* "#\t0x46b1c5\tmain.main+0x85\t\t/src/main.go:20": the addresses give way to names. */
static void read_named_frame(struct text *text, struct piece line, bool *named)
{
	struct piece name, place;

	line = after(line, 2);
	name = before(line, '\t', false);
	if (name.length == line.length)
		return;
	line = after(line, name.length + 1);
	name = before(line, '\t', false);
	place = after(line, name.length);
	while (place.length && *place.at == '\t')
		place = after(place, 1);
	name = before(name, '+', true);
	if (!*named)
		text->depth = 0;
	*named |= push_place(text, name, place);
}

static enum cap_status push_addresses(struct text *text, struct piece line)
{
	uint64_t address;

	while (line.length && starts(line, " 0x")) {
		line = after(line, 3);
		if (!take_number(&line, 16, &address))
			return bad_line(text, "not an address");
		push(text, (struct piece){"", 0}, (struct piece){"", 0}, address ? address - 1 : 0);
	}
	return line.length ? bad_line(text, "not a list of addresses") : CAP_OK;
}

/* "2 @ 0x43a0f6 0x44b3fd", then lines with '#'. */
static enum cap_status read_stack(struct text *text, struct piece line, uint64_t *sum)
{
	enum cap_status status;
	bool named = false;
	uint64_t count;

	if (!take_number(&line, 10, &count) || !starts(line, " @"))
		return bad_line(text, "neither a stack (COUNT @ ADDRESS...) nor a frame");
	status = push_addresses(text, after(line, 2));
	if (status != CAP_OK)
		return status;
	while (text->at < text->end && *text->at == '#' && next_line(text, &line))
		if (starts(line, "#\t"))
			read_named_frame(text, line, &named);
	put_sample(text, count, NULL);
	*sum += count;
	return CAP_OK;
}

static enum cap_status read_counts(struct text *text)
{
	struct piece line = {"", 0};
	uint64_t total = 0, sum = 0;
	enum cap_status status = CAP_OK;

	next_line(text, &line);
	line = after(line, strlen("goroutine profile: total "));
	if (!take_number(&line, 10, &total))
		return bad_line(text, "no total");
	while (status == CAP_OK && next_line(text, &line))
		if (line.length && *line.at != '#')
			status = read_stack(text, line, &sum);
	if (status == CAP_OK && sum < total)
		return profile_error(text->error, CAP_FORMAT,
		                     "goroutine dump: cut short: %llu of %llu goroutines",
		                     (unsigned long long)sum, (unsigned long long)total);
	return status;
}

/* ---- debug=2 ------------------------------------------------------------------------ */

/* "goroutine 18 [chan receive, 5 minutes, locked to thread]:" */
static bool read_header(struct piece line, struct state *ret)
{
	const char *bracket = memchr(line.at, '[', line.length);
	struct piece inside, part;
	uint64_t number;

	if (!starts(line, "goroutine ") || !bracket)
		return false;
	inside = before(after(line, (size_t)(bracket + 1 - line.at)), ']', false);
	*ret = (struct state){.name = before(inside, ',', false)};
	ret->name = before_text(ret->name, " (scan)");
	while (inside.length) {
		part = before(inside, ',', false);
		if (part.length && *part.at == ' ')
			part = after(part, 1);
		if (take_number(&part, 10, &number) && starts(part, " minutes"))
			ret->minutes = number;
		part = before(inside, ',', false);
		inside = after(inside, part.length + (part.length < inside.length));
	}
	return true;
}

/* "created by NAME in goroutine 1" */
static struct piece creator_of(struct piece line)
{
	return before_text(after(line, strlen("created by ")), " in goroutine ");
}

/* The lines of a goroutine up to the blank one: a function, below it its place. */
static void read_goroutine(struct text *text, struct state *state)
{
	struct piece line, name = {"", 0};

	while (next_line(text, &line) && line.length) {
		if (*line.at == '\t') {
			if (name.length)
				push_place(text, name, after(line, 1));
			name.length = 0;
		} else if (starts(line, "created by ")) {
			state->creator = creator_of(line);
			name.length = 0;
		} else {
			name = line.at[line.length - 1] == ')' ? before(line, '(', true)
			                                       : (struct piece){"", 0};
		}
	}
	put_sample(text, 1, state);
}

static enum cap_status read_traces(struct text *text)
{
	struct piece line;
	struct state state;

	while (next_line(text, &line))
		if (read_header(line, &state))
			read_goroutine(text, &state);
	return CAP_OK;
}

/* ---- the whole ------------------------------------------------------------------------ */

static bool begins(const unsigned char *data, size_t size, const char *with)
{
	return starts((struct piece){(const char *)data, size}, with);
}

bool text_is_goroutines(const unsigned char *data, size_t size)
{
	struct piece line = {(const char *)data, size};
	struct state state;

	return begins(data, size, "goroutine profile: total ") ||
	       read_header(before(line, '\n', false), &state);
}

const char *text_is_other(const unsigned char *data, size_t size)
{
	static const struct {
		const char *start, *kind;
	} kinds[] = {{"heap profile: ", "heap"},
	             {"--- mutex:", "mutex"},
	             {"--- contention:", "block"},
	             {"threadcreate profile: ", "threadcreate"},
	             {"goroutineleak profile: ", "goroutineleak"}};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (begins(data, size, kinds[i].start))
			return kinds[i].kind;
	return NULL;
}

enum cap_status text_convert(const unsigned char *data, size_t size, struct proto_buffer *out,
                             struct cap_error *error)
{
	struct text text = {
		.at = (const char *)data, .end = (const char *)data + size, .out = out, .error = error};
	enum cap_status status = CAP_OK;

	text.failed = profile_strings_put(&text.strings, "", 0) != 0;
	if (!text.failed)
		status = begins(data, size, "goroutine profile: ") ? read_counts(&text) : read_traces(&text);
	if (status == CAP_OK)
		put_rest(&text);
	if (status == CAP_OK && (text.failed || out->failed))
		status = profile_error(error, CAP_MEMORY, "goroutine dump: out of memory");
	profile_strings_release(&text.strings);
	profile_index_release(&text.index);
	free(text.frames);
	free(text.stack);
	return status;
}
