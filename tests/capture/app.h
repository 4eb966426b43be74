/* A pod's application: pages as net/http/pprof serves them, straight or through a tunnel. */
#ifndef TESTS_CAPTURE_APP_H
#define TESTS_CAPTURE_APP_H

#include "bed.h"

#define INDEX                                                                                                \
	"<html>\n<head>\n<title>/debug/pprof/</title>\n</head>\n<body>\n/debug/pprof/\n<p>Set debug=1 as a " \
	"query parameter to export in legacy text format</p>\n</body>\n</html>\n"
#define THREADS "threadcreate profile: total 7\n7 @\n#\t0x0\n"
#define BUSY    "Could not enable CPU profiling: cpu profiling already in use\n"
#define HTML    "text/html; charset=utf-8"

/* What is served where; everything else is a 404. */
struct page {
	const char *path; /* with the query */
	int status;
	const char *type, *body; /* body NULL: silent */
	int times;               /* 0: always; then the next page of that path counts */
};

#define PAGES 6
struct app {
	struct page pages[PAGES];
	int delay_ms;                  /* before each connection's first answer */
	_Atomic unsigned asked[PAGES]; /* how often */
	_Atomic unsigned others;
	_Atomic bool dropped; /* a silent page's client has gone */
};

/* Serves a struct app. */
void script_app(struct peer *peer, void *context);
/* Says what it is at once, and it is not HTTP. */
void script_ssh(struct peer *peer, void *context);

/* Where the application is: straight at a server, and through a tunnel at a port of 127.0.0.1. */
struct cap_pprof straight_to(struct stand_in *server);
struct cap_pprof straight(struct app *app);
struct cap_pprof through_tunnel(uint16_t port);

#endif
