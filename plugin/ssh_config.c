#include "plugin/ssh_config.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "plugin/text.h"
#include "plugin/text_out.h"

#define SIZE_MAX_OF_FILE (1L << 20)
#define FILES_MAX        64
#define DEPTH_MAX        8

struct reader {
	const char *home, *name;
	struct ssh_settings *settings;
	struct error *error;
	int depth, files;

	/* where it is */
	const char *path;
	unsigned line;
	bool matches; /* the section is about our host */
};

void ssh_settings_release(struct ssh_settings *settings)
{
	free(settings->host);
	free(settings->user);
	free(settings->jump);
	for (size_t i = 0; i < SSH_FILES_MAX; i++) {
		free(settings->identities[i]);
		free(settings->known_hosts[i]);
	}
	*settings = (struct ssh_settings){0};
}

static int refuse(const struct reader *reader, const char *what, const char *value)
{
	return error_set(reader->error, "%s:%u: %s '%s'", reader->path, reader->line, what, value);
}

/* ---- words -------------------------------------------------------------------- */

/* The next word of a line, in place; NULL: none. Words may be in double quotes. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end;

	if (!*word || *word == '#')
		return NULL;
	if (*word == '"')
		end = strchrnul(++word, '"');
	else
		end = word + strcspn(word, " \t");
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* "Keyword value" or "Keyword = value". */
static char *keyword(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t=");

	if (!*word || *word == '#')
		return NULL;
	*rest = end + strspn(end, " \t");
	*rest += **rest == '=';
	if (*rest == end)
		return NULL;
	*end = '\0';
	return word;
}

/* ---- values ------------------------------------------------------------------- */

static const char *token(const struct reader *reader, char letter)
{
	switch (letter) {
	case 'h':
		return reader->settings->host ? reader->settings->host : reader->name;
	case 'n':
		return reader->name;
	case 'd':
		return reader->home;
	case 'r':
		return reader->settings->user ? reader->settings->user : "";
	case '%':
		return "%";
	default:
		return NULL;
	}
}

/* "~/x" and "%h" (TOKENS in ssh_config(5)); ones that are not known stay as they are. */
static char *filled(const struct reader *reader, const char *value)
{
	struct text_out filled;
	FILE *out;

	text_out_begin(&filled);
	out = filled.file;
	if (strncmp(value, "~/", 2) == 0) {
		fputs(reader->home, out);
		value++;
	}
	for (; *value; value++) {
		const char *text = *value == '%' ? token(reader, value[1]) : NULL;

		if (text)
			fputs(text, out), value++;
		else
			fputc(*value, out);
	}
	return text_out_end(&filled, NULL);
}

static void set_once(const struct reader *reader, char **field, const char *value, bool fill)
{
	if (!*field)
		*field = fill ? filled(reader, value) : xstrdup(value);
}

static int set_port(const struct reader *reader, const char *value)
{
	char *end;
	unsigned long port = strtoul(value, &end, 10);

	if (*end || !port || port > UINT16_MAX || *value < '0' || *value > '9')
		return refuse(reader, "no port:", value);
	if (!reader->settings->port)
		reader->settings->port = (uint16_t)port;
	return 0;
}

static void add_file(const struct reader *reader, char **files, const char *value)
{
	size_t count = 0;

	while (files[count])
		count++;
	if (count < SSH_FILES_MAX && strcasecmp(value, "none") != 0)
		files[count] = filled(reader, value);
}

/* ---- sections ----------------------------------------------------------------- */

/* "Host *.corp !bad.corp": a pattern that matches, and none with '!' that does. */
static bool host_matches(const char *name, char *patterns)
{
	bool ret = false;
	char *pattern;

	while ((pattern = next_word(&patterns))) {
		bool negated = *pattern == '!';

		if (fnmatch(pattern + negated, name, FNM_NOESCAPE | FNM_CASEFOLD) != 0)
			continue;
		if (negated)
			return false;
		ret = true;
	}
	return ret;
}

static int read_file(struct reader *reader, const char *path);

static int include(struct reader *reader, const char *pattern)
{
	struct reader inner = *reader;
	char *whole = filled(reader, pattern);
	glob_t found = {0};
	int status = 0;

	if (*whole != '/') {
		char *relative = xprintf("%s/.ssh/%s", reader->home, whole);

		free(whole);
		whole = relative;
	}
	if (++inner.depth > DEPTH_MAX)
		status = refuse(reader, "too many files include one another:", pattern);
	else if (glob(whole, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && status == 0; i++)
			status = read_file(&inner, found.gl_pathv[i]);
	reader->files = inner.files;
	globfree(&found);
	free(whole);
	return status;
}

/* ---- lines -------------------------------------------------------------------- */

static int take_value(const struct reader *reader, const char *key, const char *value)
{
	struct ssh_settings *settings = reader->settings;

	if (strcasecmp(key, "HostName") == 0)
		set_once(reader, &settings->host, value, true);
	else if (strcasecmp(key, "User") == 0)
		set_once(reader, &settings->user, value, false);
	else if (strcasecmp(key, "ProxyJump") == 0)
		set_once(reader, &settings->jump, value, false);
	else if (strcasecmp(key, "IdentityFile") == 0)
		add_file(reader, settings->identities, value);
	else if (strcasecmp(key, "Port") == 0)
		return set_port(reader, value);
	return 0;
}

static int take_line(struct reader *reader, char *line)
{
	char *key = keyword(&line), *value;

	if (!key)
		return 0;
	if (strcasecmp(key, "Host") == 0) {
		reader->matches = host_matches(reader->name, line);
		return 0;
	}
	value = next_word(&line);
	if (strcasecmp(key, "Match") == 0) {
		reader->matches = value && strcasecmp(value, "all") == 0;
		return 0;
	}
	if (!reader->matches || !value || !*value)
		return 0;
	if (strcasecmp(key, "Include") == 0) {
		int status = 0;

		for (; value && status == 0; value = next_word(&line))
			status = include(reader, value);
		return status;
	}
	if (strcasecmp(key, "UserKnownHostsFile") == 0 && !reader->settings->known_hosts[0]) {
		for (; value; value = next_word(&line))
			add_file(reader, reader->settings->known_hosts, value);
		return 0;
	}
	return take_value(reader, key, value);
}

static int read_lines(struct reader *reader, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	int status = 0;

	while (status == 0 && getline(&line, &room, file) >= 0) {
		reader->line++;
		line[strcspn(line, "\r\n")] = '\0'; /* a quote that is open ends with the line */
		status = ftell(file) > SIZE_MAX_OF_FILE ? refuse(reader, "the file is too large", "")
		                                        : take_line(reader, line);
	}
	free(line);
	return status;
}

static int read_file(struct reader *reader, const char *path)
{
	FILE *file = fopen(path, "re");
	int status;

	if (!file && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!file)
		return error_set(reader->error, "cannot read '%s': %s", path, strerrordesc_np(errno));
	reader->path = path;
	reader->line = 0;
	status = ++reader->files > FILES_MAX
	                 ? refuse(reader, "too many files are included, the last is", path)
	                 : read_lines(reader, file);
	fclose(file);
	return status;
}

int ssh_config_read(const char *path, const char *home, const char *name, struct ssh_settings *ret,
                    struct error *error)
{
	struct ssh_settings settings = {0};
	struct reader reader = {
		.home = home, .name = name, .settings = &settings, .error = error, .matches = true};

	if (read_file(&reader, path) < 0) {
		ssh_settings_release(&settings);
		return -1;
	}
	*ret = settings;
	return 0;
}
