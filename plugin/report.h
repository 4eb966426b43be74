/*
 * report.html: a run as one page that fetches nothing. Made from the files of the
 * run, so that an older one can be made again. Its data is JSON in a script
 * element (report_write.h says how it is made harmless), drawn by a script in the
 * page; the page's Content-Security-Policy allows that script and that style, by
 * their hashes, and nothing else.
 *
 *   {"tool": "...", "notes": ["sentence."], "run": run.json without its longest lists,
 *    "base": {"label", "run", "latency"},
 *    "timeline": {"at": [s], "phase", "vus", "rate", "failed", "p50", "p99" (us), "cpu" (milli), "memory",
 *                 "window": {"begin", "end"}, "ends"},
 *    "latency": {"service": {"points": [[ns, part]], "table": [[percentile, ns]]}, "response", "lag"},
 *    "views", "strings": see report_view.h}
 */
#ifndef PLUGIN_REPORT_H
#define PLUGIN_REPORT_H

#include "plugin/run_read.h"

/* What a page may weigh: graphs and tables are cut until it does. */
#define REPORT_MAX ((size_t)1900000)

/* `base` NULL: none but the idle pod's. *ret is malloc'd and followed by a NUL. */
int report_make(const struct run_read *run, const struct run_read *base, char **ret, size_t *ret_size,
                struct error *error);

#endif
