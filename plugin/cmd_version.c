#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin/command.h"

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	/* curl_version() would have libldap look up this machine's name */
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	struct option_list arguments = {0};
	int parsed = command_parse(command, NULL, 0, argc, argv, &arguments, error);

	if (parsed == 0 && arguments.count)
		parsed = error_usage(error, "version takes no argument, '%s' was given", arguments.items[0]);
	if (parsed == 0)
		printf("kubectl-pprof %s (libcurl/%s %s zlib/%s)\n", KP_VERSION, curl->version,
		       curl->ssl_version, curl->libz_version);
	free(arguments.items);
	return parsed < 0 ? (int)error->exit : EXIT_GOOD;
}

const struct command cmd_version = {
	.name = "version",
	.usage = "version",
	.summary = "Prints the version",
	.run = run,
};
