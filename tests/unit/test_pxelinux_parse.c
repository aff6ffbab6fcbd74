/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/pxelinux/pxelinux_parse.c and pxelinux_keys.c: pxelinux's configuration, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pxelinux/pxelinux_parse.h"

static struct pxelinux_config config;
static char big[PXELINUX_TEXT_MAX + 2];

/* Files that an INCLUDE finds. */
static const struct {
	const char *name;
	enum pxelinux_found found;
	const char *text;
} files[] = {
	{"two.cfg", PXELINUX_FOUND, "LABEL two\nKERNEL vmlinuz2\n"},
	{"append.cfg", PXELINUX_FOUND, "APPEND from-include\nTEXT HELP\nno end"},
	{"broken.cfg", PXELINUX_FOUND, "\nLABEL x\nFROB 1\n"},
	{"outer.cfg", PXELINUX_FOUND, "INCLUDE broken.cfg\n"},
	{"self.cfg", PXELINUX_FOUND, "INCLUDE self.cfg\n"},
	{"empty.cfg", PXELINUX_FOUND, ""},
	{"dead.cfg", PXELINUX_FAILED, NULL},
	{"later.cfg", PXELINUX_LATER, NULL},
};

/* A file of that many INCLUDEs within each other. */
static enum pxelinux_found deep(const char *name, const char **text, size_t *len)
{
	static char texts[64][32];
	unsigned int depth = (unsigned int)atoi(name) % 64;

	snprintf(texts[depth], sizeof(texts[depth]), "INCLUDE %u.deep\n", depth - 1);
	*text = texts[depth];
	*len = depth > 1 ? strlen(*text) : 0;
	return PXELINUX_FOUND;
}

static enum pxelinux_found on_include(void *arg, const char *name, const char **text, size_t *len)
{
	if (strstr(name, ".deep"))
		return deep(name, text, len);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].name, name))
			continue;
		*text = files[i].text;
		*len = files[i].text ? strlen(files[i].text) : 0;
		return files[i].found;
	}
	return PXELINUX_MISSING;
}

static enum pxelinux_parsed parse_bytes(const char *text, size_t len)
{
	/* Exactly as long as it is, for the sanitizers to see what reads on. */
	char *copy = malloc(len ? len : 1);
	enum pxelinux_parsed parsed;

	assert_non_null(copy);
	memcpy(copy, text, len);
	pxelinux_config_free(&config);
	parsed = pxelinux_parse(&config, "f", copy, len, on_include, NULL);
	free(copy);
	return parsed;
}

static enum pxelinux_parsed parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void expect_refused_(enum pxelinux_parsed parsed, const char *words, int line)
{
	if (parsed == PXELINUX_REFUSED && strstr(config.error, words))
		return;
	print_error("%d, \"%s\" does not say \"%s\"\n", parsed, config.error, words);
	_fail(__FILE__, line);
}
#define expect_refused(text, words) expect_refused_(parse(text), words, __LINE__)
#define expect_bytes_refused(text, len, words) expect_refused_(parse_bytes(text, len), words, __LINE__)

static void expect_label_(const char *name, const char *image, const char *append, int line)
{
	const struct pxelinux_label *label = pxelinux_find_label(&config, name, strlen(name));

	if (label && !strcmp(label->image, image) && !strcmp(label->append, append))
		return;
	print_error("label %s is %s, append \"%s\"\n", name, label ? label->image : "not there",
		    label ? label->append : "");
	_fail(__FILE__, line);
}
#define expect_label(name, image, append) expect_label_(name, image, append, __LINE__)

/* ---- refusals --------------------------------------------------------------------------------------------------- */

static void test_parse_unknown_line(void **state)
{
	expect_refused("\n# c\n\tFROB 1\n", "f:3: FROB 1: this is not understood");
	expect_refused("LABELS x", "f:1: LABELS x");
	expect_refused("LABEL=x", "not understood");
	expect_refused("; comment", "f:1: ; comment");
	expect_refused("\xef\xbb\xbf"
		       "DEFAULT linux\n",
		       "f:1: ???DEFAULT linux");
	expect_refused("F13 help.txt", "F13");
	expect_refused("F1x help.txt", "F1x");
}

