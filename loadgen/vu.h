/*
 * A virtual user: one connection, a closed loop of send, wait, think. Driven by
 * its worker, from whose thread alone these functions are called.
 *
 * A request whose reused connection ends before a byte of answer is sent once
 * more on a fresh one, if its method is idempotent (RFC 9112, section 9.3.1),
 * and is not an error. After an error a VU waits 10 ms, doubling to 1 s.
 */
#ifndef LOADGEN_VU_H
#define LOADGEN_VU_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/connection.h"
#include "loadgen/timer.h"

#define LG_BACKOFF_FIRST (10 * 1000000LL)
#define LG_BACKOFF_LAST  (1000 * 1000000LL)

enum lg_vu_state {
	LG_VU_NEW,     /* its start is to come */
	LG_VU_CONNECT, /* a request waits for the connection */
	LG_VU_WAIT,    /* request being sent, or answer awaited */
	LG_VU_THINK,
	LG_VU_BACKOFF,
	LG_VU_ENDED
};

struct lg_worker;

struct lg_vu {
	struct lg_timer timer; /* first: start, timeout, think or backoff, by state */
	uint8_t state;         /* enum lg_vu_state */
	bool retried;
	bool is_ready;      /* in worker->ready */
	uint16_t untried;   /* addresses not tried yet for this connection */
	uint32_t address;   /* the next one, round robin */
	int64_t began;      /* this request, connecting included */
	int64_t sent;       /* or, while connecting, when that started */
	int64_t backoff;    /* the next one, 0: no error since the last answer */
	struct lg_vu *next; /* in worker->ready */
	struct lg_connection connection;
};

void lg_vu_init(struct lg_vu *vu, uint32_t id);

/* The timer is due. */
void lg_vu_expired(struct lg_worker *worker, struct lg_vu *vu);

/* The descriptor has events (LG_EVENT_*). */
void lg_vu_event(struct lg_worker *worker, struct lg_vu *vu, uint32_t events);

/* Its turn to read on has come (worker->ready). */
void lg_vu_ready(struct lg_worker *worker, struct lg_vu *vu);

/* Ends the VU unless a request is in flight or waits for its connection. */
void lg_vu_stop(struct lg_worker *worker, struct lg_vu *vu);

/* Ends the VU; a request in flight is censored. */
void lg_vu_abandon(struct lg_worker *worker, struct lg_vu *vu);

#endif
