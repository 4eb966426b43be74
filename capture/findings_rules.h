/*
 * The patterns that findings are made of, in the order in which a stack is offered to
 * them. Names are those of Go 1.19 to 1.26; thresholds and words are explained
 * in findings_rules.c. Private to capture/.
 */
#ifndef CAPTURE_FINDINGS_RULES_H
#define CAPTURE_FINDINGS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum findings_rule_id {
	RULE_REGEXP,
	RULE_TLS,
	RULE_GC_ASSIST,
	RULE_GC_MARK,
	RULE_MUTEX,
	RULE_LOGGING,
	RULE_STRINGS,
	RULE_BOXING,
	RULE_MAPS,
	RULE_ALLOCATION,
	RULE_RUNTIME_LOCKS,
	RULE_SCHEDULER,
	RULE_SYSCALLS,
	RULE_JSON,
	RULE_FMT,
	RULE_CLOCK,
	RULE_COPIES,
	RULE_COUNT,
	RULE_GC_IDLE = RULE_COUNT, /* no finding: a mark worker that runs where nothing else would */
	RULE_WORDS                 /* patterns in all */
};

#define RULE_BIT(id) (UINT32_C(1) << (id))

struct findings_rule {
	const char *name, *title, *means, *todo;
	double threshold;         /* share of the CPU */
	const char *const *words; /* '*' stands for any text; ends with NULL */
	uint32_t unless;          /* patterns beside which it does not count */
	bool direct;              /* counts only when what calls the runtime is not the standard library */
};

/* RULE_WORDS of them; the last have nothing but words. */
extern const struct findings_rule findings_rules[];

/* The patterns that name a function. Names of over 4 KiB have none. */
uint32_t findings_patterns(const char *function);

#endif
