/*
 * A small HTTP server for tests, in a thread of its own, on loopback. It reads
 * a request up to its blank line (and Content-Length bytes) and then behaves.
 */
#ifndef TESTS_LOADGEN_SERVER_H
#define TESTS_LOADGEN_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct behaviour {
	const char *answer;  /* NULL: a 200 with "hello" */
	size_t answer_size;  /* 0: strlen */
	const char *endless; /* repeated after the answer until the client goes */
	int delay_ms;        /* before an answer */
	bool drip;           /* one byte a write */
	bool silent;         /* never answers */
	bool close_after;    /* closes after each answer */
	unsigned close_idle; /* closes, unannounced, when a connection's next request after that many comes */
	bool reset;          /* instead of an answer */
	bool ipv6;
};

struct server;

struct server *server_start(const struct behaviour *behaviour);
uint16_t server_port(const struct server *server);
/* "http://127.0.0.1:PORT/" or "http://[::1]:PORT/", owned by the server. */
const char *server_url(const struct server *server);
uint64_t server_answers(const struct server *server);
uint64_t server_accepted(const struct server *server);
/* The last request seen, terminated, owned by the server; after the run only. */
const char *server_last_request(const struct server *server);
/* Held, no answer leaves; requests queue up. Returns once the last answer is out. */
void server_hold(struct server *server, bool hold);
/* Serves on a connected socket, which the server then owns. */
void server_adopt(struct server *server, int fd);
void server_stop(struct server *server);

/* A port that refuses: it was bound a moment ago. */
uint16_t refusing_port(void);

/* Descriptors open, threads alive in this process. */
unsigned count_descriptors(void);
unsigned count_threads(void);
void sleep_ms(int ms);

#endif
