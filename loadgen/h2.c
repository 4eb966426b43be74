#include "loadgen/h2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/h2_fields.h"
#include "loadgen/render.h"
#include "loadgen/tls.h"
#include "loadgen/worker.h"

#define WINDOW        ((1 << 30) - 1) /* flow control never holds the server back */
#define FIRST_STREAMS 100             /* until the server says how many it takes (RFC 9113, section 6.5.2) */
#define FRAMES_SIZE   16384           /* frames that go into one TLS record */
#define COMPANY       8               /* a write for each eighth of the streams */

/* What a VU waits for. */
struct stream {
	struct lg_vu *vu; /* NULL: nobody waits */
	struct lg_text body;
	size_t sent;   /* of it */
	uint32_t head; /* bytes of fields so far */
	uint16_t fields;
	uint16_t status; /* of the last HEADERS that had one; 0: none yet */
	bool reset;      /* by the server, before the answer was whole */
};

struct lg_h2 {
	struct lg_connection *connection;
	nghttp2_session *session;
	unsigned active;                 /* streams that nghttp2 has */
	unsigned fresh;                  /* those of them that began since the last flush */
	uint32_t limit;                  /* of them, as the server has it */
	bool busy, dead;                 /* in nghttp2; freed meanwhile */
	bool draining;                   /* no new streams */
	bool spoken;                     /* the server's settings have come */
	int64_t heard;                   /* when its last byte came */
	struct lg_vu *held, **held_tail; /* wait for a stream */
	struct lg_h2_filled filled;      /* a request's */
	char words[120];                 /* what is wrong with the connection, "": nothing known */
	struct stream streams[];         /* one for each VU */
};

static struct stream *stream_of(struct lg_h2 *h2, const struct lg_vu *vu)
{
	return &h2->streams[vu->slot % h2->connection->worker->job->streams];
}

/* ---- VUs that wait for a stream ---------------------------------------------------- */

static void hold(struct lg_h2 *h2, struct lg_vu *vu)
{
	vu->stream = 0;
	vu->next = NULL;
	*h2->held_tail = vu;
	h2->held_tail = &vu->next;
	lg_vu_held(vu);
}

static void unhold(struct lg_h2 *h2, const struct lg_vu *vu)
{
	struct lg_vu **at = &h2->held;

	while (*at && *at != vu)
		at = &(*at)->next;
	if (*at)
		*at = vu->next;
	if (h2->held_tail == &vu->next)
		h2->held_tail = at;
}

/* ---- requests ------------------------------------------------------------------------ */

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *data, size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
	struct stream *s = nghttp2_session_get_stream_user_data(session, id);
	size_t left;

	(void)source, (void)context;
	if (!s)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	left = s->body.size - s->sent;
	if (size >= left) {
		size = left;
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		s->vu->flushed = s->vu->worker->now;
	}
	memcpy(data, s->body.data + s->sent, size);
	s->sent += size;
	return (ssize_t)size;
}

static bool begin(struct lg_h2 *h2, struct lg_vu *vu)
{
	static const nghttp2_data_provider provider = {.read_callback = read_body};
	const struct lg_request *request = vu->request;
	struct lg_text body = {.data = request->target.body, .size = request->target.body_size};
	const nghttp2_nv *fields =
		request->render ? lg_h2_fill_request(&h2->filled, vu, &body) : request->h2->fields;
	struct stream *s = stream_of(h2, vu);
	int32_t id = !fields ? NGHTTP2_ERR_NOMEM
	                     : nghttp2_submit_request(h2->session, NULL, fields, request->h2->count,
	                                              body.size ? &provider : NULL, s);

	if (id < 0) { /* all their numbers are used up, or memory is */
		h2->draining = true;
		return false;
	}
	h2->active++;
	h2->fresh++;
	*s = (struct stream){.vu = vu, .body = body};
	vu->stream = id;
	lg_vu_sent(vu);
	return true;
}

static bool may_begin(const struct lg_h2 *h2)
{
	return !h2->draining && h2->active < h2->limit;
}

void lg_h2_submit(struct lg_h2 *h2, struct lg_vu *vu)
{
	if (h2->held || !may_begin(h2) || !begin(h2, vu))
		hold(h2, vu);
	if (!h2->busy)
		lg_connection_flush_later(h2->connection);
}

static void submit_held(struct lg_h2 *h2)
{
	while (h2->held && may_begin(h2)) {
		struct lg_vu *vu = h2->held;

		unhold(h2, vu);
		if (!begin(h2, vu))
			hold(h2, vu);
	}
}