static void test_parse_no_text(void **state)
{
	expect_bytes_refused("DEFAULT a\nDEFAULT \0b\n", 21, "f:2: there is a NUL byte");
	expect_refused("DEFAULT a\033[2J", "1Bh");
	expect_refused("LABEL a\nAPPEND x\a", "f:2: there is a control character, 07h");
	expect_refused("LABEL a\nKERNEL k\v", "0Bh");
	expect_refused("LABEL a\nINITRD i\f", "0Ch");
	expect_bytes_refused("\x7f"
			     "ELF\2\1\1\0\0\0\0",
			     11, "f:1:");
}

static void test_parse_too_large(void **state)
{
	memset(big, '\n', sizeof(big));
	expect_bytes_refused(big, PXELINUX_TEXT_MAX + 1, "more than 262144 bytes");
	assert_int_equal(parse_bytes(big, PXELINUX_TEXT_MAX), PXELINUX_PARSED);
	memset(big, '#', sizeof(big));
	expect_bytes_refused(big, PXELINUX_LINE_MAX + 1, "f:1: the line has more than 4094 bytes");
	assert_int_equal(parse_bytes(big, PXELINUX_LINE_MAX), PXELINUX_PARSED);
	big[PXELINUX_LINE_MAX] = '\n';
	assert_int_equal(parse_bytes(big, PXELINUX_LINE_MAX + 1), PXELINUX_PARSED);
}

static void test_parse_too_many_labels(void **state)
{
	size_t len = 0;

	for (int i = 0; i <= PXELINUX_LABELS_MAX; i++) {
		if (i == PXELINUX_LABELS_MAX)
			assert_int_equal(parse_bytes(big, len), PXELINUX_PARSED);
		len += (size_t)sprintf(big + len, "LABEL x%d\n", i);
	}
	expect_bytes_refused(big, len, "f:513: there are more than 512 LABELs");
}

static void test_parse_empty_values(void **state)
{
	expect_refused("LABEL", "f:1: LABEL has no name");
	expect_refused("LABEL  \t", "LABEL has no name");
	expect_refused("DEFAULT ", "DEFAULT says nothing");
	expect_refused("ONTIMEOUT", "ONTIMEOUT says nothing");
	expect_refused("UI", "UI says nothing");
	expect_refused("INCLUDE ", "INCLUDE names no file");
	expect_refused("MENU INCLUDE", "INCLUDE names no file");
}

static void test_parse_bad_numbers(void **state)
{
	expect_refused("TIMEOUT", "TIMEOUT");
	expect_refused("TIMEOUT soon", "TIMEOUT soon: this takes a number");
	expect_refused("TIMEOUT 5s", "takes a number");
	expect_refused("TIMEOUT 5 6", "takes a number");
	expect_refused("TIMEOUT -5", "takes a number");
	expect_refused("TIMEOUT 4294968", "too large");
	expect_refused("TIMEOUT 99999999999999999999999", "too large");
	expect_refused("TOTALTIMEOUT x", "TOTALTIMEOUT x");
	expect_refused("PROMPT yes", "PROMPT yes");
	expect_refused("IMPLICIT no", "IMPLICIT no");
	expect_refused("ALLOWOPTIONS no", "ALLOWOPTIONS no");
	expect_refused("NOESCAPE no", "NOESCAPE no");
	expect_refused("LABEL x\nIPAPPEND all\n", "f:2: IPAPPEND all");
	expect_refused("SYSAPPEND 0x100000000", "too large");
}

