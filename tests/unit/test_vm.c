/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vm.c - a VM at hostd, seen from its device: who is let in, requests, files, leases, and what a restart keeps. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_device.h"
#include "fake_network.h"
#include "log.h"
#include "server.h"

#define UID 4242
#define ROOM (1u << 20)

static const uint8_t lease_ip[4] = {172, 21, 0, 50};

struct fixture {
	struct event_base *base;
	struct server *server;
	struct conf conf;
	char root[64];
	struct fake_device dev, other;
};

static void write_file(struct fixture *f, const char *name, const void *bytes, size_t len)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, bytes, len), (int)len);
	close(fd);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char text[1024];

	strcpy(f->root, "/tmp/test_vm.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	write_file(f, "small", "0123456789", 10);
	conf_init(&f->conf);
	snprintf(text, sizeof(text),
		 "[vm local]\nroot = %s\nboot_file = small\nallow_uid = %d\n"
		 "[vm net]\ninterface = x0\nmac = 52:54:00:12:34:57\nallow_uid = %d\n"
		 "[vm t*]\ninterface = x0\nmac = 52:54:00:*\nallow_uid = %d %d\nboot_file = mine/other.0\n",
		 f->root, UID, UID, UID, UID + 1);
	assert_true(conf_parse(&f->conf, "f", text, strlen(text)));
	assert_true(conf_check(&f->conf, "f"));
	assert_true(conf_open_roots(&f->conf));
	f->base = event_base_new();
	f->server = server_new(f->base, &f->conf);
	f->dev.fd = f->other.fd = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	server_free(f->server);
	fake_device_close(&f->dev);
	fake_device_close(&f->other);
	event_base_free(f->base);
	conf_free(&f->conf);
	snprintf(command, sizeof(command), "rm -r %s", f->root);
	assert_int_equal(system(command), 0);
	assert_int_equal(fake_tftp_running, 0);
	free(f);
	return 0;
}

static void join(struct fixture *f, const char *name, uint32_t features)
{
	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_join(&f->dev, name, features);
}

static void discover(struct fixture *f, uint32_t id, uint32_t flags)
{
	struct pvboot_discover_args args = {.flags = flags};

	fake_device_request(&f->dev, id, PVBOOT_OP_DISCOVER, &args, sizeof(args), ROOM);
	fake_device_turn(&f->dev);
}

/* As far as a lease from the network. */
static void lease(struct fixture *f)
{
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	fake_device_reply(&f->dev, 1000);
	assert_int_equal(f->dev.reply.status, PVBOOT_S_OK);
}

static void expect_refusal_(struct fixture *f, const char *words, int line)
{
	fake_device_expect(&f->dev, PVBOOT_LINK_REFUSE);
	f->dev.text[0] = '\0';
	memcpy(f->dev.text, f->dev.body + sizeof(struct pvboot_link_refuse),
	       f->dev.hdr.length - sizeof(struct pvboot_link_refuse));
	f->dev.text[f->dev.hdr.length - sizeof(struct pvboot_link_refuse)] = '\0';
	if (!strstr(f->dev.text, words)) {
		print_error("\"%s\" does not say \"%s\"\n", f->dev.text, words);
		_fail(__FILE__, line);
	}
	assert_true(fake_device_ended(&f->dev));
}
#define expect_refusal(f, words) expect_refusal_(f, words, __LINE__)

/* ---- who is let in --------------------------------------------------------------------------------------------- */

static void test_vm_unknown_name(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "nobody-knows", NULL, 0);
	expect_refusal(f, "allows no VM named \"nobody-knows\"");
}

static void test_vm_uid_not_allowed(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID + 1);
	fake_device_identify(&f->dev, "local", NULL, 0);
	expect_refusal(f, "uid 4243 may not connect");
}

static void test_vm_mac_not_allowed(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "net", (const uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x58}, 0);
	expect_refusal(f, "does not allow the MAC 52:54:00:12:34:58");
}

static void test_vm_mac_of_another_section(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "thief", (const uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x57}, 0);
	expect_refusal(f, "belongs to [vm net]");
}

static void test_vm_mac_in_use(void **state)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 1, 2, 3};
	struct fixture *f = *state;

	fake_device_connect(&f->other, f->base, f->server, UID);
	fake_device_identify(&f->other, "t1", mac, 0);
	fake_device_expect(&f->other, PVBOOT_LINK_WELCOME);
	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "t2", mac, 0);
	expect_refusal(f, "\"t1\" has this MAC");
}

static void test_vm_name_in_use_by_another_user(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->other, f->base, f->server, UID + 1);
	fake_device_join(&f->other, "t1", 0);
	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "t1", NULL, 0);
	expect_refusal(f, "running for another user");
	assert_false(fake_device_ended(&f->other));
}

