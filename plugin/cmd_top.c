#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin/bastion.h"
#include "plugin/cluster.h"
#include "plugin/command.h"
#include "plugin/document.h"
#include "plugin/ranking.h"

struct top_options {
	struct kube_flags kube;
	const char *selector;
	bool all_namespaces, no_headers;
	int by, output;
};

static const char *const by_names[] = {"cpu", "memory", NULL};

#define AT(field) offsetof(struct top_options, field)

/* clang-format off */
static const struct option top_options[] = {
	{.name = "selector", .letter = 'l', .kind = OPTION_TEXT, .offset = AT(selector), .value = "SELECTOR",
	 .help = "label selector, as for kubectl get -l"},
	{.name = "all-namespaces", .letter = 'A', .kind = OPTION_FLAG, .offset = AT(all_namespaces),
	 .help = "pods of all namespaces"},
	{.name = "by", .kind = OPTION_CHOICE, .offset = AT(by), .value = "cpu|memory", .choices = by_names,
	 .help = "what to rank by (default cpu)"},
	{.name = "no-headers", .kind = OPTION_FLAG, .offset = AT(no_headers), .help = "leave the header line out"},
	{.name = "output", .letter = 'o', .kind = OPTION_CHOICE, .offset = AT(output), .value = "text|json|yaml",
	 .choices = document_formats, .help = "format of standard output (default text)"},
	{0},
};
/* clang-format on */

static void print(const struct top_options *options, const struct ranking *ranking)
{
	cJSON *json;

	if (options->output == DOCUMENT_TEXT) {
		ranking_print(stdout, ranking, options->all_namespaces, !options->no_headers);
		if (ranking->note[0])
			fprintf(stderr, "note: %s\n", ranking->note);
		return;
	}
	json = ranking_json(ranking);
	document_print(stdout, json, options->output);
	cJSON_Delete(json);
}

static int rank(const struct top_options *options, const struct pod_query *query, struct error *error)
{
	struct bastion *bastion = NULL;
	struct cluster *cluster = NULL;
	struct ranking ranking = {0};
	int status = 0;

	if (options->kube.ssh)
		status = bastion_open(options->kube.ssh, &bastion, error);
	if (status == 0)
		status = cluster_open(&options->kube, bastion ? bastion_ssh(bastion) : NULL, &cluster, error);
	if (status == 0)
		status = ranking_make(cluster, query, (enum ranking_by)options->by, &ranking, error);
	if (status == 0)
		print(options, &ranking);
	ranking_release(&ranking);
	cluster_close(cluster);
	bastion_close(bastion);
	return status < 0 ? -1 : 0;
}

static int run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct top_options options = {0};
	struct option_group groups[] = {{"Options", top_options, &options},
	                                {"Cluster", kube_options, &options.kube}};
	struct option_list arguments = {0};
	int status = command_parse(command, groups, 2, argc, argv, &arguments, error);

	if (status == 0 && arguments.count > 1)
		status = error_usage(error, "top takes one TYPE/NAME, '%s' is one too many",
		                     arguments.items[1]);
	if (status == 0 && arguments.count && options.selector)
		status = error_usage(error, "give TYPE/NAME or --selector, not both");
	if (status == 0) {
		struct pod_query query = {arguments.count ? arguments.items[0] : NULL, options.selector,
		                          options.all_namespaces};

		status = rank(&options, &query, error);
	}
	free(arguments.items);
	options_release(groups, 2);
	return status < 0 ? (int)error->exit : EXIT_GOOD;
}

const struct command cmd_top = {
	.name = "top",
	.usage = "top [TYPE/NAME | POD] [-l SELECTOR] [options]",
	.summary = "Ranks pods by CPU or memory, the one that loadtest would pick first",
	.run = run,
};
