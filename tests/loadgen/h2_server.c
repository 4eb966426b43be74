#include "h2_server.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"

/* One request. */
struct exchange {
	size_t sent;     /* of the answer's body */
	size_t received; /* of the request's */
	bool wrong;
	bool reset; /* once the head is out */
	size_t fields_size;
	char fields[2048];
};

/* One connection. */
struct served {
	struct h2_server *server;
	nghttp2_session *session;
	int fd;
	unsigned open, taken, answered;
	int32_t last; /* stream that is processed */
};

static void must(int good)
{
	if (!good)
		abort();
}

static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
	                    .value = (uint8_t *)(uintptr_t)value,
	                    .namelen = strlen(name),
	                    .valuelen = strlen(value)};
}

/* nghttp2 would mend the name. */
static nghttp2_nv as_it_is(const char *name, const char *value)
{
	nghttp2_nv ret = field(name, value);

	ret.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME;
	return ret;
}

/* ---- answers -------------------------------------------------------------------------- */

static const char *body_of(const struct h2_behaviour *behaviour)
{
	return behaviour->body ? behaviour->body : "hello";
}

static size_t size_of(const struct h2_behaviour *behaviour)
{
	return strlen(body_of(behaviour)) * (behaviour->repeat ? behaviour->repeat : 1);
}

static void finish(struct served *s, int32_t id, uint32_t *flags)
{
	nghttp2_nv trailer = field("x-trailer", "1");

	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (!s->server->behaviour.trailers)
		return;
	*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	must(nghttp2_submit_trailer(s->session, id, &trailer, 1) == 0);
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *data, size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
	struct served *s = context;
	const struct h2_behaviour *behaviour = &s->server->behaviour;
	struct exchange *e = source->ptr;
	size_t length = strlen(body_of(behaviour)), left = size_of(behaviour) - e->sent;
	size_t size = left < room ? left : room;

	if (e->reset) {
		must(nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, behaviour->reset_code) == 0);
		return NGHTTP2_ERR_DEFERRED;
	}
	if (behaviour->piece && behaviour->piece < size)
		size = behaviour->piece;
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)body_of(behaviour)[(e->sent + i) % length];
	e->sent += size;
	if (size == left)
		finish(s, id, flags);
	return (ssize_t)size;
}

static void answer(struct served *s, int32_t id, struct exchange *e)
{
	const struct h2_behaviour *behaviour = &s->server->behaviour;
	nghttp2_data_provider body = {.source.ptr = e, .read_callback = read_body};
	nghttp2_nv fields[2100], interim = field(":status", "103");
	size_t count = 0, size = size_of(behaviour);
	char status[16], length[32], *filler = calloc(1, behaviour->field_size + 1);

	must(filler != NULL && behaviour->fields < 2000);
	memset(filler, 'x', behaviour->field_size);
	snprintf(status, sizeof status, "%u", behaviour->status ? behaviour->status : 200);
	snprintf(length, sizeof length, "%ld",
	         behaviour->wrong_length ? behaviour->wrong_length : (long)size);
	fields[count++] = field(":status", status);
	if (behaviour->length || behaviour->wrong_length)
		fields[count++] = field("content-length", length);
	for (unsigned i = 0; i < behaviour->fields; i++)
		fields[count++] = field("x-filler", filler);
	if (behaviour->bad_field)
		fields[count++] = as_it_is(behaviour->bad_field, "1");
	if (behaviour->interim)
		must(nghttp2_submit_headers(s->session, NGHTTP2_FLAG_NONE, id, NULL, &interim, 1, NULL) == 0);
	must(nghttp2_submit_response(s->session, id, fields, count, size ? &body : NULL) == 0);
	free(filler);
}