static void test_vm_connects_again(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->other, f->base, f->server, UID);
	fake_device_join(&f->other, "t1", 0);
	join(f, "t1", 0);
	assert_true(fake_device_ended(&f->other));
	assert_false(fake_device_ended(&f->dev));
}

static void test_vm_wrong_version_or_feature(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_identity id = {.version = 2, .name = "local"};

	fake_device_connect(&f->dev, f->base, f->server, UID);
	id.nonce = f->dev.nonce;
	fake_device_send(&f->dev, PVBOOT_LINK_IDENTITY, 0, &id, sizeof(id));
	expect_refusal(f, "version 2");
	fake_device_close(&f->dev);
	fake_device_connect(&f->dev, f->base, f->server, UID);
	id.nonce = f->dev.nonce;
	id.version = PVBOOT_LINK_VERSION;
	id.features = 2;
	fake_device_send(&f->dev, PVBOOT_LINK_IDENTITY, 0, &id, sizeof(id));
	expect_refusal(f, "not offered");
}

static void test_vm_name_without_end(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_identity id = {.version = PVBOOT_LINK_VERSION};

	fake_device_connect(&f->dev, f->base, f->server, UID);
	id.nonce = f->dev.nonce;
	memset(id.name, 'x', sizeof(id.name));
	fake_device_send(&f->dev, PVBOOT_LINK_IDENTITY, 0, &id, sizeof(id));
	expect_refusal(f, "allows no VM named");
}

static void test_vm_request_before_resume(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "local", NULL, 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
	fake_device_open(&f->dev, 1, "small", 0);
	assert_true(fake_device_ended(&f->dev));
}

static void test_vm_welcome_lays_down_mac(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_welcome welcome;

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "net", NULL, PVBOOT_LINK_F_FD);
	fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
	memcpy(&welcome, f->dev.body, sizeof(welcome));
	assert_int_equal(welcome.flags, PVBOOT_LINK_ID_MAC);
	assert_int_equal(welcome.features, PVBOOT_LINK_F_FD);
	assert_memory_equal(welcome.mac, ((uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x57}), 6);
}

static void test_vm_strangers_are_bounded(void **state)
{
	struct fixture *f = *state;
	int fds[17][2];
	char byte;

	for (int i = 0; i < 17; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds[i]), 0);
		server_take(f->server, fds[i][1], UID);
	}
	assert_int_equal(recv(fds[15][0], &byte, 1, 0), -1); /* it is there, and has not spoken yet */
	assert_int_equal(recv(fds[16][0], &byte, 1, 0), 0);
	fake_device_connect(&f->dev, f->base, f->server, UID + 1); /* nobody else suffers */
	for (int i = 0; i < 17; i++)
		close(fds[i][0]);
	fake_device_join(&f->dev, "t1", 0);
}

/* ---- malformed requests ---------------------------------------------------------------------------------------- */

static void expect_status(struct fixture *f, uint32_t id, uint32_t status)
{
	fake_device_reply(&f->dev, id);
	assert_int_equal(f->dev.reply.status, status);
	if (status != PVBOOT_S_OK)
		assert_int_equal(f->dev.reply.result_len, 0);
}

