/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/pxelinux/pxelinux_fetch.c, with files of the test's own: there at once, late, or never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file/file.h"
#include "pxelinux/pxelinux_fetch.h"
#include "pvboot_req.h"

#define FILES_MAX 256

/* A server's file: what it says, and when. */
struct served {
	const char *name;
	const char *text;
	size_t len;	 /* 0: as long as the text */
	uint32_t status; /* PVBOOT_S_OK, or how it fails */
	bool late;	 /* it comes by let_come() */
};

struct file {
	const struct served *served;
	struct file_watch *watch;
	bool done;
};

static const struct served *server;
static char asked[8192]; /* the names asked for, each with a blank */
static struct file *open_files[FILES_MAX];
static unsigned int n_open;

static struct {
	unsigned int times;
	enum pxelinux_fetched fetched;
	char words[PXELINUX_ERROR_MAX];
	char kernel[64]; /* the first label's */
	char where[64];	 /* the configuration's name */
} ended;

/* ---- files ------------------------------------------------------------------------------------------------------- */

bool file_done(const struct file *file)
{
	return file->done;
}

uint32_t file_status(const struct file *file)
{
	return file->done ? file->served->status : PVBOOT_S_OK;
}

const char *file_text(const struct file *file)
{
	return "these\tare words";
}

uint64_t file_available(const struct file *file)
{
	return file->served->len ? file->served->len : strlen(file->served->text);
}

ssize_t file_read(struct file *file, uint64_t offset, void *buf, size_t len)
{
	/* In pieces. */
	size_t n = len > 7 ? 7 : len;

	if (file->served->len)
		memset(buf, '\n', n = len);
	else
		memcpy(buf, file->served->text + offset, n);
	return (ssize_t)n;
}

void file_watch(struct file *file, struct file_watch *watch)
{
	assert_null(file->watch);
	file->watch = watch;
	watch->file = file;
}

void file_unwatch(struct file_watch *watch)
{
	watch->file->watch = NULL;
	watch->file = NULL;
}

void file_unref(struct file *file)
{
	assert_null(file->watch);
	for (unsigned int i = 0; i < n_open; i++)
		if (open_files[i] == file)
			open_files[i] = open_files[--n_open];
	free(file);
}

static struct file *on_open(void *arg, const struct pxelinux_file *named)
{
	static const struct served none = {.name = "", .text = "", .status = PVBOOT_S_NOT_FOUND};
	struct file *file = calloc(1, sizeof(*file));

	assert_non_null(file);
	assert_true(n_open < FILES_MAX);
	strcat(asked, named->name);
	strcat(asked, " ");
	file->served = &none;
	for (const struct served *s = server; s && s->name; s++)
		if (!strcmp(s->name, named->name))
			file->served = s;
	file->done = !file->served->late;
	open_files[n_open++] = file;
	return file;
}

/* Everything that was late is there. */
static void let_come(void)
{
	for (unsigned int i = 0; i < n_open; i++) {
		struct file_watch *watch = open_files[i]->watch;

		if (open_files[i]->done)
			continue;
		/* Some of it has come. */
		watch->changed(watch);
		open_files[i]->done = true;
		watch->changed(watch);
		return;
	}
	fail_msg("nothing is waited for");
}

/* ---- the fetch --------------------------------------------------------------------------------------------------- */

static void on_done(void *arg, enum pxelinux_fetched fetched, const struct pxelinux_config *config, const char *words)
{
	assert_ptr_equal(arg, &ended);
	assert_int_equal(n_open, 0);
	ended.times++;
	ended.fetched = fetched;
	snprintf(ended.words, sizeof(ended.words), "%s", words);
	assert_true((fetched == PXELINUX_FETCHED) == (config != NULL));
	if (!config || !config->labels)
		return;
	snprintf(ended.kernel, sizeof(ended.kernel), "%s", config->labels->image);
	snprintf(ended.where, sizeof(ended.where), "%s", config->first.file);
}

static const struct pxelinux_fetch_ops ops = {.open = on_open, .done = on_done};
static const struct pxelinux_guest guest = {.address = {10, 0, 2, 15}, .prefix = "b/", .config = "own.cfg"};

static struct pxelinux_fetch *fetch(const struct served *files)
{
	struct pxelinux_fetch *made;

	memset(&ended, 0, sizeof(ended));
	asked[0] = 0;
	server = files;
	made = pxelinux_fetch_new(&guest, &ops, &ended);
	assert_non_null(made);
	pxelinux_fetch_run(made);
	return made;
}

