/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * storm_guest.c - many guests that boot at once, for `make bench`: each a simulated QEMU and guest with a real device
 * process, over vhost-user.
 *
 *   storm_guest --device PROGRAM --hostd SOCKET --prefix NAME --mac 52:54:00:00:10 --count N
 *   storm_guest --sum FILE...
 *
 * A guest does what the ROM does: DISCOVER, which waits for the host, PLAN, then OPENs and READs kernel and initrds,
 * all of them into one buffer of 1 MiB, so that a hundred fit in memory.  It prints a line when it has everything:
 * guest I device PID seconds S bytes B sum X then all stay idle, so that they can be measured, until standard input
 * ends.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "storm_front.h"

#define RESULT 0x10000u	 /* DISCOVER's, PLAN's and OPEN's */
#define BUFFER 0x200000u /* the files' */
#define CHUNK 0x100000u
#define PATIENCE 300 /* seconds for one request */
#define GUESTS_MAX 1000

struct options {
	const char *device, *hostd, *prefix, *mac;
	int count;
	double start;
};

/* What arrived: its length, and a sum that sees an exchange of words. */
struct sum {
	uint64_t bytes, s1, s2;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add(struct sum *sum, const uint8_t *at, size_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word), sum->bytes += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum->s1 += word;
		sum->s2 += sum->s1;
	}
	word = 0;
	memcpy(&word, at, len);
	sum->s1 += word;
	sum->s2 += sum->s1;
	sum->bytes += len;
}

static struct pvboot_rsp ask(struct fake_qemu *q, uint16_t op, const void *args, uint32_t arg_len, uint64_t gpa,
			     uint32_t room)
{
	double end = now() + PATIENCE;
	struct pvboot_rsp rsp;

	qemu_submit(q, op, args, arg_len, gpa, room);
	while (!qemu_answered(q)) {
		usleep(500);
		assert_true(now() < end);
	}
	memcpy(&rsp, q->ram + 0x5000, sizeof(rsp));
	if (rsp.status != PVBOOT_S_OK) {
		fprintf(stderr, "storm_guest: operation %u: status %u\n", op, rsp.status);
		exit(1);
	}
	return rsp;
}

static void read_file(struct fake_qemu *q, const struct pvboot_plan *plan, unsigned int i, struct sum *sum)
{
	const struct pvboot_plan_file *file = &plan->file[i];
	struct {
		struct pvboot_open_args args;
		char name[PVBOOT_NAME_MAX];
	} open = {.args.port_be = file->port_be};
	struct pvboot_read_args read = {0};
	struct pvboot_open_res res;
	struct pvboot_rsp rsp;

	assert_true(file->name_len <= PVBOOT_NAME_MAX && file->name_at <= PVBOOT_PLAN_TEXT - file->name_len);
	memcpy(open.args.server, file->server, sizeof(open.args.server));
	memcpy(open.name, plan->bytes + file->name_at, file->name_len);
	ask(q, PVBOOT_OP_OPEN, &open, (uint32_t)sizeof(open.args) + file->name_len, RESULT, sizeof(res));
	memcpy(&res, q->ram + RESULT, sizeof(res));
	read.handle = res.handle;
	do {
		rsp = ask(q, PVBOOT_OP_READ, &read, sizeof(read), BUFFER, CHUNK);
		assert_true(rsp.length <= CHUNK);
		add(sum, q->ram + BUFFER, rsp.length);
		read.offset += rsp.length;
	} while (!(rsp.detail & PVBOOT_READ_EOF));
	ask(q, PVBOOT_OP_CLOSE, &(struct pvboot_file_args){.handle = res.handle}, sizeof(struct pvboot_file_args), 0,
	    0);
}

