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
	long http_status; /* 0: none */
	char text[512];   /* one line, printable */
};

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
	void *credentials_context; /* of all three */
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
	const atomic_int *cancel;        /* non-zero: give up within 0.2 s; may be NULL */
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
 * A tunnel to one pod through its API server: WebSocket v4.channel.k8s.io, one
 * WebSocket for each forwarded TCP connection, one thread that pumps them all,
 * a ping every 10 s. No local port is opened.
 */
struct cap_tunnel;

enum cap_status cap_tunnel_open(const struct cap_endpoint *api_server, const char *ns, const char *pod,
                                struct cap_tunnel **ret, struct cap_error *error);
/*
 * A new connection to `port` in the pod: a non-blocking, close-on-exec socket
 * for the caller. Returns at once; the handshake goes on behind it, and bytes
 * written meanwhile are kept (and dropped if the caller closes the socket before
 * it is through). If it fails the socket ends, and cap_tunnel_error says why.
 * There is no half-close: shutdown() of one direction ends both. -1 with a line
 * only when no socket can be made. Thread-safe.
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
 * `timeout` covers the whole request (give it the capture's own seconds plus slack).
 * A CPU profiler that is busy is asked again for some three seconds: a dropped profile takes its time to end.
 */
enum cap_status cap_pprof_fetch(const struct cap_pprof *pprof, const char *name, const char *query,
                                size_t ceiling, int64_t timeout, const atomic_int *cancel,
                                struct cap_response *ret, struct cap_error *error);

/* ---- profiles ----------------------------------------------------------- */

/* A parsed profile.proto (github.com/google/pprof/proto/profile.proto). */
struct cap_profile;

/* Parses gzip or plain bytes; nothing of `data` is kept. */
enum cap_status cap_profile_parse(const void *data, size_t size, struct cap_profile **ret,
                                  struct cap_error *error);
/* Sums profiles of the same sample types (keys: facts of google/pprof profile/merge.go). */
enum cap_status cap_profile_merge(struct cap_profile *const *profiles, size_t count, struct cap_profile **ret,
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
int64_t cap_profile_time(const struct cap_profile *profile);     /* Unix ns */
size_t cap_profile_sample_count(const struct cap_profile *profile);

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

#endif