/* What comes for it is no VU's business any more. */
static void detach(struct lg_h2 *h2, struct stream *s)
{
	nghttp2_session_set_stream_user_data(h2->session, s->vu->stream, NULL);
	if (nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, s->vu->stream, NGHTTP2_CANCEL) < 0)
		h2->draining = true;
	s->vu->stream = 0;
	s->vu = NULL;
	if (!h2->busy)
		lg_connection_flush_later(h2->connection);
}

void lg_h2_abandon(struct lg_h2 *h2, struct lg_vu *vu)
{
	if (!vu->stream) {
		unhold(h2, vu);
		return;
	}
	if (h2->heard <= vu->sent) /* nothing at all has come: it may be dead */
		h2->draining = true;
	detach(h2, stream_of(h2, vu));
}

/* ---- answers ------------------------------------------------------------------------- */

static void answered(struct lg_h2 *h2, struct lg_vu *vu, unsigned status)
{
	const struct lg_connection *connection = h2->connection;

	h2->connection->served = true;
	h2->draining = h2->draining || connection->worker->job->plan->no_keepalive;
	vu->stream = 0;
	lg_vu_answered(vu, status);
}

static void cut(struct lg_h2 *h2, const struct stream *s, uint32_t code, struct lg_vu *vu)
{
	const char *name = nghttp2_http2_strerror(code);
	char line[LG_ERROR_SIZE];

	vu->stream = 0;
	if (code == NGHTTP2_REFUSED_STREAM) {
		lg_vu_cut(vu, !s->status, LG_ERROR_RESET, "the server refused the stream");
	} else if (s->reset) {
		snprintf(line, sizeof line, "the server reset the stream: %s", name);
		lg_vu_cut(vu, false, LG_ERROR_RESET, line);
	} else {
		snprintf(line, sizeof line, "protocol error: HTTP/2: %s", *h2->words ? h2->words : name);
		*h2->words = '\0';
		lg_vu_cut(vu, false, LG_ERROR_PROTOCOL, line);
	}
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
	struct lg_h2 *h2 = context;
	struct stream *s = nghttp2_session_get_stream_user_data(session, id);

	h2->active--;
	if (s) {
		struct lg_vu *vu = s->vu;

		s->vu = NULL;
		if (code == NGHTTP2_NO_ERROR && !s->reset && s->status)
			answered(h2, vu, s->status);
		else
			cut(h2, s, code, vu);
	}
	if (h2->dead)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	submit_held(h2);
	return 0;
}

static unsigned read_status(const uint8_t *value)
{
	return (unsigned)(value[0] - '0') * 100 + (unsigned)(value[1] - '0') * 10 +
	       (unsigned)(value[2] - '0');
}

