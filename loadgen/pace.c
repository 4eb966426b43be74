#include "loadgen/pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/clock.h"

static struct lg_pace *allocate(size_t count)
{
	return calloc(1, sizeof(struct lg_pace) + count * sizeof(struct lg_pace_piece));
}

static double target_of(const struct lg_plan *plan)
{
	return plan->model == LG_RATE ? plan->rate : plan->vus;
}

static double integral(const struct lg_pace_piece *piece, int64_t at)
{
	double length = (double)(at - piece->begin) / LG_NS_PER_SECOND, whole, end;

	if (piece->from == piece->to)
		return piece->from * length;
	whole = (double)(piece->end - piece->begin) / LG_NS_PER_SECOND;
	end = piece->from + (piece->to - piece->from) * length / whole;
	return (piece->from + end) / 2 * length;
}

static void append(struct lg_pace *pace, int64_t begin, int64_t end, double from, double to)
{
	struct lg_pace_piece *piece = &pace->pieces[pace->count++];

	*piece = (struct lg_pace_piece){.begin = begin, .end = end, .from = from, .to = to};
	pace->falls = pace->falls || to < from || (pace->count > 1 && from < piece[-1].to);
	if (pace->count > 1)
		piece->before = piece[-1].before + integral(piece - 1, begin);
}

static void append_stages(struct lg_pace *pace, const struct lg_stage *stages, size_t count, int64_t begin,
                          double from)
{
	for (size_t i = 0; i < count; i++) {
		if (stages[i].length) /* none: a jump */
			append(pace, begin, begin + stages[i].length, from, stages[i].target);
		begin += stages[i].length;
		from = stages[i].target;
	}
	append(pace, begin, INT64_MAX, from, from);
}

/* Stages that belong to the ramp: up to the first that ends at the highest target. */
static size_t ramp_count(const struct lg_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->stage_count; i++)
		if (!count || plan->stages[i].target > plan->stages[count - 1].target)
			count = i + 1;
	return count;
}

int64_t lg_ramp_length(const struct lg_plan *plan, int64_t *ret_rest)
{
	int64_t ramp = plan->stage_count ? 0 : plan->ramp;
	size_t count = ramp_count(plan);

	*ret_rest = 0;
	for (size_t i = 0; i < plan->stage_count; i++)
		*(i < count ? &ramp : ret_rest) += plan->stages[i].length;
	return ramp;
}

bool lg_pace_is_over(const struct lg_pace *pace, const struct lg_plan *plan, int64_t at)
{
	return pace->rest >= plan->stage_count && at >= pace->pieces[pace->count - 1].begin;
}

struct lg_pace *lg_pace_new(const struct lg_plan *plan)
{
	const struct lg_stage whole = {plan->ramp, target_of(plan)};
	const struct lg_stage *stages = plan->stage_count ? plan->stages : &whole;
	size_t count = plan->stage_count ? ramp_count(plan) : 1;
	struct lg_pace *pace = allocate(count + 1);

	if (!pace)
		return NULL;
	pace->rest = count;
	append_stages(pace, stages, count, 0, 0);
	pace->peak = pace->pieces[pace->count - 1].begin;
	return pace;
}

/* A copy that ends at `at`, with room for `more` pieces behind. */
static struct lg_pace *cut(struct lg_pace *pace, int64_t at, size_t more)
{
	struct lg_pace *ret = allocate(pace->count + more);

	if (!ret)
		return NULL;
	ret->older = pace;
	ret->peak = pace->peak;
	ret->rest = pace->rest;
	for (size_t i = 0; i < pace->count && pace->pieces[i].begin < at; i++) {
		struct lg_pace_piece piece = pace->pieces[i];

		if (piece.end > at) {
			piece.to = lg_pace_value(pace, at);
			piece.end = at;
		}
		append(ret, piece.begin, piece.end, piece.from, piece.to);
	}
	return ret;
}

struct lg_pace *lg_pace_change(struct lg_pace *pace, int64_t at, double rate)
{
	struct lg_pace *ret = cut(pace, at, 1);

	if (ret)
		append(ret, at, INT64_MAX, rate, rate);
	return ret;
}

/* What is left of the stages behind the hold: it has already served as the plateau that follows the ramp. */
static size_t stages_left(const struct lg_pace *pace, int64_t at, const struct lg_plan *plan,
                          struct lg_stage *ret)
{
	size_t count = plan->stage_count > pace->rest ? plan->stage_count - pace->rest : 0, i = 0;
	int64_t held = at - pace->peak;

	memcpy(ret, plan->stages + pace->rest, count * sizeof *ret);
	for (; i < count && ret[i].target == plan->stages[pace->rest - 1].target; i++) {
		int64_t used = held < ret[i].length ? held : ret[i].length;

		ret[i].length -= used;
		held -= used;
	}
	return count;
}

