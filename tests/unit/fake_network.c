/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_network.c - hostd's DHCP and TFTP clients, played by the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp/dhcp.h"
#include "fake_network.h"
#include "tftp/tftp.h"

struct dhcp {
	dhcp_done_fn done;
	void *arg;
	struct dhcp_request req;
};

struct tftp {
	const struct tftp_ops *ops;
	void *arg;
};

int fake_dhcp_starts;
bool fake_dhcp_running;
uint8_t fake_dhcp_previous[4], fake_dhcp_mac[6];
static struct dhcp dhcp;

struct dhcp *dhcp_start(struct event_base *base, const struct dhcp_request *req, dhcp_done_fn done, dhcp_trace_fn trace,
			void *arg)
{
	dhcp = (struct dhcp){done, arg, *req};
	fake_dhcp_starts++;
	fake_dhcp_running = true;
	memcpy(fake_dhcp_previous, req->previous, 4);
	memcpy(fake_dhcp_mac, req->mac, 6);
	return &dhcp;
}

void dhcp_cancel(struct dhcp *ended)
{
	assert_ptr_equal(ended, &dhcp);
	fake_dhcp_running = false;
}

static uint8_t packet[PVBOOT_DHCP_PACKET];

void fake_dhcp_options(const void *options, size_t len)
{
	static const uint8_t head[] = {2, 1, 6}, begin[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 5};
	size_t at = 236;

	memset(packet, 0, sizeof(packet));
	memcpy(packet, head, sizeof(head));
	memcpy(packet + at, begin, sizeof(begin));
	at += sizeof(begin);
	assert_true(len < sizeof(packet) - at);
	memcpy(packet + at, options, len);
	packet[at + len] = 255;
}

void fake_dhcp_finish(uint32_t status, const char *text, const uint8_t address[4])
{
	static struct dhcp_result result;

	assert_true(fake_dhcp_running);
	fake_dhcp_running = false;
	memset(&result, 0, sizeof(result));
	result.status = status;
	snprintf(result.text, sizeof(result.text), "%s", text);
	memcpy(result.info.res.lease.address, address, 4);
	memcpy(result.info.res.lease.boot_server, (uint8_t[]){172, 21, 0, 2}, 4);
	snprintf(result.info.res.lease.bootfile, sizeof(result.info.res.lease.bootfile), "pxelinux.0");
	memcpy(result.info.res.ack, packet, sizeof(packet));
	memcpy(result.info.res.reply, packet, sizeof(packet));
	memset(packet, 0, sizeof(packet));
	boot_info_identify(&result.info, dhcp.req.mac, dhcp.req.has_uuid, dhcp.req.uuid);
	boot_info_read(&result.info, dhcp.req.site_option);
	dhcp.done(dhcp.arg, &result);
}

int fake_tftp_gets, fake_tftp_running;
char fake_tftp_name[256];
uint8_t fake_tftp_server[4];
uint16_t fake_tftp_port;
bool fake_tftp_stat;
static struct tftp *latest;

struct tftp *tftp_get(struct event_base *base, const struct tftp_request *req, const struct tftp_ops *ops, void *arg)
{
	latest = calloc(1, sizeof(*latest));
	assert_non_null(latest);
	*latest = (struct tftp){ops, arg};
	fake_tftp_gets++;
	fake_tftp_running++;
	snprintf(fake_tftp_name, sizeof(fake_tftp_name), "%s", req->filename);
	memcpy(fake_tftp_server, req->server, 4);
	fake_tftp_port = req->port;
	fake_tftp_stat = req->stat_only;
	return latest;
}

void tftp_cancel(struct tftp *tftp)
{
	if (tftp == latest)
		latest = NULL;
	fake_tftp_running--;
	free(tftp);
}

void fake_tftp_opened(uint64_t size)
{
	assert_non_null(latest);
	latest->ops->opened(latest->arg, size, 1428);
}

bool fake_tftp_data(const void *data, size_t len)
{
	assert_non_null(latest);
	return latest->ops->data(latest->arg, data, len);
}

void fake_tftp_done(uint32_t status, uint32_t detail, const char *text)
{
	struct tftp *ended = latest;

	assert_non_null(ended);
	latest = NULL;
	fake_tftp_running--;
	ended->ops->done(ended->arg, status, detail, text);
	free(ended);
}
