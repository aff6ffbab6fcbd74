// SPDX-License-Identifier: BSD-2-Clause
/*
 * linux_list.c - a menu on the BIOS console: the user chooses what to boot.  It appears on a serial line, too, if the
 * BIOS's console does (SeaBIOS's sercon).
 */
#include "linux_list.h"

#include "console.h"
#include "request.h"
#include "virtio.h"

#define ROWS 16	 /* entries on the screen at once */
#define WIDTH 78 /* characters of a line */
#define TEXT_AT 4
#define DIGITS 9
#define MARKS (DIGITS + 26)

#define VIDEO_VECTOR 0x10
#define VIDEO_SET_CURSOR 0x0200
#define VIDEO_GET_CURSOR 0x0300

#define KEY_ENTER 0x0d
#define SCAN_UP 0x48
#define SCAN_DOWN 0x50

struct view {
	const struct pvboot_plan_list BDA *list;
	uint32_t selected, first; /* entries; first is in the top row */
	uint32_t rows, top;	  /* how many rows, and the screen's row of the first */
};

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

/* The linear address of string n of the list; 0: there is none. */
static uint32_t string(const struct view *v, uint32_t n)
{
	uint32_t at = (uint32_t)v->list->bytes, end = at + PVBOOT_PLAN_LIST_TEXT;

	for (;; n--) {
		uint32_t len = strlen_linear(at, end - at);

		if (len == end - at)
			return 0;
		if (!n)
			return at;
		at += len + 1;
	}
}

static void move_to(uint32_t row)
{
	struct regs r = {.eax = VIDEO_SET_CURSOR, .edx = row << 8};

	bios_call(VIDEO_VECTOR, &r);
}

static uint32_t current_row(void)
{
	struct regs r = {.eax = VIDEO_GET_CURSOR};

	bios_call(VIDEO_VECTOR, &r);
	return r.edx >> 8 & 0xff;
}

static void print_line(const struct view *v, uint32_t n, char pointer, char mark)
{
	uint32_t at = string(v, n), len = strlen_linear(at, WIDTH - TEXT_AT);
	char line[WIDTH];

	memset(line, ' ', sizeof(line));
	line[0] = pointer;
	line[2] = mark;
	copy_from_linear(line + TEXT_AT, at, len);
	print_text(line, sizeof(line));
}

/* The key that selects an entry. */
static char mark_of(uint32_t n)
{
	if (n < DIGITS)
		return '1' + n;
	return n < MARKS ? 'a' + n - DIGITS : ' ';
}

static void draw(struct view *v)
{
	if (v->selected < v->first)
		v->first = v->selected;
	if (v->selected - v->first >= v->rows)
		v->first = v->selected - v->rows + 1;
	for (uint32_t row = 0; row < v->rows; row++) {
		uint32_t n = v->first + row;

		move_to(v->top + row);
		print_line(v, n + 1, n == v->selected ? '>' : ' ', mark_of(n));
	}
	move_to(v->top + v->rows);
}

static void draw_status(uint32_t left)
{
	print("\r  Enter boots, Esc gives up");
	if (left)
		print(", in %d s it boots by itself ", left);
	else
		print("                               ");
}

static void begin(struct view *v)
{
	print("\n");
	print_line(v, 0, ' ', ' ');
	v->rows = v->list->n_entries < ROWS ? v->list->n_entries : ROWS;
	for (uint32_t n = 0; n <= v->rows; n++)
		print("\n");
	v->top = current_row();
	v->top = v->top > v->rows ? v->top - v->rows : 0;
	v->selected = v->list->selected;
	draw(v);
}

/* ---- what is pressed --------------------------------------------------------------------------------------------- */

/* Handle a key.  Returns true if it was Enter. */
static bool press(struct view *v, uint16_t key)
{
	uint32_t n = v->list->n_entries;
	uint8_t ascii = key, scan = key >> 8;

	if (ascii == KEY_ENTER)
		return true;
	if (ascii && ascii != 0xe0)
		for (uint32_t i = 0; i < n && i < MARKS; i++)
			if ((ascii | 0x20) == (mark_of(i) | 0x20))
				v->selected = i;
	if (ascii && ascii != 0xe0)
		return false;
	if (scan == SCAN_UP)
		v->selected = (v->selected ? v->selected : n) - 1;
	if (scan == SCAN_DOWN)
		v->selected = v->selected + 1 < n ? v->selected + 1 : 0;
	return false;
}

/* How many milliseconds are left after passed ones; UINT32_MAX: no limit.  touched: the user pressed a key. */
static uint32_t time_left(const struct view *v, uint32_t passed, bool touched)
{
	uint32_t end = UINT32_MAX;

	if (v->list->timeout_ms && !touched)
		end = v->list->timeout_ms;
	if (v->list->total_ms && v->list->total_ms < end)
		end = v->list->total_ms;
	if (end == UINT32_MAX)
		return end;
	return passed < end ? end - passed : 0;
}

/* Wait for the user.  Returns PVBOOT_S_OK with *choice, or REQUEST_ESCAPED. */
static uint32_t watch(struct view *v, uint32_t *choice)
{
	uint32_t start = virtio_milliseconds(), shown = 0, left;
	bool touched = false;
	uint16_t key;

	while ((left = time_left(v, virtio_milliseconds() - start, touched))) {
		uint32_t seconds = left == UINT32_MAX ? 0 : left / 1000 + 1;
		bool pressed = false;

		while ((key = console_take_key())) {
			pressed = touched = true;
			if (console_is_escape(key))
				return REQUEST_ESCAPED;
			if (press(v, key)) {
				*choice = v->list->first + v->selected;
				return PVBOOT_S_OK;
			}
		}
		if (pressed)
			draw(v);
		if (pressed || seconds + 1 != shown)
			draw_status(seconds);
		shown = seconds + 1;
		if (interrupts_on())
			halt();
	}
	*choice = v->list->first + v->list->n_entries;
	return PVBOOT_S_OK;
}

uint32_t linux_list_choose(uint32_t at, uint32_t *choice)
{
	struct view v = {.list = (const struct pvboot_plan_list BDA *)at};
	uint32_t status;

	if (v.list->selected >= v.list->n_entries || !string(&v, v.list->n_entries))
		return PVBOOT_S_BAD_REQUEST;
	begin(&v);
	status = watch(&v, choice);
	print("\n");
	return status;
}
