/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_world.c - a hostd with some sections and a device at it, for tests. */
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_network.h"
#include "server.h"
#include "vm_world.h"

const uint8_t lease_ip[4] = {172, 21, 0, 50};

void write_file(struct fixture *f, const char *name, const void *bytes, size_t len)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, bytes, len), (int)len);
	close(fd);
}

int setup(void **state)
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
		 "[vm plain]\ninterface = x0\nmac = 52:54:00:*\nallow_uid = %d\npxelinux = plain\n"
		 "[vm t*]\ninterface = x0\nmac = 52:54:00:*\nallow_uid = %d %d\nboot_file = mine/other.0\n"
		 "[vm k*]\ninterface = x0\nmac = card 52:54:00:*\nallow_uid = %d\n",
		 f->root, UID, UID, UID, UID, UID + 1, UID);
	assert_true(conf_parse(&f->conf, "f", text, strlen(text)));
	assert_true(conf_check(&f->conf, "f"));
	assert_true(conf_open_roots(&f->conf, "f"));
	f->base = event_base_new();
	f->server = server_new(f->base, &f->conf);
	f->dev.fd = f->other.fd = -1;
	*state = f;
	return 0;
}

int teardown(void **state)
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

void join(struct fixture *f, const char *name, uint32_t features)
{
	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_join(&f->dev, name, features);
}

void discover(struct fixture *f, uint32_t id, uint32_t flags)
{
	struct pvboot_discover_args args = {.flags = flags};

	fake_device_request(&f->dev, id, PVBOOT_OP_DISCOVER, &args, sizeof(args), ROOM);
	fake_device_turn(&f->dev);
}

void lease(struct fixture *f)
{
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	fake_device_reply(&f->dev, 1000);
	assert_int_equal(f->dev.reply.status, PVBOOT_S_OK);
}

void expect_refusal_(struct fixture *f, const char *words, int line)
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

void expect_status(struct fixture *f, uint32_t id, uint32_t status)
{
	fake_device_reply(&f->dev, id);
	assert_int_equal(f->dev.reply.status, status);
	if (status != PVBOOT_S_OK)
		assert_int_equal(f->dev.reply.result_len, 0);
}

struct pvboot_link_grow expect_grow(struct fixture *f, bool with_fd)
{
	struct pvboot_link_grow grow;

	fake_device_expect(&f->dev, PVBOOT_LINK_GROW);
	assert_int_equal(f->dev.msg_fd >= 0, with_fd);
	memcpy(&grow, f->dev.body, sizeof(grow));
	return grow;
}

static int log_fd = -1, stderr_fd;

void capture_log(void)
{
	log_fd = memfd_create("log", MFD_CLOEXEC);
	assert_true(log_fd >= 0);
	stderr_fd = dup(STDERR_FILENO);
	dup2(log_fd, STDERR_FILENO);
}

const char *captured_log(void)
{
	static char text[16384];
	ssize_t n = pread(log_fd, text, sizeof(text) - 1, 0);

	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	close(log_fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}
