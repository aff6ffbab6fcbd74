/* SPDX-License-Identifier: BSD-2-Clause */
/* test_attach.c - asking a QEMU what it offers (scripts play it), and the rule that chooses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "attach_cache.h"

/* Ask a shell script. */
static struct attach_qemu ask(const char *script)
{
	char dir[] = "/tmp/pvboot-test-XXXXXX", path[64];
	struct attach_questions q;
	struct attach_qemu qemu;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/qemu", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0755), 0);
	attach_ask_begin(&q, path);
	qemu = attach_ask_end(&q);
	unlink(path);
	rmdir(dir);
	return qemu;
}

static void test_ask_program_missing(void **state)
{
	struct attach_questions q;

	attach_ask_begin(&q, "/nonexistent/qemu");
	assert_false(attach_ask_end(&q).known);
}

static void test_ask_answer_bad(void **state)
{
	assert_false(ask("exit 0").known);
	assert_false(ask("echo 'QEMU emulator version 11.1.3'; exit 1").known);
	assert_false(ask("echo 'QEMU emulator version eleven'").known);
	assert_false(ask("echo some other program").known);
	assert_false(ask("kill -9 $$").known);
}

static void test_ask_answer_long(void **state)
{
	assert_true(ask("echo 'QEMU emulator version 9.2.0'; yes | head -c 1000000").known);
}

/* A QEMU that says its version, has these back ends, and vfio-user-pci only if HAS is true. */
#define SCRIPT(version, netdevs, has)                                                                                  \
	"case \"$*\" in --version) echo 'QEMU emulator version " version " (Debian)' ;; "                              \
	"'-netdev help') printf 'Available netdev backend types:\\n" netdevs "\\n' ;; "                                \
	"'-device vfio-user-pci,help') " has " ;; *) exit 9 ;; esac"

static void test_ask_version_old_is_not_asked_on(void **state)
{
	struct attach_qemu qemu = ask(SCRIPT("7.2.22", "user", "exit 0"));

	assert_true(qemu.known);
	assert_int_equal(qemu.major, 7);
	assert_int_equal(qemu.minor, 2);
	assert_false(qemu.vhost_user || qemu.vfio_user);
	assert_false(ask(SCRIPT("10.0.13", "user", "exit 0")).vfio_user);
}

static void test_ask_vhost_user(void **state)
{
	assert_true(ask(SCRIPT("7.2.22", "user\\nvhost-user\\nbridge", "exit 1")).vhost_user);
	assert_true(ask(SCRIPT("7.2.22", "vhost-user", "exit 1")).vhost_user);
	assert_false(ask(SCRIPT("7.2.22", "vhost-user-blk\\nmy-vhost-user", "exit 1")).vhost_user);
	assert_false(ask("case $1 in --version) exit 1 ;; esac; echo vhost-user").vhost_user);
}

static void test_ask_vfio_user(void **state)
{
	assert_true(ask(SCRIPT("10.1.0", "user", "echo options")).vfio_user);
	assert_true(ask(SCRIPT("11.1.3", "user", "echo options")).vfio_user);
	assert_true(ask(SCRIPT("11.1.3", "user", "exit 1")).known);
	assert_false(ask(SCRIPT("11.1.3", "user", "exit 1")).vfio_user);
}

static void test_choose(void **state)
{
	static const struct {
		struct attach_qemu qemu;
		bool good;
		enum attach attach;
	} cases[] = {
		{{true, 7, 2, false, false}, false, 0},
		{{true, 10, 0, false, false}, false, 0},
		{{true, 12, 0, false, false}, false, 0},
		{{true, 11, 1, false, true}, true, ATTACH_VFIO_USER},
		{{true, 7, 2, true, false}, true, ATTACH_VHOST_USER},
		{{true, 11, 1, true, true}, true, ATTACH_VHOST_USER},
		{{false, 0, 0, false, false}, true, ATTACH_VHOST_USER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum attach attach = 0;
		const char *why = NULL;

		assert_int_equal(attach_choose(&cases[i].qemu, &attach, &why), cases[i].good);
		assert_non_null(why);
		if (cases[i].good)
			assert_int_equal(attach, cases[i].attach);
		else
			assert_non_null(strstr(why, "--qemu"));
	}
}

/* A binary that plays QEMU is remembered until it changes; what the file says wrongly is no answer. */
static void test_cache(void **state)
{
	static const struct attach_qemu known = {true, 9, 2, true, false};
	static const char *const wrong[] = {"", "x", "9.2 1", "9.2 2 0", "9.2 1 0 1", "9 1 0"};
	char dir[] = "/tmp/pvboot-test-XXXXXX", path[64], file[64], line[256], *said;
	struct attach_qemu qemu;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	setenv("XDG_CACHE_HOME", dir, 1);
	snprintf(path, sizeof(path), "%s/program", dir);
	snprintf(file, sizeof(file), "%s/pvboot/qemu", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs("\177ELF", f);
	fclose(f);
	assert_false(attach_cache_get(path, &qemu));
	attach_cache_put(path, &(struct attach_qemu){0}); /* nothing is known */
	assert_false(attach_cache_get(path, &qemu));
	attach_cache_put(path, &known);
	attach_cache_put("/bin/true", &(struct attach_qemu){true, 7, 2, false, false});
	assert_true(attach_cache_get(path, &qemu));
	assert_true(qemu.known && qemu.major == 9 && qemu.minor == 2 && qemu.vhost_user && !qemu.vfio_user);
	assert_true(attach_cache_get("/bin/true", &qemu));
	assert_int_equal(qemu.major, 7);
	f = fopen(file, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) && !strstr(line, "9.2 1 0"))
		;
	fclose(f);
	said = strstr(line, "9.2 1 0");
	assert_non_null(said);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		strcpy(said, wrong[i]);
		f = fopen(file, "we");
		assert_non_null(f);
		fprintf(f, "%s\n", line);
		fclose(f);
		assert_false(attach_cache_get(path, &qemu));
	}
	attach_cache_put(path, &known);
	assert_true(attach_cache_get(path, &qemu));
	f = fopen(path, "ae"); /* it was upgraded */
	fputs("more", f);
	fclose(f);
	assert_false(attach_cache_get(path, &qemu));
	f = fopen(path, "we"); /* a script */
	fputs("#!/bin/sh", f);
	fclose(f);
	attach_cache_put(path, &known);
	assert_false(attach_cache_get(path, &qemu));
	unlink(path);
	unlink(file);
	snprintf(path, sizeof(path), "%s/pvboot", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
	unsetenv("XDG_CACHE_HOME");
}

static void test_names(void **state)
{
	enum attach attach;

	assert_false(attach_parse("vfio", &attach));
	assert_false(attach_parse("", &attach));
	assert_true(attach_parse("vfio-user", &attach));
	assert_string_equal(attach_name(attach), "vfio-user");
	assert_true(attach_parse("vhost-user", &attach));
	assert_int_equal(attach, ATTACH_VHOST_USER);
	assert_false(attach_parse("x-pci-proxy-dev", &attach));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ask_program_missing),
		cmocka_unit_test(test_ask_answer_bad),
		cmocka_unit_test(test_ask_answer_long),
		cmocka_unit_test(test_ask_version_old_is_not_asked_on),
		cmocka_unit_test(test_ask_vhost_user),
		cmocka_unit_test(test_ask_vfio_user),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
