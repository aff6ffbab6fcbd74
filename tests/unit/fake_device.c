/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_device.c - the device's end of a link to hostd, driven step by step by a test. */
#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_device.h"
#include "server.h"

void fake_device_connect(struct fake_device *dev, struct event_base *base, struct server *server, unsigned int uid)
{
	fake_device_connect_as(dev, base, server, uid, getpid());
}

void fake_device_connect_as(struct fake_device *dev, struct event_base *base, struct server *server, unsigned int uid,
			    int pid)
{
	struct pvboot_link_hello hello;
	int ends[2];

	memset(dev, 0, sizeof(*dev));
	dev->base = base;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	dev->fd = ends[0];
	server_take(server, ends[1], uid, pid);
	fake_device_expect(dev, PVBOOT_LINK_HELLO);
	memcpy(&hello, dev->body, sizeof(hello));
	dev->nonce = hello.nonce;
}

void fake_device_close(struct fake_device *dev)
{
	while (dev->nfds)
		close(dev->fds[--dev->nfds]);
	if (dev->fd < 0)
		return;
	close(dev->fd);
	dev->fd = -1;
	fake_device_turn(dev);
}

void fake_device_raw(struct fake_device *dev, const void *bytes, size_t len)
{
	assert_int_equal(send(dev->fd, bytes, len, MSG_NOSIGNAL), (int)len);
}

void fake_device_send(struct fake_device *dev, uint16_t type, uint32_t id, const void *body, size_t len)
{
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, (uint32_t)len, type, 0, id};
	uint8_t frame[sizeof(hdr) + PVBOOT_LINK_BODY_MAX];

	assert_true(len <= PVBOOT_LINK_BODY_MAX);
	memcpy(frame, &hdr, sizeof(hdr));
	if (len)
		memcpy(frame + sizeof(hdr), body, len);
	fake_device_raw(dev, frame, sizeof(hdr) + len);
}

void fake_device_identify(struct fake_device *dev, const char *name, const uint8_t *mac, uint32_t features)
{
	struct pvboot_link_identity id = {.nonce = dev->nonce, .version = PVBOOT_LINK_VERSION, .features = features};

	if (mac) {
		id.flags = PVBOOT_LINK_ID_MAC;
		memcpy(id.mac, mac, 6);
	}
	id.flags |= dev->id_flags;
	snprintf(id.name, sizeof(id.name), "%s", name);
	fake_device_send(dev, PVBOOT_LINK_IDENTITY, 0, &id, sizeof(id));
}

void fake_device_join(struct fake_device *dev, const char *name, uint32_t features)
{
	fake_device_identify(dev, name, NULL, features);
	fake_device_expect(dev, PVBOOT_LINK_WELCOME);
	fake_device_send(dev, PVBOOT_LINK_RESUME, 0, NULL, 0);
}

void fake_device_request(struct fake_device *dev, uint32_t id, uint16_t op, const void *args, size_t len, uint64_t room)
{
	struct pvboot_link_request req = {.op = op, .arg_len = (uint32_t)len, .room = room};
	uint8_t body[sizeof(req) + PVBOOT_ARGS_MAX];

	assert_true(len <= PVBOOT_ARGS_MAX);
	memcpy(body, &req, sizeof(req));
	memcpy(body + sizeof(req), args, len);
	fake_device_send(dev, PVBOOT_LINK_REQUEST, id, body, sizeof(req) + len);
}

void fake_device_open(struct fake_device *dev, uint32_t id, const char *name, uint32_t flags)
{
	struct pvboot_open_args args = {.flags = flags};
	uint8_t bytes[sizeof(args) + PVBOOT_NAME_MAX];

	memcpy(bytes, &args, sizeof(args));
	memcpy(bytes + sizeof(args), name, strlen(name));
	fake_device_request(dev, id, PVBOOT_OP_OPEN, bytes, sizeof(args) + strlen(name),
			    sizeof(struct pvboot_open_res));
}

/* Take what hostd has sent. */
static void receive(struct fake_device *dev)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {dev->buf + dev->have, sizeof(dev->buf) - dev->have};
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(dev->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg = n > 0 ? CMSG_FIRSTHDR(&mh) : NULL;

	if (n > 0)
		dev->have += (size_t)n;
	if (!cmsg)
		return;
	assert_true(dev->nfds < 8);
	memcpy(&dev->fds[dev->nfds++], CMSG_DATA(cmsg), sizeof(int));
}

void fake_device_turn(struct fake_device *dev)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(dev->base, EVLOOP_NONBLOCK);
}

bool fake_device_next(struct fake_device *dev)
{
	static uint8_t body[PVBOOT_LINK_BODY_MAX];
	size_t whole;

	for (int i = 0; i < 50; i++) {
		fake_device_turn(dev);
		receive(dev);
		if (dev->have < sizeof(dev->hdr))
			continue;
		memcpy(&dev->hdr, dev->buf, sizeof(dev->hdr));
		whole = sizeof(dev->hdr) + dev->hdr.length;
		assert_int_equal(dev->hdr.magic, PVBOOT_LINK_MAGIC);
		assert_true(dev->hdr.length <= PVBOOT_LINK_BODY_MAX);
		if (dev->have < whole)
			continue;
		memcpy(body, dev->buf + sizeof(dev->hdr), dev->hdr.length);
		memmove(dev->buf, dev->buf + whole, dev->have - whole);
		dev->have -= whole;
		dev->body = body;
		dev->msg_fd = -1;
		if (dev->hdr.flags & PVBOOT_LINK_F_FD) {
			assert_true(dev->nfds > 0);
			dev->msg_fd = dev->fds[0];
			memmove(dev->fds, dev->fds + 1, --dev->nfds * sizeof(int));
		}
		return true;
	}
	return false;
}

void fake_device_expect(struct fake_device *dev, uint16_t type)
{
	while (fake_device_next(dev)) {
		if (dev->hdr.type == type)
			return;
		if (dev->msg_fd >= 0)
			close(dev->msg_fd);
	}
	fail_msg("hostd sent no message of type %u", type);
}

void fake_device_reply(struct fake_device *dev, uint32_t id)
{
	do
		fake_device_expect(dev, PVBOOT_LINK_REPLY);
	while (dev->hdr.id != id);
	assert_true(dev->hdr.length >= sizeof(dev->reply));
	memcpy(&dev->reply, dev->body, sizeof(dev->reply));
	assert_true(dev->reply.text_len <= PVBOOT_ERROR_MAX);
	memcpy(dev->text, dev->body + sizeof(dev->reply), dev->reply.text_len);
	dev->text[dev->reply.text_len] = '\0';
	dev->result = dev->body + sizeof(dev->reply) + dev->reply.text_len;
}

bool fake_device_ended(struct fake_device *dev)
{
	char byte;

	while (fake_device_next(dev))
		if (dev->msg_fd >= 0)
			close(dev->msg_fd);
	return recv(dev->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0 || errno == ECONNRESET;
}
