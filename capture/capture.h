/*
 * capture - reaching a pod's pprof, fetching profiles, reading what they say.
 *
 * It is given endpoints (URL, TLS material, credentials, proxy) and knows
 * nothing of kubeconfig, of load or of the terminal. It prints nothing, reads
 * no environment and never exits.
 *
 * Errors: fallible functions return an enum cap_status and leave one line in
 * the struct cap_error given last; success leaves it alone. Text that came
 * from a server is cleaned of control characters and cut before it gets there.
 * Everything a server sends has a ceiling.
 * Time: CLOCK_MONOTONIC nanoseconds.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cap_status {
	CAP_OK,
	CAP_CANCELLED, /* the caller's cancel flag was seen */
	CAP_DNS,       /* no such name */
	CAP_CONNECT,   /* refused, unreachable, proxy failed */
	CAP_TLS,       /* handshake failed, certificate not trusted */
	CAP_TIMEOUT,
	CAP_LOST,      /* cut in the middle */
	CAP_HTTP,      /* an answer of status >= 400: see cap_error.http_status */
	CAP_TOO_BIG,   /* beyond a ceiling */
	CAP_FORMAT,    /* not what it should be: not HTTP, not gzip, not a profile */
	CAP_PORT,      /* port-forward: nothing listens on that port in the pod */
	CAP_BUSY,      /* pprof: CPU profiling already in use */
	CAP_NOT_PPROF, /* answers, but is not pprof */
	CAP_MEMORY,
};

struct cap_error {
	enum cap_status status;
	long http_status;     /* 0: none */
	bool kube_status;     /* the answer was a Kubernetes Status: an API server's own word, no gateway's */
	unsigned retry_after; /* s, of 429 and 5xx: when it wants to be asked again; 0: it does not say */
	char text[512];       /* one line, printable */
};

/*
 * ns after which a server that is too busy (429 and 5xx) wants to be asked again, by its Retry-After; 0: it
 * does not say, or means longer than a run should wait (10 s). Who asks again does so CAP_AGAIN_TIMES at
 * most.
 */
int64_t cap_error_again(const struct cap_error *error);
#define CAP_AGAIN_TIMES 3

struct cap_ssh; /* see below */

/* ---- endpoints and requests ------------------------------------------- */

/* PEM in memory or a file's path; both NULL: none. */
struct cap_pem {
	const char *path;
	const char *data;
	size_t size;
};

/*
 * An HTTP(S) server and how to speak to it. Borrowed strings; an endpoint
 * outlives whatever was made from it. Used by several threads at once, so
 * `credentials` must be safe for that.
 */
struct cap_endpoint {
	const char *url; /* scheme://host[:port][/path], no trailing slash */
	struct cap_pem ca, cert, key;
	bool insecure;               /* do not verify the server's certificate */
	bool compression;            /* answers may come compressed; ceilings are of what they hold */
	const char *tls_server_name; /* NULL: the URL's host */
	const char *proxy;           /* NULL: none; "" is none too */
	struct cap_ssh *ssh;         /* the way there: names are resolved at its far end; NULL: straight */
	const char *user_agent;
	/*
	 * Called before each request: gives the header lines to add ("Authorization:
	 * Bearer ..."), a NULL-terminated malloc'd array of malloc'd strings that is
	 * freed (and wiped) after use. NULL function: none. -1 with a line on failure.
	 */
	int (*credentials)(void *context, char ***ret, char error[512]);
	/* Would `credentials` return at once? If not, it has begun to fetch them: ask again. NULL: always. */
	bool (*credentials_ready)(void *context);
	/* The client certificate and key of now, good as long as the endpoint. NULL: cert and key above. */
	void (*identity)(void *context, struct cap_pem *ret_cert, struct cap_pem *ret_key);
	/* The server has answered 401: true if asking `credentials` again may give others. NULL: never. At
	 * once. */
	bool (*credentials_rejected)(void *context);
	void *credentials_context; /* of all four */
};

struct cap_response {
	long status;
	unsigned char *body; /* always followed by a NUL */
	size_t size;
	char content_type[128];
	bool go_pprof_error; /* carried X-Go-Pprof */
};