struct lg_pace *lg_pace_resume(struct lg_pace *pace, int64_t at, const struct lg_plan *plan)
{
	struct lg_stage *stages = calloc(plan->stage_count + 1, sizeof *stages);
	struct lg_pace *ret = stages ? cut(pace, at, plan->stage_count + 1) : NULL;

	if (ret) {
		append_stages(ret, stages, stages_left(pace, at, plan, stages), at, lg_pace_value(pace, at));
		ret->rest = plan->stage_count;
	}
	free(stages);
	return ret;
}

void lg_pace_free(struct lg_pace *pace)
{
	while (pace) {
		struct lg_pace *older = pace->older;

		free(pace);
		pace = older;
	}
}

static const struct lg_pace_piece *piece_at(const struct lg_pace *pace, int64_t at)
{
	size_t i = pace->count - 1;

	while (i && pace->pieces[i].begin > at)
		i--;
	return &pace->pieces[i];
}

static double value_in(const struct lg_pace_piece *piece, int64_t at)
{
	if (piece->from == piece->to)
		return piece->from;
	return piece->from +
	       (piece->to - piece->from) * (double)(at - piece->begin) / (double)(piece->end - piece->begin);
}

double lg_pace_value(const struct lg_pace *pace, int64_t at)
{
	return value_in(piece_at(pace, at), at);
}

/* The time into the piece, in seconds, at which its integral is `amount`. */
static double time_of(const struct lg_pace_piece *piece, double amount)
{
	double length, slope, root;

	if (piece->from == piece->to)
		return piece->from > 0 ? amount / piece->from : INFINITY;
	length = (double)(piece->end - piece->begin) / LG_NS_PER_SECOND;
	slope = (piece->to - piece->from) / length;
	root = piece->from * piece->from + 2 * slope * amount;
	/* amount = from t + slope t^2 / 2, in the form that loses no digits when the slope is small */
	return root < 0 ? INFINITY : 2 * amount / (piece->from + sqrt(root));
}

int64_t lg_pace_due(const struct lg_pace *pace, uint64_t index)
{
	double wanted = (double)index, seconds;
	const struct lg_pace_piece *piece;
	size_t i = pace->count - 1;

	while (i && pace->pieces[i].before > wanted)
		i--;
	piece = &pace->pieces[i];
	seconds = wanted > piece->before        ? time_of(piece, wanted - piece->before)
	          : piece->from + piece->to > 0 ? 0
	                                        : INFINITY;
	if (!(seconds < (double)LG_MAX_RUN / LG_NS_PER_SECOND))
		return INT64_MAX;
	return piece->begin + (int64_t)(seconds * LG_NS_PER_SECOND);
}

uint64_t lg_pace_count(const struct lg_pace *pace, int64_t at)
{
	const struct lg_pace_piece *piece = piece_at(pace, at);

	return at < 0 ? 0 : (uint64_t)ceil(piece->before + integral(piece, at));
}

bool lg_pace_wants(const struct lg_pace *pace, uint32_t id, int64_t at)
{
	const struct lg_pace_piece *piece = piece_at(pace, at);

	/* A rising line has VU id at the very instant at which it reaches id: the first starts at once. */
	return value_in(piece, at) > id || (piece->to > piece->from && value_in(piece, at) >= id);
}

static int64_t crossing(const struct lg_pace_piece *piece, double level, int64_t at)
{
	double low = fmin(piece->from, piece->to), high = fmax(piece->from, piece->to);
	int64_t instant;

	if (piece->from == piece->to || level < low || level > high)
		return INT64_MAX;
	instant = piece->begin + (int64_t)ceil((level - piece->from) / (piece->to - piece->from) *
	                                       (double)(piece->end - piece->begin));
	return instant > at ? instant : INT64_MAX;
}

int64_t lg_pace_turn(const struct lg_pace *pace, uint32_t id, int64_t at)
{
	bool wanted = lg_pace_wants(pace, id, at);

	for (size_t i = (size_t)(piece_at(pace, at) - pace->pieces); i < pace->count; i++) {
		const struct lg_pace_piece *piece = &pace->pieces[i];
		int64_t instant;

		if (piece->begin > at && lg_pace_wants(pace, id, piece->begin) != wanted)
			return piece->begin; /* a jump, or a line that begins to fall */
		instant = crossing(piece, id, at);
		/* rounding may leave the line a hair short of the level */
		for (int hair = 0; instant < piece->end && hair < 4; hair++, instant++)
			if (lg_pace_wants(pace, id, instant) != wanted)
				return instant;
	}
	return INT64_MAX;
}
