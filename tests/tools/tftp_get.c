/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_get - fetch a file with hostd's TFTP client, for tests against real servers.
 *
 *   tftp_get [-i IF] [-p PORT] [-b BLKSIZE] [-w WINDOWSIZE] [-t TIMEOUT_MS] [-s] SERVER NAME [FILE]
 *
 * Prints one line: status=S detail=D size=N blksize=B bytes=N seconds=T text=...  -s asks only for the size.  Exits
 * with 0 if the status is PVBOOT_S_OK.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "tftp/tftp.h"

struct get {
	struct event_base *base;
	FILE *to;
	uint64_t size, bytes;
	uint32_t status, detail;
	uint16_t blksize;
	char text[PVBOOT_ERROR_MAX + 1];
};

static void opened(void *arg, uint64_t size, uint16_t blksize)
{
	struct get *get = arg;

	get->size = size;
	get->blksize = blksize;
}

static bool data(void *arg, const void *buf, size_t len)
{
	struct get *get = arg;

	get->bytes += len;
	return !get->to || fwrite(buf, 1, len, get->to) == len;
}

static void done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct get *get = arg;

	get->status = status;
	get->detail = detail;
	snprintf(get->text, sizeof(get->text), "%s", text);
	event_base_loopbreak(get->base);
}

static const struct tftp_ops ops = {.opened = opened, .data = data, .done = done};

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	struct tftp_request req = {.vm = "tftp_get"};
	struct get get = {.size = PVBOOT_SIZE_UNKNOWN, .status = PVBOOT_S_UNWRITTEN};
	double begin;
	int opt;

	log_open(false, LOG_DEBUG);
	while ((opt = getopt(argc, argv, "i:p:b:w:t:s")) != -1) {
		switch (opt) {
		case 'i':
			req.ifname = optarg;
			break;
		case 'p':
			req.port = (uint16_t)atoi(optarg);
			break;
		case 'b':
			req.blksize = (uint16_t)atoi(optarg);
			break;
		case 'w':
			req.windowsize = (uint16_t)atoi(optarg);
			break;
		case 't':
			req.timeout_ms = (uint32_t)atoi(optarg);
			break;
		case 's':
			req.stat_only = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 2 || inet_pton(AF_INET, argv[optind], req.server) != 1) {
		fprintf(stderr, "usage: tftp_get [-i IF] [-p PORT] [-b BLKSIZE] [-w WINDOWSIZE] [-t MS] [-s] SERVER "
				"NAME [FILE]\n");
		return 2;
	}
	req.filename = argv[optind + 1];
	if (argc - optind > 2 && !(get.to = fopen(argv[optind + 2], "we"))) {
		perror(argv[optind + 2]);
		return 2;
	}
	get.base = event_base_new();
	begin = seconds();
	if (!get.base || !tftp_get(get.base, &req, &ops, &get))
		return 2;
	event_base_dispatch(get.base);
	if (get.to)
		fclose(get.to);
	printf("status=%" PRIu32 " detail=%" PRIu32 " size=%" PRId64 " blksize=%u bytes=%" PRIu64
	       " seconds=%.3f text=%s\n",
	       get.status, get.detail, (int64_t)get.size, get.blksize, get.bytes, seconds() - begin, get.text);
	event_base_free(get.base);
	return get.status == PVBOOT_S_OK ? 0 : 1;
}