struct cap_request {
	const char *method;              /* NULL: GET */
	const char *path;                /* appended to the endpoint's URL, starts with '/' */
	const char *content_type, *body; /* body may be NULL */
	size_t ceiling;                  /* bytes of answer; 0: 16 MiB */
	int64_t timeout;                 /* ns, whole request; 0: 30 s */
	int64_t silence; /* ns without a byte, or without an answer: CAP_TIMEOUT; 0: only by `timeout` */
	const atomic_int *cancel; /* non-zero: give up within 0.2 s; may be NULL */
};

/*
 * One request, one answer. An answer of status >= 400 is CAP_HTTP, with the body
 * in *ret all the same (the caller frees it either way). Other failures leave
 * *ret zeroed.
 */
enum cap_status cap_request(const struct cap_endpoint *endpoint, const struct cap_request *request,
                            struct cap_response *ret, struct cap_error *error);
void cap_response_release(struct cap_response *response);

/* ---- an SSH bastion ------------------------------------------------------ */

/*
 * How to log in to an SSH server: public keys only. Borrowed strings, that outlive the session (it is made
 * anew when it was lost). Files that do not exist are skipped.
 */
struct cap_ssh_options {
	const char *host, *user;
	uint16_t port;
	const char *const *identities; /* private key files tried before the agent; NULL-terminated or NULL */
	const char *const *fallbacks;  /* ... and after it */
	const char *agent;             /* ssh-agent's socket; NULL: none */
	const char *const *known_hosts;     /* files; a host that is in none of them is refused */
	const struct cap_ssh_options *jump; /* the way there is through this one; NULL: straight */
};

/*
 * A session with many forwarded TCP connections (RFC 4254, direct-tcpip), and one thread that pumps them; no
 * port is opened here. Refused (CAP_CONNECT) when the host key is unknown, with its fingerprint, or another
 * than the known one, or revoked, or when no key is accepted. At most 15 s.
 */
enum cap_status cap_ssh_open(const struct cap_ssh_options *options, const atomic_int *cancel,
                             struct cap_ssh **ret, struct cap_error *error);
/*
 * A new connection from the bastion to host:port: a non-blocking, close-on-exec socket for the caller, as
 * cap_tunnel_dial has it, with half-close. A session that was lost is made anew first. Thread-safe.
 */
int cap_ssh_dial(struct cap_ssh *ssh, const char *host, uint16_t port, struct cap_error *error);
/* The newest failure since an instant (0: ever): of a connection or of the session; CAP_OK, and *ret left
 * alone, if there was none. Thread-safe. */
enum cap_status cap_ssh_error(struct cap_ssh *ssh, int64_t since, struct cap_error *ret);
/* Ends every connection and the session. NULL is fine. */
void cap_ssh_close(struct cap_ssh *ssh);

/* ---- the tunnel: port-forward inside the process ----------------------- */

/*
 * A tunnel to one pod through its API server: a connection to the server for each forwarded TCP connection,
 * one thread that pumps them all, a ping every 2 s. No local port is opened.
 *
 * A 401 is tried again with other credentials, once, and a 429 or 5xx that says when (Retry-After) at that
 * time, if that is within 10 s, up to three times.
 *
 * There are four ways (capture/ways.h says why in this order). AUTO takes the first one that is neither
 * refused nor unknown to the server, and keeps to it. PROXY forwards no connections: requests to pprof become
 * requests to the API server's proxy, which dials the pod's address.
 */
struct cap_tunnel;

enum cap_way {
	CAP_WAY_AUTO,
	CAP_WAY_WEBSOCKET,      /* v4.channel.k8s.io in a WebSocket: get pods/portforward */
	CAP_WAY_SPDY_WEBSOCKET, /* SPDY/3.1 in a WebSocket: get pods/portforward */
	CAP_WAY_SPDY,           /* SPDY/3.1 by POST: create pods/portforward */
	CAP_WAY_PROXY,          /* get pods/proxy */
	CAP_WAYS,
};
/* "auto", "websocket", "spdy-websocket", "spdy", "proxy", NULL. */
extern const char *const cap_way_names[];

/* `way` is forced, unless it is AUTO. Sends nothing yet. */
enum cap_status cap_tunnel_open(const struct cap_endpoint *api_server, const char *ns, const char *pod,
                                enum cap_way way, struct cap_tunnel **ret, struct cap_error *error);
/* The way that was found; AUTO: none so far. ret_refused[way] says why that way was not taken, CAP_OK: it was
 * not tried. Thread-safe. */