static void expect_(enum pxelinux_fetched fetched, const char *words, int line)
{
	if (ended.times == 1 && ended.fetched == fetched && strstr(ended.words, words))
		return;
	print_error("%u times, %d: \"%s\" does not say \"%s\"\n", ended.times, ended.fetched, ended.words, words);
	_fail(__FILE__, line);
}
#define expect(fetched, words) expect_(fetched, words, __LINE__)

static void test_fetch_nothing_there(void **state)
{
	static const struct served empty[] = {{.name = "b/own.cfg", .text = ""}, {0}};

	fetch(NULL);
	expect(PXELINUX_FETCH_NONE, "put one at b/pxelinux.cfg/default");
	assert_string_equal(
		asked, "b/own.cfg b/pxelinux.cfg/01-00-00-00-00-00-00 b/pxelinux.cfg/0A00020F b/pxelinux.cfg/0A00020 "
		       "b/pxelinux.cfg/0A0002 b/pxelinux.cfg/0A000 b/pxelinux.cfg/0A00 b/pxelinux.cfg/0A0 "
		       "b/pxelinux.cfg/0A b/pxelinux.cfg/0 b/pxelinux.cfg/default ");
	/* An empty one is none. */
	fetch(empty);
	expect(PXELINUX_FETCH_NONE, "");
}

static void test_fetch_server_that_is_dead(void **state)
{
	static const uint32_t deaths[] = {PVBOOT_S_TIMEOUT, PVBOOT_S_UNREACHABLE, PVBOOT_S_DENIED, PVBOOT_S_FAILED};

	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
		const struct served files[] = {{.name = "b/own.cfg", .text = "", .status = deaths[i]}, {0}};

		fetch(files);
		expect(PXELINUX_FETCH_REFUSED, "b/own.cfg: these?are words");
		assert_string_equal(asked, "b/own.cfg ");
	}
}

static void test_fetch_file_too_large(void **state)
{
	static const struct served files[] = {{.name = "b/own.cfg", .text = "", .len = PXELINUX_TEXT_MAX + 1}, {0}};
	static const struct served late[] = {
		{.name = "b/own.cfg", .text = "", .len = PXELINUX_TEXT_MAX + 1, .late = true}, {0}};
	static const struct served most[] = {{.name = "b/own.cfg", .text = "", .len = PXELINUX_TEXT_MAX}, {0}};

	fetch(files);
	expect(PXELINUX_FETCH_REFUSED, "b/own.cfg: the file is too large");
	/* Not waited for. */
	fetch(late);
	expect(PXELINUX_FETCH_REFUSED, "b/own.cfg: the file is too large");
	fetch(most);
	expect(PXELINUX_FETCHED, "");
}

static void test_fetch_files_too_large_together(void **state)
{
	static const struct served files[] = {
		{.name = "b/own.cfg", .text = "INCLUDE 1\nINCLUDE 2\nINCLUDE 3\nINCLUDE 4\n"},
		{.name = "b/1", .text = "", .len = PXELINUX_TEXT_MAX},
		{.name = "b/2", .text = "", .len = PXELINUX_TEXT_MAX},
		{.name = "b/3", .text = "", .len = PXELINUX_TEXT_MAX},
		{.name = "b/4", .text = "", .len = PXELINUX_TEXT_MAX},
		{0},
	};

	fetch(files);
	expect(PXELINUX_FETCH_REFUSED, "4: the file is too large");
}

static void test_fetch_refused_configuration(void **state)
{
	static const struct served files[] = {
		{.name = "b/own.cfg", .text = "INCLUDE two\n"}, {.name = "b/two", .text = "\nFROB"}, {0}};
	static const struct served named[] = {{.name = "b/own.cfg", .text = "INCLUDE host::x\n"}, {0}};
	static const struct served self[] = {{.name = "b/own.cfg", .text = "INCLUDE own.cfg\n"}, {0}};

	fetch(files);
	expect(PXELINUX_FETCH_REFUSED, "two:2: FROB: this is not understood");
	fetch(named);
	expect(PXELINUX_FETCH_REFUSED, "INCLUDE: \"host::x\": the server has to be an IPv4 address");
	fetch(self);
	expect(PXELINUX_FETCH_REFUSED, "16 deep");
}

