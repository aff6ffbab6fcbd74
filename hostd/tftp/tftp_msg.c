/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_msg.c - TFTP messages by (buf, len). */
#include "tftp/tftp_msg.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"

/* What is left of a message that is being read. */
struct cursor {
	const uint8_t *at;
	size_t left;
};

/* The next NUL terminated string, or NULL if the message ends before its NUL. */
static const char *next_string(struct cursor *cur)
{
	const uint8_t *nul = memchr(cur->at, 0, cur->left);
	const char *str = (const char *)cur->at;

	if (!nul)
		return NULL;
	cur->left -= (size_t)(nul - cur->at) + 1;
	cur->at = nul + 1;
	return str;
}

/* Decimal digits only (RFC 2347: values are ASCII), at most max. */
static bool parse_number(const char *str, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;

	if (!*str)
		return false;
	for (; *str; str++) {
		uint64_t digit;

		if (*str < '0' || *str > '9')
			return false;
		digit = (uint64_t)(*str - '0');
		if (digit > max || sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return true;
}

/* A blksize that is too large is valid: the server answers with a smaller one (RFC 2348). */
static const struct option_kind {
	const char *name;
	uint32_t bit;
	uint64_t min, max;
} option_kinds[] = {
	{"blksize", TFTP_O_BLKSIZE, TFTP_BLKSIZE_MIN, UINT16_MAX},
	{"tsize", TFTP_O_TSIZE, 0, INT64_MAX},
	{"windowsize", TFTP_O_WINDOWSIZE, 1, UINT16_MAX},
	{"utimeout", TFTP_O_UTIMEOUT, 10000, 255000000},
};

static void set_option(struct tftp_options *opt, uint32_t bit, uint64_t value)
{
	switch (bit) {
	case TFTP_O_BLKSIZE:
		opt->blksize = (uint16_t)value;
		break;
	case TFTP_O_TSIZE:
		opt->tsize = value;
		break;
	case TFTP_O_WINDOWSIZE:
		opt->windowsize = (uint16_t)value;
		break;
	case TFTP_O_UTIMEOUT:
		opt->utimeout = (uint32_t)value;
		break;
	}
	opt->present |= bit;
}

/* Parse options, whose names may be in any case and order.  The first of a repeated option counts; bytes after the last
 * whole pair are ignored. */
static void parse_options(struct cursor *cur, struct tftp_options *opt)
{
	for (;;) {
		const char *name = next_string(cur);
		const char *value = name ? next_string(cur) : NULL;
		const struct option_kind *kind = NULL;
		uint64_t number;

		if (!value)
			return;
		for (size_t i = 0; i < sizeof(option_kinds) / sizeof(option_kinds[0]); i++)
			if (strcasecmp(name, option_kinds[i].name) == 0)
				kind = &option_kinds[i];
		if (!kind) {
			opt->unknown++;
			continue;
		}
		if ((opt->present | opt->bad) & kind->bit)
			continue;
		if (parse_number(value, kind->max, &number) && number >= kind->min)
			set_option(opt, kind->bit, number);
		else
			opt->bad |= kind->bit;
	}
}

void tftp_clean_text(char *to, size_t room, const void *from, size_t len)
{
	const uint8_t *bytes = from;
	size_t n;

	for (n = 0; n < len && n < room - 1 && bytes[n]; n++)
		to[n] = bytes[n] >= 0x20 && bytes[n] < 0x7f ? (char)bytes[n] : '?';
	to[n] = 0;
}

static bool parse_request(struct cursor *cur, struct tftp_msg *msg)
{
	const char *mode;

	msg->filename = next_string(cur);
	if (!msg->filename || !*msg->filename)
		return false;
	mode = next_string(cur);
	if (!mode)
		return false;
	msg->octet = strcasecmp(mode, "octet") == 0;
	parse_options(cur, &msg->opt);
	return true;
}

bool tftp_parse(const void *buf, size_t len, struct tftp_msg *msg)
{
	struct cursor cur = {buf, len};

	memset(msg, 0, sizeof(*msg));
	if (len < 2)
		return false;
	msg->op = bytes_be16(cur.at);
	cur.at += 2;
	cur.left -= 2;
	switch (msg->op) {
	case TFTP_OP_RRQ:
	case TFTP_OP_WRQ:
		return parse_request(&cur, msg);
	case TFTP_OP_OACK:
		parse_options(&cur, &msg->opt);
		return true;
	case TFTP_OP_DATA:
	case TFTP_OP_ACK:
	case TFTP_OP_ERROR:
		if (cur.left < 2)
			return false;
		msg->number = bytes_be16(cur.at);
		cur.at += 2;
		cur.left -= 2;
		if (msg->op == TFTP_OP_DATA) {
			msg->data = cur.at;
			msg->data_len = cur.left;
		} else if (msg->op == TFTP_OP_ERROR) {
			/* Some servers forget the NUL, or the text. */
			tftp_clean_text(msg->text, sizeof(msg->text), cur.at, cur.left);
		}
		return true;
	}
	return false;
}

/* A message being built; at becomes NULL once something did not fit. */
struct builder {
	uint8_t *at;
	size_t left;
};

static void put_bytes(struct builder *b, const void *from, size_t len)
{
	if (!b->at || len > b->left) {
		b->at = NULL;
		return;
	}
	memcpy(b->at, from, len);
	b->at += len;
	b->left -= len;
}

static void put_u16(struct builder *b, uint16_t value)
{
	uint8_t wire[2];

	bytes_put_be16(wire, value);
	put_bytes(b, wire, sizeof(wire));
}

static void put_string(struct builder *b, const char *str)
{
	put_bytes(b, str, strlen(str) + 1);
}

static void put_option(struct builder *b, const struct tftp_options *opt, uint32_t bit, const char *name,
		       uint64_t value)
{
	char digits[24];

	if (!(opt->present & bit))
		return;
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	put_string(b, name);
	put_string(b, digits);
}

static size_t built(const struct builder *b, const void *buf)
{
	return b->at ? (size_t)(b->at - (const uint8_t *)buf) : 0;
}

static void put_options(struct builder *b, const struct tftp_options *opt)
{
	put_option(b, opt, TFTP_O_TSIZE, "tsize", opt->tsize);
	put_option(b, opt, TFTP_O_BLKSIZE, "blksize", opt->blksize);
	put_option(b, opt, TFTP_O_WINDOWSIZE, "windowsize", opt->windowsize);
	put_option(b, opt, TFTP_O_UTIMEOUT, "utimeout", opt->utimeout);
}

size_t tftp_build_rrq(void *buf, size_t room, const char *filename, const struct tftp_options *opt)
{
	struct builder b = {buf, room};
	struct tftp_options ask = *opt;

	ask.tsize = 0;
	put_u16(&b, TFTP_OP_RRQ);
	put_string(&b, filename);
	put_string(&b, "octet");
	put_options(&b, &ask);
	return built(&b, buf);
}

size_t tftp_build_oack(void *buf, size_t room, const struct tftp_options *opt)
{
	struct builder b = {buf, room};

	put_u16(&b, TFTP_OP_OACK);
	put_options(&b, opt);
	return built(&b, buf);
}

static size_t build_numbered(void *buf, size_t room, uint16_t op, uint16_t number)
{
	struct builder b = {buf, room};

	put_u16(&b, op);
	put_u16(&b, number);
	return built(&b, buf);
}

size_t tftp_build_ack(void *buf, size_t room, uint16_t block)
{
	return build_numbered(buf, room, TFTP_OP_ACK, block);
}

size_t tftp_build_data(void *buf, size_t room, uint16_t block)
{
	return build_numbered(buf, room, TFTP_OP_DATA, block);
}

size_t tftp_build_error(void *buf, size_t room, uint16_t code, const char *text)
{
	struct builder b = {buf, room};
	char words[TFTP_ERROR_TEXT];

	tftp_clean_text(words, sizeof(words), text, strlen(text));
	put_u16(&b, TFTP_OP_ERROR);
	put_u16(&b, code);
	put_string(&b, words);
	return built(&b, buf);
}
