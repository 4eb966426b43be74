#include "capture/ssh.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/failure.h"
#include "capture/ssh_channel.h"
#include "capture/ssh_login.h"
#include "capture/thread.h"

#define SECOND       1000000000LL
#define LOGIN_TIME   (15 * SECOND)
#define ALIVE_EVERY  (10 * SECOND) /* an idle session is asked for a sign of life, as the tunnel is */
#define TICK_MS      1000
#define ROUNDS_MAX   64 /* of all channels, before new ones are looked at */
#define FREE_TRIES   16
#define FIRST_POLLED 2 /* the wake-up, the session's socket, then the channels */

struct cap_ssh {
	const struct cap_ssh_options *options;
	struct cap_ssh *jump;
	pthread_t thread;
	int wake;

	/* the thread's own, once it runs */
	LIBSSH2_SESSION *session; /* NULL: lost */
	int socket;
	struct ssh_channel *channels, *stuck;
	struct pollfd *polled;
	size_t polled_room;
	int64_t active;
	bool eager;

	atomic_int stop;
	pthread_mutex_t lock; /* of all below */
	struct ssh_channel *fresh;
	int64_t noted_at;
	struct cap_error noted;
};

/* ---- the session -------------------------------------------------------------- */

static enum cap_status log_in(struct cap_ssh *ssh, const atomic_int *cancel, struct cap_error *error)
{
	int64_t deadline = clock_now() + LOGIN_TIME;
	enum cap_status status;
	struct cap_error why;

	ssh->socket = ssh_socket(ssh->options, ssh->jump, deadline, cancel, error);
	if (ssh->socket < 0)
		return error->status;
	status = ssh_login(ssh->options, ssh->socket, deadline, cancel, &ssh->session, error);
	if (status == CAP_OK) {
		libssh2_keepalive_config(ssh->session, 1, (unsigned)(ALIVE_EVERY / SECOND));
		ssh->active = clock_now();
		return CAP_OK;
	}
	/* Through a jump host the reason is that one's, if it has any. */
	if (ssh->jump && cap_ssh_error(ssh->jump, deadline - LOGIN_TIME, &why) != CAP_OK)
		*error = why;
	close(ssh->socket);
	ssh->socket = -1;
	return error->status;
}

static void log_out(struct cap_ssh *ssh)
{
	if (!ssh->session)
		return;
	if (!ssh->stuck)
		libssh2_session_disconnect(ssh->session, "done");
	/* From here on libssh2 waits for nobody when it frees what is left. */
	shutdown(ssh->socket, SHUT_RDWR);
	for (int i = 0; i < FREE_TRIES && libssh2_session_free(ssh->session) == LIBSSH2_ERROR_EAGAIN; i++)
		;
	close(ssh->socket);
	ssh->session = NULL;
	ssh->stuck = NULL;
	ssh->socket = -1;
}

static void note(struct cap_ssh *ssh, const struct cap_error *error)
{
	pthread_mutex_lock(&ssh->lock);
	ssh->noted_at = clock_now();
	ssh->noted = *error;
	pthread_mutex_unlock(&ssh->lock);
}

static void fail_all(struct cap_ssh *ssh, const struct cap_error *error)
{
	note(ssh, error);
	for (struct ssh_channel *channel = ssh->channels; channel; channel = channel->next)
		ssh_channel_fail(channel, error);
}

static void lose(struct cap_ssh *ssh)
{
	struct cap_error error;
	char *said = NULL;

	libssh2_session_last_error(ssh->session, &said, NULL, 0);
	failure_set(&error, CAP_LOST, "ssh: the connection to '%s:%u' was lost: %s", ssh->options->host,
	            ssh->options->port, said && *said ? said : "no reason given");
	fail_all(ssh, &error);
	log_out(ssh);
}

/* ---- the thread ----------------------------------------------------------------- */

static void reap(struct cap_ssh *ssh)
{
	struct ssh_channel **at = &ssh->channels;

	while (*at) {
		struct ssh_channel *channel = *at;

		if (channel->state != SSH_ENDED) {
			at = &channel->next;
			continue;
		}
		*at = channel->next;
		if (channel->error.status != CAP_OK)
			note(ssh, &channel->error);
		ssh_channel_free(channel); /* after the note: whoever sees the end finds the reason */
	}
}

static struct ssh_channel *take_fresh(struct cap_ssh *ssh)
{
	struct ssh_channel *fresh;