static void test_fetch_include_that_cannot_be_had(void **state)
{
	static const struct served files[] = {{.name = "b/own.cfg", .text = "INCLUDE two\n"},
					      {.name = "b/two", .text = "", .status = PVBOOT_S_TIMEOUT},
					      {0}};

	fetch(files);
	expect(PXELINUX_FETCH_REFUSED, "two: these?are words");
}

static void test_fetch_the_first_that_is_there(void **state)
{
	static const struct served files[] = {
		{.name = "b/own.cfg", .text = "", .status = PVBOOT_S_ACCESS},
		{.name = "b/pxelinux.cfg/0A00020", .text = "", .status = PVBOOT_S_TFTP_ERROR},
		{.name = "b/pxelinux.cfg/0A0002", .text = "LABEL a\nKERNEL right\n"},
		{.name = "b/pxelinux.cfg/default", .text = "LABEL a\nKERNEL wrong\n"},
		{0},
	};

	fetch(files);
	expect(PXELINUX_FETCHED, "");
	assert_string_equal(ended.kernel, "right");
	assert_string_equal(ended.where, "b/pxelinux.cfg/0A0002");
}

static void test_fetch_includes(void **state)
{
	static const struct served files[] = {
		{.name = "b/own.cfg",
		 .text = "INCLUDE one\nINCLUDE missing\nINCLUDE one\nINCLUDE empty\nINCLUDE /one\nINCLUDE ::two\n"},
		{.name = "b/one", .text = "# nothing\n"},
		{.name = "b//one", .text = "\n"},
		{.name = "b/empty", .text = ""},
		{.name = "two", .text = "LABEL a\nKERNEL from-two\n"},
		{0},
	};

	fetch(files);
	expect(PXELINUX_FETCHED, "");
	assert_string_equal(ended.kernel, "from-two");
	/* Each is asked for once. */
	assert_string_equal(asked, "b/own.cfg b/one b/missing b/empty b//one two ");
}

static void test_fetch_files_that_are_late(void **state)
{
	static const struct served files[] = {
		{.name = "b/own.cfg", .text = "", .status = PVBOOT_S_NOT_FOUND, .late = true},
		{.name = "b/pxelinux.cfg/default", .text = "INCLUDE one\nINCLUDE two\n", .late = true},
		{.name = "b/one", .text = "LABEL a\nKERNEL late\n", .late = true},
		{.name = "b/two", .text = "", .status = PVBOOT_S_NOT_FOUND, .late = true},
		{0},
	};

	fetch(files);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(ended.times, 0);
		assert_int_equal(n_open, 1);
		let_come();
	}
	expect(PXELINUX_FETCHED, "");
	assert_string_equal(ended.kernel, "late");
}

static void test_fetch_of_a_text(void **state)
{
	static const struct served files[] = {{.name = "b/one", .text = "LABEL a\nKERNEL k\n", .late = true}, {0}};
	struct pxelinux_fetch *made = pxelinux_fetch_new(&guest, &ops, &ended);

	memset(&ended, 0, sizeof(ended));
	asked[0] = 0;
	server = files;
	assert_non_null(made);
	pxelinux_fetch_parse(made, "here", "INCLUDE one\n# rest", 12);
	let_come();
	expect(PXELINUX_FETCHED, "");
	assert_string_equal(ended.where, "here");
	assert_string_equal(asked, "b/one ");
}

static void test_fetch_cancelled(void **state)
{
	static const struct served files[] = {
		{.name = "b/own.cfg", .text = "INCLUDE one\nINCLUDE two\n"},
		{.name = "b/one", .text = "\n"},
		{.name = "b/two", .text = "", .late = true},
		{0},
	};

	pxelinux_fetch_cancel(NULL);
	pxelinux_fetch_cancel(fetch(files));
	assert_int_equal(ended.times, 0);
	assert_int_equal(n_open, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetch_nothing_there),
		cmocka_unit_test(test_fetch_server_that_is_dead),
		cmocka_unit_test(test_fetch_file_too_large),
		cmocka_unit_test(test_fetch_files_too_large_together),
		cmocka_unit_test(test_fetch_refused_configuration),
		cmocka_unit_test(test_fetch_include_that_cannot_be_had),
		cmocka_unit_test(test_fetch_the_first_that_is_there),
		cmocka_unit_test(test_fetch_includes),
		cmocka_unit_test(test_fetch_files_that_are_late),
		cmocka_unit_test(test_fetch_of_a_text),
		cmocka_unit_test(test_fetch_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