static void boot(struct storm_front *f, struct sum *sum)
{
	struct fake_qemu *q = &f->q;
	struct pvboot_plan plan;

	q->ram[0] = 0xff; /* interrupt vectors: the device looks whether the memory is really shared */
	storm_front_start(f);
	ask(q, PVBOOT_OP_DISCOVER, &(struct pvboot_discover_args){0}, sizeof(struct pvboot_discover_args), RESULT,
	    sizeof(struct pvboot_discover_res));
	ask(q, PVBOOT_OP_PLAN, &(struct pvboot_plan_args){0}, sizeof(struct pvboot_plan_args), RESULT, sizeof(plan));
	memcpy(&plan, q->ram + RESULT, sizeof(plan));
	if (plan.kind != PVBOOT_PLAN_LINUX || plan.n_files > PVBOOT_FILES_MAX) {
		fprintf(stderr, "storm_guest: no plan: %.200s\n", plan.bytes + plan.text_at % (PVBOOT_PLAN_TEXT - 200));
		exit(1);
	}
	for (unsigned int i = 0; i < plan.n_files; i++)
		read_file(q, &plan, i, sum);
}

/* One guest; returns when standard input has ended. */
static void guest(const struct options *o, int i)
{
	char name[64], mac[32], fd[16], c;
	struct sum sum = {0};
	struct storm_front f;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(name, sizeof(name), "%s%d", o->prefix, i);
	snprintf(mac, sizeof(mac), "%s:%02x", o->mac, i);
	storm_front_open(&f);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		snprintf(fd, sizeof(fd), "%d", dup(f.listener));
		execl(o->device, o->device, "--attach", "vhost-user", "--fd", fd, "--name", name, "--mac", mac,
		      "--hostd", o->hostd, (char *)NULL);
		_exit(127);
	}
	boot(&f, &sum);
	printf("guest %d device %d seconds %.3f bytes %" PRIu64 " sum %016" PRIx64 "%016" PRIx64 "\n", i, pid,
	       now() - o->start, sum.bytes, sum.s1, sum.s2);
	fflush(stdout);
	madvise(f.q.ram, QEMU_RAM, MADV_REMOVE);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	kill(pid, SIGTERM); /* it would stay for as long as this process */
	waitpid(pid, NULL, 0);
	storm_front_close(&f);
}

static bool add_file(struct sum *sum, const char *path, uint8_t *buf)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		return false;
	}
	while ((n = fread(buf, 1, CHUNK, f)))
		add(sum, buf, n);
	fclose(f);
	return true;
}

/* What a guest says that got these files, in this order. */
static int sum_of(char **paths)
{
	static uint8_t buf[CHUNK];
	struct sum sum = {0};

	while (*paths)
		if (!add_file(&sum, *paths++, buf))
			return 1;
	printf("bytes %" PRIu64 " sum %016" PRIx64 "%016" PRIx64 "\n", sum.bytes, sum.s1, sum.s2);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"device", required_argument, NULL, 'd'},
		{"hostd", required_argument, NULL, 'h'},
		{"prefix", required_argument, NULL, 'p'},
		{"mac", required_argument, NULL, 'm'},
		{"count", required_argument, NULL, 'n'},
		{"sum", no_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	struct options o = {.count = 1, .start = now()};
	int c, status, bad = 0;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'd':
			o.device = optarg;
			break;
		case 'h':
			o.hostd = optarg;
			break;
		case 'p':
			o.prefix = optarg;
			break;
		case 'm':
			o.mac = optarg;
			break;
		case 'n':
			o.count = atoi(optarg);
			break;
		case 's':
			return sum_of(argv + optind);
		default:
			return 2;
		}
	if (!o.device || !o.hostd || !o.prefix || !o.mac || o.count < 1 || o.count > GUESTS_MAX) {
		fprintf(stderr, "usage: storm_guest --device PROGRAM --hostd SOCKET --prefix NAME --mac 52:54:00:00:10 "
				"--count N\n");
		return 2;
	}
	for (int i = 0; i < o.count; i++)
		if (!fork()) {
			guest(&o, i);
			exit(0);
		}
	while (wait(&status) > 0 || errno == EINTR)
		bad |= status;
	return bad ? 1 : 0;
}
