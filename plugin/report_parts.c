#include "plugin/report_parts.h"

/* REPORT_PARTS, the folder, comes from CMakeLists.txt. */
#define CARRY(name, file)                                                                                    \
	__asm__(".pushsection .rodata\n"                                                                     \
	        ".hidden report_bytes_" #name "\n.global report_bytes_" #name "\n"                           \
	        ".hidden report_bytes_" #name "_end\n.global report_bytes_" #name "_end\n"                   \
	        "report_bytes_" #name ":\n.incbin \"" REPORT_PARTS "/" file "\"\n"                           \
	        "report_bytes_" #name "_end:\n.byte 0\n.popsection\n");                                      \
	extern const char report_bytes_##name[] __attribute__((visibility("hidden"))),                       \
		report_bytes_##name##_end[] __attribute__((visibility("hidden")));

#define PART(name)                                                                                           \
	{                                                                                                    \
		report_bytes_##name, (size_t)(report_bytes_##name##_end - report_bytes_##name)               \
	}

CARRY(page, "page.html")
CARRY(css, "report.css")
CARRY(base, "base.js")
CARRY(names, "names.js")
CARRY(head, "head.js")
CARRY(findings, "findings.js")
CARRY(timeline, "timeline.js")
CARRY(latency, "latency.js")
CARRY(views, "views.js")
CARRY(flame, "flame.js")
CARRY(functions, "functions.js")
CARRY(picker, "picker.js")
CARRY(facts, "facts.js")
CARRY(main, "main.js")

struct report_part report_part_page(void)
{
	return (struct report_part)PART(page);
}

struct report_part report_part_css(void)
{
	return (struct report_part)PART(css);
}

struct report_part report_part_script(size_t i)
{
	const struct report_part parts[REPORT_SCRIPTS] = {
		PART(base),  PART(names), PART(head),      PART(findings), PART(timeline), PART(latency),
		PART(views), PART(flame), PART(functions), PART(picker),   PART(facts),    PART(main),
	};

	return parts[i];
}
