/* RFC 3339 times, as the API server writes them. */
#ifndef PLUGIN_WALL_TIME_H
#define PLUGIN_WALL_TIME_H

#include <time.h>

/* Unix seconds (fractions dropped); 0 if it is none. */
time_t wall_time_parse(const char *text);

#endif