static void test_vm_bad_requests(void **state)
{
	struct fixture *f = *state;
	struct pvboot_discover_args disc = {0};
	struct pvboot_open_args open_args = {0};
	struct pvboot_read_args read_args = {.handle = 1};
	struct pvboot_file_args file_args = {.handle = 77};
	uint8_t nul_name[sizeof(open_args) + 4] = {0};

	join(f, "local", 0);
	fake_device_request(&f->dev, 1, 99, "", 0, ROOM);
	expect_status(f, 1, PVBOOT_S_UNSUPPORTED);
	fake_device_request(&f->dev, 2, 0, "", 0, ROOM);
	expect_status(f, 2, PVBOOT_S_UNSUPPORTED);
	fake_device_request(&f->dev, 3, PVBOOT_OP_DISCOVER, &disc, 7, ROOM);
	expect_status(f, 3, PVBOOT_S_BAD_REQUEST);
	fake_device_request(&f->dev, 4, PVBOOT_OP_DISCOVER, &disc, sizeof(disc),
			    sizeof(struct pvboot_discover_res) - 1);
	expect_status(f, 4, PVBOOT_S_BAD_REQUEST);
	disc.flags = 2;
	fake_device_request(&f->dev, 5, PVBOOT_OP_DISCOVER, &disc, sizeof(disc), ROOM);
	expect_status(f, 5, PVBOOT_S_UNSUPPORTED);
	fake_device_request(&f->dev, 6, PVBOOT_OP_OPEN, &open_args, sizeof(open_args), ROOM); /* no name */
	expect_status(f, 6, PVBOOT_S_BAD_REQUEST);
	fake_device_request(&f->dev, 15, PVBOOT_OP_OPEN, &open_args, sizeof(open_args) - 1, ROOM);
	expect_status(f, 15, PVBOOT_S_BAD_REQUEST);
	assert_string_equal(f->dev.text, "arguments too short");
	memcpy(nul_name + sizeof(open_args), "a\0b", 3);
	fake_device_request(&f->dev, 7, PVBOOT_OP_OPEN, nul_name, sizeof(nul_name), ROOM);
	expect_status(f, 7, PVBOOT_S_BAD_REQUEST);
	fake_device_open(&f->dev, 8, "small", 2);
	expect_status(f, 8, PVBOOT_S_UNSUPPORTED);
	fake_device_request(&f->dev, 9, PVBOOT_OP_READ, &read_args, sizeof(read_args), ROOM);
	expect_status(f, 9, PVBOOT_S_BAD_HANDLE);
	fake_device_request(&f->dev, 10, PVBOOT_OP_CLOSE, &file_args, sizeof(file_args), ROOM);
	expect_status(f, 10, PVBOOT_S_BAD_HANDLE);
	fake_device_request(&f->dev, 11, PVBOOT_OP_PROGRESS, &file_args, sizeof(file_args), ROOM);
	expect_status(f, 11, PVBOOT_S_BAD_HANDLE);
	fake_device_open(&f->dev, 12, "http://172.21.0.2/x", 0);
	expect_status(f, 12, PVBOOT_S_UNSUPPORTED);
	fake_device_open(&f->dev, 13, "../small", 0);
	expect_status(f, 13, PVBOOT_S_ACCESS);
	fake_device_open(&f->dev, 14, "none", 0);
	expect_status(f, 14, PVBOOT_S_NOT_FOUND);
	assert_non_null(strstr(f->dev.text, "none"));
	assert_non_null(strstr(f->dev.text, f->root));
}

static void test_vm_request_length_lies(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_request req = {.op = PVBOOT_OP_DISCOVER, .arg_len = 8, .room = ROOM};

	join(f, "local", 0);
	fake_device_send(&f->dev, PVBOOT_LINK_REQUEST, 1, &req,
			 sizeof(req)); /* 8 bytes are announced, none are there */
	assert_true(fake_device_ended(&f->dev));
}

static void test_vm_message_for_the_device(void **state)
{
	struct fixture *f = *state;

	join(f, "local", 0);
	fake_device_send(&f->dev, PVBOOT_LINK_GROW, 1, NULL, 0);
	assert_true(fake_device_ended(&f->dev));
}

static void test_vm_malformed_dgram(void **state)
{
	struct fixture *f = *state;
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM, .length = 1};

	join(f, "net", 0);
	fake_device_send(&f->dev, PVBOOT_LINK_DGRAM, 0, &pkt, sizeof(pkt));
	assert_true(fake_device_ended(&f->dev));
}

static void test_vm_too_many_files(void **state)
{
	struct fixture *f = *state;

	join(f, "local", 0);
	for (uint32_t i = 1; i <= PVBOOT_FILES_MAX; i++) {
		fake_device_open(&f->dev, i, "small", 0);
		expect_status(f, i, PVBOOT_S_OK);
	}
	fake_device_open(&f->dev, 100, "small", 0);
	expect_status(f, 100, PVBOOT_S_NO_RESOURCES);
}

static void test_vm_device_that_does_not_read(void **state)
{
	struct fixture *f = *state;
	struct pvboot_discover_args args = {0};

	join(f, "local", 0);
	/* hostd stops listening to it, and holds no more than a bound; nobody else is held up */
	for (int i = 0; i < 300; i++) {
		struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, sizeof(struct pvboot_link_request) + sizeof(args),
					      PVBOOT_LINK_REQUEST, 0, (uint32_t)i + 1};
		struct pvboot_link_request req = {.op = PVBOOT_OP_DISCOVER, .arg_len = sizeof(args), .room = ROOM};
		uint8_t frame[sizeof(hdr) + sizeof(req) + sizeof(args)] = {0};

		memcpy(frame, &hdr, sizeof(hdr));
		memcpy(frame + sizeof(hdr), &req, sizeof(req));
		if (write(f->dev.fd, frame, sizeof(frame)) < 0)
			break;
		fake_device_turn(&f->dev);
	}
	fake_device_connect(&f->other, f->base, f->server, UID);
	fake_device_join(&f->other, "net", 0);
	/* once it reads again, every answer comes */
	for (uint32_t i = 1; i <= 300; i++) {
		fake_device_reply(&f->dev, i);
		assert_int_equal(f->dev.reply.status, PVBOOT_S_OK);
	}
}

