/* SPDX-License-Identifier: BSD-2-Clause */
/* test_palacios.c - hostd and a Palacios machine: the stream found, carried, let go; the test is opener and plugin. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "fake_clock.h"
#include "fake_device.h"
#include "palacios.h"
#include "palacios_open.h"
#include "pass_fd.h"
#include "server.h"

#define FILE_BYTES 400000
#define PATIENCE_MS 10000

struct fixture {
	struct event_base *base;
	struct conf conf;
	struct server *server;
	struct palacios *palacios;
	struct control *control;
	int opener;		/* the opener's end */
	struct fake_device dev; /* dev.fd: the plugin's end of the stream */
	int done;
	char words[256];
	char dir[32];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char text[512];
	int ends[2];
	FILE *big;

	strcpy(f->dir, "/tmp/test_pal.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(text, sizeof(text), "%s/big", f->dir);
	big = fopen(text, "w");
	for (int i = 0; i < FILE_BYTES; i++)
		fputc((i * 7 + i / 4096) & 0xff, big);
	fclose(big);
	conf_init(&f->conf);
	snprintf(text, sizeof(text),
		 "[hostd]\nsocket = %s/sock\n[vm q]\nroot = %s\n[vm m]\nroot = %s\npalacios = /dev/v3-vm0\n", f->dir,
		 f->dir, f->dir);
	assert_true(conf_parse(&f->conf, "f", text, strlen(text)));
	assert_true(conf_check(&f->conf, "f"));
	assert_true(conf_open_roots(&f->conf, "f"));
	assert_string_equal(f->conf.vms->next->stream, "pvboot");
	f->base = event_base_new();
	f->server = server_new(f->base, &f->conf);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	f->opener = ends[1];
	f->palacios = palacios_new(f->base, f->server, &f->conf, ends[0]);
	f->dev.base = f->base;
	f->dev.fd = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[64];

	control_free(f->control);
	server_free(f->server);
	palacios_free(f->palacios);
	fake_device_close(&f->dev);
	close(f->opener);
	event_base_free(f->base);
	conf_free(&f->conf);
	snprintf(command, sizeof(command), "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

/* Let so many ms pass, and one more, hostd at work: nothing that it waits for is outside this process. */
static void turn(struct fixture *f, int ms)
{
	for (; ms >= 0; ms--) {
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		fake_clock_pass(1);
	}
}

/* Whether the opener is asked within so many ms. */
static bool asked(struct fixture *f, int ms)
{
	uint32_t index;

	for (; ms >= 0; ms--) {
		turn(f, 0);
		if (recv(f->opener, &index, sizeof(index), MSG_DONTWAIT) == (ssize_t)sizeof(index)) {
			assert_int_equal(index, 1);
			return true;
		}
	}
	return false;
}

static void answer(struct fixture *f, int error, int fd)
{
	struct palacios_answer a = {1, error};

	assert_true(pass_fd(f->opener, &a, sizeof(a), fd));
	if (fd >= 0)
		close(fd);
}

/* hostd finds the stream; room: bytes that it takes before it is full, 0: many. */
static void find(struct fixture *f, int room)
{
	int ends[2];

	assert_true(asked(f, 1500));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	if (room)
		setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	f->dev.fd = ends[1];
	f->dev.have = 0;
	answer(f, 0, ends[0]);
}

static void take_hello(struct fixture *f)
{
	struct pvboot_link_hello hello;

	fake_device_expect(&f->dev, PVBOOT_LINK_HELLO);
	memcpy(&hello, f->dev.body, sizeof(hello));
	assert_true(hello.nonce != f->dev.nonce);
	f->dev.nonce = hello.nonce;
}

static void join(struct fixture *f)
{
	take_hello(f);
	fake_device_join(&f->dev, "somebody else", 0);
	turn(f, 1);
}

static void done(void *arg, const char *error)
{
	struct fixture *f = arg;

	f->done++;
	snprintf(f->words, sizeof(f->words), "%s", error ? error : "");
}

/* Has hostd closed the stream? */
static bool let_go(struct fixture *f)
{
	char byte[4096];
	ssize_t n;

	turn(f, 5);
	while ((n = recv(f->dev.fd, byte, sizeof(byte), MSG_DONTWAIT)) > 0)
		;
	return n == 0;
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void test_conf_refused(void **state)
{
	static const char *const bad[] = {
		"[vm m]\nroot = /\nstream = s\n",
		"[vm m*]\nroot = /\npalacios = /dev/v3-vm0\n",
		"[vm m]\nroot = /\npalacios = v3-vm0\n",
		"[vm m]\nroot = /\npalacios = /dev/v3-vm0\n[vm n]\nroot = /\npalacios = /dev/v3-vm0\nstream = pvboot\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct conf conf;

		conf_init(&conf);
		if (conf_parse(&conf, "f", bad[i], strlen(bad[i])) && conf_check(&conf, "f"))
			fail_msg("%s was taken", bad[i]);
		conf_free(&conf);
	}
}

static void test_detach_unknown(void **state)
{
	struct fixture *f = *state;

	palacios_detach(f->palacios, "q", done, f);
	assert_int_equal(f->done, 1);
	assert_non_null(strstr(f->words, "no such machine"));
	assert_non_null(palacios_attach(f->palacios, "x"));
}

static void test_opener_dies(void **state)
{
	struct fixture *f = *state;

	shutdown(f->opener, SHUT_RDWR);
	turn(f, 5);
	palacios_detach(f->palacios, "m", done, f);
	turn(f, 5);
	assert_int_equal(f->done, 1);
}

static void test_features_not_offered_on_a_stream(void **state)
{
	struct fixture *f = *state;

	find(f, 0);
	take_hello(f);
	fake_device_identify(&f->dev, "m", NULL, PVBOOT_LINK_F_FD);
	fake_device_expect(&f->dev, PVBOOT_LINK_REFUSE);
}

static void test_name_of_a_stream_taken_by_a_socket(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, 0);
	fake_device_identify(&f->dev, "m", NULL, 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_REFUSE);
	assert_non_null(memmem(f->dev.body, f->dev.hdr.length, "Palacios", 8));
}

/* ---- finding, carrying ----------------------------------------------------------------------------------------- */

static void test_machine_comes_late(void **state)
{
	struct fixture *f = *state;

	assert_true(asked(f, 20));
	answer(f, ENOENT, -1);
	assert_false(asked(f, 100));
	find(f, 0);
	join(f);
}

/* [LNK-19] */
static void test_name_is_the_sections(void **state)
{
	struct fixture *f = *state;

	find(f, 0);
	join(f); /* as somebody else, whom no section lets in */
	fake_device_open(&f->dev, 1, "big", 0);
	fake_device_reply(&f->dev, 1);
	assert_int_equal(f->dev.reply.status, PVBOOT_S_OK);
}

static void test_file_through_a_narrow_stream(void **state)
{
	struct fixture *f = *state;
	struct pvboot_read_args args = {0};
	struct pvboot_link_data d;
	uint32_t at = 0;

	find(f, 4096);
	join(f);
	fake_device_open(&f->dev, 1, "big", 0);
	fake_device_reply(&f->dev, 1);
	memcpy(&args.handle, f->dev.result, sizeof(args.handle));
	fake_device_request(&f->dev, 2, PVBOOT_OP_READ, &args, sizeof(args), FILE_BYTES + 1);
	turn(f, 50); /* nobody reads meanwhile */
	for (int idle = 0; idle < 2000;) {
		if (!fake_device_next(&f->dev)) {
			turn(f, 1);
			idle++;
			continue;
		}
		if (f->dev.hdr.type != PVBOOT_LINK_DATA)
			break;
		memcpy(&d, f->dev.body, sizeof(d));
		assert_int_equal(d.offset, at);
		for (uint32_t i = 0; i < d.length; i++, at++)
			assert_int_equal(f->dev.body[sizeof(d) + i], (at * 7 + at / 4096) & 0xff);
	}
	assert_int_equal(f->dev.hdr.type, PVBOOT_LINK_REPLY);
	assert_int_equal(at, FILE_BYTES);
}

/* [LNK-18] */
static void test_silence_is_filled(void **state)
{
	struct fixture *f = *state;

	find(f, 0);
	join(f);
	turn(f, 1100);
	fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
	assert_int_equal(f->dev.hdr.id, 0);
}

/* [LNK-17] */
static void test_device_says_goodbye(void **state)
{
	struct fixture *f = *state;

	find(f, 0);
	join(f);
	fake_device_send(&f->dev, PVBOOT_LINK_BYE, 0, NULL, 0);
	assert_true(let_go(f)); /* the device may end the stream after hostd's BYE */
	fake_device_close(&f->dev);
	find(f, 0);
	join(f);
}

static void test_stream_ends(void **state)
{
	struct fixture *f = *state;

	find(f, 0);
	join(f);
	close(f->dev.fd);
	find(f, 0);
	join(f);
}

/* ---- letting go ------------------------------------------------------------------------------------------------ */

static void test_detach_and_attach(void **state)
{
	struct fixture *f = *state;

	find(f, 0);
	join(f);
	palacios_detach(f->palacios, "m", done, f);
	fake_device_expect(&f->dev, PVBOOT_LINK_BYE);
	assert_true(let_go(f));
	assert_int_equal(f->done, 1);
	assert_string_equal(f->words, "");
	assert_false(asked(f, 1200));
	palacios_detach(f->palacios, "m", done, f);
	assert_int_equal(f->done, 2);
	fake_device_close(&f->dev);
	assert_null(palacios_attach(f->palacios, "m"));
	find(f, 0);
	join(f);
}

static void test_detach_while_the_opener_is_at_it(void **state)
{
	struct fixture *f = *state;
	int ends[2];

	assert_true(asked(f, 20));
	palacios_detach(f->palacios, "m", done, f);
	turn(f, 5);
	assert_int_equal(f->done, 0); /* the opener may have the stream open */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	f->dev.fd = ends[1];
	answer(f, 0, ends[0]);
	turn(f, 5);
	assert_int_equal(f->done, 1);
	assert_true(let_go(f));
}

static void test_detach_while_the_opener_hangs(void **state)
{
	struct fixture *f = *state;
	int ends[2];

	assert_true(asked(f, 20));
	palacios_detach(f->palacios, "m", done, f);
	for (int i = 0; i < 1000 && !f->done; i++)
		turn(f, 5);
	assert_int_equal(f->done, 1);
	assert_non_null(strstr(f->words, "does not answer"));
	palacios_detach(f->palacios, "m", done, f);
	turn(f, 5);
	assert_int_equal(f->done, 1); /* it still may have the stream open */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	f->dev.fd = ends[1];
	answer(f, 0, ends[0]);
	turn(f, 5);
	assert_int_equal(f->done, 2);
	assert_string_equal(f->words, "");
	assert_true(let_go(f));
}

static void test_detach_while_the_opener_dies(void **state)
{
	struct fixture *f = *state;

	assert_true(asked(f, 20));
	palacios_detach(f->palacios, "m", done, f);
	shutdown(f->opener, SHUT_RDWR);
	for (int i = 0; i < 1000 && !f->done; i++)
		turn(f, 5);
	assert_int_equal(f->done, 1);
	assert_string_equal(f->words, "");
}

static void test_detach_from_a_full_stream(void **state)
{
	struct fixture *f = *state;
	struct pvboot_read_args args = {0};

	find(f, 4096);
	join(f);
	fake_device_open(&f->dev, 1, "big", 0);
	fake_device_reply(&f->dev, 1);
	memcpy(&args.handle, f->dev.result, sizeof(args.handle));
	fake_device_request(&f->dev, 2, PVBOOT_OP_READ, &args, sizeof(args), FILE_BYTES);
	turn(f, 20);
	palacios_detach(f->palacios, "m", done, f);
	turn(f, 1300); /* nobody reads: it goes all the same */
	assert_int_equal(f->done, 1);
	assert_true(let_go(f));
}

static void test_last_words_at_the_end(void **state)
{
	struct fixture *f = *state;

	find(f, 0);
	join(f);
	server_free(f->server);
	palacios_free(f->palacios);
	fake_device_expect(&f->dev, PVBOOT_LINK_BYE);
	assert_true(let_go(f));
	f->server = server_new(f->base, &f->conf);
	f->palacios = NULL;
}

/* ---- the command and the opener -------------------------------------------------------------------------------- */

/* What the control socket says to a line. */
static void tell(struct fixture *f, const char *line, char reply[CONTROL_LINE])
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ssize_t n = -1;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/sock" CONTROL_SUFFIX, f->dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(send(fd, line, strlen(line), 0), (int)strlen(line));
	for (int i = 0; i < 500 && n < 0; i++) {
		turn(f, 1);
		n = recv(fd, reply, CONTROL_LINE - 1, MSG_DONTWAIT);
	}
	assert_true(n > 0);
	reply[n] = '\0';
	close(fd);
}

static void test_commands(void **state)
{
	struct fixture *f = *state;
	char reply[CONTROL_LINE], why[256] = "", junk[CONTROL_LINE + 1];

	f->control = control_listen(f->base, &f->conf, why, sizeof(why));
	assert_non_null(f->control);
	control_serve(f->control, f->palacios, NULL);
	tell(f, "reboot m\n", reply);
	assert_non_null(strstr(reply, "error there is no such command"));
	memset(junk, 'x', sizeof(junk) - 1);
	junk[sizeof(junk) - 1] = '\0';
	tell(f, junk, reply);
	assert_non_null(strstr(reply, "too long"));
	tell(f, "detach q\n", reply);
	assert_non_null(strstr(reply, "error hostd's configuration has no such machine"));
	find(f, 0);
	join(f);
	tell(f, "detach m\n", reply);
	assert_string_equal(reply, "ok\n");
	assert_true(let_go(f));
	fake_device_close(&f->dev);
	tell(f, "attach m\n", reply);
	assert_string_equal(reply, "ok\n");
	find(f, 0);
	join(f);
}

static char seen_name[PALACIOS_NAME_BYTES];

static int fake_ioctl(int fd, const char name[PALACIOS_NAME_BYTES])
{
	memcpy(seen_name, name, sizeof(seen_name));
	if (strcmp(name, "here")) {
		errno = EFAULT;
		return -1;
	}
	return dup(fd);
}

static void test_open_as_the_host_offers_it(void **state)
{
	struct fixture *f = *state;
	int (*real)(int, const char *) = palacios_open_ioctl;
	char path[64];
	int fd;

	palacios_open_ioctl = fake_ioctl;
	snprintf(path, sizeof(path), "%s/none", f->dir);
	assert_int_equal(palacios_open(path, "here"), -ENOENT);
	snprintf(path, sizeof(path), "%s/big", f->dir);
	assert_int_equal(palacios_open(path, "elsewhere"), -EFAULT);
	fd = palacios_open(path, "here");
	assert_true(fd >= 0);
	assert_int_equal(seen_name[sizeof(seen_name) - 1], 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
	palacios_open_ioctl = real;
}

static void test_opener_process(void **state)
{
	struct fixture *f = *state;
	struct palacios_answer a;
	char why[256] = "";
	int fd = palacios_open_start(&f->conf, why, sizeof(why)), stream, n;

	assert_true(fd >= 0);
	for (uint32_t index = 0; index < 3; index++) {
		assert_true(palacios_open_ask(fd, index));
		assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PATIENCE_MS), 1);
		n = palacios_open_answer(fd, &a, &stream);
		assert_int_equal(n, 1);
		assert_int_equal(a.index, index);
		/* a section without a stream, one whose device is not there, none */
		assert_int_equal(a.error, index == 1 ? ENOENT : EINVAL);
		assert_int_equal(stream, -1);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conf_refused),
		cmocka_unit_test_setup_teardown(test_detach_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_opener_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_features_not_offered_on_a_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(test_name_of_a_stream_taken_by_a_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_machine_comes_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_name_is_the_sections, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_through_a_narrow_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silence_is_filled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_device_says_goodbye, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stream_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_detach_and_attach, setup, teardown),
		cmocka_unit_test_setup_teardown(test_detach_while_the_opener_is_at_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_detach_while_the_opener_hangs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_detach_while_the_opener_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_detach_from_a_full_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(test_last_words_at_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_as_the_host_offers_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_opener_process, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
