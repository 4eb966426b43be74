/*
 * A small HTTP server for tests, in a thread of its own, on loopback. It reads
 * a request up to its blank line (and Content-Length bytes) and then behaves.
 * It keeps its own account of what came and went, and when.
 */
#ifndef TESTS_LOADGEN_SERVER_H
#define TESTS_LOADGEN_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ending { STAYS, CLOSES, RESETS };

struct behaviour {
	const char *answer;  /* NULL: a 200 with "hello"; "": nothing */
	size_t answer_size;  /* 0: strlen */
	const char *endless; /* repeated after the answer until the client goes */
	const char *body;    /* of every request, else it is a fault */
	size_t body_size;
	int delay_ms;                /* before an answer */
	unsigned delays;             /* the n-th answer of a round of that many waits n delays; 0: one */
	int (*delay_of)(uint64_t n); /* ms before the n-th answer, from 0; instead of both */
	bool drip;                   /* one byte a write */
	bool silent;                 /* never answers */
	bool early;                  /* reads heads only, and answers without the body */
	enum ending ending;          /* after each answer */
	unsigned close_idle;         /* hangs up when a connection's next request after that many comes */
	unsigned dies;               /* hangs up on every request once it has given that many answers */
	const char *parting;         /* sent before it hangs up */
	bool ipv6;
	/* shown every request, in the server's thread; of a body what fits into 8 KiB together with its head
	 */
	void (*see)(void *context, const char *head, const char *body, size_t body_size);
	void *context;
};

/* What it counts, and notes the instant of. */
enum mark { ACCEPTED, REQUESTED, ANSWERED, HUNG_UP, MARKS };

#define SERVER_NOTES 65536U /* instants kept of each mark */

struct server;

/* NULL: no such address here. */
struct server *server_start(const struct behaviour *behaviour);
uint16_t server_port(const struct server *server);
/* "http://127.0.0.1:PORT/" or "http://[::1]:PORT/", owned by the server. */
const char *server_url(const struct server *server);
uint64_t server_count(const struct server *server, enum mark mark);
/* CLOCK_MONOTONIC ns of the n-th, n below the count and SERVER_NOTES. ANSWERED is noted before the first byte
 * leaves. */
int64_t server_instant(const struct server *server, enum mark mark, uint64_t n);
/* Wrong bodies, and requests that did not wait for the answer before. */
uint64_t server_faults(const struct server *server);
/* The head of the last request seen, terminated, owned by the server; after the run only. */
const char *server_last_head(const struct server *server);
/* Held, no answer leaves; requests queue up. Returns once the last answer is out. */
void server_hold(struct server *server, bool hold);
/* Closes all its connections; returns when that is done. */
void server_drop_all(struct server *server);
/* Serves on a connected socket, which the server then owns. */
void server_adopt(struct server *server, int fd);
void server_stop(struct server *server);

/* Sockets on loopback, for the caller to close; -1: no such address here. */
int listening_socket(bool ipv6, int backlog, uint16_t *ret_port);
/* Bound and not listening: as long as it is open, its port refuses. */
int refusing_socket(uint16_t *ret_port);

/* A port where connecting neither succeeds nor fails: its queue is full. */
struct stuck {
	int fds[3];
	uint16_t port;
	char url[32];
};
void stuck_init(struct stuck *stuck);
void stuck_release(struct stuck *stuck);

#endif