/* ---- leases ---------------------------------------------------------------------------------------------------- */

static void test_vm_lease_fails(void **state)
{
	struct fixture *f = *state;

	join(f, "net", 0);
	discover(f, 1, 0);
	fake_dhcp_finish(PVBOOT_S_NO_OFFER, "no DHCP server answered on x0", lease_ip);
	expect_status(f, 1, PVBOOT_S_NO_OFFER);
	assert_string_equal(f->dev.text, "no DHCP server answered on x0");
}

static void test_vm_lease_cancelled(void **state)
{
	struct fixture *f = *state;

	join(f, "net", 0);
	discover(f, 1, 0);
	discover(f, 2, 0);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 1, NULL, 0);
	fake_device_turn(&f->dev);
	assert_true(fake_dhcp_running); /* the second one waits */
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 2, NULL, 0);
	fake_device_turn(&f->dev);
	assert_false(fake_dhcp_running);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 3, NULL, 0); /* nothing of that id */
	lease(f);
}

static void test_vm_lease_local(void **state)
{
	struct fixture *f = *state;
	struct pvboot_discover_res res;

	join(f, "local", 0);
	discover(f, 1, 0);
	expect_status(f, 1, PVBOOT_S_OK);
	assert_int_equal(f->dev.reply.result_len, sizeof(res));
	memcpy(&res, f->dev.result, sizeof(res));
	assert_int_equal(res.lease.flags, PVBOOT_LEASE_F_LOCAL);
	assert_string_equal(res.lease.bootfile, "small");
}

static void test_vm_lease_asked_again(void **state)
{
	struct fixture *f = *state;

	join(f, "net", 0);
	lease(f);
	fake_device_send(&f->dev, PVBOOT_LINK_RESET, 0, NULL, 0);
	discover(f, 2, 0);
	assert_memory_equal(fake_dhcp_previous, lease_ip, 4);
	fake_device_close(&f->dev);
	join(f, "net", 0); /* the VM was started anew */
	discover(f, 3, 0);
	assert_memory_equal(fake_dhcp_previous, lease_ip, 4);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 3, NULL, 0);
	discover(f, 4, PVBOOT_DISCOVER_F_FRESH);
	assert_memory_equal(fake_dhcp_previous, "\0\0\0\0", 4);
}

static void test_vm_lease_with_our_boot_file(void **state)
{
	struct fixture *f = *state;
	struct pvboot_discover_res res;

	join(f, "t1", 0);
	discover(f, 1, 0);
	fake_dhcp_finish(PVBOOT_S_NO_BOOTFILE, "nobody names a boot file", lease_ip);
	expect_status(f, 1, PVBOOT_S_OK);
	memcpy(&res, f->dev.result, sizeof(res));
	assert_string_equal(res.lease.bootfile, "mine/other.0");
	assert_string_equal((char *)res.reply + 108, "mine/other.0");
}

/* ---- files by TFTP --------------------------------------------------------------------------------------------- */

static struct pvboot_link_grow expect_grow(struct fixture *f, bool with_fd)
{
	struct pvboot_link_grow grow;

	fake_device_expect(&f->dev, PVBOOT_LINK_GROW);
	assert_int_equal(f->dev.msg_fd >= 0, with_fd);
	memcpy(&grow, f->dev.body, sizeof(grow));
	return grow;
}

static void test_vm_file_missing(void **state)
{
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "gone", 0);
	fake_device_turn(&f->dev);
	fake_tftp_done(PVBOOT_S_NOT_FOUND, 1, "172.21.0.2 has no file \"gone\"");
	expect_status(f, 1, PVBOOT_S_NOT_FOUND);
	assert_int_equal(f->dev.reply.detail, 1);
	assert_string_equal(f->dev.text, "172.21.0.2 has no file \"gone\"");
}

static void test_vm_file_without_lease(void **state)
{
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "x", 0);
	expect_status(f, 1, PVBOOT_S_BAD_REQUEST);
}

static void test_vm_file_at_loopback(void **state)
{
	struct fixture *f = *state;
	int gets = fake_tftp_gets;

	join(f, "net", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "tftp://127.0.0.1/x", 0);
	expect_status(f, 1, PVBOOT_S_DENIED);
	assert_int_equal(fake_tftp_gets, gets);
}

static void test_vm_file_cancelled(void **state)
{
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	assert_int_equal(fake_tftp_running, 1);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 1, NULL, 0);
	fake_device_turn(&f->dev);
	assert_int_equal(fake_tftp_running, 0);
}

