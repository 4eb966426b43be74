#include "plugin/flame_svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/measure.h"
#include "plugin/text.h"

#define WIDTH     1200.0
#define MARGIN    10.0
#define HEAD      76.0 /* above the frames: title and a line of explanation */
#define ROW       18.0
#define CHARACTER 6.7 /* of the monospace 11 px that names are written in */
#define LEAST     0.1 /* px: what is narrower is left out */

struct painter {
	FILE *out;
	const struct cap_flame *nodes;
	size_t count;
	const char *unit;
	bool compared;
	double *left; /* of each node, px */
	uint32_t depth;
};

/* ---- text ------------------------------------------------------------------------ */

/* The three bytes of U+FFFE and U+FFFF, which XML does not have. */
static bool is_no_character(const unsigned char *p)
{
	return p[0] == 0xef && p[1] == 0xbf && (p[2] == 0xbe || p[2] == 0xbf);
}

static void print_escaped(FILE *out, const char *text)
{
	char *copy = xstrdup(text);

	text_clean(copy);
	for (const char *c = copy; *c; c++) {
		const char *special = strchr("<>&\"'", *c);

		if (special)
			fprintf(out, "&#%d;", *c);
		else if (is_no_character((const unsigned char *)c))
			fputc('?', out), c += 2;
		else
			fputc(*c, out);
	}
	free(copy);
}

/* As much of the name as there is room for, whole characters, ".." where it was cut. */
static void print_label(FILE *out, const char *name, double width)
{
	size_t room = (size_t)((width - 6) / CHARACTER), used = 0, length = 0, cut = 0;
	char *copy = xstrdup(name);

	text_clean(copy);
	for (; copy[used]; used++) {
		if (((unsigned char)copy[used] & 0xc0) == 0x80)
			continue;
		if (length + 2 <= room)
			cut = used;
		if (length++ == room)
			break;
	}
	if (copy[used])
		copy[cut] = '\0';
	print_escaped(out, copy);
	if (length > room)
		fputs("..", out);
	free(copy);
}

/* ---- frames ---------------------------------------------------------------------- */

