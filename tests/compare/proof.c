/*
 * Do comparisons find what is there, and nothing that is not? On slices of real profiles, drawn at random:
 *
 *   proof collect RUN...   the slices of runs of one release as a table, on standard output
 * (tests/compare/slices.txt) proof FILE [PAIRS]     draws pairs of windows from such a table and compares
 * them: prints how many pairs of the same release had a finding, and how often a planted regression was
 * found; status 1 when that is above 5 % or below 90 %. The seed is fixed.
 *
 * slices.txt is of ten runs that tests/compare/record made (a-01 to a-10: build/dev/compare_proof collect
 * OUT/a-*). A window is 6 slices of 5 s, no slice is in both windows of a pair. A regression is planted by
 * adding samples of main.planted, a function of a twentieth of a request's CPU, as it was seen in yet another
 * slice: one of 5 % doubles it, smaller ones keep each of those samples by chance.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/compare.h"
#include "plugin/text.h"

#define WINDOW        6
#define PLANTED       "main.planted"
#define AA_MOST       0.05
#define PLANTED_LEAST 0.90

struct pool {
	size_t slices, functions, planted;
	double *x, *all; /* of each slice */
	char **names;
	float *k; /* functions rows of slices */
};

static uint64_t seed = 20261125;

/* xorshift64*: the same numbers everywhere. */
static double uniform(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (double)((seed * 2685821657736338717ULL) >> 11) / 9007199254740992.0;
}

/* ---- the table's file ------------------------------------------------------------------- */

static int collect(int count, char **runs)
{
	struct comparison *comparison = xcalloc(1, sizeof *comparison);
	struct compare_table table = {0};
	struct error error = {0};
	int status = 0;

	for (int i = 0; status == 0 && i < count && i < COMPARE_RUNS_MAX; i++) {
		status = run_read_open(runs[i], &comparison->runs[i].read, &error);
		comparison->run_count += status == 0;
	}
	if (status == 0)
		status = compare_table_read(comparison, &table, &error);
	if (status < 0) {
		fprintf(stderr, "proof: %s\n", error.text);
	} else {
		printf("slices %zu functions %zu\nx", table.blocks.slice_count, table.count);
		for (size_t i = 0; i < table.blocks.slice_count; i++)
			printf(" %.9g", table.blocks.slice_x[i]);
		for (size_t i = 0; i < table.count; i++) {
			printf("\n%s", table.names[i]);
			for (size_t j = 0; j < table.blocks.slice_count; j++)
				printf(" %g", (double)table.slice_k[i * table.blocks.slice_count + j]);
		}
		putchar('\n');
	}
	compare_table_release(&table);
	comparison_release(comparison);
	free(comparison);
	return status < 0;
}

static void damaged(const char *path)
{
	fprintf(stderr, "proof: '%s' is no table of slices\n", path);
	exit(2);
}

/* The numbers at the end of a line, the last one first; what is left is the name. */
static void take_numbers(char *line, size_t count, float *ret, const char *path)
{
	for (size_t i = count; i > 0; i--) {
		char *space = strrchr(line, ' ');

		if (!space)
			damaged(path);
		ret[i - 1] = strtof(space + 1, NULL);
		*space = '\0';
	}
}

static struct pool pool_read(const char *path)
{
	struct pool pool = {.planted = SIZE_MAX};
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	float *x;

	if (!file || fscanf(file, "slices %zu functions %zu\n", &pool.slices, &pool.functions) != 2 ||
	    pool.slices < 3 * WINDOW || pool.slices > 10000 || pool.functions > 100000)
		damaged(path);
	pool.x = xcalloc(pool.slices, sizeof *pool.x);
	pool.all = xcalloc(pool.slices, sizeof *pool.all);
	pool.names = xcalloc(pool.functions, sizeof *pool.names);
	pool.k = xcalloc(pool.functions * pool.slices, sizeof *pool.k);
	x = xcalloc(pool.slices, sizeof *x);
	for (size_t i = 0; i <= pool.functions; i++) {
		if (getline(&line, &size, file) < 0)
			damaged(path);
		take_numbers(line, pool.slices, i ? pool.k + (i - 1) * pool.slices : x, path);
		if (i)
			pool.names[i - 1] = xstrdup(line);
		if (i && strcmp(line, PLANTED) == 0)
			pool.planted = i - 1;
	}
	for (size_t j = 0; j < pool.slices; j++) {
		pool.x[j] = (double)x[j];
		for (size_t i = 0; i < pool.functions; i++)
			pool.all[j] += (double)pool.k[i * pool.slices + j];
	}
	if (pool.planted == SIZE_MAX)
		damaged(path);
	free(x);
	free(line);
	fclose(file);
	return pool;
}

static void pool_release(struct pool *pool)
{
	for (size_t i = 0; i < pool->functions; i++)
		free(pool->names[i]);
	free(pool->names);
	free(pool->x);
	free(pool->all);
	free(pool->k);
}

/* ---- pairs --------------------------------------------------------------------------------- */

/* `count` different slices, at the front of `order`. */
static void draw(size_t *order, size_t slices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t j = i + (size_t)(uniform() * (double)(slices - i)), other = order[j];

		order[j] = order[i];
		order[i] = other;
	}
}

static double thinned(double k, double part)
{
	double kept = 0;

	for (double i = 0; i < k; i++)
		kept += uniform() < part;
	return kept;
}

/* Two runs of WINDOW slices; the second has `part` of the planted function's samples once more. */
static struct compare_table table_of(const struct pool *pool, const size_t *order, double part)
{
	struct compare_table table = {.count = pool->functions, .names = pool->names, .per_request = true};
	struct compare_blocks *blocks = &table.blocks;
	const size_t slices = 2 * WINDOW;

