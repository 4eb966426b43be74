#include "plugin/peers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/signals.h"
#include "plugin/text.h"

struct opening {
	const struct plan *plan;
	struct target *peer;
	struct error error;
	int status;
	pthread_t thread;
	bool started;
};

static void *open_one(void *argument)
{
	struct opening *opening = argument;

	opening->status = target_reach(opening->plan, opening->peer, &opening->error);
	return NULL;
}

/* What a peer knows without being reached. The cluster is the first one's. */
static void describe(struct target *peer, const struct target *first, const struct ranked_pod *ranked)
{
	*peer = (struct target){.cluster = first->cluster, .bastion = first->bastion, .is_peer = true};
	target_name_pod(peer, ranked);
	peer->ranking.by = first->ranking.by;
	peer->ranking.source = first->ranking.source;
	memcpy(peer->ranking.metrics_version, first->ranking.metrics_version,
	       sizeof peer->ranking.metrics_version);
}

static void choose(const struct plan *plan, struct target *first)
{
	const struct ranking *ranking = &first->ranking;

	first->peers = xcalloc(plan->pods - 1, sizeof *first->peers);
	for (size_t i = 0; i < ranking->count && first->peer_count + 1 < plan->pods; i++)
		if (ranking->items[i].usable && &ranking->items[i] != first->ranked)
			describe(&first->peers[first->peer_count++], first, &ranking->items[i]);
	if (plan->pods != PODS_ALL && first->peer_count + 1 < plan->pods)
		snprintf(first->peer_note, sizeof first->peer_note,
		         "only %zu of the %u pods that --pods asks for", first->peer_count + 1, plan->pods);
}

int peers_open(const struct plan *plan, struct target *first, struct error *error)
{
	struct opening *openings;
	int status = 0;

	if (plan->pods < 2)
		return 0;
	if (plan->pods == PODS_ALL && first->ready_pods > PODS_MAX)
		return error_set(
			error,
			"--pods all: %zu pods of %s are ready, at most %d are captured at once; give "
			"--pods %d, or a narrower selector",
			first->ready_pods, first->ranking.pods.what, PODS_MAX, PODS_MAX);
	choose(plan, first);
	openings = xcalloc(first->peer_count + 1, sizeof *openings);
	for (size_t i = 0; i < first->peer_count; i++) {
		openings[i] = (struct opening){.plan = plan, .peer = &first->peers[i]};
		openings[i].started = signals_thread(&openings[i].thread, open_one, &openings[i]);
		if (!openings[i].started)
			open_one(&openings[i]);
	}
	for (size_t i = 0; i < first->peer_count; i++) {
		struct opening *opening = &openings[i];

		if (opening->started)
			pthread_join(opening->thread, NULL);
		if (opening->status < 0 && status == 0) {
			*error = opening->error;
			opening->error = (struct error){0};
			status = -1;
		}
		error_release(&opening->error);
	}
	free(openings);
	return status;
}
