#include "capture/spdy.h"

#include <string.h>

#define VERSION 3

enum {
	SYN_STREAM = 1,
	SYN_REPLY = 2,
	RST_STREAM = 3,
	PING = 6,
	GOAWAY = 7,
	HEADERS = 8,
	FLAG_FIN = 1,
};

/* Of the control frames that are looked into: their bytes before a header block, or all of them. */
static const struct kind {
	uint16_t type;
	uint8_t numbers;
	bool has_block;
} kinds[] = {
	{SYN_STREAM, 10, true}, {SYN_REPLY, 4, true}, {HEADERS, 4, true},
	{RST_STREAM, 8, false}, {PING, 4, false},     {GOAWAY, 8, false},
};

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t read_id(const uint8_t *at)
{
	return read32(at) & 0x7fffffff;
}

static void write32(uint8_t *at, uint32_t number)
{
	at[0] = (uint8_t)(number >> 24);
	at[1] = (uint8_t)(number >> 16);
	at[2] = (uint8_t)(number >> 8);
	at[3] = (uint8_t)number;
}

int spdy_init(struct spdy *spdy, const struct spdy_events *events, void *context)
{
	*spdy = (struct spdy){.events = events, .context = context, .pings = 1};
	/* A window that holds the dictionary and little more: what is sent is a few short headers. */
	spdy->has_deflate = deflateInit2(&spdy->deflate, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 11, 1,
	                                 Z_DEFAULT_STRATEGY) == Z_OK;
	spdy->has_inflate = inflateInit(&spdy->inflate) == Z_OK;
	if (!spdy->has_deflate || !spdy->has_inflate)
		return -1;
	return deflateSetDictionary(&spdy->deflate, (const Bytef *)spdy_dictionary, SPDY_DICTIONARY_SIZE) ==
	                       Z_OK
	               ? 0
	               : -1;
}

void spdy_release(struct spdy *spdy)
{
	if (spdy->has_deflate)
		deflateEnd(&spdy->deflate);
	if (spdy->has_inflate)
		inflateEnd(&spdy->inflate);
	queue_release(&spdy->out);
	queue_release(&spdy->block);
	*spdy = (struct spdy){0};
}

/* ---- frames that go out -------------------------------------------------------- */

static void control_head(uint8_t head[SPDY_HEAD], uint16_t type, size_t size)
{
	write32(head, 0x80000000u | VERSION << 16 | type);
	write32(head + 4, (uint32_t)size);
}

/* A control frame of one or two numbers. */
static int add_numbers(struct spdy *spdy, uint16_t type, size_t count, uint32_t first, uint32_t second)
{
	uint8_t frame[SPDY_HEAD + 8];

	control_head(frame, type, 4 * count);
	write32(frame + SPDY_HEAD, first);
	write32(frame + SPDY_HEAD + 4, second);
	return queue_add(&spdy->out, frame, SPDY_HEAD + 4 * count);
}

static int add_text(struct queue *block, const char *text)
{
	uint8_t length[4];

	write32(length, (uint32_t)strlen(text));
	return queue_add(block, length, 4) | queue_add(block, text, strlen(text));
}

/* Appends the block, deflated and flushed, to `ret`. */
static int deflate_block(struct spdy *spdy, const struct queue *block, struct queue *ret)
{
	uint8_t piece[1024];
	z_stream *z = &spdy->deflate;
	int status = 0;

	z->next_in = (Bytef *)(uintptr_t)queue_head(block);
	z->avail_in = (uInt)queue_size(block);
	do {
		z->next_out = piece;
		z->avail_out = sizeof piece;
		deflate(z, Z_SYNC_FLUSH);
		status |= queue_add(ret, piece, sizeof piece - z->avail_out);
	} while (z->avail_out == 0);
	return status;
}

int spdy_open(struct spdy *spdy, uint32_t stream, const struct spdy_header *headers, size_t count)
{
	uint8_t start[SPDY_HEAD + 10] = {0}, number[4];
	struct queue block = {0}, packed = {0};
	int status;

	write32(number, (uint32_t)count);
	status = queue_add(&block, number, 4);
	for (size_t i = 0; i < count; i++)
		status |= add_text(&block, headers[i].name) | add_text(&block, headers[i].value);
	if (status == 0)
		status = deflate_block(spdy, &block, &packed);
	control_head(start, SYN_STREAM, 10 + queue_size(&packed));
	write32(start + SPDY_HEAD, stream);
	if (status == 0)
		status = queue_add(&spdy->out, start, sizeof start);
	if (status == 0)
		status = queue_add(&spdy->out, queue_head(&packed), queue_size(&packed));
	queue_release(&block);
	queue_release(&packed);
	return status;
}