	blocks->run_count = 2;
	blocks->slice_count = slices;
	blocks->run_spread = COMPARE_RUN_SPREAD;
	blocks->side = xcalloc(2, sizeof *blocks->side);
	blocks->side[1] = NEW;
	blocks->run_x = xcalloc(2, sizeof *blocks->run_x);
	blocks->slice_run = xcalloc(slices, sizeof *blocks->slice_run);
	blocks->slice_x = xcalloc(slices, sizeof *blocks->slice_x);
	table.run_k = xcalloc(pool->functions * 2, sizeof *table.run_k);
	table.slice_k = xcalloc(pool->functions * slices, sizeof *table.slice_k);
	table.run_all = xcalloc(2, sizeof *table.run_all);
	table.slice_all = xcalloc(slices, sizeof *table.slice_all);
	for (size_t j = 0; j < slices; j++) {
		size_t run = j / WINDOW, from = order[j];
		double more = 0;

		blocks->slice_run[j] = run;
		blocks->slice_x[j] = pool->x[from];
		blocks->run_x[run] += pool->x[from];
		if (run == NEW && part > 0)
			more = thinned(
				(double)pool->k[pool->planted * pool->slices + order[slices + j - WINDOW]],
				part);
		table.slice_all[j] = pool->all[from] + more;
		table.run_all[run] += table.slice_all[j];
		for (size_t i = 0; i < pool->functions; i++) {
			float k = pool->k[i * pool->slices + from] + (i == pool->planted ? (float)more : 0);

			table.slice_k[i * slices + j] = k;
			table.run_k[i * 2 + run] += k;
		}
	}
	return table;
}

static void table_release(struct compare_table *table)
{
	table->names = NULL;
	table->count = 0;
	compare_table_release(table);
}

struct outcome_of_pair {
	bool cost, function, planted;
};

static struct outcome_of_pair one_pair(const struct pool *pool, size_t *order, double part)
{
	struct compare_rows heads = {0}, functions = {0};
	struct outcome_of_pair ret = {0};
	struct compare_table table;

	draw(order, pool->slices, 3 * WINDOW);
	table = table_of(pool, order, part);
	compare_cost(&table, &heads, &functions);
	compare_judge(&heads);
	ret.cost = heads.items[0].told;
	for (size_t i = 0; i < functions.count; i++) {
		const struct compare_row *row = &functions.items[i];

		ret.function |= row->told;
		ret.planted |= row->told && row->points > 0 && strcmp(row->name, PLANTED) == 0;
	}
	compare_rows_release(&heads);
	compare_rows_release(&functions);
	table_release(&table);
	return ret;
}

static double share_of_planted(const struct pool *pool)
{
	double all = 0, planted = 0;

	for (size_t j = 0; j < pool->slices; j++) {
		all += pool->all[j];
		planted += (double)pool->k[pool->planted * pool->slices + j];
	}
	return planted / all;
}

/* ---- the two figures ----------------------------------------------------------------------------- */

static double same_release(const struct pool *pool, size_t *order, int pairs)
{
	int cost = 0, function = 0, any = 0;

	for (int i = 0; i < pairs; i++) {
		struct outcome_of_pair pair = one_pair(pool, order, 0);

		cost += pair.cost;
		function += pair.function;
		any += pair.cost || pair.function;
	}
	printf("same release: a finding in %d of %d pairs (%.1f%%): the whole cost in %d, a function in %d\n",
	       any, pairs, 100.0 * any / pairs, cost, function);
	return (double)any / pairs;
}

/* `growth`: of the whole cost, all of it in the planted function. */
static double planted(const struct pool *pool, size_t *order, int pairs, double growth)
{
	double share = share_of_planted(pool);
	int found = 0;

	for (int i = 0; i < pairs; i++)
		found += one_pair(pool, order, fmin(growth / share, 1)).planted;
	printf("a request %.3g%% dearer by " PLANTED
	       " (itself %.1f%% of it, so %+.0f%%): found in %d of %d windows "
	       "(%.1f%%)\n",
	       100 * growth, 100 * share, 100 * growth / share, found, pairs, 100.0 * found / pairs);
	return (double)found / pairs;
}

int main(int argc, char **argv)
{
	int pairs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 400;
	struct pool pool;
	double same, found;
	size_t *order;

	if (argc > 2 && strcmp(argv[1], "collect") == 0)
		return collect(argc - 2, argv + 2);
	if (argc < 2 || argc > 3 || pairs < 1 || pairs > 1000000) {
		fprintf(stderr, "usage: proof FILE [PAIRS] | proof collect RUN...\n");
		return 2;
	}
	pool = pool_read(argv[1]);
	order = xcalloc(pool.slices, sizeof *order);
	for (size_t i = 0; i < pool.slices; i++)
		order[i] = i;
	same = same_release(&pool, order, pairs);
	found = planted(&pool, order, pairs, 0.05);
	planted(&pool, order, pairs, 0.03);
	planted(&pool, order, pairs, 0.02);
	planted(&pool, order, pairs, 0.0025);
	printf("wanted: at most %.0f%% and, of 5%%, at least %.0f%%: %s\n", 100 * AA_MOST,
	       100 * PLANTED_LEAST, same <= AA_MOST && found >= PLANTED_LEAST ? "both hold" : "NOT SO");
	free(order);
	pool_release(&pool);
	return !(same <= AA_MOST && found >= PLANTED_LEAST);
}
