/*
 * A virtual user: send, wait, think, again (closed model), or wait for a start, send, wait (open model).
 * Driven by its worker, from whose thread alone these functions are called.
 *
 * A request whose reused connection ends before a byte of answer is sent once more on a fresh one, if its
 * method is idempotent (RFC 9112, section 9.3.1), and is not an error; so is one that the server says it has
 * not begun to process (RFC 9113, section 8.7). In the closed model a VU waits after
 * an error: 10 ms, doubling to 1 s.
 */
#ifndef LOADGEN_VU_H
#define LOADGEN_VU_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/loadgen.h"
#include "loadgen/match.h"
#include "loadgen/timer.h"

#define LG_BACKOFF_FIRST (10 * 1000000LL)
#define LG_BACKOFF_LAST  (1000 * 1000000LL)

enum lg_vu_state {
	LG_VU_OFF,     /* not wanted (yet, or any more); the timer is the next turn of the pace */
	LG_VU_IDLE,    /* open model: free for a start */
	LG_VU_CONNECT, /* a request waits for the connection */
	LG_VU_WAIT,    /* request being sent, or answer awaited */
	LG_VU_THINK,
	LG_VU_BACKOFF
};

struct lg_worker;
struct lg_connection;
struct lg_request;

struct lg_vu {
	struct lg_timer timer; /* of its state: turn, timeout, think or backoff. First: see worker.c */
	struct lg_worker *worker;
	uint32_t id;   /* among the VUs of all threads */
	uint32_t slot; /* among those of its worker */
	uint8_t state; /* enum lg_vu_state */
	bool retried;
	const struct lg_request *request; /* the one under way */
	struct lg_connection *connection; /* that it goes over */
	struct lg_match match;            /* of plan.expect.body in its answer */
	int32_t stream;                   /* HTTP/2: its stream */
	uint64_t seq;                     /* of the request among those of all threads, from 0 */
	char *text;                       /* of a request that is filled in (render.h), NULL: none yet */
	int64_t scheduled;                /* when the request was due; closed model: `began` */
	int64_t began;                    /* connecting included */
	int64_t sent, flushed,
		first;      /* when its first byte went out, its last; when the answer's first byte came */
	int64_t backoff;    /* the next one, 0: no error since the last answer */
	struct lg_vu *next; /* in worker->idle */
};

void lg_vu_init(struct lg_vu *vu, struct lg_worker *worker, uint32_t slot);

/* Open model: begins a request that was due at `scheduled`; the VU is off or idle. */
void lg_vu_start(struct lg_vu *vu, int64_t scheduled);

/* The timer is due. */
void lg_vu_expired(struct lg_vu *vu);

/* Closed model: the pace has changed, when is the next turn? */
void lg_vu_replan(struct lg_vu *vu);

/* Ends the VU unless a request is in flight or waits for its connection. */
void lg_vu_stop(struct lg_vu *vu);

/* Ends the VU; a request in flight is censored. */
void lg_vu_abandon(struct lg_vu *vu);

/* ---- from its connection ---- */

/* The request has to wait for the connection, or for its turn on it. */
void lg_vu_held(struct lg_vu *vu);
/* The request goes out now. */
void lg_vu_sent(struct lg_vu *vu);
/* The answer is whole; the connection is ready for the next one, or closed. */
void lg_vu_answered(struct lg_vu *vu, unsigned status);
/* No answer will come. `again`: nothing of it had come, and the request may be sent once more. */
void lg_vu_cut(struct lg_vu *vu, bool again, enum lg_error_kind kind, const char *line);

#endif
