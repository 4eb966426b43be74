/* What the rest of capture needs of an SSH session. Private to capture. */
#ifndef CAPTURE_SSH_H
#define CAPTURE_SSH_H

#include "capture/capture.h"
#include "capture/handover.h"

/* As cap_ssh_dial, for whoever connects to the handover, which is taken in any case. 0 or -1. */
int ssh_carry(struct cap_ssh *ssh, const char *host, uint16_t port, struct handover *handover,
              struct cap_error *error);

/* A socket to the SSH server itself, straight or through the jump host. -1 with a line. (ssh_socket.c) */
int ssh_socket(const struct cap_ssh_options *options, struct cap_ssh *jump, int64_t deadline,
               const atomic_int *cancel, struct cap_error *error);

#endif