enum cap_way cap_tunnel_way(struct cap_tunnel *tunnel, struct cap_error ret_refused[CAP_WAYS]);
/*
 * A new connection to `port` in the pod: a non-blocking, close-on-exec socket
 * for the caller. Returns at once; the handshake goes on behind it, and bytes
 * written meanwhile are kept (and dropped if the caller closes the socket before
 * it is through). If it fails the socket ends, and cap_tunnel_error says why.
 * There is no half-close: shutdown() of one direction ends both. -1 with a line
 * only when no socket can be made, or the way is PROXY. Thread-safe.
 */
int cap_tunnel_dial(struct cap_tunnel *tunnel, uint16_t port, struct cap_error *error);
/* The newest failure of a connection to `port` (0: any) since an instant (0: ever); CAP_OK, and *ret left
 * alone, if there was none. Thread-safe. */
enum cap_status cap_tunnel_error(struct cap_tunnel *tunnel, uint16_t port, int64_t since,
                                 struct cap_error *ret);
struct cap_tunnel_stats {
	uint64_t connections, failed, bytes_in, bytes_out;
	unsigned open;
};
void cap_tunnel_stats(struct cap_tunnel *tunnel, struct cap_tunnel_stats *ret);
/* Ends every connection and the thread, closes every socket. NULL is fine. */
void cap_tunnel_close(struct cap_tunnel *tunnel);

/* ---- a pod's pprof ------------------------------------------------------ */

/* Where pprof is: through a tunnel (tunnel and port) or straight (endpoint). */
struct cap_pprof {
	struct cap_tunnel *tunnel; /* NULL: straight */
	uint16_t port;
	bool tls; /* https through the tunnel; the tunnel says whose pod it is, so the
	           * certificate (for a name that nobody can look up here) is not verified */
	const struct cap_endpoint *endpoint; /* straight only */
	const char *path;                    /* "/debug/pprof", no trailing slash */
	const char *const *headers;          /* lines to send to it, NULL-terminated; NULL: none. Secret */
};

/*
 * Is pprof there? A small request to PATH/. CAP_NOT_PPROF names what answered
 * instead (status, content type). CAP_PORT: nothing listens.
 */
enum cap_status cap_pprof_probe(const struct cap_pprof *pprof, const atomic_int *cancel,
                                struct cap_error *error);
/*
 * Would a CPU profile of `seconds` start now? CAP_BUSY if one is running already, CAP_HTTP if the server's
 * WriteTimeout is too short for it. A refusal comes at once, and no answer in about 0.3 s beyond the time
 * that the way there takes (a first small request tells) is a yes: the request is dropped, which ends that
 * profile.
 */
enum cap_status cap_pprof_cpu_free(const struct cap_pprof *pprof, unsigned seconds, const atomic_int *cancel,
                                   struct cap_error *error);

/*
 * Fetches PATH/NAME?QUERY, e.g. "profile" "seconds=5", "goroutine" "debug=2". *ret as from cap_request.
 * CAP_NOT_PPROF: an answer below 400 that is not 200, a redirect for one.
 * `timeout` covers the whole request (give it the capture's own seconds plus slack), `silence` the time in
 * which not a byte comes (likewise; 0: it may all be silence). A CPU profiler that is busy is asked again for
 * some three seconds: a dropped profile takes its time to end.
 */
enum cap_status cap_pprof_fetch(const struct cap_pprof *pprof, const char *name, const char *query,
                                size_t ceiling, int64_t timeout, int64_t silence, const atomic_int *cancel,
                                struct cap_response *ret, struct cap_error *error);

/* ---- profiles ----------------------------------------------------------- */

/* A parsed profile.proto (github.com/google/pprof/proto/profile.proto). */
struct cap_profile;

/*
 * Parses gzip or plain bytes, or Go's text dumps of goroutines (debug=1 and 2: labels "state", "created_by",
 * "minutes"); nothing of `data` is kept.
 */
enum cap_status cap_profile_parse(const void *data, size_t size, struct cap_profile **ret,
                                  struct cap_error *error);
/* The same of what a descriptor gives up to its end (the caller's to close); CAP_LOST when it cannot be read.
 */
enum cap_status cap_profile_read(int fd, struct cap_profile **ret, struct cap_error *error);
/* Sums profiles of the same sample types (keys: facts of google/pprof profile/merge.go). */
enum cap_status cap_profile_merge(struct cap_profile *const *profiles, size_t count, struct cap_profile **ret,
                                  struct cap_error *error);
