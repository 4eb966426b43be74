/* The parts of a run that are lists: latencies, seconds, slices. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/run_read.h"
#include "plugin/text.h"

#define SLICES_READ_MAX  4096
#define SECONDS_READ_MAX (1U << 20)

/* The text up to the line's end; *text moves behind it. NULL: no line is left. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = line + strcspn(line, "\n");
	*text = *end ? end + 1 : end;
	*end = '\0';
	line[strcspn(line, "\r")] = '\0';
	return line;
}

/* The last of a line's fields, if it is one of that tag: Tag=NAME,START,LENGTH,MAX,HISTOGRAM. */
static const char *histogram_of(const char *line, const char *tag)
{
	size_t length = strlen(tag);

	if (strncmp(line, "Tag=", 4) != 0 || strncmp(line + 4, tag, length) != 0 || line[4 + length] != ',')
		return NULL;
	return strrchr(line, ',') + 1;
}

int run_read_latency(const struct run_read *run, const char *tag, struct lg_histogram **ret,
                     struct error *error)
{
	struct lg_histogram *sum = NULL;
	unsigned char *bytes;
	char *rest, *line;
	size_t size;
	int status = run_read_file(run, "latency.hlog", &bytes, &size, error);

	if (status)
		return status;
	rest = (char *)bytes;
	while (status == 0 && (line = next_line(&rest))) {
		const char *text = histogram_of(line, tag);
		struct lg_histogram *one = text ? lg_histogram_decode(text, strlen(text)) : NULL;

		if (text && !one)
			status = error_set(error, "run '%s': latency.hlog: '%s' is no histogram of ours",
			                   run->path, tag);
		if (sum && one) {
			lg_histogram_merge(sum, one);
			lg_histogram_free(one);
		} else if (one) {
			sum = one;
		}
	}
	free(bytes);
	if (status == 0 && sum) {
		*ret = sum;
		return 0;
	}
	lg_histogram_free(sum);
	return status < 0 ? -1 : 1;
}

/* The next field of a row; "" when there is none. */
static char *next_field(char **row)
{
	char *field = *row;
	size_t length = strcspn(field, ",");

	*row = field + length + (field[length] == ',');
	field[length] = '\0';
	return field;
}

static double number_of(const char *field, double otherwise)
{
	char *end;
	double value = strtod(field, &end);

	return end != field && !*end && isfinite(value) ? value : otherwise;
}

static bool read_row(char *line, struct run_second *ret)
{
	*ret = (struct run_second){0};
	next_field(&line);
	ret->elapsed = number_of(next_field(&line), -1);
	snprintf(ret->phase, sizeof ret->phase, "%s", next_field(&line));
	text_clean(ret->phase);
	ret->vus = number_of(next_field(&line), -1);
	ret->requests = number_of(next_field(&line), -1);
	ret->failed = number_of(next_field(&line), -1);
	ret->p50 = number_of(next_field(&line), -1);
	ret->p99 = number_of(next_field(&line), -1);
	ret->cpu = number_of(next_field(&line), -1);
	ret->memory = number_of(next_field(&line), -1);
	return ret->elapsed >= 0 && ret->vus >= 0 && ret->requests >= 0 && ret->failed >= 0 &&
	       ret->p50 >= 0 && ret->p99 >= 0;
}

#define TIMELINE_HEADER "time,elapsed_s,phase,vus,requests,failed,p50_us,p99_us,"

static int read_rows(const struct run_read *run, char *text, struct run_second **ret, size_t *ret_count,
                     struct error *error)
{
	struct run_second *rows = NULL;
	char *line = next_line(&text);
	size_t count = 0;

	if (!line || strncmp(line, TIMELINE_HEADER, sizeof TIMELINE_HEADER - 1) != 0)
		return error_set(error, "run '%s': timeline.csv has other columns than ours", run->path);
	while ((line = next_line(&text))) {
		if ((count & (count - 1)) == 0)
			rows = xrealloc(rows, (count ? 2 * count : 1) * sizeof *rows);
		if (count == SECONDS_READ_MAX || !read_row(line, &rows[count])) {
			free(rows);
			return error_set(error, "run '%s': timeline.csv: line %zu is no row of ours",
			                 run->path, count + 2);
		}
		count++;
	}
	if (!count)
		return 1;
	*ret = rows;
	*ret_count = count;
	return 0;
}

int run_read_seconds(const struct run_read *run, struct run_second **ret, size_t *ret_count,
                     struct error *error)
{
	unsigned char *bytes;
	size_t size;
	int status = run_read_file(run, "timeline.csv", &bytes, &size, error);

	if (status)
		return status;
	status = read_rows(run, (char *)bytes, ret, ret_count, error);
	free(bytes);
	return status;
}

static double number_at(const cJSON *item, const char *name)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(item, name);

	return cJSON_IsNumber(number) && isfinite(number->valuedouble) ? number->valuedouble : -1;
}

static bool read_slice(const cJSON *item, struct run_slice *ret)
{
	const cJSON *file = cJSON_GetObjectItemCaseSensitive(item, "file");
	double begin = number_at(cJSON_GetObjectItemCaseSensitive(item, "begin"), "monotonic_ns");
	double end = number_at(cJSON_GetObjectItemCaseSensitive(item, "end"), "monotonic_ns");

	if (!cJSON_IsString(file) || strlen(file->valuestring) >= sizeof ret->file || begin < 0 ||
	    end <= begin || end > 9e18)
		return false;
	*ret = (struct run_slice){.begin = (int64_t)begin,
	                          .end = (int64_t)end,
	                          .length = number_at(item, "seconds"),
	                          .requests = number_at(item, "requests")};
	snprintf(ret->file, sizeof ret->file, "%s", file->valuestring);
	return ret->requests >= 0 && ret->length > 0;
}

int run_read_slices(const struct run_read *run, struct run_slice **ret, size_t *ret_count,
                    struct error *error)
{
	const cJSON *list = run_read_at(run, "slices"), *item;
	int count = cJSON_GetArraySize(list);
	struct run_slice *slices;
	size_t i = 0;

	if (!cJSON_IsArray(list) || !count)
		return 1;
	if (count > SLICES_READ_MAX)
		return error_set(error, "run '%s': run.json has more than %d slices", run->path,
		                 SLICES_READ_MAX);
	slices = xcalloc((size_t)count, sizeof *slices);
	cJSON_ArrayForEach(item, list)
	{
		if (read_slice(item, &slices[i++]))
			continue;
		free(slices);
		return error_set(error, "run '%s': run.json: slice %zu is none of ours", run->path, i);
	}
	*ret = slices;
	*ret_count = i;
	return 0;
}
