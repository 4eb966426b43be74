#include "plugin/document.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

const char *const document_formats[] = {"text", "json", "yaml", NULL};

static void emit_scalar(yaml_emitter_t *emitter, const char *text, int quoted)
{
	yaml_event_t event;

	yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1,
	                             quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
	yaml_emitter_emit(emitter, &event);
}

static void emit(yaml_emitter_t *emitter, const cJSON *json);

static void emit_collection(yaml_emitter_t *emitter, const cJSON *json)
{
	int map = cJSON_IsObject(json);
	yaml_event_t event;

	if (map)
		yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_ANY_MAPPING_STYLE);
	else
		yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_ANY_SEQUENCE_STYLE);
	yaml_emitter_emit(emitter, &event);
	for (const cJSON *item = json->child; item; item = item->next) {
		if (map)
			emit_scalar(emitter, item->string, 0);
		emit(emitter, item);
	}
	if (map)
		yaml_mapping_end_event_initialize(&event);
	else
		yaml_sequence_end_event_initialize(&event);
	yaml_emitter_emit(emitter, &event);
}

static void emit(yaml_emitter_t *emitter, const cJSON *json)
{
	char *text;

	if (cJSON_IsObject(json) || cJSON_IsArray(json)) {
		emit_collection(emitter, json);
	} else if (cJSON_IsString(json)) {
		emit_scalar(emitter, json->valuestring, 1);
	} else {
		text = cJSON_PrintUnformatted(json);
		emit_scalar(emitter, text ? text : "null", 0);
		cJSON_free(text);
	}
}

static void print_yaml(FILE *out, const cJSON *json)
{
	yaml_emitter_t emitter;
	yaml_event_t event;

	yaml_emitter_initialize(&emitter);
	yaml_emitter_set_output_file(&emitter, out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
	yaml_emitter_emit(&emitter, &event);
	yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
	yaml_emitter_emit(&emitter, &event);
	emit(&emitter, json);
	yaml_document_end_event_initialize(&event, 1);
	yaml_emitter_emit(&emitter, &event);
	yaml_stream_end_event_initialize(&event);
	yaml_emitter_emit(&emitter, &event);
	yaml_emitter_delete(&emitter);
}

void document_print(FILE *out, const cJSON *json, int format)
{
	char *text;

	if (format == DOCUMENT_YAML) {
		print_yaml(out, json);
		return;
	}
	text = cJSON_Print(json);
	fprintf(out, "%s\n", text ? text : "null");
	cJSON_free(text);
}