/*
 * What changed since `base`: the profile's samples and, negated and labelled
 * "pprof::base", the base's, as with `go tool pprof -diff_base`. They never
 * cancel out, and cap_profile_total of the result is the base's total.
 */
enum cap_status cap_profile_diff(const struct cap_profile *profile, const struct cap_profile *base,
                                 struct cap_profile **ret, struct cap_error *error);
/* Says whether a text (followed by a NUL, untrusted) is meant. */
struct cap_matcher {
	bool (*match)(void *context, const char *text, size_t length);
	void *context;
};
/*
 * Keeps the samples of which a frame matches `focus` (NULL: any does) and none
 * matches `ignore` (NULL: none does). A frame's function, its file and the
 * binary are looked at, each text once. What percentages are of should be asked
 * before (cap_profile_total). *ret_focus, *ret_ignore: did anything match?
 */
enum cap_status cap_profile_filter(struct cap_profile *profile, const struct cap_matcher *focus,
                                   const struct cap_matcher *ignore, bool *ret_focus, bool *ret_ignore,
                                   struct cap_error *error);
/* gzip'd proto, malloc'd. */
enum cap_status cap_profile_encode(const struct cap_profile *profile, unsigned char **ret, size_t *ret_size,
                                   struct cap_error *error);
void cap_profile_free(struct cap_profile *profile);

size_t cap_profile_type_count(const struct cap_profile *profile);
/* Type and unit of sample value i, e.g. "cpu" "nanoseconds". */
const char *cap_profile_type(const struct cap_profile *profile, size_t i, const char **ret_unit);
/* Index of a type by name; -1: none. NULL name: the default (default_sample_type, else the last). */
int cap_profile_type_index(const struct cap_profile *profile, const char *name);
int64_t cap_profile_total(const struct cap_profile *profile, size_t type);
int64_t cap_profile_duration(const struct cap_profile *profile); /* ns, duration_nanos; merged: their sum */
/* For profiles that were merged, but taken side by side: their sum is not the time that has passed. */
void cap_profile_set_duration(struct cap_profile *profile, int64_t ns);
int64_t cap_profile_time(const struct cap_profile *profile); /* Unix ns */
size_t cap_profile_sample_count(const struct cap_profile *profile);
/* The program: path and build id of the first mapping; "" when not known. Untrusted, as the next two. */
const char *cap_profile_program(const struct cap_profile *profile, const char **ret_build_id);
const char *cap_profile_doc_url(const struct cap_profile *profile); /* "": none */
/* NULL: no such comment. */
const char *cap_profile_comment(const struct cap_profile *profile, size_t i);
/* Is there a value below 0, as in a difference? */
bool cap_profile_is_signed(const struct cap_profile *profile, size_t type);

/* A row of `go tool pprof -top`: one function. Names are as in the profile: untrusted. */
struct cap_row {
	const char *function, *file;
	int64_t flat, cum;
};
/*
 * Rows in the order of `go tool pprof -top` (flat descending by absolute value,
 * then cum, then name), malloc'd; strings belong to the profile. With `by_cum`: that of -cum.
 */
enum cap_status cap_profile_top(const struct cap_profile *profile, size_t type, bool by_cum,
                                struct cap_row **ret, size_t *ret_count, struct cap_error *error);

/* What a node of a graph is called. Untrusted. */
struct cap_frame {
	const char
		*function; /* its name, "[BINARY]" or "<unknown>"; by line "" when only the place is known */
	const char *file;  /* "" when not known; by line as go's filepath.Clean leaves it */
	int64_t line;      /* by line; 0: not known */
};

/* Where a call goes, or comes from. */
struct cap_edge {
	const struct cap_frame *other; /* which the graph may not show */
	int64_t weight;
	bool inlined;
};

/* A function, or with by_line a line of one. */
struct cap_node {
	struct cap_frame frame;
	int64_t flat, cum;
	int64_t base_flat, base_cum; /* of a difference (cap_profile_diff): what the base had, not negated */
	bool inlined, called;        /* do calls lead here that are inlined, that are not? */
	const struct cap_edge *in, *out; /* by descending weight, then name; only with `edges` */
	size_t in_count, out_count;
};