/* nghttp2 has made sure that a status is three digits. */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *context)
{
	struct lg_h2 *h2 = context;
	struct stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

	(void)flags;
	if (!s)
		return 0;
	s->head += (uint32_t)(name_size + value_size);
	if (s->head > LG_H2_MAX_HEAD || ++s->fields > LG_H2_MAX_FIELDS) {
		snprintf(h2->words, sizeof h2->words, "header fields beyond %s",
		         s->head > LG_H2_MAX_HEAD ? "64 KiB" : "1000 of them");
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	if (*name != ':')
		return 0;
	if (!s->status)
		s->vu->first = s->vu->worker->arrived;
	s->status = (uint16_t)read_status(value);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t size,
                   void *context)
{
	struct stream *s = nghttp2_session_get_stream_user_data(session, id);

	(void)flags, (void)context;
	if (s)
		lg_match_feed(&s->vu->match, (const char *)data, size);
	return 0;
}

/* The answer is whole, but not all of the request is sent: nobody will read the rest (RFC 9113, section 8.1).
 */
static int answered_early(struct lg_h2 *h2, struct stream *s)
{
	struct lg_vu *vu = s->vu;

	detach(h2, s);
	answered(h2, vu, s->status);
	return h2->dead ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_end_of_stream(struct lg_h2 *h2, int32_t id)
{
	struct stream *s = nghttp2_session_get_stream_user_data(h2->session, id);

	if (s && s->sent < s->body.size)
		return answered_early(h2, s);
	return 0;
}

static void on_reset(struct lg_h2 *h2, int32_t id)
{
	struct stream *s = nghttp2_session_get_stream_user_data(h2->session, id);

	if (s)
		s->reset = true;
}

static void on_settings(struct lg_h2 *h2)
{
	h2->spoken = true;
	h2->limit = nghttp2_session_get_remote_settings(h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	submit_held(h2);
}

static void note(struct lg_h2 *h2, const nghttp2_goaway *frame)
{
	int size = frame->opaque_data_len < 80 ? (int)frame->opaque_data_len : 80;

	snprintf(h2->words, sizeof h2->words, "%s%s%.*s", nghttp2_http2_strerror(frame->error_code),
	         size ? ": " : "", size, size ? (const char *)frame->opaque_data : "");
}

static void on_goaway(struct lg_h2 *h2, const nghttp2_goaway *frame)
{
	h2->draining = true;
	if (frame->error_code != NGHTTP2_NO_ERROR)
		note(h2, frame);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct lg_h2 *h2 = context;

	(void)session;
	switch (frame->hd.type) {
	case NGHTTP2_DATA:
	case NGHTTP2_HEADERS:
		if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
			return on_end_of_stream(h2, frame->hd.stream_id);
		break;
	case NGHTTP2_RST_STREAM:
		on_reset(h2, frame->hd.stream_id);
		break;
	case NGHTTP2_SETTINGS:
		if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
			on_settings(h2);
		break;
	case NGHTTP2_GOAWAY:
		on_goaway(h2, &frame->goaway);
		break;
	default:
		break;
	}
	return 0;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code, void *context)
{
	struct lg_h2 *h2 = context;

	(void)session, (void)frame;
	snprintf(h2->words, sizeof h2->words, "%s", nghttp2_strerror(code));
	return 0;
}

/* It is nghttp2 that ends a connection, and says why. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct lg_h2 *h2 = context;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY && !*h2->words)
		note(h2, &frame->goaway);
	return 0;
}

/* A request may have waited for company, or for room. */
static int before_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

	(void)context;
	if (s && frame->hd.type == NGHTTP2_HEADERS)
		s->vu->sent = s->vu->flushed = s->vu->first = s->vu->worker->now;
	return 0;
}

/* ---- the connection ------------------------------------------------------------------ */

static void release(struct lg_h2 *h2)
{
	nghttp2_session_del(h2->session);
	free(h2->filled.fields);
	free(h2);
}

static void set_callbacks(nghttp2_session_callbacks *callbacks, const struct lg_job *job)
{
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
	nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, before_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	if (job->pattern.size)
		nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
}

static nghttp2_session *new_session(struct lg_h2 *h2, const struct lg_job *job)
{
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	nghttp2_session *ret = NULL;

	if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
		set_callbacks(callbacks, job);
		nghttp2_option_set_no_closed_streams(option, 1);
		nghttp2_option_set_max_send_header_block_length(option, 4 * LG_REQUEST_MAX_HEAD);
		if (nghttp2_session_client_new2(&ret, callbacks, h2, option) != 0)
			ret = NULL;
	}
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(option);
	return ret;
}

static bool submit_settings(nghttp2_session *session)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LG_H2_MAX_HEAD},
	};

	return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
	                               sizeof settings / sizeof *settings) == 0 &&
	       nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW) == 0;
}

struct lg_h2 *lg_h2_new(struct lg_connection *connection)
{
	const struct lg_job *job = connection->worker->job;
	struct lg_h2 *h2 = calloc(1, sizeof *h2 + job->streams * sizeof *h2->streams);

	if (!h2)
		return NULL;
	h2->connection = connection;
	h2->limit = FIRST_STREAMS;
	h2->heard = connection->worker->now;
	h2->held_tail = &h2->held;
	h2->session = new_session(h2, job);
	if (!h2->session || !submit_settings(h2->session)) {
		release(h2);
		return NULL;
	}
	lg_connection_flush_later(connection);
	return h2;
}

void lg_h2_free(struct lg_h2 *h2)
{
	if (!h2)
		return;
	h2->dead = true;
	if (!h2->busy)
		release(h2);
}

static void broken(struct lg_h2 *h2, const char *words)
{
	char line[LG_ERROR_SIZE];

	snprintf(line, sizeof line, "protocol error: HTTP/2: %s", words);
	lg_connection_send(h2->connection); /* the server may want to know */
	lg_connection_broken(h2->connection, LG_ERROR_PROTOCOL,
	                     h2->spoken ? line : "the server does not speak HTTP/2");
}

static void failed(struct lg_h2 *h2, int code)
{
	if (code == NGHTTP2_ERR_NOMEM)
		lg_connection_broken(h2->connection, LG_ERROR_PROTOCOL, "out of memory for HTTP/2");
	else
		broken(h2, nghttp2_strerror(code));
}