static void test_vm_file_grows(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct pvboot_open_res res;
	char bytes[8];
	int fd;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "tftp://172.21.0.9:6969/a/b", 0);
	fake_device_turn(&f->dev);
	assert_string_equal(fake_tftp_name, "a/b");
	assert_memory_equal(fake_tftp_server, ((uint8_t[]){172, 21, 0, 9}), 4);
	assert_int_equal(fake_tftp_port, 6969);
	fake_tftp_opened(6);
	grow = expect_grow(f, true);
	fd = f->dev.msg_fd;
	assert_int_equal(grow.available, 0);
	assert_int_equal(grow.size, 6);
	fake_device_expect(&f->dev, PVBOOT_LINK_KEEP);
	expect_status(f, 1, PVBOOT_S_OK);
	memcpy(&res, f->dev.result, sizeof(res));
	assert_int_equal(res.size, 6);
	/* [LNK-11] */
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	fake_tftp_data("abcdef", 6);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	do
		grow = expect_grow(f, false);
	while (!(grow.flags & PVBOOT_LINK_GROW_DONE));
	assert_int_equal(grow.available, 6);
	assert_int_equal(grow.status, PVBOOT_S_OK);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), 6);
	assert_memory_equal(bytes, "abcdef", 6);
	close(fd);
}

static void test_vm_file_fails_on_the_way(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(6);
	fake_tftp_data("abc", 3);
	fake_tftp_done(PVBOOT_S_TIMEOUT, 0, "172.21.0.2 does not answer any more");
	grow = expect_grow(f, true);
	close(f->dev.msg_fd);
	do
		grow = expect_grow(f, false);
	while (!(grow.flags & PVBOOT_LINK_GROW_DONE));
	assert_int_equal(grow.status, PVBOOT_S_TIMEOUT);
	assert_int_equal(grow.available, 3);
	assert_memory_equal(f->dev.body + sizeof(grow), "172.21.0.2 does", 15);
}

static void test_vm_stat_without_tsize(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "x", PVBOOT_OPEN_F_STAT);
	fake_device_turn(&f->dev);
	assert_true(fake_tftp_stat);
	fake_tftp_opened(PVBOOT_SIZE_UNKNOWN);
	assert_false(fake_tftp_stat); /* it is fetched after all, to be measured */
	fake_tftp_opened(PVBOOT_SIZE_UNKNOWN);
	fake_tftp_data("abc", 3);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	expect_status(f, 1, PVBOOT_S_OK);
	memcpy(&res, f->dev.result, sizeof(res));
	assert_int_equal(res.size, 3);
}

/* ---- READ without descriptors ---------------------------------------------------------------------------------- */

static void read_file(struct fixture *f, uint32_t id, uint64_t offset, uint64_t room, uint32_t flags, uint32_t wait_ms)
{
	struct pvboot_read_args args = {.handle = 1, .flags = flags, .offset = offset, .wait_ms = wait_ms};

	fake_device_request(&f->dev, id, PVBOOT_OP_READ, &args, sizeof(args), room);
}

static void test_vm_read_at_the_end(void **state)
{
	struct fixture *f = *state;

	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "small", 0);
	read_file(f, 2, 10, 100, 0, 0);
	expect_status(f, 2, PVBOOT_S_OK);
	assert_int_equal(f->dev.reply.detail, PVBOOT_READ_EOF);
	assert_int_equal(f->dev.reply.result_len, 0);
	read_file(f, 3, UINT64_MAX, 100, 0, 0);
	expect_status(f, 3, PVBOOT_S_OK);
	assert_int_equal(f->dev.reply.result_len, 0);
}

static void test_vm_read_inline(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_data data;

	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "small", 0);
	read_file(f, 2, 3, 4, 0, 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_DATA);
	memcpy(&data, f->dev.body, sizeof(data));
	assert_int_equal(data.offset, 0);
	assert_int_equal(data.length, 4);
	assert_memory_equal(f->dev.body + sizeof(data), "3456", 4);
	fake_device_reply(&f->dev, 2);
	assert_int_equal(f->dev.reply.result_len, 4);
	assert_int_equal(f->dev.reply.detail, 0);
	assert_int_equal(f->dev.hdr.length, sizeof(f->dev.reply));
}

