#include "faults.h"

void fails_with(struct cap_tunnel *tunnel, enum cap_status status, const char *words)
{
	int64_t since = clock_now();
	int fd = bed_dial(tunnel, 6060);
	struct cap_error error = {0};

	put(fd, "GET / HTTP/1.1\r\n\r\n", 18);
	assert_true(ends(fd));
	assert_int_equal(cap_tunnel_error(tunnel, 6060, since, &error),
	                 status); /* at once, no waiting for it */
	assert_int_equal(error.status, status);
	assert_has(error.text, words);
	hang_up(fd);
}

void server_fails_with(struct stand_in *server, enum cap_status status, const char *words)
{
	struct cap_tunnel *tunnel = bed_tunnel_to(server);
	struct cap_tunnel_stats stats;

	fails_with(tunnel, status, words);
	fails_with(tunnel, status, words);
	assert_soon(tunnel_open_count(tunnel) == 0);
	cap_tunnel_stats(tunnel, &stats);
	assert_int_equal(stats.connections, 2);
	assert_int_equal(stats.failed, 2);
	bed_tunnel_close();
}

void endpoint_fails_with(const struct cap_endpoint *endpoint, enum cap_status status, const char *words)
{
	fails_with(bed_tunnel(endpoint, NULL), status, words);
	bed_tunnel_close();
}