	pthread_mutex_lock(&ssh->lock);
	fresh = ssh->fresh;
	ssh->fresh = NULL;
	pthread_mutex_unlock(&ssh->lock);
	return fresh;
}

static void add_fresh(struct cap_ssh *ssh)
{
	struct ssh_channel **end = &ssh->channels;
	struct cap_error error;

	while (*end)
		end = &(*end)->next;
	*end = take_fresh(ssh);
	if (*end && !ssh->session && log_in(ssh, &ssh->stop, &error) != CAP_OK)
		fail_all(ssh, &error);
}

/* The first one that opens; libssh2 opens one at a time. */
static const struct ssh_channel *opener(const struct cap_ssh *ssh)
{
	const struct ssh_channel *channel = ssh->channels;

	while (channel && channel->state != SSH_OPENING)
		channel = channel->next;
	return channel;
}

/* One step of each channel: SSH_STUCK and SSH_LOST end the round. */
static enum ssh_step pump_round(struct cap_ssh *ssh)
{
	enum ssh_step result = SSH_IDLE;

	for (struct ssh_channel *channel = ssh->channels; channel; channel = channel->next) {
		enum ssh_step step = ssh_channel_step(channel, ssh->session, channel == opener(ssh));

		if (step == SSH_STUCK)
			ssh->stuck = channel;
		if (step >= SSH_STUCK)
			return step;
		if (step == SSH_PROGRESS)
			result = step;
	}
	return result;
}

static enum ssh_step pump_stuck(struct cap_ssh *ssh)
{
	struct ssh_channel *channel = ssh->stuck;
	enum ssh_step step = channel ? ssh_channel_step(channel, ssh->session, true) : SSH_IDLE;

	if (step != SSH_STUCK)
		ssh->stuck = NULL;
	return step;
}

static void pump(struct cap_ssh *ssh)
{
	enum ssh_step step = pump_stuck(ssh);

	if (step < SSH_STUCK)
		step = SSH_PROGRESS;
	for (int round = 0; round < ROUNDS_MAX && step == SSH_PROGRESS; round++) {
		step = pump_round(ssh);
		if (step == SSH_PROGRESS)
			ssh->active = clock_now();
	}
	ssh->eager = step == SSH_PROGRESS;
	if (step == SSH_LOST)
		lose(ssh);
	reap(ssh);
}

/* Nothing was moved for a while, so that its few bytes find room. */
static void keep_alive(struct cap_ssh *ssh)
{
	int next;

	if (ssh->stuck || clock_now() - ssh->active < ALIVE_EVERY)
		return;
	ssh->active = clock_now();
	if (libssh2_keepalive_send(ssh->session, &next) < 0)
		lose(ssh);
}

static bool poll_room(struct cap_ssh *ssh, size_t wanted)
{
	size_t room = ssh->polled_room ? ssh->polled_room : 64;
	struct pollfd *polled;

	while (room < wanted)
		room *= 2;
	if (room == ssh->polled_room)
		return true;
	polled = realloc(ssh->polled, room * sizeof *polled);
	if (!polled)
		return false;
	ssh->polled = polled;
	ssh->polled_room = room;
	return true;
}

static size_t gather(struct cap_ssh *ssh)
{
	size_t count = FIRST_POLLED;
	short events;

	ssh->polled[0] = (struct pollfd){.fd = ssh->wake, .events = POLLIN};
	/* A session that is stuck reads nothing until it has sent. */
	ssh->polled[1] = (struct pollfd){.fd = ssh->socket, .events = ssh->stuck ? POLLOUT : POLLIN};
	for (struct ssh_channel *channel = ssh->channels; channel; channel = channel->next) {
		int fd = ssh->stuck ? -1 : ssh_channel_wants(channel, &events);

		channel->polled = 0;
		if (fd < 0 || !poll_room(ssh, count + 1))
			continue;
		channel->polled = count;
		ssh->polled[count++] = (struct pollfd){.fd = fd, .events = events};
	}
	return count;
}

static void take_polled(struct cap_ssh *ssh)
{
	for (struct ssh_channel *channel = ssh->channels; channel; channel = channel->next)
		if (channel->polled && channel->state == SSH_OPEN &&
		    ssh->polled[channel->polled].revents & (POLLHUP | POLLERR))
			channel->hung_up = true;
}