struct cap_graph_options {
	size_t type;
	bool by_cum;  /* order */
	bool by_line; /* nodes are lines, not functions */
	bool edges;
	size_t node_count;    /* the first ones only; 0: all */
	double node_fraction; /* of the samples' sum: a node with less cum is left out */
	double edge_fraction; /* likewise an edge */
};

struct cap_graph {
	struct cap_node *nodes;
	size_t count;
	size_t selected; /* before node_count left some out */
	size_t dropped;  /* left out by node_fraction */
	struct cap_graph_memory *memory;
};

/*
 * What `go tool pprof` -top, -tree and -peek show (internal/report newTrimmedGraph): calls through nodes that
 * are left out lead on to the next one that is not. *ret is released by cap_graph_release, and refers to the
 * profile.
 */
enum cap_status cap_profile_graph(const struct cap_profile *profile, const struct cap_graph_options *options,
                                  struct cap_graph *ret, struct cap_error *error);
void cap_graph_release(struct cap_graph *graph);

/*
 * A node of the tree of calls that a flame graph shows: stacks merged from the
 * root on, by function name. An array of them is in pre-order: node 0 is the
 * root, a parent stands before its children, and those by descending total
 * (of both profiles), then by name. `size` nodes from here on are this one and
 * all below it, so i + 1 is the first child of i (if size > 1) and i + size its
 * next sibling.
 */
struct cap_flame {
	const char *name; /* as in struct cap_row, untrusted; "root" for node 0 */
	const char *file; /* of the function; "" when not known */
	int64_t line;     /* where the function begins; 0 when not known */
	int64_t self, total;
	int64_t base_self, base_total; /* 0 without a base */
	uint32_t parent, size, depth;  /* the root's parent is itself, its depth 0 */
};

#define CAP_FLAME_DEPTH 1024 /* what is called deeper counts as its caller's own */

/*
 * The tree of one sample type; with `base` (NULL: none) that of both, each
 * node with the figures of either. Values are as in the profiles: with
 * negative ones (a diff) a total may be less than a child's. A subtree that
 * holds less than the fraction `prune_below` (0: keep all, 0.001: usual) of the
 * samples' absolute values, in either profile, is left out; its values stay in
 * the totals of what called it, so that children may sum up to less than total
 * less self. *ret is malloc'd; strings belong to the profiles.
 */
enum cap_status cap_profile_flame(const struct cap_profile *profile, size_t type,
                                  const struct cap_profile *base, size_t base_type, double prune_below,
                                  struct cap_flame **ret, size_t *ret_count, struct cap_error *error);

/* ---- what a CPU profile means --------------------------------------------- */

/* Fewer samples than these are not explained; below CAP_SAMPLES_SURE shares are known so badly that nothing
 * is said with more than low confidence. */
#define CAP_SAMPLES_LEAST 100
#define CAP_SAMPLES_SURE  500

/*
 * The CPU of an application's function: all of the stacks in which it is the first
 * frame, from the leaf on, that is the program's own. Own is what lies neither
 * in the standard library nor, as its file shows, in another module (go_name.h);
 * a stack that has none is counted for its first frame of another module, and
 * one that has none of those either (the garbage collector, the server waiting)
 * for its root.
 */
struct cap_place {
	const char *function, *file; /* the profile's: untrusted */
	int64_t line;                /* the one that most of it goes through, 0: unknown */
	int64_t value;
	bool own; /* false: other modules', or the runtime's */
};

/*
 * All of a profile by place, descending, each stack once; malloc'd, strings belong
 * to the profile. Samples of value 0 and negative ones are left out.
 */
enum cap_status cap_profile_places(const struct cap_profile *profile, size_t type, struct cap_place **ret,
                                   size_t *ret_count, struct cap_error *error);

enum cap_confidence { CAP_SURE_LOW, CAP_SURE_MEDIUM, CAP_SURE_HIGH };

#define CAP_FINDING_CALLERS 5

/* A known pattern that takes more of the CPU than it should. */
struct cap_finding {
	const char *name;         /* "allocation": stable, for machines */
	const char *title;        /* "memory is allocated" */
	const char *means, *todo; /* what it means, what to do: a sentence or two */
	double share, threshold;  /* of all the CPU */
	int64_t value;            /* ns */
	uint64_t samples;
	double error;         /* relative, one standard error */
	const char *function; /* through which most of it goes, e.g. "runtime.growslice" */
	enum cap_confidence confidence;
	struct cap_place callers[CAP_FINDING_CALLERS]; /* who causes it, by CPU */
	size_t caller_count;
};

