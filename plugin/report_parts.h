/* The page's parts, plugin/report/ in the source, carried inside the program. */
#ifndef PLUGIN_REPORT_PARTS_H
#define PLUGIN_REPORT_PARTS_H

#include <stddef.h>

struct report_part {
	const char *text;
	size_t size;
};

/* page.html has places to be filled in: @csp@, @title@, @css@, @data@, @js@. */
struct report_part report_part_page(void);
struct report_part report_part_css(void);

/* The script's files, in the order they are put together. */
#define REPORT_SCRIPTS 12
struct report_part report_part_script(size_t i);

#endif
