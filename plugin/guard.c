#include "plugin/guard.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "plugin/address.h"
#include "plugin/command.h"
#include "plugin/load_model.h"
#include "plugin/text.h"

#define AT(field) offsetof(struct guard_rules, field)
/* A second that is over the ceiling by less than this is a second that began and ended inside a burst. */
#define OVER 1.05

/* clang-format off */
const struct option guard_options[] = {
	{.name = "production", .section = GUARD_SECTION, .kind = OPTION_LIST, .offset = AT(production), .value = "'*prod*'",
	 .help = "contexts and clusters that count as production, by shell patterns of their names, whatever the case: "
	         "loadtest asks on a terminal and needs --yes elsewhere (default '*prod*'; [] for none)"},
	{.name = "max-rate", .section = GUARD_SECTION, .kind = OPTION_TEXT, .offset = AT(max_rate), .value = "2000/s",
	 .help = "ceiling of every load's rate"},
	{.name = "max-vus", .section = GUARD_SECTION, .kind = OPTION_COUNT, .offset = AT(max_vus), .value = "500",
	 .help = "ceiling of the virtual users", .min = 1, .max = LG_MAX_VUS},
	{.name = "allow-host", .section = GUARD_SECTION, .kind = OPTION_LIST, .offset = AT(allow_hosts), .value = "api.staging.example",
	 .help = "hosts that may be loaded although they are not the cluster's own, by name, address or pattern"},
	{0},
};
/* clang-format on */

const char *guard_match(const struct option_list *patterns, const char *name)
{
	for (size_t i = 0; name && i < patterns->count; i++)
		if (fnmatch(patterns->items[i], name, FNM_CASEFOLD) == 0)
			return patterns->items[i];
	return NULL;
}

/* ---- ceilings ---------------------------------------------------------------- */

int guard_read(struct plan *plan, struct error *error)
{
	double of_config = 0;

	if (plan->max_rate_text && rate_parse("--max-rate", plan->max_rate_text, &plan->max_rate, error) < 0)
		return -1;
	if (plan->guard.max_rate && rate_parse("guard.max-rate", plan->guard.max_rate, &of_config, error) < 0)
		return -1;
	if (of_config > 0 && (plan->max_rate <= 0 || of_config < plan->max_rate))
		plan->max_rate = of_config;
	return 0;
}

static int check_ceilings(const struct plan *plan, struct error *error)
{
	const char *option = plan->stage_texts.count ? "--stage" : "--rate";
	unsigned most = plan->guard.max_vus, vus = plan->vus;

	if (plan->max_rate > 0 && plan->rate > plan->max_rate)
		return error_usage(
			error,
			"%s: %g/s is over the ceiling of %g/s (--max-rate, or guard in the config file)",
			option, plan->rate, plan->max_rate);
	option = plan->stage_texts.count ? "--stage" : "--vus";
	if (plan->rate > 0 && plan->max_vus > vus) {
		option = "--max-vus";
		vus = plan->max_vus;
	}
	if (most && vus > most)
		return error_usage(
			error, "%s: %u VUs are over the ceiling of %u (max-vus of guard in the config file)",
			option, vus, most);
	return 0;
}

bool guard_over(struct guard_watch *watch, double max_rate, int64_t now, uint64_t requests)
{
	int64_t length = now - watch->since;

	if (max_rate <= 0 || (watch->since && length < SECOND))
		return false;
	if (watch->since)
		watch->rate = (double)(requests - watch->requests) * 1e9 / (double)length;
	watch->since = now;
	watch->requests = requests;
	return watch->rate > max_rate * OVER;
}

/* ---- hosts --------------------------------------------------------------------- */

static bool named(const struct option_list *hosts, const char *host)
{
	for (size_t i = 0; i < hosts->count; i++) {
		size_t length = strlen(hosts->items[i]);
		char *bare = *hosts->items[i] == '[' && length > 2 ? xstrndup(hosts->items[i] + 1, length - 2)
		                                                   : xstrdup(hosts->items[i]);
		bool same = host_equal(bare, host);

		free(bare);
		if (same)
			return true;
	}
	return guard_match(hosts, host) != NULL;
}

/* Through an SSH host "localhost" is that one. */
static bool load_by_ssh(const struct plan *plan)
{
	return plan->kube.ssh && plan->ssh_for != SSH_FOR_API;
}

bool guard_host_allowed(const struct plan *plan, const char *host)
{
	return (host_is_loopback(host) && !load_by_ssh(plan)) || named(&plan->allow_hosts, host) ||
	       named(&plan->guard.allow_hosts, host);
}

/* The first URL of the plan, or the one after the `i`th target; NULL: no more. */
static const char *url_at(const struct plan *plan, size_t i)
{
	if (plan->targets.count)
		return i < plan->targets.count ? plan->targets.items[i].url : NULL;
	return i == 0 ? plan->url : NULL;
}

