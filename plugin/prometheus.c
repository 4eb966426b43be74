#include "plugin/prometheus.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/clock.h"
#include "plugin/plan.h"
#include "plugin/signals.h"
#include "plugin/text.h"
#include "plugin/text_out.h"

#define REQUEST_MAX  8192
#define REQUEST_TIME (2 * SECOND)
#define CLIENTS_MAX  16

struct client {
	int fd;
	int64_t until; /* it is waited for */
	size_t size;
	char request[REQUEST_MAX];
};

struct prometheus {
	int listener, stop;
	char address[128];
	pthread_t thread;
	pthread_mutex_t lock; /* of the text */
	char *text;
	struct client clients[CLIENTS_MAX]; /* of the thread, the oldest first */
	size_t client_count;
};

/* ---- the text ------------------------------------------------------------- */

static void print_type(FILE *out, const char *name, const char *type)
{
	fprintf(out, "# TYPE %s %s\n", name, type);
}

static void print_value(FILE *out, const char *name, const char *type, double value)
{
	print_type(out, name, type);
	fprintf(out, "%s %.9g\n", name, value);
}

/* Seconds, a gauge for each figure, as k6's remote write names them. */
static void print_trend(FILE *out, const char *name, const struct lg_histogram *h)
{
	static const struct {
		const char *name;
		double percentile;
	} points[] = {{"med", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}};
	char full[96];

	if (!h || !lg_histogram_count(h))
		return;
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		snprintf(full, sizeof full, "k6_%s_%s", name, points[i].name);
		print_value(out, full, "gauge",
		            (double)lg_histogram_percentile(h, points[i].percentile) / 1e6);
	}
	snprintf(full, sizeof full, "k6_%s_max", name);
	print_value(out, full, "gauge", (double)lg_histogram_max(h) / 1e6);
	snprintf(full, sizeof full, "k6_%s_avg", name);
	print_value(out, full, "gauge", lg_histogram_mean(h) / 1e6);
}

static void print_statuses(FILE *out, const struct lg_counts *sum)
{
	print_type(out, "k6_http_reqs_total", "counter");
	for (int i = 1; i < 6; i++)
		if (sum->status[i])
			fprintf(out, "k6_http_reqs_total{status=\"%dxx\"} %llu\n", i,
			        (unsigned long long)sum->status[i]);
	for (int i = 0; i < LG_ERROR_KINDS; i++)
		if (sum->errors[i] && i != LG_ERROR_CHECK)
			fprintf(out, "k6_http_reqs_total{error=\"%s\"} %llu\n",
			        lg_error_kind_name((enum lg_error_kind)i),
			        (unsigned long long)sum->errors[i]);
}

