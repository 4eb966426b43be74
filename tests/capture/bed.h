/*
 * What tests of connections share: servers and tunnels that end with the test, and a check that it leaves
 * neither descriptor nor thread. bed_setup and bed_teardown go around each test.
 */
#ifndef TESTS_CAPTURE_BED_H
#define TESTS_CAPTURE_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/capture.h"
#include "capture/channel.h"
#include "capture/clock.h"
#include "capture/tunnel.h"
#include "stand_in.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define MS              (1000000LL)
#define SECOND          (1000 * MS)
#define PATIENCE        (100 * SECOND) /* longer than anything takes on a loaded machine */

#define bed_test(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)
int bed_setup(void **state);
int bed_teardown(void **state);

/* It becomes true, sooner or later. */
#define assert_soon(condition)                                                                               \
	do {                                                                                                 \
		int64_t end_ = clock_now() + PATIENCE;                                                       \
		while (!(condition) && clock_now() < end_)                                                   \
			sleep_ms(2);                                                                         \
		assert_true(condition);                                                                      \
	} while (0)
/* Prints both and fails unless `text` holds `part`. */
#define assert_has(text, part) has_part(text, part, __FILE__, __LINE__)
void has_part(const char *text, const char *part, const char *file, int line);

void sleep_ms(int ms);
/* A port of 127.0.0.1 that refuses. */
uint16_t refusing_port(void);

/* A server, stopped after the test. */
struct stand_in *bed_server(const struct stand_in_options *options);
struct stand_in *bed_plain(stand_in_script *script, void *context);
struct stand_in *bed_tls(stand_in_script *script, void *context);
/* Ends all of them early. */
void bed_stop_servers(void);
/* The certificate of bed_tls, and one that nobody trusts. */
const struct identity *bed_identity(void);
const struct identity *bed_stranger(void);
/* An endpoint for a server: trusts its certificate. */
struct cap_endpoint endpoint_of(const struct stand_in *server);

/* A tunnel to pod "p" of namespace "n", closed after the test; the endpoint is copied. `times` NULL: as in
 * use. */
struct cap_tunnel *bed_tunnel(const struct cap_endpoint *api_server, const struct channel_times *times);
struct cap_tunnel *bed_tunnel_by(const struct cap_endpoint *api_server, enum cap_way way,
                                 const struct channel_times *times);
struct cap_tunnel *bed_tunnel_to(const struct stand_in *server);
void bed_tunnel_close(void);

/* A connection, closed after the test if it is still open. */
int bed_dial(struct cap_tunnel *tunnel, uint16_t port);
void hang_up(int fd);
/* Writes all of it; false: the other side has ended. */
bool put(int fd, const void *data, size_t size);
/* Reads up to `size` bytes, fewer only if the end comes first. */
size_t get(int fd, void *data, size_t size);
/* Nothing more but the end comes. */
bool ends(int fd);
/* The end comes; then what the tunnel says of it. */
enum cap_status ends_with(struct cap_tunnel *tunnel, int fd, struct cap_error *ret);
unsigned tunnel_open_count(struct cap_tunnel *tunnel);

/* A byte of a stream that is told apart from its neighbours, and the stream. */
uint8_t stream_byte(uint64_t at);
void stream_fill(uint8_t *data, uint64_t at, size_t size);
bool stream_is(const uint8_t *data, uint64_t at, size_t size);

#endif