static void test_parse_include_refused(void **state)
{
	expect_refused("LABEL a\nINCLUDE outer.cfg\n", "broken.cfg:3: FROB 1");
	expect_refused("\nINCLUDE dead.cfg\n", "f:2: INCLUDE dead.cfg: the file cannot be read");
	expect_refused("INCLUDE self.cfg\n", "self.cfg:1: INCLUDE: files are included 16 deep");
	assert_int_equal(parse("INCLUDE 16.deep\n"), PXELINUX_PARSED);
	expect_refused("INCLUDE 17.deep\n", "2.deep:1: INCLUDE: files are included 16 deep");
	pxelinux_config_free(&config);
	assert_int_equal(pxelinux_parse(&config, "f", "INCLUDE a\n", 10, NULL, NULL), PXELINUX_REFUSED);
	memset(big, 'i', sizeof(big));
	memcpy(big, "INCLUDE ", 8);
	expect_bytes_refused(big, 8 + PXELINUX_WANTED_MAX, "no more than 255");
	assert_int_equal(parse_bytes(big, 8 + PXELINUX_WANTED_MAX - 1), PXELINUX_PARSED);
}

static void test_parse_too_many_includes(void **state)
{
	size_t len = 0;

	for (int i = 0; i < PXELINUX_FILES_MAX; i++)
		len += (size_t)sprintf(big + len, "INCLUDE empty.cfg\n");
	assert_int_equal(parse_bytes(big, len), PXELINUX_PARSED);
	len += (size_t)sprintf(big + len, "INCLUDE empty.cfg\n");
	expect_bytes_refused(big, len, "f:65: INCLUDE: more than 64 files");
}

static void test_parse_waits_for_a_file(void **state)
{
	assert_int_equal(parse("DEFAULT a\nINCLUDE later.cfg more\nFROB\n"), PXELINUX_WAITS);
	assert_string_equal(config.wanted, "later.cfg");
}

/* ---- what is understood ------------------------------------------------------------------------------------------ */

static void test_parse_nothing(void **state)
{
	assert_int_equal(parse(""), PXELINUX_PARSED);
	assert_null(config.labels);
	assert_null(config.by_default.text);
	assert_true(config.implicit);
	assert_true(config.allow_options);
	assert_int_equal(parse("\n\r\n  \t\n#\n#comment\n  # LABEL x"), PXELINUX_PARSED);
	assert_null(config.labels);
}

static void test_parse_label(void **state)
{
	assert_int_equal(parse("default a b  c \nlabel a more words\n\tkernel\tvmlinuz  x\n\tappend  \"a  b\" 'c' \\ \n"
			       "LABEL B\nLiNuX v2\nINITRD i,j\nLABEL c"),
			 PXELINUX_PARSED);
	/* Quotes and blanks are what they are; only leading blanks go. */
	assert_string_equal(config.by_default.text, "a b  c ");
	expect_label("a", "vmlinuz  x", "\"a  b\" 'c' \\ ");
	expect_label("B", "v2", "");
	assert_string_equal(pxelinux_find_label(&config, "B", 1)->initrd, "i,j");
	assert_int_equal(pxelinux_find_label(&config, "B", 1)->type, PXELINUX_TYPE_LINUX);
	assert_int_equal(pxelinux_find_label(&config, "B", 1)->where.line, 6);
	/* A label with nothing else is a kernel's name. */
	expect_label("c", "c", "");
	assert_int_equal(config.n_labels, 3);
	/* Names are told apart by case, and whole. */
	assert_null(pxelinux_find_label(&config, "b", 1));
	assert_null(pxelinux_find_label(&config, "", 0));
	assert_null(pxelinux_find_label(&config, "aa", 2));
}

static void test_parse_label_twice(void **state)
{
	assert_int_equal(parse("LABEL a\nKERNEL one\nKERNEL two\nLABEL a\nKERNEL three\n"), PXELINUX_PARSED);
	expect_label("a", "two", "");
}

static void test_parse_line_ends(void **state)
{
	assert_int_equal(parse("LABEL a\r\nKERNEL k\r\nAPPEND x y\r\n"), PXELINUX_PARSED);
	expect_label("a", "k", "x y");
	assert_int_equal(parse("LABEL a\nAPPEND x\ry\nKERNEL k"), PXELINUX_PARSED);
	expect_label("a", "k", "x");
}

