/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vm.c - a VM at hostd, seen from its device: who is let in, and requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "server.h"
#include "vm_world.h"

/* ---- who is let in --------------------------------------------------------------------------------------------- */

/* [LNK-4] */
static void test_vm_unknown_name(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "nobody-knows", NULL, 0);
	expect_refusal(f, "allows no VM named \"nobody-knows\"");
}

/* [LNK-4] */
static void test_vm_uid_not_allowed(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID + 1);
	fake_device_identify(&f->dev, "local", NULL, 0);
	expect_refusal(f, "uid 4243 may not connect");
}

/* [LNK-4] */
static void test_vm_mac_not_allowed(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "net", (const uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x58}, 0);
	expect_refusal(f, "does not allow the MAC 52:54:00:12:34:58");
}

/* [LNK-4] */
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

/* A guest that is migrated in mid-boot: its new device, the old one once more, and the new one for good. */
static void take_turns(struct fixture *f, int old, int new)
{
	for (int turn = 0; turn < 4; turn++) {
		struct fake_device *dev = turn % 2 ? &f->dev : &f->other, *before = turn % 2 ? &f->other : &f->dev;

		if (turn > 1)
			fake_device_close(dev);
		fake_device_connect_as(dev, f->base, f->server, UID, turn % 2 ? new : old);
		fake_device_join(dev, "t1", 0);
		if (turn)
			assert_true(fake_device_ended(before));
	}
}

static void test_vm_two_devices_of_one_guest(void **state)
{
	struct fixture *f = *state;

	take_turns(f, 1001, 1002);
	assert_false(fake_device_ended(&f->dev));
}

/* But two that go on are two guests. */
static void test_vm_two_guests_of_one_name(void **state)
{
	struct fixture *f = *state;

	take_turns(f, 1001, 1002);
	for (int again = 0; again < 2; again++) {
		fake_device_close(&f->other);
		fake_device_connect_as(&f->other, f->base, f->server, UID, 1001);
		fake_device_identify(&f->other, "t1", NULL, 0);
		fake_device_expect(&f->other, PVBOOT_LINK_REFUSE);
		assert_non_null(
			strstr((const char *)f->other.body + sizeof(struct pvboot_link_refuse),
			       "two devices are named \"t1\", of process 1002 and of process 1001: give each guest a "
			       "--name of its own"));
		assert_false(fake_device_ended(&f->dev));
	}
	fake_device_close(&f->dev); /* the one that had it is done */
	fake_device_close(&f->other);
	fake_device_connect_as(&f->other, f->base, f->server, UID, 1001);
	fake_device_join(&f->other, "t1", 0);
}

static void test_vm_device_that_is_started_again_and_again(void **state)
{
	struct fixture *f = *state;

	join(f, "t1", 0);
	for (int pid = 1001; pid < 1009; pid++) {
		close(f->dev.fd); /* hostd has not seen that yet */
		fake_device_connect_as(&f->dev, f->base, f->server, UID, pid);
		fake_device_join(&f->dev, "t1", 0);
	}
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

/* Its address may be another than that of an earlier version, which servers know: the log says so, until it had a
 * lease. */
static void test_vm_mac_of_the_name_is_said(void **state)
{
	struct fixture *f = *state;
	int log = memfd_create("log", MFD_CLOEXEC), saved = dup(STDERR_FILENO);
	char text[1024] = "";

	assert_true(log >= 0 && dup2(log, STDERR_FILENO) >= 0);
	log_open(false, LOG_INFO);
	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "t1", NULL, 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
	log_open(false, LOG_EMERG);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(pread(log, text, sizeof(text) - 1, 0) > 0);
	close(log);
	if (!strstr(text, "t1: MAC 52:54:00:") || !strstr(text, "is made from the name \"t1\""))
		fail_msg("%s", text);
}

static void test_vm_states_say_their_names(void **state)
{
	static const char *const lines[] = {"t1: vm: UNKNOWN -> WELCOME", "t1: vm: WELCOME -> RUNNING"};
	struct fixture *f = *state;
	const char *text;

	capture_log();
	log_open(false, LOG_DEBUG);
	join(f, "t1", 0);
	lease(f); /* it is running by then */
	log_open(false, LOG_EMERG);
	text = captured_log();
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strstr(text, lines[i]))
			fail_msg("\"%s\" is not in: %s", lines[i], text);
}

