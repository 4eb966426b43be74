/* A forwarded connection over a wire in memory: what the server sends is added, what goes out is kept. */
#ifndef TESTS_CAPTURE_MEMORY_WIRE_H
#define TESTS_CAPTURE_MEMORY_WIRE_H

#include "bed.h"
#include "capture/websocket.h"

#define PORT 6060

/* The server's bytes, and what was written to it. */
struct memory {
	struct queue in, out;
	size_t step;  /* bytes of one read; 0: any */
	bool endless; /* what is in comes again and again */
	bool ends;    /* after the last byte; else it would block */
	bool blocked; /* takes nothing */
	bool broken;  /* writing fails */
	size_t endless_at;
	const void *tried; /* a write that blocked: it must come again as it was */
	size_t tried_size;
};

extern struct memory wire;
extern struct cap_error failure;
extern struct forward *forward;
extern const struct forward_wire memory_calls;

#define forward_test(name) cmocka_unit_test_setup_teardown(name, forward_setup_v4, forward_teardown)
int forward_setup_v4(void **state);
int forward_setup_spdy(void **state);
int forward_teardown(void **state);
/* Begins anew within a test. */
void again(void);

/* ---- what the server sends: `first` is FRAME_FIN and the opcode ---------------------- */

void add(const void *data, size_t size);
void add_header(uint8_t first, uint64_t size);
void add_frame(uint8_t first, const void *data, size_t size);
void add_message(uint8_t channel, const void *data, size_t size);
/* The first message of both channels. */
void add_ports(void);
/* The ports, and then messages of 10,000 bytes of data without end. */
void add_endless(void);

#endif
