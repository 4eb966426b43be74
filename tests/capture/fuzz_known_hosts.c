/*
 * Fuzzes known_hosts: whatever the file holds, a host is known or not, and the list of key types that the
 * session is told to prefer is one that it takes. tests/fuzz drives it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/ssh_login.h"
#include "tests/lib/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static LIBSSH2_SESSION *session_get(void)
{
	static LIBSSH2_SESSION *session;

	if (!session) {
		check(libssh2_init(0) == 0);
		session = libssh2_session_init();
		check(session != NULL);
	}
	return session;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *files[] = {memory_file(data, size), "/nowhere/known_hosts", NULL};
	struct cap_ssh_options options = {
		.host = "gate.example", .port = size & 1 ? 22 : 2222, .known_hosts = files};
	struct cap_error error = {.status = CAP_OK};
	struct ssh_login login = {.options = &options, .session = session_get(), .error = &error};
	struct ssh_known *known = ssh_known_read(&login);

	check(known && error.status == CAP_OK);
	/* Before the handshake there is no key. */
	check(ssh_known_check(known, &login) == CAP_CONNECT && *error.text);
	ssh_known_free(known);
	return 0;
}