static double rate(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

char *prometheus_text(const struct lg_result *load, const struct lg_snapshot *now)
{
	struct lg_counts sum = lg_counts_sum(load);
	struct text_out text;
	FILE *out;

	text_out_begin(&text);
	out = text.file;
	print_statuses(out, &sum);
	print_value(out, "k6_iterations_total", "counter", (double)sum.requests);
	print_value(out, "k6_dropped_iterations_total", "counter", (double)sum.dropped);
	print_value(out, "k6_data_sent_total", "counter", (double)sum.bytes_sent);
	print_value(out, "k6_data_received_total", "counter", (double)sum.bytes_received);
	print_value(out, "k6_http_req_failed_rate", "gauge", rate(sum.failed, sum.requests));
	print_value(out, "k6_vus", "gauge", now->vus);
	print_trend(out, "http_req_duration", load->whole);
	print_trend(out, "http_req_waiting", load->waiting);
	print_trend(out, "http_req_receiving", load->receiving);
	print_trend(out, "http_req_connecting", load->connect);
	print_trend(out, "http_req_tls_handshaking", load->handshake);
	return text_out_end(&text, NULL);
}

/* ---- requests ------------------------------------------------------------------ */

/* A reader that takes nothing loses what does not fit into the socket. */
static void reply(int fd, const char *status, const char *body)
{
	char *text = xprintf("HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	                     "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	                     status, strlen(body), body);

	send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	free(text);
}

static void answer(struct prometheus *p, const struct client *client)
{
	if (strncmp(client->request, "GET /metrics ", 13) != 0 &&
	    strncmp(client->request, "GET /metrics?", 13) != 0) {
		reply(client->fd, "404 Not Found", "see /metrics\n");
		return;
	}
	pthread_mutex_lock(&p->lock);
	reply(client->fd, "200 OK", p->text ? p->text : "");
	pthread_mutex_unlock(&p->lock);
}

/* False: the client is done with, answered or not. */
static bool receive(struct prometheus *p, struct client *client)
{
	size_t room = REQUEST_MAX - 1 - client->size;
	ssize_t got = recv(client->fd, client->request + client->size, room, MSG_DONTWAIT);

	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	client->size += (size_t)got;
	client->request[client->size] = '\0';
	if (!strstr(client->request, "\r\n\r\n"))
		return client->size < REQUEST_MAX - 1;
	answer(p, client);
	return false;
}

static void drop(struct prometheus *p, size_t index)
{
	close(p->clients[index].fd);
	memmove(p->clients + index, p->clients + index + 1, (--p->client_count - index) * sizeof *p->clients);
}

/* Those who say nothing make room for who comes. */
static void take(struct prometheus *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (p->client_count == CLIENTS_MAX)
		drop(p, 0);
	p->clients[p->client_count].fd = fd;
	p->clients[p->client_count].until = clock_now() + REQUEST_TIME;
	p->clients[p->client_count].size = 0;
	p->clients[p->client_count++].request[0] = '\0';
}

/* Milliseconds to the end of the oldest client's time; they are in the order of coming. */
static int patience(const struct prometheus *p)
{
	int64_t left;

	if (!p->client_count)
		return -1;
	left = p->clients[0].until - clock_now();
	return left > 0 ? (int)(left / MILLI) + 1 : 0;
}

static void *serve(void *context)
{
	struct prometheus *p = context;
	struct pollfd fds[CLIENTS_MAX + 2];

	for (;;) {
		fds[0] = (struct pollfd){.fd = p->stop, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = p->listener, .events = POLLIN};
		for (size_t i = 0; i < p->client_count; i++)
			fds[i + 2] = (struct pollfd){.fd = p->clients[i].fd, .events = POLLIN};
		if (poll(fds, p->client_count + 2, patience(p)) < 0 && errno != EINTR)
			return NULL;
		if (fds[0].revents)
			return NULL;
		for (size_t i = p->client_count; i-- > 0;)
			if ((fds[i + 2].revents && !receive(p, &p->clients[i])) ||
			    p->clients[i].until <= clock_now())
				drop(p, i);
		if (fds[1].revents)
			take(p);
	}
}

/* ---- the listener ---------------------------------------------------------------- */

static int split(const char *address, char host[96], char port[16], struct error *error)
{
	const char *colon = strrchr(address, ':');
	bool bracketed = address[0] == '[' && colon && colon > address && colon[-1] == ']';
	int length = colon ? (int)(colon - address) : 0;

	if (!colon || !colon[1] || strlen(colon + 1) > 5 || length > 90 ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return error_usage(
			error, "--prometheus-listen: '%s' is not HOST:PORT, such as 127.0.0.1:9464", address);
	snprintf(host, 96, "%.*s", bracketed ? length - 2 : length, address + bracketed);
	snprintf(port, 16, "%s", colon + 1);
	return 0;
}

static int listen_at(const struct addrinfo *list)
{
	int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (bind(fd, list->ai_addr, list->ai_addrlen) == 0 && listen(fd, 16) == 0)
		return fd;
	close(fd);
	return -1;
}

static void name_it(struct prometheus *p)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof bound;
	char host[96] = "", port[16] = "";

	getsockname(p->listener, (struct sockaddr *)&bound, &size);
	getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
	            NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(p->address, sizeof p->address, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

static int open_listener(struct prometheus *p, const char *address, struct error *error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
			*list = NULL;
	char host[96], port[16];
	int status;

	if (split(address, host, port, error) < 0)
		return -1;
	status = getaddrinfo(host, port, &hints, &list);
	if (status != 0)
		return error_set(error, "--prometheus-listen: cannot resolve '%s': %s", host,
		                 gai_strerror(status));
	p->listener = listen_at(list);
	status = errno;
	freeaddrinfo(list);
	if (p->listener < 0)
		return error_set(error, "--prometheus-listen: cannot listen at '%s': %s; give another port",
		                 address, strerror(status));
	name_it(p);
	return 0;
}

static void release(struct prometheus *p)
{
	while (p->client_count)
		drop(p, p->client_count - 1);
	if (p->listener >= 0)
		close(p->listener);
	if (p->stop >= 0)
		close(p->stop);
	pthread_mutex_destroy(&p->lock);
	free(p->text);
	free(p);
}

int prometheus_open(const char *address, struct prometheus **ret, struct error *error)
{
	struct prometheus *p = xcalloc(1, sizeof *p);

	p->listener = -1;
	p->stop = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_init(&p->lock, NULL);
	if (open_listener(p, address, error) < 0) {
		release(p);
		return -1;
	}
	if (p->stop < 0 || !signals_thread(&p->thread, serve, p)) {
		release(p);
		return error_set(error, "--prometheus-listen: no descriptor or thread left");
	}
	*ret = p;
	return 0;
}

const char *prometheus_address(const struct prometheus *prometheus)
{
	return prometheus->address;
}

void prometheus_show(struct prometheus *prometheus, const struct lg_result *load,
                     const struct lg_snapshot *now)
{
	char *text, *old;

	if (!prometheus || !load)
		return;
	text = prometheus_text(load, now);
	pthread_mutex_lock(&prometheus->lock);
	old = prometheus->text;
	prometheus->text = text;
	pthread_mutex_unlock(&prometheus->lock);
	free(old);
}

void prometheus_close(struct prometheus *prometheus)
{
	const uint64_t one = 1;

	if (!prometheus)
		return;
	if (write(prometheus->stop, &one, sizeof one) == (ssize_t)sizeof one)
		pthread_join(prometheus->thread, NULL);
	release(prometheus);
}