void lg_h2_input(struct lg_h2 *h2, const char *data, size_t size)
{
	ssize_t status;

	h2->heard = h2->connection->worker->now;
	h2->busy = true;
	status = nghttp2_session_mem_recv(h2->session, (const uint8_t *)data, size);
	h2->busy = false;
	if (h2->dead)
		release(h2);
	else if (status < 0)
		failed(h2, (int)status);
}

/* Into the connection's queue; false: the connection is closed. */
static bool put(struct lg_h2 *h2, const void *data, size_t size)
{
	struct lg_connection *connection = h2->connection;

	if (!size)
		return true;
	if (connection->tls)
		return lg_tls_write(connection->tls, data, size, false) == 0;
	if (lg_queue_add(&connection->queue, data, size) == 0)
		return true;
	lg_connection_broken(connection, LG_ERROR_PROTOCOL, "out of memory for a request");
	return false;
}

/* Many frames to a TLS record. 0, or nghttp2's code. */
static int write_frames(struct lg_h2 *h2)
{
	struct lg_connection *connection = h2->connection;
	uint8_t frames[FRAMES_SIZE];
	const uint8_t *frame;
	size_t used = 0;
	ssize_t size = 0;

	while (lg_queue_size(&connection->queue) < LG_QUEUE_FULL) {
		size = nghttp2_session_mem_send(h2->session, &frame);
		if (size <= 0 || h2->dead)
			break;
		if ((size_t)size > sizeof frames - used) {
			if (used && !put(h2, frames, used))
				return 0;
			used = 0;
		}
		if ((size_t)size > sizeof frames) {
			if (!put(h2, frame, (size_t)size))
				return 0;
			continue;
		}
		memcpy(frames + used, frame, (size_t)size);
		used += (size_t)size;
	}
	if (!h2->dead && (!used || put(h2, frames, used)))
		connection->more = lg_queue_size(&connection->queue) >= LG_QUEUE_FULL;
	return size < 0 ? (int)size : 0;
}

/* Who waits is served by the next connection. */
static void renew(struct lg_h2 *h2)
{
	struct lg_connection *connection = h2->connection;
	bool wanted = h2->held;

	lg_connection_close(connection);
	if (wanted)
		lg_connection_open(connection);
}

void lg_h2_flush(struct lg_h2 *h2)
{
	int code;

	h2->fresh = 0;
	h2->busy = true;
	code = write_frames(h2);
	h2->busy = false;
	if (h2->dead)
		release(h2);
	else if (code < 0)
		failed(h2, code);
	else if (h2->draining && !h2->active)
		renew(h2);
	else if (!nghttp2_session_want_read(h2->session) && !nghttp2_session_want_write(h2->session))
		broken(h2, *h2->words ? h2->words : "the session is over");
}

bool lg_h2_is_patient(const struct lg_h2 *h2)
{
	const struct lg_connection *connection = h2->connection;

	return h2->fresh && h2->fresh * COMPANY < h2->active && !h2->draining && !connection->more &&
	       connection->worker->job->plan->model == LG_VUS && nghttp2_session_want_read(h2->session);
}

static void describe_end(const struct lg_h2 *h2, int error, char ret[LG_ERROR_SIZE])
{
	if (!h2->spoken)
		snprintf(ret, LG_ERROR_SIZE, "connection %s before the server's first word of HTTP/2",
		         error ? "broke" : "closed by the server");
	else
		snprintf(ret, LG_ERROR_SIZE, "HTTP/2 connection %s%s%s",
		         error ? "broke" : "closed by the server", *h2->words ? ": " : "", h2->words);
}

void lg_h2_ended(struct lg_h2 *h2, int error)
{
	struct lg_connection *connection = h2->connection;
	char line[LG_ERROR_SIZE];

	describe_end(h2, error, line);
	h2->busy = true;
	lg_connection_close(connection);
	for (struct stream *s = h2->streams; s < h2->streams + connection->worker->job->streams; s++) {
		struct lg_vu *vu = s->vu;

		if (!vu || vu->state != LG_VU_WAIT) /* the one before it has brought down all of them */
			continue;
		vu->stream = 0;
		lg_vu_cut(vu, connection->served && !s->status && vu->request->idempotent, LG_ERROR_RESET,
		          line);
	}
	if (h2->held)
		lg_connection_open(connection);
	release(h2);
}
