/* The flags that kubectl's users expect of every plugin. */
#include <stddef.h>

#include "plugin/command.h"
#include "plugin/kubeconfig.h"

#define AT(field) offsetof(struct kube_flags, field)
#define HOUR      (3600 * 1000000000LL)

/* clang-format off */
const struct option kube_options[] = {
	{.name = "namespace", .letter = 'n', .kind = OPTION_TEXT, .offset = AT(ns), .value = "NS",
	 .help = "namespace (default: the context's)"},
	{.name = "context", .kind = OPTION_TEXT, .offset = AT(context), .value = "NAME",
	 .help = "context of the kubeconfig (default: current-context)"},
	{.name = "kubeconfig", .kind = OPTION_TEXT, .offset = AT(kubeconfig), .value = "FILE",
	 .help = "kubeconfig (default: $KUBECONFIG, then ~/.kube/config)"},
	{.name = "cluster", .kind = OPTION_TEXT, .offset = AT(cluster), .value = "NAME",
	 .help = "cluster of the kubeconfig"},
	{.name = "user", .kind = OPTION_TEXT, .offset = AT(user), .value = "NAME", .help = "user of the kubeconfig"},
	{.name = "server", .letter = 's', .kind = OPTION_TEXT, .offset = AT(server), .value = "URL",
	 .help = "API server"},
	{.name = "token", .secret = true, .kind = OPTION_TEXT, .offset = AT(token), .value = "TOKEN",
	 .help = "bearer token (seen by other users of this machine; a kubeconfig is safer)"},
	{.name = "as", .kind = OPTION_TEXT, .offset = AT(as), .value = "USER", .help = "user to impersonate"},
	{.name = "as-uid", .kind = OPTION_TEXT, .offset = AT(as_uid), .value = "UID", .help = "UID to impersonate"},
	{.name = "as-group", .kind = OPTION_LIST, .offset = AT(as_group), .value = "GROUP",
	 .help = "group to impersonate, repeatable"},
	{.name = "as-user-extra", .kind = OPTION_LIST, .offset = AT(as_user_extra), .value = "KEY=VALUE",
	 .help = "extra to impersonate, repeatable"},
	{.name = "certificate-authority", .kind = OPTION_TEXT, .offset = AT(certificate_authority), .value = "FILE",
	 .help = "CA that signed the API server's certificate"},
	{.name = "client-certificate", .kind = OPTION_TEXT, .offset = AT(client_certificate), .value = "FILE",
	 .help = "client certificate"},
	{.name = "client-key", .kind = OPTION_TEXT, .offset = AT(client_key), .value = "FILE", .help = "client key"},
	{.name = "tls-server-name", .kind = OPTION_TEXT, .offset = AT(tls_server_name), .value = "NAME",
	 .help = "name to expect in the API server's certificate"},
	{.name = "insecure-skip-tls-verify", .kind = OPTION_FLAG, .offset = AT(insecure_skip_tls_verify),
	 .help = "do not check the API server's certificate"},
	{.name = "disable-compression", .kind = OPTION_FLAG, .offset = AT(disable_compression),
	 .help = "ask the API server for plain answers"},
	{.name = "request-timeout", .kind = OPTION_DURATION, .offset = AT(request_timeout), .value = "DURATION",
	 .help = "of one API request (default 15s)", .max = HOUR},
	{.name = "ssh", .kind = OPTION_TEXT, .offset = AT(ssh), .value = "[USER@]HOST[:PORT]",
	 .help = "reach the API server through this SSH host, as ~/.ssh/config, known_hosts and ssh-agent say"},
	{0},
};
/* clang-format on */