static void turn(struct cap_ssh *ssh)
{
	size_t count = gather(ssh);
	uint64_t woken;

	if (poll(ssh->polled, (nfds_t)count, ssh->eager ? 0 : TICK_MS) < 0)
		return;
	take_polled(ssh);
	if (ssh->polled[0].revents && read(ssh->wake, &woken, sizeof woken) > 0)
		add_fresh(ssh);
	if (ssh->session)
		pump(ssh);
	if (ssh->session)
		keep_alive(ssh);
	reap(ssh);
}

static void *run(void *context)
{
	struct cap_ssh *ssh = context;
	struct cap_error ended;

	pthread_setname_np(pthread_self(), "ssh");
	while (!ssh->stop)
		turn(ssh);
	failure_set(&ended, CAP_CANCELLED, "ssh: the session is closed");
	for (int i = 0; i < 2; i++) {
		for (struct ssh_channel *channel = ssh->channels; channel; channel = channel->next)
			ssh_channel_fail(channel, &ended);
		reap(ssh);
		ssh->channels = take_fresh(ssh);
	}
	log_out(ssh);
	return NULL;
}

static void wake(struct cap_ssh *ssh)
{
	const uint64_t one = 1;

	if (write(ssh->wake, &one, sizeof one) < 0)
		return; /* the counter is full: the thread has not slept since */
}

/* ---- as others see it --------------------------------------------------------------- */

static void release(struct cap_ssh *ssh)
{
	log_out(ssh);
	cap_ssh_close(ssh->jump);
	if (ssh->wake >= 0)
		close(ssh->wake);
	pthread_mutex_destroy(&ssh->lock);
	free(ssh->polled);
	free(ssh);
}

enum cap_status cap_ssh_open(const struct cap_ssh_options *options, const atomic_int *cancel,
                             struct cap_ssh **ret, struct cap_error *error)
{
	struct cap_ssh *ssh = calloc(1, sizeof *ssh);
	enum cap_status status = CAP_OK;

	if (!ssh)
		return failure_set(error, CAP_MEMORY, "out of memory");
	ssh->options = options;
	ssh->socket = -1;
	ssh->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&ssh->lock, NULL);
	if (ssh->wake < 0 || !poll_room(ssh, FIRST_POLLED))
		status = failure_set(error, CAP_MEMORY, "no memory or descriptor left for ssh");
	if (status == CAP_OK && options->jump)
		status = cap_ssh_open(options->jump, cancel, &ssh->jump, error);
	if (status == CAP_OK)
		status = log_in(ssh, cancel, error);
	if (status == CAP_OK && thread_start(&ssh->thread, run, ssh) != 0)
		status = failure_set(error, CAP_MEMORY, "no thread left for ssh");
	if (status == CAP_OK)
		*ret = ssh;
	else
		release(ssh);
	return status;
}

static int add(struct cap_ssh *ssh, const char *host, uint16_t port, int local, struct handover *handover,
               struct cap_error *error)
{
	struct ssh_channel *channel = NULL;

	if (strlen(host) < sizeof channel->host)
		channel = ssh_channel_new(host, port, local, handover);
	if (!channel) {
		failure_set(error, CAP_MEMORY, "out of memory for a connection to '%.100s'", host);
		return -1;
	}
	pthread_mutex_lock(&ssh->lock);
	channel->next = ssh->fresh;
	ssh->fresh = channel;
	pthread_mutex_unlock(&ssh->lock);
	wake(ssh);
	return 0;
}

int ssh_carry(struct cap_ssh *ssh, const char *host, uint16_t port, struct handover *handover,
              struct cap_error *error)
{
	int status = add(ssh, host, port, -1, handover, error);

	handover_release(handover);
	return status;
}

int cap_ssh_dial(struct cap_ssh *ssh, const char *host, uint16_t port, struct cap_error *error)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
		failure_set(error, CAP_CONNECT, "no socket left: %s", strerrordesc_np(errno));
		return -1;
	}
	if (add(ssh, host, port, pair[1], NULL, error) == 0)
		return pair[0];
	close(pair[0]);
	close(pair[1]);
	return -1;
}

enum cap_status cap_ssh_error(struct cap_ssh *ssh, int64_t since, struct cap_error *ret)
{
	enum cap_status status = CAP_OK;

	pthread_mutex_lock(&ssh->lock);
	if (ssh->noted_at > since) {
		*ret = ssh->noted;
		status = ret->status;
	}
	pthread_mutex_unlock(&ssh->lock);
	return status;
}

void cap_ssh_close(struct cap_ssh *ssh)
{
	if (!ssh)
		return;
	ssh->stop = 1;
	wake(ssh);
	pthread_join(ssh->thread, NULL);
	release(ssh);
}