static void reset(struct served *s, int32_t id, struct exchange *e)
{
	const struct h2_behaviour *behaviour = &s->server->behaviour;

	e->reset = behaviour->reset_after_head;
	if (e->reset)
		answer(s, id, e);
	else
		must(nghttp2_submit_rst_stream(s->session, NGHTTP2_FLAG_NONE, id, behaviour->reset_code) ==
		     0);
}

/* The request is in, or as much of it as is wanted. */
static void process(struct served *s, int32_t id, struct exchange *e)
{
	const struct h2_behaviour *behaviour = &s->server->behaviour;

	s->server->requests++;
	s->taken++;
	s->last = id;
	pthread_mutex_lock(&s->server->lock);
	memcpy(s->server->fields, e->fields, sizeof e->fields);
	pthread_mutex_unlock(&s->server->lock);
	if (behaviour->silent)
		return;
	if (behaviour->delay_ms)
		sleep_ms(behaviour->delay_ms);
	if (behaviour->reset_every && s->taken % behaviour->reset_every == 0)
		reset(s, id, e);
	else
		answer(s, id, e);
	if (behaviour->goaway_after && s->taken == behaviour->goaway_after)
		must(nghttp2_submit_goaway(s->session, NGHTTP2_FLAG_NONE, s->last, behaviour->goaway_code,
		                           (const uint8_t *)"bye", 3) == 0);
}

/* ---- what comes ---------------------------------------------------------------------------- */

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct served *s = context;
	struct exchange *e = calloc(1, sizeof *e);

	must(e != NULL);
	must(nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, e) == 0);
	if (++s->open > s->server->most)
		s->server->most = s->open;
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *context)
{
	struct exchange *e = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

	(void)flags, (void)context;
	if (e && e->fields_size < sizeof e->fields)
		e->fields_size += (size_t)snprintf(
			e->fields + e->fields_size, sizeof e->fields - e->fields_size, "%.*s: %.*s\n",
			(int)name_size, (const char *)name, (int)value_size, (const char *)value);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t size,
                   void *context)
{
	struct served *s = context;
	const struct h2_behaviour *behaviour = &s->server->behaviour;
	struct exchange *e = nghttp2_session_get_stream_user_data(session, id);

	(void)flags;
	if (!e || behaviour->early)
		return 0;
	e->wrong = e->wrong || e->received + size > behaviour->upload_size ||
	           memcmp(behaviour->upload + e->received, data, size) != 0;
	e->received += size;
	return 0;
}

static void on_end(struct served *s, int32_t id)
{
	struct exchange *e = nghttp2_session_get_stream_user_data(s->session, id);

	if (!e)
		return;
	s->server->faults += e->wrong || e->received != s->server->behaviour.upload_size;
	process(s, id, e);
}

static void on_headers(struct served *s, const nghttp2_frame *frame)
{
	int32_t id = frame->hd.stream_id;

	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		on_end(s, id);
	else if (s->server->behaviour.early)
		process(s, id, nghttp2_session_get_stream_user_data(s->session, id));
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct served *s = context;
	struct h2_server *server = s->server;

	(void)session;
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		on_headers(s, frame);
		break;
	case NGHTTP2_DATA:
		if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM && !server->behaviour.early)
			on_end(s, frame->hd.stream_id);
		break;
	case NGHTTP2_RST_STREAM:
		server->resets++;
		server->cancels += frame->rst_stream.error_code == NGHTTP2_CANCEL;
		break;
	case NGHTTP2_GOAWAY:
		server->goaways++;
		break;
	case NGHTTP2_SETTINGS:
		for (size_t i = 0; i < frame->settings.niv; i++)
			server->pushes_allowed +=
				frame->settings.iv[i].settings_id == NGHTTP2_SETTINGS_ENABLE_PUSH &&
				frame->settings.iv[i].value;
		break;
	default:
		break;
	}
	return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
	struct served *s = context;
	struct exchange *e = nghttp2_session_get_stream_user_data(session, id);

	s->open--;
	if (code == NGHTTP2_NO_ERROR && e) {
		s->server->answers++;
		s->answered++;
	}
	free(e);
	return 0;
}

