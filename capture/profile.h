/*
 * A profile in memory: the layout that the profile_*.c files share. Private to
 * capture/; capture.h is what others see.
 *
 * Source: github.com/google/pprof, proto/profile.proto and the package profile.
 *
 * Tables are plain arrays; one refers to another by index (uint32_t), never by
 * the id that the file had. Strings are interned: two equal strings have one
 * index, and index 0 is "". A sample's stack, labels and values lie in arrays
 * common to all samples, so that a walk over all of them is a walk over memory.
 *
 * Invariants, once cap_profile_parse or cap_profile_merge has returned:
 * every index is within its table; each line has a function; each sample has
 * type_count values; samples came through drop_frames and keep_frames.
 *
 * Ceilings: 512 MiB decompressed. Memory is at most about 10 times that, and is
 * asked for as input is read, so a small input never asks for much.
 */
#ifndef CAPTURE_PROFILE_H
#define CAPTURE_PROFILE_H

#include "capture/capture.h"

#define PROFILE_CEILING ((size_t)512 << 20)
#define PROFILE_NONE    UINT32_MAX

/* Writes one line, cleaned, and returns `status`. `error` may be NULL. */
enum cap_status profile_error(struct cap_error *error, enum cap_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- tools (profile_table.c) -------------------------------------------- */

/*
 * Makes room for `more` items after the first `count` of an array of `size`
 * bytes each; the room doubles. False when memory is out (the array is as it was).
 */
bool profile_reserve(void *array, size_t *capacity, size_t count, size_t more, size_t size);

/* Hash of bytes, seeded at random in each process, so that nobody can aim at collisions. */
uint32_t profile_hash(const void *bytes, size_t size, uint32_t before);

/* From content to index: open addressing. The items themselves are the caller's. */
struct profile_index {
	struct {
		uint32_t hash, item;
	} * slots;
	size_t mask, count; /* mask + 1 slots; no slots when count is 0 */
};

typedef bool profile_same(const void *context, uint32_t a, uint32_t b);

/*
 * The item equal to `item`, or `item` itself, which is then added.
 * PROFILE_NONE when memory is out.
 */
uint32_t profile_index_put(struct profile_index *index, uint32_t hash, uint32_t item, profile_same *same,
                           const void *context);
void profile_index_release(struct profile_index *index);

/* Memory that is only ever freed as a whole. */
struct profile_arena {
	struct profile_chunk *chunks; /* the newest first */
	size_t left, next;            /* bytes left in it; size of the next */
};

/* `size` bytes, unaligned: for text. NULL when memory is out. */
char *profile_arena_take(struct profile_arena *arena, size_t size);
void profile_arena_release(struct profile_arena *arena);

struct profile_string {
	const char *text; /* followed by a NUL; may hold others */
	uint32_t length, hash;
};

struct profile_strings {
	struct profile_string *items;
	size_t count, capacity;
	struct profile_index index;
	struct profile_arena arena;
};

/* The index of a string, added if it is new. PROFILE_NONE when memory is out. */
uint32_t profile_strings_put(struct profile_strings *strings, const char *text, size_t length);
void profile_strings_release(struct profile_strings *strings);

/* ---- the profile -------------------------------------------------------- */

struct profile_type {
	uint32_t type, unit; /* strings */
};

enum profile_mapping_flags {
	PROFILE_HAS_FUNCTIONS = 1,
	PROFILE_HAS_FILENAMES = 2,
	PROFILE_HAS_LINES = 4,
	PROFILE_HAS_INLINES = 8,
};

struct profile_mapping {
	uint64_t start, limit, offset;
	uint32_t file, build_id; /* strings */
	uint32_t flags;
	const char *label; /* "[base name of file]": what a frame without name is called; NULL without file */
};

struct profile_function {
	int64_t start_line;
	uint32_t name, system_name, file; /* strings, as in the file: what is written again */
	uint32_t shown;                   /* string: what people see, and frames are told apart by */
};

struct profile_line {
	int64_t line, column;
	uint32_t function;
};

struct profile_location {
	uint64_t address;
	uint32_t mapping; /* PROFILE_NONE: none */
	uint32_t lines; /* first of line_count; [0] is the innermost, the last the caller it was inlined into
	                 */
	uint32_t line_count : 31;
	uint32_t folded : 1;
};

/* Numeric when `str` is 0. Labels with neither text, number nor unit do not exist. */
struct profile_label {
	int64_t num;
	uint32_t key, str, unit; /* strings */
};

struct cap_profile {
	struct profile_strings strings;

	struct profile_type *types;
	size_t type_count;

	size_t sample_count;
	int64_t *values;       /* sample i: type_count of them from i * type_count */
	uint32_t *frames;      /* locations, the leaf first */
	uint32_t *frame_start; /* sample i: from [i] up to [i + 1] */
	struct profile_label *labels;
	uint32_t *label_start; /* likewise */

	struct profile_mapping *mappings;
	struct profile_function *functions;
	struct profile_location *locations;
	struct profile_line *lines;
	size_t mapping_count, function_count, location_count, line_count;

	struct profile_type period_type;
	int64_t period, time, duration;                           /* time and duration in ns */
	uint32_t drop_frames, keep_frames, default_type, doc_url; /* strings, 0: none */
	uint32_t *comments;
	size_t comment_count;
};

static inline const char *profile_text(const struct cap_profile *profile, uint32_t string)
{
	return profile->strings.items[string].text;
}

/* Room in the arrays of a profile that is being built. */
struct profile_room {
	size_t types, values, frames, frame_start, labels, label_start;
	size_t mappings, functions, locations, lines, comments;
};

/*
 * An empty profile: string 0, the closing entries of frame_start and label_start,
 * and some room in each array that samples are walked by, so that none of them
 * is NULL. *room is set. NULL when memory is out.
 */
struct cap_profile *profile_new(struct profile_room *room);

/* Is it one of a diff's base? */
bool profile_is_base(const struct cap_profile *profile, size_t sample);

/* Sums wrap, as in Go. */
static inline int64_t profile_sum(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t profile_negated(int64_t value)
{
	return (int64_t)(0 - (uint64_t)value);
}

/* As in Go: the most negative number is its own absolute value. */
static inline int64_t profile_abs(int64_t value)
{
	return value < 0 ? profile_negated(value) : value;
}

/*
 * Sets each function's shown name to what `go tool pprof` shows (internal/symbolizer
 * Demangle, default mode): a function without name gets its system name; C++
 * names that are already readable lose parameters and template arguments, and
 * so does a Go "F[go.shape.func(int)]". Mangled names ("_ZN...", "_R...") stay as
 * they are. (profile_names.c)
 */
bool profile_names(struct cap_profile *profile);
/* Sets each mapping's label. */
bool profile_mapping_labels(struct cap_profile *profile);
/*
 * A source file as it is shown: without "/proc/self/cwd/" in front, then as go's filepath.Clean leaves it (""
 * stays
 * ""). `out` has room for `length` + 1 bytes; returns what was written, without a NUL.
 */
size_t profile_clean_path(const char *path, size_t length, char *out);

/*
 * drop_frames and keep_frames, as RemoveUninteresting in profile/prune.go does
 * it: anchored expressions; removes the outermost match below the first frame
 * that is kept, and all beneath. (profile_prune.c)
 *
 * The expressions are POSIX extended ones of libc, where upstream has RE2's: \d
 * and (?i) are not known. As the profile is not trusted and libc's compiler
 * can be made to eat memory, an expression of over 1024 bytes, or with '{', a
 * back reference or more than eight '+' is ignored, as upstream ignores one that
 * does not compile.
 * False when memory is out.
 */
bool profile_prune(struct cap_profile *profile);

/* ---- nodes: what the rows of top, tree and flame graph are --------------- */

/*
 * A frame's identity (internal/graph NodeInfo). By function: its name; without one the mapping's file and the
 * start line. By line the source file, as go's filepath.Clean leaves it, and the line count too.
 */
struct profile_node {
	const char *name; /* never NULL: the function's, "[binary]" or "<unknown>"; by line "" if file or line
	                     is known */
	uint32_t string;  /* its name; 0: none */
	uint32_t source;  /* function that has it; PROFILE_NONE: none */
	uint32_t file;    /* string: the function's file, else the mapping's */
	uint32_t clean;   /* by line: string of profile_nodes.files, the cleaned file; else 0 */
	uint32_t object;  /* string: the mapping's file, when the name is 0 */
	int64_t start_line; /* likewise */
	int64_t line;       /* by line; 0: not known */
};

struct profile_nodes {
	struct profile_node *items;
	size_t count;
	uint32_t *of_line;     /* for each line of the profile */
	uint32_t *of_location; /* for each location: the node if it has no lines, else PROFILE_NONE */
	struct profile_strings files;
};

enum cap_status profile_nodes_init(struct profile_nodes *ret, const struct cap_profile *profile, bool by_line,
                                   struct cap_error *error);
void profile_nodes_release(struct profile_nodes *nodes);

/* Nodes of a location, the innermost first: *ret points at them. */
static inline size_t profile_nodes_at(const struct profile_nodes *nodes, const struct cap_profile *profile,
                                      uint32_t location, const uint32_t **ret)
{
	const struct profile_location *l = &profile->locations[location];

	*ret = l->line_count ? nodes->of_line + l->lines : nodes->of_location + location;
	return l->line_count ? l->line_count : 1;
}

#endif