static void test_parse_global_append(void **state)
{
	/* A label without its own takes what was global when it ended. */
	assert_int_equal(
		parse("APPEND one\nLABEL a\nLABEL b\nAPPEND own\nLABEL c\nAPPEND -\nLABEL d\nAPPEND - \nLABEL e\n"
		      "MENU SEPARATOR\nAPPEND two\nINITRD ignored\nKERNEL ignored\nLABEL f\n"),
		PXELINUX_PARSED);
	expect_label("a", "a", "one");
	expect_label("b", "b", "own");
	expect_label("c", "c", "");
	expect_label("d", "d", "- ");
	expect_label("e", "e", "one");
	expect_label("f", "f", "two");
}

static void test_parse_sysappend(void **state)
{
	assert_int_equal(
		parse("LABEL a\nIPAPPEND 3\nLABEL b\nMENU SEPARATOR\nSYSAPPEND 0x4\nLABEL c\nLABEL d\nipappend 010\n"),
		PXELINUX_PARSED);
	assert_int_equal(pxelinux_find_label(&config, "a", 1)->sysappend, 3);
	assert_int_equal(pxelinux_find_label(&config, "b", 1)->sysappend, 0);
	assert_int_equal(pxelinux_find_label(&config, "c", 1)->sysappend, 4);
	assert_int_equal(pxelinux_find_label(&config, "d", 1)->sysappend, 8);
	assert_int_equal(config.sysappend, 4);
}

static void test_parse_times(void **state)
{
	assert_int_equal(
		parse("TIMEOUT 50\nTOTALTIMEOUT 9000\nPROMPT 1\nONTIMEOUT b\nIMPLICIT 0\nALLOWOPTIONS 0\nNOESCAPE 1"),
		PXELINUX_PARSED);
	assert_int_equal(config.timeout, 50);
	assert_int_equal(config.total_timeout, 9000);
	assert_true(config.prompt);
	assert_true(config.no_escape);
	assert_false(config.implicit);
	assert_false(config.allow_options);
	assert_string_equal(config.on_timeout.text, "b");
	assert_int_equal(config.on_timeout.where.line, 4);
}

static void test_parse_menu(void **state)
{
	assert_int_equal(
		parse("MENU TITLE \aBoot ^it\nMENU LABEL nobody's\nLABEL a\nMENU LABEL ^Install ^^now\nMENU DEFAULT\n"
		      "LABEL b\nMENU HIDE\nLABEL c\nMENU DISABLE\nLABEL d\nMENU PASSWD secret\n"),
		PXELINUX_PARSED);
	assert_string_equal(config.title, "Boot it");
	assert_string_equal(config.labels->title, "Install now");
	assert_true(config.labels->preferred);
	assert_false(config.labels->hide);
	assert_true(pxelinux_find_label(&config, "b", 1)->hide);
	/* A disabled one cannot be named, either. */
	assert_null(pxelinux_find_label(&config, "c", 1));
	assert_true(pxelinux_find_label(&config, "d", 1)->has_password);
	assert_null(config.odd_menu.file);
}

static void test_parse_submenu(void **state)
{
	assert_int_equal(
		parse("LABEL a\nMENU BEGIN more\nMENU TITLE More\nLABEL b\nLABEL back\nMENU EXIT\nMENU END\nLABEL c\n"
		      "MENU FROB\n"),
		PXELINUX_PARSED);
	assert_int_equal(config.submenu.line, 2);
	assert_int_equal(pxelinux_find_label(&config, "a", 1)->depth, 0);
	assert_int_equal(pxelinux_find_label(&config, "b", 1)->depth, 1);
	assert_int_equal(pxelinux_find_label(&config, "c", 1)->depth, 0);
	assert_int_equal(pxelinux_find_label(&config, "back", 4)->type, PXELINUX_TYPE_OTHER);
	assert_string_equal(pxelinux_find_label(&config, "back", 4)->keyword, "MENU EXIT");
	assert_null(config.title);
	assert_int_equal(config.odd_menu.line, 9);
}