static void test_vm_read_large(void **state)
{
	struct fixture *f = *state;
	size_t size = 3u << 20, at = 0;
	uint8_t *bytes = malloc(size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 12));
	write_file(f, "large", bytes, size);
	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "large", 0);
	read_file(f, 2, 0, UINT64_MAX, 0, 0);
	while (at < size) { /* more than the link holds at once */
		struct pvboot_link_data data;

		fake_device_expect(&f->dev, PVBOOT_LINK_DATA);
		memcpy(&data, f->dev.body, sizeof(data));
		assert_int_equal(data.offset, at);
		assert_memory_equal(f->dev.body + sizeof(data), bytes + at, data.length);
		at += data.length;
	}
	fake_device_reply(&f->dev, 2);
	assert_int_equal(f->dev.reply.result_len, size);
	assert_int_equal(f->dev.reply.detail, PVBOOT_READ_EOF);
	free(bytes);
}

static void test_vm_read_partial(void **state)
{
	struct fixture *f = *state;

	join(f, "net", 0);
	lease(f);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(PVBOOT_SIZE_UNKNOWN);
	expect_status(f, 1, PVBOOT_S_OK);
	read_file(f, 2, 0, 100, PVBOOT_READ_F_PARTIAL, 0);
	expect_status(f, 2, PVBOOT_S_AGAIN);
	read_file(f, 3, 0, 100, PVBOOT_READ_F_PARTIAL, 1000);
	fake_device_turn(&f->dev);
	fake_tftp_data("abc", 3);
	fake_device_reply(&f->dev, 3);
	assert_int_equal(f->dev.reply.result_len, 3);
	assert_int_equal(f->dev.reply.detail, 0);
	read_file(f, 4, 0, 100, 0, 0);
	fake_device_turn(&f->dev);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	fake_device_reply(&f->dev, 4);
	assert_int_equal(f->dev.reply.result_len, 3);
	assert_int_equal(f->dev.reply.detail, PVBOOT_READ_EOF);
}

static void test_vm_read_of_closed_file(void **state)
{
	struct fixture *f = *state;
	struct pvboot_file_args args = {.handle = 1};

	join(f, "net", 0);
	lease(f);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(100);
	expect_status(f, 1, PVBOOT_S_OK);
	read_file(f, 2, 0, 100, 0, 0);
	fake_device_request(&f->dev, 3, PVBOOT_OP_CLOSE, &args, sizeof(args), 0);
	expect_status(f, 2, PVBOOT_S_BAD_HANDLE);
	expect_status(f, 3, PVBOOT_S_OK);
	assert_int_equal(fake_tftp_running, 0);
}

static void test_vm_file_changed(void **state)
{
	struct fixture *f = *state;
	struct pvboot_file_args args = {.handle = 1};

	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "small", 0);
	expect_status(f, 1, PVBOOT_S_OK);
	write_file(f, "small", "0123456789ab", 12);
	fake_device_request(&f->dev, 2, PVBOOT_OP_CLOSE, &args, sizeof(args), 0);
	expect_status(f, 2, PVBOOT_S_CHANGED);
	assert_non_null(strstr(f->dev.text, "changed"));
}

/* ---- what a restart keeps -------------------------------------------------------------------------------------- */

struct kept {
	uint32_t key;
	size_t len;
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];
};

static void take_kept(struct fixture *f, struct kept *kept)
{
	fake_device_expect(&f->dev, PVBOOT_LINK_KEEP);
	assert_true(f->dev.hdr.length <= sizeof(kept->blob));
	kept->key = f->dev.hdr.id;
	kept->len = f->dev.hdr.length;
	memcpy(kept->blob, f->dev.body, kept->len);
}

/* hostd ends, another one starts, and the device comes with what it kept. */
static void restart(struct fixture *f, const char *name, const struct kept *kept, size_t n)
{
	server_free(f->server);
	fake_device_close(&f->dev);
	f->server = server_new(f->base, &f->conf);
	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, name, NULL, PVBOOT_LINK_F_FD);
	fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
	for (size_t i = 0; i < n; i++)
		fake_device_send(&f->dev, PVBOOT_LINK_KEPT, kept[i].key, kept[i].blob, kept[i].len);
	fake_device_send(&f->dev, PVBOOT_LINK_RESUME, 0, NULL, 0);
	fake_device_turn(&f->dev);
}

static void test_vm_kept_rubbish(void **state)
{
	static const uint32_t keys[] = {0,	 1,	  69,	   0xffff,  0x10000, 0x10001,
					0x10002, 0x20000, 0x20001, 0x2ffff, 0x30000};
	struct fixture *f = *state;
	struct kept kept[11];

	join(f, "net", PVBOOT_LINK_F_FD);
	for (size_t i = 0; i < 11; i++) {
		kept[i].key = keys[i];
		kept[i].len = i * 13 % 90;
		memset(kept[i].blob, (int)i * 29, sizeof(kept[i].blob));
	}
	restart(f, "net", kept, 11);
	for (size_t i = 0; i < 11; i++) {
		fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
		assert_int_equal(f->dev.hdr.id, keys[i]);
	}
	lease(f);
}

