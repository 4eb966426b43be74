#include "plugin/report.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/report_parts.h"
#include "plugin/report_series.h"
#include "plugin/report_views.h"
#include "plugin/report_write.h"
#include "plugin/text_out.h"

/* How often what is shown of the profiles is halved before we give up. */
#define HALVINGS 10

struct page {
	const struct run_read *run, *base;
	struct report_views views;
	char note[512];
	double room;
};

/* ---- the data ------------------------------------------------------------------ */

static void write_base(FILE *out, struct page *page)
{
	const struct run_read *base = page->base;
	const char *name = run_read_text(base, "target/name"),
		   *time = run_read_text(base, "timeline/begun/time");
	char label[200];

	snprintf(label, sizeof label, "%.100s of %.40s", name ? name : "a run", time ? time : "unknown time");
	report_name(out, "base", false);
	fputs("{\"label\":", out);
	report_text(out, label);
	report_name(out, "run", false);
	report_document(out, base->json, "functions");
	report_name(out, "latency", false);
	report_latency(out, base, page->note);
	fputc('}', out);
}

static void write_notes(FILE *out, const struct page *page)
{
	const char *separator = "";

	report_name(out, "notes", false);
	fputc('[', out);
	if (page->note[0]) {
		report_text(out, page->note);
		separator = ",";
	}
	if (page->views.note[0]) {
		fputs(separator, out);
		report_text(out, page->views.note);
	}
	fputc(']', out);
}

static void write_data(FILE *out, struct page *page)
{
	fputs("{\"tool\":", out);
	report_text(out, "kubectl-pprof " KP_VERSION);
	report_name(out, "run", false);
	report_document(out, page->run->json, NULL);
	if (page->base)
		write_base(out, page);
	report_name(out, "timeline", false);
	report_timeline(out, page->run, page->note);
	report_name(out, "latency", false);
	report_latency(out, page->run, page->note);
	write_notes(out, page);
	fputc(',', out);
	report_views_write(out, &page->views, page->room);
	fputc('}', out);
}

/* ---- the page ------------------------------------------------------------------ */

static void write_script(FILE *out)
{
	for (size_t i = 0; i < REPORT_SCRIPTS; i++) {
		struct report_part part = report_part_script(i);

		fwrite(part.text, 1, part.size, out);
	}
}

static void write_hash(FILE *out, const char *text, size_t size)
{
	unsigned char digest[EVP_MAX_MD_SIZE], coded[2 * EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (EVP_Digest(text, size, digest, &length, EVP_sha256(), NULL) != 1)
		return;
	EVP_EncodeBlock(coded, digest, (int)length);
	fprintf(out, "'sha256-%s'", (char *)coded);
}

static void write_script_hash(FILE *out)
{
	struct text_out text;
	size_t size;
	char *script;

	text_out_begin(&text);
	write_script(text.file);
	script = text_out_end(&text, &size);
	write_hash(out, script, size);
	free(script);
}

static void write_policy(FILE *out)
{
	struct report_part css = report_part_css();

	fputs("default-src 'none'; script-src ", out);
	write_script_hash(out);
	fputs("; style-src ", out);
	write_hash(out, css.text, css.size);
	fputs("; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'", out);
}

static void write_title(FILE *out, const struct page *page)
{
	const char *name = run_read_text(page->run, "target/name");
	const char *verdict = run_read_text(page->run, "verdict/verdict");

	report_html(out, name ? name : "a run");
	if (verdict) {
		fputs(": ", out);
		report_html(out, verdict);
	}
	fputs(" - kubectl pprof", out);
}

static void fill_place(FILE *out, const char *name, size_t length, struct page *page)
{
	struct report_part css = report_part_css();

	if (strncmp(name, "csp", length) == 0)
		write_policy(out);
	else if (strncmp(name, "title", length) == 0)
		write_title(out, page);
	else if (strncmp(name, "css", length) == 0)
		fwrite(css.text, 1, css.size, out);
	else if (strncmp(name, "data", length) == 0)
		write_data(out, page);
	else if (strncmp(name, "js", length) == 0)
		write_script(out);
}

static void write_page(FILE *out, struct page *page)
{
	struct report_part part = report_part_page();
	const char *at = part.text, *end = at + part.size;

	while (at < end) {
		const char *open = memchr(at, '@', (size_t)(end - at));
		const char *close = open ? memchr(open + 1, '@', (size_t)(end - open - 1)) : NULL;

		if (!close) {
			fwrite(at, 1, (size_t)(end - at), out);
			return;
		}
		fwrite(at, 1, (size_t)(open - at), out);
		fill_place(out, open + 1, (size_t)(close - open - 1), page);
		at = close + 1;
	}
}

static char *print_page(struct page *page, size_t *ret_size)
{
	struct text_out text;

	text_out_begin(&text);
	write_page(text.file, page);
	return text_out_end(&text, ret_size);
}

int report_make(const struct run_read *run, const struct run_read *base, char **ret, size_t *ret_size,
                struct error *error)
{
	struct page page = {.run = run, .base = base, .room = 1};
	char *text;
	size_t size;

	report_views_make(run, base, &page.views);
	text = print_page(&page, &size);
	for (int i = 0; size > REPORT_MAX && i < HALVINGS; i++) {
		page.room /= 2;
		free(text);
		text = print_page(&page, &size);
	}
	report_views_release(&page.views);
	if (size > REPORT_MAX) {
		free(text);
		return error_set(error, "run '%s': its run.json is too large for a page", run->path);
	}
	*ret = text;
	*ret_size = size;
	return 0;
}
