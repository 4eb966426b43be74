/* What pods use, from the metrics API or the kubelet's summary. Private to ranking.c. */
#ifndef PLUGIN_USAGE_H
#define PLUGIN_USAGE_H

#include "plugin/ranking.h"

/* Fills usage and `measured` of every item; sets source, metrics_version and note. */
void usage_read(struct cluster *cluster, struct ranking *ranking);

#endif