static void test_vm_kept_file_with_wrong_name_length(void **state)
{
	struct fixture *f = *state;
	struct kept kept;

	join(f, "local", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "small", 0);
	take_kept(f, &kept);
	kept.len--;
	restart(f, "local", &kept, 1);
	fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
	assert_int_equal(f->dev.hdr.id, kept.key);
}

static void test_vm_kept_of_another_version(void **state)
{
	struct fixture *f = *state;
	struct kept kept[3];

	join(f, "net", PVBOOT_LINK_F_FD);
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	take_kept(f, &kept[0]);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(6);
	take_kept(f, &kept[1]);
	kept[2] = (struct kept){PVBOOT_LINK_KEY_DGRAM, 8, "PKD1"};
	for (size_t i = 0; i < 3; i++)
		kept[i].blob[3]++; /* of the magic */
	restart(f, "net", kept, 3);
	for (size_t i = 0; i < 3; i++) {
		fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
		assert_int_equal(f->dev.hdr.id, kept[i].key);
	}
}

static void test_vm_ending_forgets_nothing(void **state)
{
	struct fixture *f = *state;

	join(f, "local", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "small", 0);
	expect_status(f, 1, PVBOOT_S_OK);
	server_free(f->server);
	f->server = server_new(f->base, &f->conf);
	while (fake_device_next(&f->dev))
		assert_int_not_equal(f->dev.hdr.type, PVBOOT_LINK_FORGET);
}

static void test_vm_goes_on_with_a_lease_and_a_file(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept[2];

	join(f, "net", PVBOOT_LINK_F_FD);
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	take_kept(f, &kept[0]);
	assert_int_equal(kept[0].key, PVBOOT_LINK_KEY_LEASE);
	fake_device_open(&f->dev, 1, "dir/x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(6);
	take_kept(f, &kept[1]);
	assert_int_equal(kept[1].key, PVBOOT_LINK_KEY_FILE + 1);
	restart(f, "net", kept, 2);
	assert_string_equal(fake_tftp_name, "dir/x");
	assert_memory_equal(fake_tftp_server, ((uint8_t[]){172, 21, 0, 2}), 4);
	fake_tftp_opened(6);
	fake_tftp_data("abcdef", 6);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	grow = expect_grow(f, true);
	close(f->dev.msg_fd);
	assert_int_equal(f->dev.hdr.id, 1);
	do
		grow = expect_grow(f, false);
	while (!(grow.flags & PVBOOT_LINK_GROW_DONE));
	assert_int_equal(grow.status, PVBOOT_S_OK);
	assert_int_equal(grow.available, 6);
	/* the handle is not given away again, and the lease's server is known */
	fake_device_open(&f->dev, 2, "y", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(1);
	fake_device_reply(&f->dev, 2);
	assert_int_equal(f->dev.result[0], 2);
	assert_memory_equal(fake_tftp_server, ((uint8_t[]){172, 21, 0, 2}), 4);
}

static void test_vm_file_has_another_size_after_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept[2];

	join(f, "net", PVBOOT_LINK_F_FD);
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	take_kept(f, &kept[0]);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(6);
	take_kept(f, &kept[1]);
	restart(f, "net", kept, 2);
	fake_tftp_opened(7);
	grow = expect_grow(f, true); /* in place of what was said before, so with a descriptor */
	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_CHANGED);
	assert_int_equal(grow.flags, PVBOOT_LINK_GROW_DONE);
	assert_int_equal(grow.available, 0);
}

/* As far as a file of 100000 bytes, of which 70000 have come; hostd starts over, and the file begins with this byte. */
static struct pvboot_link_grow restart_in_mid_file(struct fixture *f, uint8_t first)
{
	static uint8_t bytes[70000];
	struct kept kept[2];

	join(f, "net", PVBOOT_LINK_F_FD);
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	take_kept(f, &kept[0]);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(100000);
	take_kept(f, &kept[1]);
	bytes[0] = 1;
	fake_tftp_data(bytes, sizeof(bytes));
	take_kept(f, &kept[1]); /* with what the file begins with */
	restart(f, "net", kept, 2);
	fake_tftp_opened(100000);
	bytes[0] = first;
	fake_tftp_data(bytes, 60000);
	while (fake_device_next(&f->dev)) /* not yet: it could be another file */
		assert_int_not_equal(f->dev.hdr.type, PVBOOT_LINK_GROW);
	fake_tftp_data(bytes + 60000, 10000);
	return expect_grow(f, true);
}