static void test_vm_strangers_are_bounded(void **state)
{
	struct fixture *f = *state;
	int fds[17][2];
	char byte;

	for (int i = 0; i < 17; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds[i]), 0);
		server_take(f->server, fds[i][1], UID, 0);
	}
	assert_int_equal(recv(fds[15][0], &byte, 1, 0), -1); /* it is there, and has not spoken yet */
	assert_int_equal(recv(fds[16][0], &byte, 1, 0), 0);
	fake_device_connect(&f->dev, f->base, f->server, UID + 1); /* nobody else suffers */
	for (int i = 0; i < 17; i++)
		close(fds[i][0]);
	fake_device_join(&f->dev, "t1", 0);
}

/* ---- malformed requests ---------------------------------------------------------------------------------------- */

/* [LNK-10] */
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
	fake_device_open(&f->dev, 12, "ftp://172.21.0.2/x", 0);
	expect_status(f, 12, PVBOOT_S_UNSUPPORTED);
	fake_device_open(&f->dev, 13, "../small", 0);
	expect_status(f, 13, PVBOOT_S_ACCESS);
	fake_device_open(&f->dev, 14, "none", 0);
	expect_status(f, 14, PVBOOT_S_NOT_FOUND);
	assert_non_null(strstr(f->dev.text, "none"));
	assert_non_null(strstr(f->dev.text, f->root));
}

/* [LNK-10] */
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

/* [LNK-10] */
static void test_vm_malformed_dgram(void **state)
{
	struct fixture *f = *state;
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM, .length = 1};

	join(f, "net", 0);
	fake_device_send(&f->dev, PVBOOT_LINK_DGRAM, 0, &pkt, sizeof(pkt));
	assert_true(fake_device_ended(&f->dev));
}

/* [DEV-28] */
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

/* [LNK-2] */
static void test_vm_device_that_does_not_read(void **state)
{
	struct fixture *f = *state;
	struct pvboot_discover_args args = {0};
	uint32_t sent;

	join(f, "local", 0);
	/* hostd stops listening to it, and holds no more than a bound; nobody else is held up */
	for (sent = 0; sent < 300; sent++) {
		struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, sizeof(struct pvboot_link_request) + sizeof(args),
					      PVBOOT_LINK_REQUEST, 0, sent + 1};
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
	assert_in_range(sent, 200, 300);
	for (uint32_t i = 1; i <= sent; i++) {
		fake_device_reply(&f->dev, i);
		assert_int_equal(f->dev.reply.status, PVBOOT_S_OK);
	}
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
		vm_test(test_vm_two_devices_of_one_guest),
		vm_test(test_vm_two_guests_of_one_name),
		vm_test(test_vm_device_that_is_started_again_and_again),
		vm_test(test_vm_wrong_version_or_feature),
		vm_test(test_vm_name_without_end),
		vm_test(test_vm_request_before_resume),
		vm_test(test_vm_welcome_lays_down_mac),
		vm_test(test_vm_mac_of_the_name_is_said),
		vm_test(test_vm_states_say_their_names),
		vm_test(test_vm_strangers_are_bounded),
		vm_test(test_vm_bad_requests),
		vm_test(test_vm_request_length_lies),
		vm_test(test_vm_message_for_the_device),
		vm_test(test_vm_malformed_dgram),
		vm_test(test_vm_too_many_files),
		vm_test(test_vm_device_that_does_not_read),
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