/*
 * What stands out in a CPU profile of Go 1.19 to 1.26. Each stack is counted for
 * one finding at most, the first in the order of the table (findings_rules.c)
 * that reaches its threshold, so that shares never add up to over 1.
 */
struct cap_findings {
	struct cap_finding *items; /* by share, descending */
	size_t count;
	uint64_t samples;
	int64_t total;     /* ns */
	char refused[256]; /* why nothing is said, "" if the profile was explained */
};

/*
 * Strings belong to the profile. CAP_FORMAT: no CPU profile of Go (its sample types
 * are named). Too few samples are no error: `refused` says so, and there are no items.
 */
enum cap_status cap_findings_make(const struct cap_profile *cpu, struct cap_findings *ret,
                                  struct cap_error *error);
void cap_findings_release(struct cap_findings *findings);
/* "low", "medium", "high". */
const char *cap_confidence_name(enum cap_confidence confidence);

/* Does it say where functions start? Profile-guided optimisation wants that (Go 1.20 on). */
bool cap_profile_has_start_lines(const struct cap_profile *profile);

/* ---- goroutines ------------------------------------------------------------- */

enum cap_suspect {
	CAP_SUSPECT_NONE,
	CAP_SUSPECT_LEAK,     /* more of them after the load than before it */
	CAP_SUSPECT_STALL,    /* many wait for a lock or channel, for a minute and more */
	CAP_SUSPECT_FOREVER,  /* nothing can ever wake them: a nil channel */
	CAP_SUSPECT_DEADLOCK, /* wait for a minute and more for one lock, others for another one */
};

struct cap_goframe {
	const char *function, *file; /* "" when the dump has none */
	int64_t line;
};

/* Goroutines with one stack in one state. */
struct cap_goroutine_group {
	uint64_t count;
	const char *state; /* "chan receive", without the time; "" in a debug=1 dump */
	unsigned minutes;  /* the longest wait */
	bool created;      /* the last frame is the one that started them ("created by") */
	uint64_t lock;     /* address of the lock that the first of them waits for, 0: none or unknown */
	struct cap_goframe *frames; /* the leaf first */
	size_t frame_count;
};

/* A dump, as pprof serves it in goroutine?debug=2 (and debug=1). */
struct cap_goroutines {
	struct cap_goroutine_group *groups; /* by count, descending */
	size_t count;
	uint64_t total;
	bool cut;             /* the last goroutine is incomplete: Go cuts a dump at 64 MB */
	struct cap_dump *own; /* what the strings lie in */
};

/*
 * Reads a dump leniently: lines that are none of a stack are skipped, names are
 * cut at 1 KiB and cleaned of control characters, stacks at 1024 frames.
 * CAP_FORMAT: there is no goroutine in it. Frames of equal text are one.
 */
enum cap_status cap_goroutines_parse(const void *text, size_t size, struct cap_goroutines *ret,
                                     struct cap_error *error);
void cap_goroutines_release(struct cap_goroutines *goroutines);

/* A group over the phases of a run. Counts are -1 where that phase has no dump. */
struct cap_growth {
	const struct cap_goroutine_group *group; /* of the dump with the most of them */
	int64_t idle, loaded, after;
	unsigned minutes; /* the longest wait, loaded or after */
	enum cap_suspect suspect;
};

/*
 * Joins dumps from before, in and after the load, any of which may be NULL (not
 * all), by stack and state. Suspects first, then by count. malloc'd; borrows from
 * the dumps. Thresholds:
 *   leak      after >= idle + max(10, 10 % of idle), over all states of the stack
 *   stall     10 or more in one state on a lock or channel for a minute or more,
 *             unless as many waited for work (receive, select) before the load
 *   forever   a nil channel, or a select without cases that is not main's
 *   deadlock  two groups or more that wait for a minute or more for different locks
 */
enum cap_status cap_goroutines_compare(const struct cap_goroutines *idle, const struct cap_goroutines *loaded,
                                       const struct cap_goroutines *after, struct cap_growth **ret,
                                       size_t *ret_count, struct cap_error *error);
/* "leak", "stall", "blocked for ever", "deadlock"; "" for none. */
const char *cap_suspect_name(enum cap_suspect suspect);

#endif