static void test_vm_file_begins_otherwise_after_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow = restart_in_mid_file(f, 2);

	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_CHANGED);
	assert_int_equal(grow.flags, PVBOOT_LINK_GROW_DONE);
	assert_int_equal(fake_tftp_running, 0);
}

static void test_vm_file_begins_the_same_after_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow = restart_in_mid_file(f, 1);

	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_OK);
	assert_int_equal(grow.available, 70000);
	assert_int_equal(grow.flags, 0);
}

static void test_vm_file_is_gone_after_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept[2];

	join(f, "net", PVBOOT_LINK_F_FD);
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	take_kept(f, &kept[0]);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(6);
	take_kept(f, &kept[1]);
	restart(f, "net", kept, 2);
	fake_tftp_done(PVBOOT_S_NOT_FOUND, 1, "172.21.0.2 has no file \"x\"");
	grow = expect_grow(f, true);
	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_NOT_FOUND);
	assert_int_equal(grow.flags, PVBOOT_LINK_GROW_DONE);
	assert_memory_equal(f->dev.body + sizeof(grow), "172.21.0.2 has", 14);
}

static void test_vm_complete_file_is_not_fetched_again(void **state)
{
	struct fixture *f = *state;
	struct kept kept[2];
	int gets;

	join(f, "net", PVBOOT_LINK_F_FD);
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	take_kept(f, &kept[0]);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(3);
	take_kept(f, &kept[1]);
	fake_tftp_data("abc", 3);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	take_kept(f, &kept[1]);
	gets = fake_tftp_gets;
	restart(f, "net", kept, 2);
	assert_int_equal(fake_tftp_gets, gets);
	fake_device_request(&f->dev, 2, PVBOOT_OP_CLOSE, &(struct pvboot_file_args){.handle = 1},
			    sizeof(struct pvboot_file_args), 0);
	expect_status(f, 2, PVBOOT_S_OK);
}

static void test_vm_root_file_changed_over_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept;

	join(f, "local", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "small", 0);
	take_kept(f, &kept);
	write_file(f, "small", "9876543210", 10); /* the same size */
	restart(f, "local", &kept, 1);
	grow = expect_grow(f, true);
	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_CHANGED);
}

#define vm_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_test(test_vm_unknown_name),
		vm_test(test_vm_uid_not_allowed),
		vm_test(test_vm_mac_not_allowed),
		vm_test(test_vm_mac_of_another_section),
		vm_test(test_vm_mac_in_use),
		vm_test(test_vm_name_in_use_by_another_user),
		vm_test(test_vm_connects_again),
		vm_test(test_vm_wrong_version_or_feature),
		vm_test(test_vm_name_without_end),
		vm_test(test_vm_request_before_resume),
		vm_test(test_vm_welcome_lays_down_mac),
		vm_test(test_vm_strangers_are_bounded),
		vm_test(test_vm_bad_requests),
		vm_test(test_vm_request_length_lies),
		vm_test(test_vm_message_for_the_device),
		vm_test(test_vm_malformed_dgram),
		vm_test(test_vm_too_many_files),
		vm_test(test_vm_device_that_does_not_read),
		vm_test(test_vm_lease_fails),
		vm_test(test_vm_lease_cancelled),
		vm_test(test_vm_lease_local),
		vm_test(test_vm_lease_asked_again),
		vm_test(test_vm_lease_with_our_boot_file),
		vm_test(test_vm_file_missing),
		vm_test(test_vm_file_without_lease),
		vm_test(test_vm_file_at_loopback),
		vm_test(test_vm_file_cancelled),
		vm_test(test_vm_file_grows),
		vm_test(test_vm_file_fails_on_the_way),
		vm_test(test_vm_stat_without_tsize),
		vm_test(test_vm_read_at_the_end),
		vm_test(test_vm_read_inline),
		vm_test(test_vm_read_large),
		vm_test(test_vm_read_partial),
		vm_test(test_vm_read_of_closed_file),
		vm_test(test_vm_file_changed),
		vm_test(test_vm_kept_rubbish),
		vm_test(test_vm_kept_file_with_wrong_name_length),
		vm_test(test_vm_kept_of_another_version),
		vm_test(test_vm_ending_forgets_nothing),
		vm_test(test_vm_goes_on_with_a_lease_and_a_file),
		vm_test(test_vm_file_has_another_size_after_restart),
		vm_test(test_vm_file_begins_otherwise_after_restart),
		vm_test(test_vm_file_begins_the_same_after_restart),
		vm_test(test_vm_file_is_gone_after_restart),
		vm_test(test_vm_complete_file_is_not_fetched_again),
		vm_test(test_vm_root_file_changed_over_restart),
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