/* ---- the wire --------------------------------------------------------------------------------- */

static bool flush(struct served *s)
{
	const uint8_t *data;
	ssize_t size;

	while ((size = nghttp2_session_mem_send(s->session, &data)) > 0) {
		if (!put_all(s->fd, data, (size_t)size))
			return false;
		s->server->to_clients += (uint64_t)size;
	}
	must(size == 0);
	return true;
}

static bool is_over(const struct served *s)
{
	unsigned most = s->server->behaviour.close_after;

	return (most && s->answered >= most) ||
	       (!nghttp2_session_want_read(s->session) && !nghttp2_session_want_write(s->session));
}

static void speak(struct served *s)
{
	uint8_t data[16384];
	ssize_t size;

	while (flush(s) && !is_over(s) && (size = recv(s->fd, data, sizeof data, 0)) > 0) {
		s->server->from_clients += (uint64_t)size;
		if (nghttp2_session_mem_recv(s->session, data, (size_t)size) < 0)
			break;
	}
}

static void free_exchanges(struct served *s)
{
	for (int32_t id = 1; s->open && id < 1000000; id += 2) {
		struct exchange *e = nghttp2_session_get_stream_user_data(s->session, id);

		s->open -= e != NULL;
		free(e);
	}
}

static nghttp2_session *new_session(struct served *s)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	nghttp2_session *ret;

	must(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_option_set_no_auto_window_update(option, s->server->behaviour.early);
	nghttp2_option_set_no_http_messaging(option, 1); /* it may send what is not allowed */
	nghttp2_option_set_max_send_header_block_length(option, 16 << 20);
	must(nghttp2_session_server_new2(&ret, callbacks, s, option) == 0);
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(option);
	return ret;
}

static void submit_settings(struct served *s)
{
	const struct h2_behaviour *behaviour = &s->server->behaviour;
	nghttp2_settings_entry entries[2];
	size_t count = 0;

	if (behaviour->limit)
		entries[count++] =
			(nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, behaviour->limit};
	if (behaviour->window)
		entries[count++] =
			(nghttp2_settings_entry){NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, behaviour->window};
	must(nghttp2_submit_settings(s->session, NGHTTP2_FLAG_NONE, entries, count) == 0);
}

static void send_raw(struct served *s)
{
	const struct h2_behaviour *behaviour = &s->server->behaviour;
	char scratch[16384];

	if (recv(s->fd, scratch, sizeof scratch, 0) <= 0 ||
	    (behaviour->raw_repeat && !put_all(s->fd, "\0\0\0\4\0\0\0\0", 9)))
		return;
	for (size_t i = 0; i < (behaviour->raw_repeat ? behaviour->raw_repeat : 1); i++)
		if (!put_all(s->fd, behaviour->raw, behaviour->raw_size))
			return;
	if (!behaviour->stays)
		shutdown(s->fd, SHUT_WR);
	while (recv(s->fd, scratch, sizeof scratch, 0) > 0)
		;
}

static void serve(void *context, int fd, unsigned number)
{
	struct served s = {.server = context, .fd = fd};

	(void)number;
	if (s.server->behaviour.raw) {
		send_raw(&s);
		return;
	}
	s.session = new_session(&s);
	submit_settings(&s);
	speak(&s);
	free_exchanges(&s);
	nghttp2_session_del(s.session);
}

void h2_server_start(struct h2_server *server, const struct h2_behaviour *behaviour)
{
	memset(server, 0, sizeof *server);
	server->behaviour = *behaviour;
	pthread_mutex_init(&server->lock, NULL);
	server->acceptor = acceptor_start(serve, server);
	snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u/", acceptor_port(server->acceptor));
}

void h2_server_stop(struct h2_server *server)
{
	acceptor_stop(server->acceptor);
	pthread_mutex_destroy(&server->lock);
}
