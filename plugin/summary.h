/* The run as a person reads it in ten seconds. */
#ifndef PLUGIN_SUMMARY_H
#define PLUGIN_SUMMARY_H

#include <stdio.h>

#include "plugin/outcome.h"

void summary_print(FILE *out, const struct outcome *outcome);

#endif