void spdy_data_head(uint8_t ret[SPDY_HEAD], uint32_t stream, size_t size)
{
	write32(ret, stream);
	write32(ret + 4, (uint32_t)size);
}

int spdy_fin(struct spdy *spdy, uint32_t stream)
{
	uint8_t head[SPDY_HEAD];

	spdy_data_head(head, stream, 0);
	head[4] = FLAG_FIN;
	return queue_add(&spdy->out, head, sizeof head);
}

int spdy_reset(struct spdy *spdy, uint32_t stream, enum spdy_status status)
{
	return add_numbers(spdy, RST_STREAM, 2, stream, status);
}

int spdy_ping(struct spdy *spdy)
{
	uint32_t number = spdy->pings;

	spdy->pings += 2;
	return add_numbers(spdy, PING, 1, number, 0);
}

int spdy_goaway(struct spdy *spdy)
{
	return add_numbers(spdy, GOAWAY, 2, 0, 0);
}

/* ---- the frame that is coming in --------------------------------------------------- */

static bool broken(struct spdy *spdy, const char *what)
{
	if (!spdy->broken)
		spdy->broken = what;
	return false;
}

static bool is_control(const struct spdy *spdy)
{
	return spdy->head[0] & 0x80;
}

static const struct kind *kind_of(const struct spdy *spdy)
{
	uint32_t type = read32(spdy->head) & 0xffff;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/* ---- header blocks ------------------------------------------------------------------ */

static bool inflate_piece(struct spdy *spdy)
{
	z_stream *z = &spdy->inflate;
	uint8_t piece[4096];
	int status;

	z->next_out = piece;
	z->avail_out = sizeof piece;
	status = inflate(z, Z_SYNC_FLUSH);
	if (status == Z_NEED_DICT)
		return inflateSetDictionary(z, (const Bytef *)spdy_dictionary, SPDY_DICTIONARY_SIZE) ==
		               Z_OK ||
		       broken(spdy, "a header block is of another dictionary");
	if (status == Z_MEM_ERROR)
		return broken(spdy, "out of memory");
	if (status != Z_OK && status != Z_BUF_ERROR)
		return broken(spdy, "a header block does not inflate");
	if (sizeof piece - z->avail_out > SPDY_BLOCK_MAX - queue_size(&spdy->block))
		return broken(spdy, "a header block is too long");
	return queue_add(&spdy->block, piece, sizeof piece - z->avail_out) == 0 ||
	       broken(spdy, "out of memory");
}

static bool inflate_block(struct spdy *spdy, const uint8_t *data, size_t size)
{
	z_stream *z = &spdy->inflate;

	z->next_in = (Bytef *)(uintptr_t)data;
	z->avail_in = (uInt)size;
	do
		if (!inflate_piece(spdy))
			return false;
	while (z->avail_in || z->avail_out == 0);
	return true;
}

static bool skip_text(const uint8_t **at, const uint8_t *end)
{
	uint32_t length;

	if (end - *at < 4)
		return false;
	length = read32(*at);
	*at += 4;
	if (length > (size_t)(end - *at))
		return false;
	*at += length;
	return true;
}

/* What the names and values are is nobody's matter; that they fill the block is. */
static bool check_block(struct spdy *spdy)
{
	const uint8_t *at = queue_head(&spdy->block), *end;
	uint32_t count;
	bool good = true;

	if (queue_size(&spdy->block) < 4)
		return broken(spdy, "a header block is malformed");
	end = at + queue_size(&spdy->block);
	count = read32(at);
	for (at += 4; good && count; count--)
		good = skip_text(&at, end) && skip_text(&at, end);
	queue_drop(&spdy->block, queue_size(&spdy->block));
	return (good && at == end) || broken(spdy, "a header block is malformed");
}

/* ---- its end -------------------------------------------------------------------------- */

/* An echo of the server's; of ours nothing is to be done. */
static bool take_ping(struct spdy *spdy, uint32_t number)
{
	if (number & 1)
		return true;
	if (queue_size(&spdy->out) > SPDY_OUT_MAX)
		return broken(spdy, "the server sends pings and reads no answer");
	return add_numbers(spdy, PING, 1, number, 0) == 0 || broken(spdy, "out of memory");
}

/* It opens a stream: a port-forward has none that way. */
static bool refuse(struct spdy *spdy, uint32_t stream)
{
	if (queue_size(&spdy->out) > SPDY_OUT_MAX)
		return broken(spdy, "the server opens streams");
	return spdy_reset(spdy, stream, SPDY_REFUSED_STREAM) == 0 || broken(spdy, "out of memory");
}

static bool end_control(struct spdy *spdy, const struct kind *kind)
{
	const struct spdy_events *events = spdy->events;
	uint32_t id = read_id(spdy->numbers), second = read32(spdy->numbers + 4);

	if (kind->has_block && !check_block(spdy))
		return false;
	switch (kind->type) {
	case SYN_STREAM:
		return refuse(spdy, id);
	case SYN_REPLY:
		events->reply(spdy->context, id);
		break;
	case RST_STREAM:
		events->reset(spdy->context, id, second);
		break;
	case PING:
		return take_ping(spdy, read32(spdy->numbers));
	case GOAWAY:
		events->goaway(spdy->context, id, second);
		break;
	default:
		break;
	}
	return true;
}

static bool end_frame(struct spdy *spdy)
{
	const struct kind *kind = is_control(spdy) ? kind_of(spdy) : NULL;
	bool fin = spdy->head[4] & FLAG_FIN;

	spdy->head_size = 0;
	if (kind && !end_control(spdy, kind))
		return false;
	if (fin && (!is_control(spdy) || (kind && (kind->type == SYN_REPLY || kind->type == HEADERS))))
		spdy->events->fin(spdy->context, read_id(is_control(spdy) ? spdy->numbers : spdy->head));
	return true;
}

/* ---- its beginning and its payload ------------------------------------------------------ */

static bool begin_frame(struct spdy *spdy)
{
	const struct kind *kind;

	spdy->left = read32(spdy->head + 4) & 0xffffff;
	spdy->numbers_size = 0;
	if (!is_control(spdy))
		return true;
	if ((read32(spdy->head) >> 16 & 0x7fff) != VERSION)
		return broken(spdy, "the server does not speak SPDY/3");
	kind = kind_of(spdy);
	if (kind && (spdy->left < kind->numbers || (!kind->has_block && spdy->left > kind->numbers)))
		return broken(spdy, "a control frame has the wrong length");
	return true;
}

static size_t keep(uint8_t *ret, size_t *ret_size, size_t wanted, const uint8_t *data, size_t size)
{
	size_t missing = wanted - *ret_size;

	size = size < missing ? size : missing;
	memcpy(ret + *ret_size, data, size);
	*ret_size += size;
	return size;
}

static bool take_payload(struct spdy *spdy, const uint8_t *data, size_t size)
{
	const struct kind *kind = is_control(spdy) ? kind_of(spdy) : NULL;
	size_t kept;

	if (!is_control(spdy)) {
		spdy->events->data(spdy->context, read_id(spdy->head), data, size);
		return true;
	}
	if (!kind)
		return true;
	kept = keep(spdy->numbers, &spdy->numbers_size, kind->numbers, data, size);
	return kept == size || inflate_block(spdy, data + kept, size - kept);
}

/* The rest of a head, or payload: how much was taken; 0 when it is broken. */
static size_t take_some(struct spdy *spdy, const uint8_t *data, size_t size)
{
	bool good = true;

	if (spdy->head_size < SPDY_HEAD) {
		size = keep(spdy->head, &spdy->head_size, SPDY_HEAD, data, size);
		if (spdy->head_size < SPDY_HEAD)
			return size;
		good = begin_frame(spdy);
	} else {
		size = size < spdy->left ? size : spdy->left;
		spdy->left -= (uint32_t)size;
		good = take_payload(spdy, data, size);
	}
	if (good && !spdy->left)
		good = end_frame(spdy);
	return good ? size : 0;
}

bool spdy_take(struct spdy *spdy, const uint8_t *data, size_t size)
{
	while (size && !spdy->broken) {
		size_t taken = take_some(spdy, data, size);

		data += taken;
		size -= taken;
	}
	return !spdy->broken;
}
