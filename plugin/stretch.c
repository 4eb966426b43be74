#include "plugin/stretch.h"

#include "plugin/plan.h"

static void subtract(struct lg_histogram *from, const struct lg_histogram *what)
{
	if (from && what)
		lg_histogram_subtract(from, what);
}

static void subtract_counts(struct lg_counts *from, const struct lg_counts *what)
{
	from->requests -= what->requests;
	from->failed -= what->failed;
	from->dropped -= what->dropped;
	from->bytes_sent -= what->bytes_sent;
	from->bytes_received -= what->bytes_received;
	for (int i = 0; i < 6; i++)
		from->status[i] -= what->status[i];
	for (int i = 0; i < LG_ERROR_KINDS; i++)
		from->errors[i] -= what->errors[i];
	for (int i = 0; i < LG_CHECKS; i++)
		for (int held = 0; held < 2; held++)
			from->checks[i][held] -= what->checks[i][held];
}

static void subtract_phase(struct lg_result *from, const struct lg_result *what, unsigned phase)
{
	subtract_counts(&from->counts[phase], &what->counts[phase]);
	subtract(from->service[phase], what->service[phase]);
	subtract(from->response[phase], what->response[phase]);
	subtract(from->lag[phase], what->lag[phase]);
	for (int i = 0; i < 6; i++)
		subtract(from->by_status[phase][i], what->by_status[phase][i]);
	for (size_t i = 0; i < from->apart_count; i++)
		subtract(from->by_code[phase][i], what->by_code[phase][i]);
}

void stretch_take(struct lg_result *after, const struct lg_result *before)
{
	for (unsigned phase = 0; phase < LG_PHASES; phase++)
		subtract_phase(after, before, phase);
	subtract(after->whole, before->whole);
	subtract(after->sending, before->sending);
	subtract(after->waiting, before->waiting);
	subtract(after->receiving, before->receiving);
	subtract(after->connect, before->connect);
	subtract(after->handshake, before->handshake);
}

struct threshold_source stretch_source(const struct lg_result *stretch, const struct lg_plan *plan,
                                       int64_t length)
{
	struct threshold_source source = threshold_source_result(stretch, stretch->started, plan);

	for (unsigned phase = 0; phase < LG_PHASES; phase++)
		source.seconds[phase] = phase ? 0 : (double)length / SECOND;
	return source;
}