static int not_allowed(const struct plan *plan, const char *host, const char *unseen, struct error *error)
{
	const char *option = plan->targets.count ? "--targets" : "--url";

	if (load_by_ssh(plan) && host_is_loopback(host))
		return error_usage(
			error,
			"%s: '%s' is the SSH host itself, since the load goes through it; if you may load "
			"it, give --allow-host %s",
			option, host, host);
	if (plan_is_local(plan))
		return error_usage(error,
		                   "%s: '%s' is not this machine; if you may load it, give --allow-host %s",
		                   option, host, host);
	return error_usage(
		error,
		"%s: '%s' is not this machine nor one of the cluster's own hosts (nodes, pods, services, "
		"ingresses%s%s); if you may load it, give --allow-host %s",
		option, host, *unseen ? "; could not be looked at: " : "", unseen, host);
}

int guard_check(const struct plan *plan, struct error *error)
{
	const char *url;

	if (check_ceilings(plan, error) < 0)
		return -1;
	for (size_t i = 0; plan_is_local(plan) && (url = url_at(plan, i)); i++) {
		char *host = url_host(url);
		int status = guard_host_allowed(plan, host) ? 0 : not_allowed(plan, host, "", error);

		free(host);
		if (status < 0)
			return -1;
	}
	return 0;
}

int guard_hosts(const struct plan *plan, struct cluster *cluster, struct error *error)
{
	char *seen = NULL, unseen[512];
	const char *url;
	int status = 0;

	for (size_t i = 0; status == 0 && (url = url_at(plan, i)); i++) {
		char *host = url_host(url);

		if (!guard_host_allowed(plan, host) && !(seen && host_equal(seen, host)) &&
		    !guard_host_owner(cluster, host, unseen))
			status = not_allowed(plan, host, unseen, error);
		free(seen);
		seen = host;
	}
	free(seen);
	return status;
}

/* ---- production ------------------------------------------------------------------ */

static const char *production_pattern(const struct plan *plan, const struct kubeconfig *config)
{
	static const char *usual[] = {"*prod*", NULL};
	const struct option_list standard = {usual, 1};
	const struct option_list *patterns =
		plan->guard.production.items ? &plan->guard.production : &standard;
	const char *ret = guard_match(patterns, config->context);

	return ret ? ret : guard_match(patterns, config->cluster);
}

static void print_line(const char *label, char *text)
{
	text_clean(text);
	fprintf(stderr, "%-9s%s\n", label, text);
	free(text);
}

static char *rate_words(const struct plan *plan)
{
	char ceiling[64] = "", longest[32];

	if (plan->max_rate > 0)
		snprintf(ceiling, sizeof ceiling, ", %g/s at most", plan->max_rate);
	duration_print(plan_longest(plan), longest);
	if (plan->find_capacity)
		return xprintf("rates from %g/s up until '%s' is broken%s, at most %s", plan->rate,
		               plan->find_capacity, ceiling, longest);
	if (plan->rate > 0)
		return xprintf("%g requests a second%s, at most %s", plan->rate, ceiling, longest);
	return xprintf("%u users, as fast as they are answered%s, at most %s", plan->vus, ceiling, longest);
}

static bool ask(const struct plan *plan, const struct kubeconfig *config)
{
	char answer[16] = "";

	print_line("context", xprintf("%s, cluster %s", config->context ? config->context : "(none)",
	                              config->cluster ? config->cluster : "(none)"));
	print_line("server", xstrdup(config->server));
	print_line("target", xprintf("%s in namespace %s",
	                             plan->target     ? plan->target
	                             : plan->selector ? plan->selector
	                                              : "the busiest pod",
	                             config->ns));
	print_line("load", xprintf("%s%s", plan->url ? plan->url : "through the tunnel to the pod",
	                           plan->targets.count > 1 ? " and other targets" : ""));
	print_line("rate", rate_words(plan));
	fputs("This counts as production. Send this load? [y/N] ", stderr);
	return fgets(answer, sizeof answer, stdin) &&
	       (strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0);
}

static int confirm(const struct plan *plan, const struct kubeconfig *config, const char *pattern,
                   struct error *error)
{
	const char *name = config->context ? config->context : config->cluster;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return error_usage(
			error,
			"context '%s' counts as production ('%s'), and there is no terminal to ask on: "
			"give --yes if it is meant; nothing was sent",
			name, pattern);
	if (ask(plan, config))
		return 0;
	return error_set(error, "not confirmed; nothing was sent");
}

int guard_confirm(const struct plan *plan, struct error *error)
{
	struct kubeconfig config;
	const char *pattern;
	int status;

	if (plan->yes || plan_is_local(plan))
		return 0;
	if (kubeconfig_load(&plan->kube, &config, error) < 0)
		return -1;
	pattern = production_pattern(plan, &config);
	status = pattern ? confirm(plan, &config, pattern, error) : 0;
	kubeconfig_release(&config);
	return status;
}
