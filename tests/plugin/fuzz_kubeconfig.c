/*
 * Fuzzes kubeconfigs, one or two of them (0xff between): what is refused gives a line, what is taken is fit
 * for use: a server of http or https without user, a namespace that is a name, header lines without a break.
 * tests/fuzz drives it. Credential plugins are not run.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plugin/credentials.h"
#include "plugin/kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
	if (!good)
		abort();
}

/* A file in memory, and the path that leads to it. */
static void file_fill(int *fd, const uint8_t *data, size_t size)
{
	if (*fd <= 0)
		*fd = memfd_create("kubeconfig", 0);
	check(*fd > 0 && ftruncate(*fd, 0) == 0);
	check(pwrite(*fd, data, size, 0) == (ssize_t)size);
}

static void fill(const uint8_t *data, size_t size)
{
	static int fds[2];
	const uint8_t *second = size ? memchr(data, 0xff, size) : NULL;
	size_t first = second ? (size_t)(second - data) : size;
	char list[128];

	file_fill(&fds[0], data, first);
	snprintf(list, sizeof list, "/proc/self/fd/%d", fds[0]);
	if (second) {
		file_fill(&fds[1], second + 1, size - first - 1);
		snprintf(list, sizeof list, "/proc/self/fd/%d:/proc/self/fd/%d", fds[0], fds[1]);
	}
	setenv("KUBECONFIG", list, 1);
}

static void lines_are_lines(struct kubeconfig *config)
{
	struct credentials *credentials = NULL;
	struct error error = {0};
	char **lines, words[512] = "";

	if (config->exec.command || config->token_file)
		return;
	check(credentials_new(config, &credentials, &error) == 0);
	if (credentials_headers(credentials, &lines, words) == 0) {
		for (char **line = lines; *line; line++) {
			check(strchr(*line, ':') && !strpbrk(*line, "\r\n"));
			free(*line);
		}
		free(lines);
	} else {
		check(*words);
	}
	credentials_free(credentials);
}

static void fit_for_use(struct kubeconfig *config)
{
	const char *host = strstr(config->server, "://");

	check(host && host[3] && !strpbrk(config->server, " \r\n?#"));
	check(!memchr(host + 3, '@', strcspn(host + 3, "/")));
	check(*config->ns && strlen(config->ns) <= 63);
	lines_are_lines(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kube_flags flags = {0};
	struct kubeconfig config;
	struct error error = {0};

	fill(data, size);
	if (kubeconfig_load(&flags, &config, &error) < 0) {
		check(error.text[0] && !strpbrk(error.text, "\r\n\x1b"));
		error_release(&error);
		return 0;
	}
	fit_for_use(&config);
	kubeconfig_release(&config);
	return 0;
}
