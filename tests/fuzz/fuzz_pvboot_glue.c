/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_pvboot_glue.c - the Palacios plugin but for Palacios: hostile registers, memory, stream and checkpoints at once.
 *
 * The input is a list of steps: what to do, and what it takes.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pvboot_glue.h"

#define RAM 0x10000u
#define BORDER 0x3008u /* between two pieces that are not adjacent in the host */

static uint8_t *piece[2];
static uint8_t *glue;
static unsigned long long now, room;
static bool locked;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

unsigned long long pvboot_v3_lock(void *v3)
{
	assert(!locked);
	locked = true;
	return 7;
}

void pvboot_v3_unlock(void *v3, unsigned long long saved)
{
	assert(locked && saved == 7);
	locked = false;
}

void pvboot_v3_yield(void *v3)
{
	abort(); /* nobody else is there to be waited for */
}

void *pvboot_v3_map(void *v3, unsigned long long gpa, unsigned long long *length)
{
	unsigned long long end = gpa < BORDER ? BORDER : RAM;

	assert(locked);
	if (gpa >= RAM)
		return NULL;
	if (*length > end - gpa)
		*length = end - gpa;
	return gpa < BORDER ? piece[0] + gpa : piece[1] + (gpa - BORDER);
}

void pvboot_v3_irq(void *v3, unsigned int level)
{
	assert(locked && level <= 1);
}

unsigned long long pvboot_v3_ms(void *v3)
{
	return now;
}

void pvboot_v3_log(void *v3, unsigned int level, const char *text)
{
	assert(level <= 3 && strlen(text) < 1024);
}

/* Whole frames leave in whatever pieces the stream takes. */
unsigned long long pvboot_v3_send(void *v3, const void *bytes, unsigned long long length)
{
	static const uint8_t magic[4] = {'P', 'V', 'L', 'K'};
	static uint8_t head[16];
	static unsigned long long have, left;
	const uint8_t *p = bytes;
	unsigned long long n = length < room ? length : room;

	assert(locked && length);
	if (!v3) {
		have = left = 0;
		return 0;
	}
	for (unsigned long long i = 0; i < n; i++) {
		if (left) {
			left--;
			continue;
		}
		head[have++] = p[i];
		if (have < sizeof(head))
			continue;
		assert(!memcmp(head, magic, sizeof(magic)));
		left = head[4] | head[5] << 8 | head[6] << 16 | (unsigned long long)head[7] << 24;
		assert(left < 8192);
		have = 0;
	}
	room -= n;
	return n;
}

struct steps {
	const uint8_t *at;
	size_t left;
};

static uint32_t take(struct steps *s, size_t len)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len && s->left; i++, s->at++, s->left--)
		v |= (uint32_t)*s->at << 8 * i;
	return v;
}

/* Save, change a byte, load. */
static void checkpoint(struct steps *s)
{
	static uint8_t state[1 << 20];
	size_t len = pvboot_glue_save(glue, state, sizeof(state));
	uint32_t where = take(s, 2), what = take(s, 1);
	uint8_t *copy;

	assert(len && len <= pvboot_glue_state_max());
	if (where < len)
		state[where] ^= (uint8_t)what;
	copy = malloc(len);
	memcpy(copy, state, len);
	assert(pvboot_glue_load(glue, copy, len) || (where < len && what));
	free(copy);
}

static void step(struct steps *s)
{
	static const uint8_t widths[] = {1, 2, 4, 4};
	uint8_t op = (uint8_t)take(s, 1);
	uint32_t where = take(s, 2), n;
	uint8_t width = widths[op >> 6];

	switch (op & 7) {
	case 0:
		n = where < s->left ? where : (uint32_t)s->left;
		assert(pvboot_glue_input(glue, s->at, n) == n);
		s->at += n;
		s->left -= n;
		break;
	case 1:
		pvboot_glue_bar_write(glue, where & 0x7f, width, take(s, width));
		break;
	case 2:
		pvboot_glue_cfg_write(glue, where & 0xff, width, take(s, width));
		break;
	case 3:
		pvboot_glue_bar_read(glue, where & 0x7f, width);
		pvboot_glue_cfg_read(glue, where >> 8, width);
		break;
	case 4:
		now += where;
		pvboot_glue_tick(glue);
		break;
	case 5:
		room = where;
		break;
	case 6:
		checkpoint(s);
		break;
	case 7:
		for (n = take(s, 1); n && s->left; n--, where = (where + 1) % RAM)
			*(where < BORDER ? piece[0] + where : piece[1] + (where - BORDER)) = (uint8_t)take(s, 1);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct steps s = {data, size};
	struct pvboot_glue_conf conf;
	char text[16] = "";

	/* sizes to the byte, so that a step outside is seen */
	piece[0] = calloc(1, BORDER);
	piece[1] = calloc(1, RAM - BORDER);
	glue = malloc(pvboot_glue_size());
	room = 4096;
	now = 1000;
	locked = true;
	pvboot_v3_send(NULL, text, 1);
	locked = false;
	pvboot_glue_conf_init(&conf);
	memcpy(text, data, size < sizeof(text) - 1 ? size : sizeof(text) - 1);
	pvboot_glue_conf_set(&conf, "name", text);
	pvboot_glue_conf_set(&conf, "mac", text);
	locked = true; /* what the device asks while it is brought up needs no lock */
	pvboot_glue_init(glue, glue, &conf);
	locked = false;
	while (s.left)
		step(&s);
	pvboot_glue_let_go(glue);
	free(glue);
	free(piece[0]);
	free(piece[1]);
	return 0;
}
