/* HTTP/1.1 on one connection: one request at a time. */
#ifndef LOADGEN_H1_H
#define LOADGEN_H1_H

#include <stddef.h>

struct lg_connection;
struct lg_vu;

void lg_h1_submit(struct lg_connection *connection, struct lg_vu *vu);
void lg_h1_input(struct lg_connection *connection, const char *data, size_t size);
/* No more will come: 0 in good order, else errno. */
void lg_h1_ended(struct lg_connection *connection, int error);

#endif
