/*
 * Fuzzes ~/.ssh/config: what is refused names the file, in a line; what is taken is words of one line. Files
 * of the machine are not included: an input that would is passed over. tests/fuzz drives it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/ssh_config.h"
#include "tests/lib/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
	if (!good)
		abort();
}

/* Names of hosts and users go into messages and over the wire, those of files to open(2). */
static void check_word(const char *word)
{
	check(!word || !strpbrk(word, "\r\n"));
}

static void check_settings(const struct ssh_settings *settings)
{
	int i;

	check_word(settings->host);
	check_word(settings->user);
	check_word(settings->jump);
	for (i = 0; settings->identities[i]; i++)
		check_word(settings->identities[i]);
	check(i <= SSH_FILES_MAX);
	for (i = 0; settings->known_hosts[i]; i++)
		check_word(settings->known_hosts[i]);
	check(i <= SSH_FILES_MAX);
}

static int includes(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 7 <= size; i++)
		if (strncasecmp((const char *)data + i, "include", 7) == 0)
			return memchr(data, '/', size) || memchr(data, '~', size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ssh_settings settings = {0};
	struct error error = {0};

	if (includes(data, size))
		return 0;
	if (ssh_config_read(memory_file(data, size), "/nowhere", "gate.example", &settings, &error) < 0) {
		check(strncmp(error.text, "/proc/", 6) == 0 && !strpbrk(error.text, "\r\n\x1b"));
		error_release(&error);
		return 0;
	}
	check_settings(&settings);
	ssh_settings_release(&settings);
	return 0;
}