static double share(int64_t part, int64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static double change(const struct painter *painter, const struct cap_flame *node)
{
	return share(node->total, painter->nodes->total) -
	       share(node->base_total, painter->nodes->base_total);
}

static unsigned hash(const char *text)
{
	unsigned ret = 2166136261u;

	for (; *text; text++)
		ret = (ret ^ (unsigned char)*text) * 16777619u;
	return ret;
}

/* Warm, the same for the same name; in a comparison from white to orange or blue at 10 points of difference.
 */
static void print_colour(const struct painter *painter, const struct cap_flame *node)
{
	unsigned seed = hash(node->name);
	double strength;

	if (!painter->compared) {
		fprintf(painter->out, "hsl(%u,%u%%,%u%%)", 18 + seed % 34, 78 + seed / 64 % 14,
		        64 + seed / 1024 % 10);
		return;
	}
	strength = fmin(fabs(change(painter, node)) / 0.1, 1);
	fprintf(painter->out, "hsl(%d,85%%,%.0f%%)", change(painter, node) > 0 ? 30 : 212,
	        96 - 36 * sqrt(strength));
}

static void print_tip(const struct painter *painter, const struct cap_flame *node)
{
	char total[MEASURE_TEXT], self[MEASURE_TEXT], base[MEASURE_TEXT], percents[2][16];

	print_escaped(painter->out, node->name);
	fprintf(painter->out, "&#10;%s, %s; itself %s",
	        measure_text(node->total, painter->unit, "auto", total),
	        measure_percent(node->total, painter->nodes->total, percents[0]),
	        measure_text(node->self, painter->unit, "auto", self));
	if (painter->compared)
		fprintf(painter->out, "&#10;base: %s, %s; %+.2f points of share",
		        measure_text(node->base_total, painter->unit, "auto", base),
		        measure_percent(node->base_total, painter->nodes->base_total, percents[1]),
		        100 * change(painter, node));
	if (*node->file) {
		fputs("&#10;", painter->out);
		print_escaped(painter->out, node->file);
		if (node->line > 0)
			fprintf(painter->out, ":%lld", (long long)node->line);
	}
}

static double width_of(const struct painter *painter, const struct cap_flame *node)
{
	return (WIDTH - 2 * MARGIN) * share(node->total, painter->nodes->total);
}

static const char *sign_of(const struct painter *painter, const struct cap_flame *node)
{
	double points = painter->compared ? 100 * change(painter, node) : 0;

	return points >= 0.05 ? "+ " : points <= -0.05 ? "− " : "";
}

static void print_frame(const struct painter *painter, uint32_t i)
{
	const struct cap_flame *node = &painter->nodes[i];
	double width = width_of(painter, node), top = HEAD + ROW * node->depth;

	fputs("<g><title>", painter->out);
	print_tip(painter, node);
	fprintf(painter->out, "</title><rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%.0f\" fill=\"",
	        painter->left[i], top, width, ROW - 1);
	print_colour(painter, node);
	fputs("\"/>", painter->out);
	if (width > 3 * CHARACTER + 6) {
		const char *sign = sign_of(painter, node);

		fprintf(painter->out, "<text x=\"%.2f\" y=\"%.0f\">%s", painter->left[i] + 3, top + ROW - 6,
		        sign);
		print_label(painter->out, node->name, width - (*sign ? 2 * CHARACTER : 0));
		fputs("</text>", painter->out);
	}
	fputs("</g>\n", painter->out);
}

/* Left edges; children stand one beside the other from their parent's on. */
static void place(struct painter *painter)
{
	double next[CAP_FLAME_DEPTH + 2] = {MARGIN};

	for (uint32_t i = 0; i < painter->count; i++) {
		const struct cap_flame *node = &painter->nodes[i];

		painter->left[i] = next[node->depth];
		next[node->depth] += width_of(painter, node);
		next[node->depth + 1] = painter->left[i];
		if (width_of(painter, node) >= LEAST && node->depth > painter->depth)
			painter->depth = node->depth;
	}
}

static void print_head(const struct painter *painter, const char *type, const char *name,
                       const char *base_name)
{
	char total[MEASURE_TEXT], base[MEASURE_TEXT];
	double height = HEAD + ROW * (painter->depth + 1) + MARGIN;

	fprintf(painter->out,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
	        "font-family=\"ui-monospace,Menlo,Consolas,monospace\" font-size=\"11\">\n<title>",
	        WIDTH, height, WIDTH, height);
	print_escaped(painter->out, name);
	fprintf(painter->out,
	        "</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
	        "<g font-family=\"sans-serif\" fill=\"#222\"><text x=\"%.0f\" y=\"26\" font-size=\"16\">",
	        MARGIN);
	print_escaped(painter->out, name);
	fprintf(painter->out, ": ");
	print_escaped(painter->out, type);
	measure_text(painter->nodes->total, painter->unit, "auto", total);
	fprintf(painter->out, ", %s</text>\n<text x=\"%.0f\" y=\"46\" font-size=\"12\" fill=\"#555\">", total,
	        MARGIN);
	if (painter->compared) {
		fputs("against ", painter->out);
		print_escaped(painter->out, base_name);
		fprintf(painter->out,
		        " (%s): orange and + is a larger share of the whole, blue and − a smaller one"
		        "<tspan x=\"%.0f\" dy=\"16\"> </tspan>",
		        measure_text(painter->nodes->base_total, painter->unit, "auto", base), MARGIN);
	}
	fputs("a frame is as wide as its part of the whole, what it calls stands below it; point at one for its "
	      "figures</text></g>\n<g stroke=\"none\" fill=\"#111\">\n",
	      painter->out);
}

static void paint(struct painter *painter, const char *type, const char *name, const char *base_name)
{
	place(painter);
	print_head(painter, type, name, base_name);
	for (uint32_t i = 0; i < painter->count; i++)
		if (width_of(painter, &painter->nodes[i]) >= LEAST)
			print_frame(painter, i);
	fputs("</g>\n</svg>\n", painter->out);
}

int flame_svg(FILE *out, const struct cap_profile *profile, size_t type, const struct cap_profile *base,
              const char *name, const char *base_name, struct error *error)
{
	struct painter painter = {.out = out, .compared = base != NULL};
	struct cap_error cause = {0};
	struct cap_flame *nodes;

	if (cap_profile_is_signed(profile, type) || (base && cap_profile_is_signed(base, type)))
		return error_set(
			error, "'%s' has values below 0, which have no width in a flame graph; take -o text",
			cap_profile_is_signed(profile, type) ? name : base_name);
	if (cap_profile_flame(profile, type, base, type, LEAST / WIDTH, &nodes, &painter.count, &cause) !=
	    CAP_OK)
		return error_set(error, "%s", cause.text);
	painter.nodes = nodes;
	painter.left = xcalloc(painter.count, sizeof *painter.left);
	cap_profile_type(profile, type, &painter.unit);
	paint(&painter, cap_profile_type(profile, type, NULL), name, base_name);
	free(painter.left);
	free(nodes);
	return 0;
}
