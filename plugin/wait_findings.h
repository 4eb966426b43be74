/*
 * Findings that are not in the CPU profile: time lost at locks (the mutex profile of
 * the window) and a pod that its CPU limit holds back. They join those of the CPU
 * profile; their share is of the window's length and of the limit, with
 * value 0, since they cost no CPU.
 */
#ifndef PLUGIN_WAIT_FINDINGS_H
#define PLUGIN_WAIT_FINDINGS_H

#include "capture/capture.h"

struct outcome;

/* Adds to `findings`, by share. *ret_mutex, NULL or to be freed behind the findings, holds their strings. */
void wait_findings_add(const struct outcome *outcome, struct cap_findings *findings,
                       struct cap_profile **ret_mutex);

#endif