static void test_parse_text(void **state)
{
	assert_int_equal(parse("LABEL a\nTEXT HELP\nFROB KERNEL x\n  endtext\nKERNEL k\nTEXT\nDEFAULT x"),
			 PXELINUX_PARSED);
	expect_label("a", "k", "");
	assert_null(config.by_default.text);
}

static void test_parse_include(void **state)
{
	assert_int_equal(parse("LABEL one\nAPPEND x\nINCLUDE append.cfg\nINCLUDE two.cfg trailing\nAPPEND y\n"
			       "INCLUDE missing.cfg\nMENU INCLUDE two.cfg A menu\n"),
			 PXELINUX_PARSED);
	/* As if all were one file. */
	expect_label("one", "one", "from-include");
	expect_label("two", "vmlinuz2", "y");
	assert_string_equal(pxelinux_find_label(&config, "two", 3)->where.file, "two.cfg");
	assert_int_equal(config.n_labels, 3);
	assert_int_equal(config.submenu.line, 7);
}

static void test_parse_other_images(void **state)
{
	static const char *const words[] = {"BOOT", "BSS", "COM32", "COMBOOT", "CONFIG", "FDIMAGE", "PXE"};
	char text[64];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text), "LABEL a\n%s file args\n", words[i]);
		assert_int_equal(parse(text), PXELINUX_PARSED);
		assert_int_equal(config.labels->type, PXELINUX_TYPE_OTHER);
		assert_string_equal(config.labels->keyword, words[i]);
	}
	assert_int_equal(parse("LABEL a\nLOCALBOOT -1\n"), PXELINUX_PARSED);
	assert_int_equal(config.labels->type, PXELINUX_TYPE_LOCALBOOT);
}

static void test_parse_what_is_the_screens_affair(void **state)
{
	assert_int_equal(
		parse("SERIAL 0 115200\nCONSOLE 0\nDISPLAY b.txt\nFONT f\nKBDMAP k\nSAY hello\nPATH a:b\nF1 x\nf12 y "
		      "z\n"
		      "F0 z\nNOCOMPLETE 1\nNOHALT 1\nONERROR a\nPXERETRY 2\nSENDCOOKIES 1\nMENU COLOR title 1 #ff\n"
		      "MENU BACKGROUND x\nMENU VSHIFT 3\nMENU TABMSG t\nMENU MASTER PASSWD x\n"),
		PXELINUX_PARSED);
	assert_null(config.odd_menu.file);
}

static int free_config(void **state)
{
	pxelinux_config_free(&config);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_unknown_line),
		cmocka_unit_test(test_parse_no_text),
		cmocka_unit_test(test_parse_too_large),
		cmocka_unit_test(test_parse_too_many_labels),
		cmocka_unit_test(test_parse_empty_values),
		cmocka_unit_test(test_parse_bad_numbers),
		cmocka_unit_test(test_parse_include_refused),
		cmocka_unit_test(test_parse_too_many_includes),
		cmocka_unit_test(test_parse_waits_for_a_file),
		cmocka_unit_test(test_parse_nothing),
		cmocka_unit_test(test_parse_label),
		cmocka_unit_test(test_parse_label_twice),
		cmocka_unit_test(test_parse_line_ends),
		cmocka_unit_test(test_parse_global_append),
		cmocka_unit_test(test_parse_sysappend),
		cmocka_unit_test(test_parse_times),
		cmocka_unit_test(test_parse_menu),
		cmocka_unit_test(test_parse_submenu),
		cmocka_unit_test(test_parse_text),
		cmocka_unit_test(test_parse_include),
		cmocka_unit_test(test_parse_other_images),
		cmocka_unit_test(test_parse_what_is_the_screens_affair),
	};

	return cmocka_run_group_tests(tests, NULL, free_config);
}
