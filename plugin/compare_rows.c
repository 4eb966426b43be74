#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/compare.h"
#include "plugin/statistics.h"
#include "plugin/text.h"

struct compare_row *compare_rows_add(struct compare_rows *rows, enum compare_kind kind, const char *name)
{
	if ((rows->count & (rows->count - 1)) == 0)
		rows->items =
			xrealloc(rows->items, (rows->count ? 2 * rows->count : 1) * sizeof *rows->items);
	rows->items[rows->count] = (struct compare_row){.kind = kind, .name = xstrdup(name)};
	text_clean(rows->items[rows->count].name);
	return &rows->items[rows->count++];
}

void compare_rows_release(struct compare_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->items[i].name);
	free(rows->items);
	*rows = (struct compare_rows){0};
}

static double difference(const struct compare_row *row)
{
	return row->effect.value[NEW] - row->effect.value[BASE];
}

bool compare_matters(const struct compare_row *row)
{
	if (row->kind == COMPARE_FAILED)
		return fabs(difference(row)) >= COMPARE_ERRORS;
	if (row->kind == COMPARE_COST)
		return fabs(row->effect.change) >= COMPARE_POINTS;
	if (row->kind == COMPARE_FUNCTION && fabs(row->points) >= COMPARE_POINTS)
		return true;
	return isnan(row->effect.change) || fabs(row->effect.change) >= COMPARE_CHANGE;
}

void compare_judge(struct compare_rows *rows)
{
	double *p = xcalloc(rows->count + 1, sizeof *p), last;
	size_t tested = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (rows->items[i].tested)
			p[tested++] = rows->items[i].effect.p;
	last = statistics_discoveries(p, tested, COMPARE_Q);
	for (size_t i = 0; i < rows->count; i++) {
		struct compare_row *row = &rows->items[i];

		row->told = row->tested && row->effect.p <= last && compare_matters(row);
	}
	free(p);
}

double compare_error(const struct compare_row *row)
{
	return (row->effect.high - row->effect.low) / 2;
}

/* Nothing was seen on a side: that many could still have been missed, at 95 %. */
#define UNSEEN 2.9957

double compare_hidden(const struct compare_row *row)
{
	const struct compare_effect *effect = &row->effect;
	double hidden = fmax(fabs(effect->low), fabs(effect->high));

	if (row->kind != COMPARE_FAILED)
		return hidden;
	if (!isnan(hidden))
		return hidden * effect->value[BASE];
	return fmax(effect->value[BASE], effect->value[NEW]) +
	       effect->phi * UNSEEN / fmin(effect->exposure[BASE], effect->exposure[NEW]);
}

/* How much more than others this differs from run to run (compare.h). */
#define KERNEL_SPREAD 2

/* ---- the cost ---------------------------------------------------------------------------- */

void compare_table_release(struct compare_table *table)
{
	compare_blocks_release(&table->blocks);
	for (size_t i = 0; i < table->count; i++)
		free(table->names[i]);
	free(table->names);
	free(table->run_k);
	free(table->slice_k);
	free(table->run_all);
	free(table->slice_all);
	*table = (struct compare_table){0};
}

static void widen(const float *from, size_t count, double *ret)
{
	for (size_t i = 0; i < count; i++)
		ret[i] = (double)from[i];
}

/* Findings first, then what was tested, then by the size of the change, then by name. */
static int by_weight(const void *a, const void *b)
{
	const struct compare_row *x = a, *y = b;
	double left = fabs(x->points), right = fabs(y->points);

	if (x->told != y->told)
		return x->told ? -1 : 1;
	if (x->tested != y->tested)
		return x->tested ? -1 : 1;
	if (left != right)
		return left > right ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Go's doors to the kernel: what is spent behind them hangs on the machine more than on the program. */
static bool is_kernel(const char *name)
{
	static const char *const doors[] = {"runtime.futex", "runtime.epollwait", "runtime.usleep",
	                                    "runtime.madvise"};
	const char *last = strrchr(name, '.');

	for (size_t i = 0; i < sizeof doors / sizeof *doors; i++)
		if (strcmp(name, doors[i]) == 0)
			return true;
	return last && strstr(name, "syscall") && strstr(last, "yscall");
}

static void add_functions(const struct compare_table *table, double whole, struct compare_rows *rows)
{
	struct compare_blocks blocks = table->blocks;
	size_t runs = blocks.run_count, slices = blocks.slice_count;
	double *run_k = xcalloc(runs + 1, sizeof *run_k), *slice_k = xcalloc(slices + 1, sizeof *slice_k);

	for (size_t i = 0; i < table->count; i++) {
		struct compare_row *row = compare_rows_add(rows, COMPARE_FUNCTION, table->names[i]);

		widen(table->run_k + i * runs, runs, run_k);
		widen(table->slice_k + i * slices, slices, slice_k);
		blocks.run_spread = table->blocks.run_spread * (is_kernel(row->name) ? KERNEL_SPREAD : 1);
		compare_counts(&blocks, run_k, slice_k, true, &row->effect);
		row->points = whole > 0 ? difference(row) / whole : 0;
		row->tested = row->effect.count[BASE] + row->effect.count[NEW] >= COMPARE_SAMPLES;
	}
	free(run_k);
	free(slice_k);
	compare_judge(rows);
	qsort(rows->items, rows->count, sizeof *rows->items, by_weight);
}

void compare_cost(const struct compare_table *table, struct compare_rows *heads,
                  struct compare_rows *functions)
{
	struct compare_effect effect;
	struct compare_row *row;
	double whole;

	compare_counts(&table->blocks, table->run_all, table->slice_all, false, &effect);
	if (!(effect.exposure[BASE] > 0 && effect.exposure[NEW] > 0))
		return;
	row = compare_rows_add(heads, COMPARE_COST, "cost");
	row->effect = effect;
	row->tested = row->effect.count[BASE] + row->effect.count[NEW] >= COMPARE_SAMPLES;
	whole = row->effect.value[BASE];
	add_functions(table, whole, functions);
}
