/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pvboot_device.c - the program pvboot-device, sandbox and all, between a QEMU and a hostd that the test plays.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "pass_fd.h"
#include "pvboot_link.h"
#include "vfio_world.h"

#define PATIENCE_MS 5000
#define FILE_BYTES (9u << 20)
#define BUFFER 0x200000u /* in guest memory */

/* The address sanitizer makes system calls of its own, so it is to be had without the sandbox only. */
#ifdef __SANITIZE_ADDRESS__
#define CONFINED false
#else
#define CONFINED true
#endif

struct rig {
	struct vfio_world *w; /* QEMU, by vfio-user */
	pid_t pid;
	int err; /* its stderr */
	char dir[32], path[64];
	int listener, host; /* -1: no hostd, no connection */
	char log[4096];
	size_t log_len;
};

/* ---- the program ------------------------------------------------------------------------------------------------ */

static void start(struct rig *r, const char *const args[])
{
	const char *argv[24] = {
		PVBOOT_DEVICE_PROGRAM, "--attach", "vfio-user", "--fd", "3", "--name", "vm", "--hostd", r->path};
	unsigned int n = 9;
	int err[2];

	if (!CONFINED)
		argv[n++] = "--no-sandbox";
	while (args && *args)
		argv[n++] = *args++;
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0) {
		dup2(err[1], STDERR_FILENO);
		dup2(r->w->q.device_fd, 3);
		if (r->w->q.device_fd == 3)
			fcntl(3, F_SETFD, 0);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(err[1]);
	r->err = err[0];
	close(r->w->q.device_fd);
	r->w->q.device_fd = -1;
}

static void rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->w = vfio_remote();
	strcpy(r->dir, "/tmp/pvboot-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/sock", r->dir);
	r->listener = r->host = -1;
}

/* The exit status, or minus the signal. */
static int finish(struct rig *r)
{
	int status = 0;

	shutdown(r->w->q.fd, SHUT_RDWR);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	if (r->host >= 0)
		close(r->host);
	if (r->listener >= 0)
		close(r->listener);
	close(r->err);
	unlink(r->path);
	rmdir(r->dir);
	vfio_free(r->w);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Wait until the log has that text. */
static void expect_log(struct rig *r, const char *text)
{
	struct pollfd p = {.fd = r->err, .events = POLLIN};
	ssize_t n;

	while (!strstr(r->log, text)) {
		if (poll(&p, 1, PATIENCE_MS) != 1)
			fail_msg("\"%s\" is not in the log:\n%s", text, r->log);
		n = read(r->err, r->log + r->log_len, sizeof(r->log) - 1 - r->log_len);
		if (n <= 0)
			fail_msg("\"%s\" is not in the log, which ended:\n%s", text, r->log);
		r->log_len += (size_t)n;
		r->log[r->log_len] = '\0';
	}
}

/* ---- hostd ------------------------------------------------------------------------------------------------------ */

static void host_listen(struct rig *r)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	strcpy(sun.sun_path, r->path);
	r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(r->listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(r->listener, 4), 0);
}

static void host_send(struct rig *r, uint16_t type, uint32_t id, const void *body, size_t len, int fd)
{
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, (uint32_t)len, type, fd >= 0 ? PVBOOT_LINK_F_FD : 0, id};
	union pass_fd_room room;
	struct iovec iov[2] = {{&hdr, sizeof(hdr)}, {(void *)body, len}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	pass_fd_add(&mh, &room, &fd, fd >= 0);
	assert_int_equal(sendmsg(r->host, &mh, MSG_NOSIGNAL), sizeof(hdr) + len);
}

/* The next frame is of that type: its id, and the first len bytes of its body. */
static uint32_t host_expect(struct rig *r, uint16_t type, void *body, size_t len)
{
	struct pollfd p = {.fd = r->host, .events = POLLIN};
	struct pvboot_link_hdr hdr;
	uint8_t buf[4096];

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(r->host, &hdr, sizeof(hdr), MSG_WAITALL), sizeof(hdr));
	assert_int_equal(hdr.type, type);
	assert_true(hdr.length >= len && hdr.length <= sizeof(buf));
	if (hdr.length)
		assert_int_equal(recv(r->host, buf, hdr.length, MSG_WAITALL), hdr.length);
	if (len)
		memcpy(body, buf, len);
	return hdr.id;
}

/* Accept a connection and take it as far as RESUME. */
static void host_accept(struct rig *r, uint32_t features)
{
	struct pvboot_link_hello hello = {1, 1, features, 42};
	struct pvboot_link_welcome welcome = {.version = 1};
	struct pvboot_link_identity id;
	struct pollfd p = {.fd = r->listener, .events = POLLIN};

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	r->host = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(r->host >= 0);
	host_send(r, PVBOOT_LINK_HELLO, 0, &hello, sizeof(hello), -1);
	host_expect(r, PVBOOT_LINK_IDENTITY, &id, sizeof(id));
	assert_int_equal(id.nonce, 42);
	assert_string_equal(id.name, "vm");
	welcome.features = id.features;
	host_send(r, PVBOOT_LINK_WELCOME, 0, &welcome, sizeof(welcome), -1);
	host_expect(r, PVBOOT_LINK_RESUME, NULL, 0);
	if (features)
		assert_int_equal(id.features, features);
}

static bool host_dropped(struct rig *r)
{
	struct pollfd p = {.fd = r->host, .events = POLLIN};
	char c;

	return poll(&p, 1, PATIENCE_MS) == 1 && recv(r->host, &c, 1, 0) <= 0;
}

/* A file with FILE_BYTES of a pattern, opened with those flags. */
static int pattern_file(struct rig *r, int flags)
{
	char path[80];
	uint8_t *bytes = malloc(FILE_BYTES);
	int fd;

	assert_non_null(bytes);
	for (size_t i = 0; i < FILE_BYTES; i++)
		bytes[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
	snprintf(path, sizeof(path), "%s/file", r->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, bytes, FILE_BYTES), FILE_BYTES);
	close(fd);
	fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	unlink(path);
	free(bytes);
	return fd;
}

static void assert_pattern(const uint8_t *p, size_t from, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t k = from + i;

		if (p[i] != (uint8_t)(k ^ k >> 8 ^ k >> 16))
			fail_msg("byte %zu of the file is wrong in guest memory", k);
	}
}

static void submit_open(struct rig *r)
{
	struct pvboot_open_args a = {0};
	uint8_t args[sizeof(a) + 4];

	memcpy(args, &a, sizeof(a));
	memcpy(args + sizeof(a), "name", 4);
	qemu_submit(&r->w->q, PVBOOT_OP_OPEN, args, sizeof(args), BUFFER, sizeof(struct pvboot_open_res));
}

/* Take the OPEN and pass a descriptor for it; the id to reply to. */
static uint32_t host_passes(struct rig *r, int fd, uint64_t available, uint32_t flags)
{
	struct pvboot_link_grow g = {available, FILE_BYTES, 0, flags};
	uint32_t id = host_expect(r, PVBOOT_LINK_REQUEST, NULL, 0);

	host_send(r, PVBOOT_LINK_GROW, 5, &g, sizeof(g), fd);
	return id;
}

static void host_opens(struct rig *r, int fd, uint64_t available, uint32_t flags)
{
	uint8_t body[sizeof(struct pvboot_link_reply) + sizeof(struct pvboot_open_res)];
	struct pvboot_link_reply m = {.result_len = sizeof(struct pvboot_open_res)};
	struct pvboot_open_res res = {.handle = 5, .size = FILE_BYTES};
	uint32_t id = host_passes(r, fd, available, flags);

	memcpy(body, &m, sizeof(m));
	memcpy(body + sizeof(m), &res, sizeof(res));
	host_send(r, PVBOOT_LINK_REPLY, id, body, sizeof(body), -1);
}

static void submit_read(struct rig *r, uint64_t offset, uint32_t len)
{
	struct pvboot_read_args a = {.handle = 5, .offset = offset};

	qemu_submit(&r->w->q, PVBOOT_OP_READ, &a, sizeof(a), BUFFER, len);
}

static void boot(struct rig *r)
{
	vfio_hello(r->w);
	vfio_share_ram(r->w);
	qemu_start(&r->w->q);
}

/* ---- refusals --------------------------------------------------------------------------------------------------- */

static void test_command_line_wrong(void **state)
{
	static const char *const wrong[][5] = {
		{"--fd", "x"},
		{"--fd", "99"},
		{"--mac", "01:00:00:00:00:00"},
		{"--mac", "52:54:00"},
		{"--uuid", "1"},
		{"--host-wait", "0"},
		{"--name", "a b"},
		{"--name", ""},
		{"--log-level", "loud"},
		{"--user", "nobody-at-all"},
		{"stray"},
		{"--no-such-option"},
		{"--attach", "vfio"},
		{"--attach", "x-pci-proxy-dev"},
		{"--backend", "dir:/"},
		{"--rom-size", "32K"},
		{"--attach", "vfio-user", "--rom", "/no/such"},
		{"--attach", "vfio-user", "--rom", "/dev/null"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct rig r;
		int status;

		if (!CONFINED && strcmp(wrong[i][0], "--user") == 0)
			continue; /* nobody has to become anybody */
		rig_init(&r);
		start(&r, wrong[i]);
		expect_log(&r, "pvboot-device: ");
		status = finish(&r);
		if (status != 1 && status != 2)
			fail_msg("%s %s: exit status %d", wrong[i][0], wrong[i][1], status);
	}
}

static void test_nonsense_from_qemu(void **state)
{
	struct rig r;

	rig_init(&r);
	start(&r, NULL);
	vfio_send(r.w, 77, 0, NULL, 0, NULL, 0);
	assert_true(qemu_closed(&r.w->q));
	expect_log(&r, "vm: QEMU sent a command of an unknown kind\n");
	assert_int_equal(finish(&r), 1);
}

static void test_descriptor_refused(void **state)
{
	struct rig r;
	int fd[2];

	rig_init(&r);
	host_listen(&r);
	start(&r, NULL);
	boot(&r);
	host_accept(&r, PVBOOT_LINK_F_FD);
	submit_open(&r);
	fd[0] = pattern_file(&r, O_RDWR);
	host_passes(&r, fd[0], FILE_BYTES, PVBOOT_LINK_GROW_DONE);
	close(fd[0]);
	assert_true(host_dropped(&r));
	close(r.host);
	/* the request was not lost by it; a pipe could make the device wait for ever */
	host_accept(&r, PVBOOT_LINK_F_FD);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	host_passes(&r, fd[0], FILE_BYTES, PVBOOT_LINK_GROW_DONE);
	close(fd[0]);
	close(fd[1]);
	assert_true(host_dropped(&r));
	assert_false(qemu_answered(&r.w->q));
	assert_int_equal(qemu_in(&r.w->q, PVBOOT_REG_DEVICE + 6, 2), 0);
	assert_int_equal(finish(&r), 0);
}

/* ---- what is to work -------------------------------------------------------------------------------------------- */

static void test_ends_with_qemu(void **state)
{
	struct rig r;

	rig_init(&r);
	start(&r, NULL);
	boot(&r);
	expect_log(&r, "vm: hostd cannot be reached (No such file or directory); trying again until it can\n");
	assert_int_equal(finish(&r), 0);
}

static void files_reach_memory(bool sandbox)
{
	static const char *const bare[] = {"--no-sandbox", NULL};
	struct pvboot_link_grow more = {FILE_BYTES, FILE_BYTES, 0, PVBOOT_LINK_GROW_DONE};
	struct pvboot_rsp rsp;
	struct rig r;
	int fd;

	rig_init(&r);
	host_listen(&r);
	start(&r, sandbox ? NULL : bare);
	boot(&r);
	host_accept(&r, PVBOOT_LINK_F_FD);
	expect_log(&r, "vm: hostd is there\n");
	submit_open(&r);
	fd = pattern_file(&r, O_RDONLY);
	host_opens(&r, fd, 100000, 0);
	close(fd);
	assert_int_equal(qemu_wait(&r.w->q).status, PVBOOT_S_OK);

	submit_read(&r, 1000, 1408);
	assert_int_equal(qemu_wait(&r.w->q).length, 1408);
	assert_pattern(r.w->q.ram + BUFFER, 1000, 1408);

	submit_read(&r, 4097, FILE_BYTES); /* what is there, then the rest, to the end */
	assert_false(qemu_answered(&r.w->q));
	host_send(&r, PVBOOT_LINK_GROW, 5, &more, sizeof(more), -1);
	rsp = qemu_wait(&r.w->q);
	assert_int_equal(rsp.status, PVBOOT_S_OK);
	assert_int_equal(rsp.detail, PVBOOT_READ_EOF);
	assert_int_equal(rsp.length, FILE_BYTES - 4097);
	assert_pattern(r.w->q.ram + BUFFER, 4097, FILE_BYTES - 4097);
	assert_int_equal(finish(&r), 0);
}

static void test_files_reach_memory(void **state)
{
	files_reach_memory(true);
}

static void test_files_reach_memory_unconfined(void **state)
{
	files_reach_memory(false);
}

static void test_inline_data(void **state)
{
	static const char *const args[] = {"--no-fd-passing", NULL};
	struct pvboot_link_data d = {.length = 5};
	struct pvboot_link_reply m = {.result_len = 5, .detail = PVBOOT_READ_EOF};
	uint8_t body[sizeof(d) + 5];
	struct pvboot_rsp rsp;
	struct rig r;
	uint32_t id;

	rig_init(&r);
	host_listen(&r);
	start(&r, args);
	boot(&r);
	host_accept(&r, 0);
	submit_read(&r, 0, 10);
	id = host_expect(&r, PVBOOT_LINK_REQUEST, NULL, 0);
	memcpy(body, &d, sizeof(d));
	memcpy(body + sizeof(d), "bytes", 5);
	host_send(&r, PVBOOT_LINK_DATA, id, body, sizeof(body), -1);
	host_send(&r, PVBOOT_LINK_REPLY, id, &m, sizeof(m), -1);
	rsp = qemu_wait(&r.w->q);
	assert_int_equal(rsp.length, 5);
	assert_memory_equal(r.w->q.ram + BUFFER, "bytes", 5);
	assert_int_equal(finish(&r), 0);
}

static void test_hostd_comes_late_dies_and_is_back(void **state)
{
	struct pvboot_link_reply m = {.status = PVBOOT_S_NOT_FOUND};
	struct rig r;
	uint32_t id;

	rig_init(&r);
	start(&r, NULL);
	boot(&r);
	expect_log(&r, "cannot be reached");
	submit_open(&r);
	host_listen(&r);
	host_accept(&r, PVBOOT_LINK_F_FD);
	id = host_expect(&r, PVBOOT_LINK_REQUEST, NULL, 0);
	/* its directory goes, too, as /run/pvboot does when systemd stops it */
	close(r.host);
	close(r.listener);
	unlink(r.path);
	assert_int_equal(rmdir(r.dir), 0);
	expect_log(&r, "vm: hostd is gone; the guest waits\n");
	assert_int_equal(qemu_in(&r.w->q, PVBOOT_REG_DEVICE + 6, 2), 0);
	usleep(150000); /* the device dials in vain meanwhile, which nothing shows */
	assert_int_equal(mkdir(r.dir, 0700), 0);
	host_listen(&r);
	host_accept(&r, PVBOOT_LINK_F_FD);
	expect_log(&r, "vm: hostd is back\n");
	assert_int_equal(host_expect(&r, PVBOOT_LINK_REQUEST, NULL, 0), id);
	assert_int_equal(qemu_in(&r.w->q, PVBOOT_REG_DEVICE + 6, 2), PVBOOT_STATUS_HOST_UP);
	assert_false(qemu_answered(&r.w->q));
	host_send(&r, PVBOOT_LINK_REPLY, id, &m, sizeof(m), -1);
	assert_int_equal(qemu_wait(&r.w->q).status, PVBOOT_S_NOT_FOUND);
	assert_int_equal(finish(&r), 0);
}

/* How many milliseconds the log says that phase came at. */
static unsigned int phase_ms(struct rig *r, const char *name)
{
	char text[64];
	unsigned int ms;
	char *at;

	expect_log(r, " ms\n");
	snprintf(text, sizeof(text), "vm: phase %s ", name);
	at = strstr(r->log, text);
	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(text), "%u ms", &ms), 1);
	return ms;
}

static void test_phase_is_logged(void **state)
{
	struct pvboot_phase_args a = {PVBOOT_PHASE_ROM, 0};
	struct rig r;

	rig_init(&r);
	start(&r, NULL);
	boot(&r);
	for (int boots = 0; boots < 2; boots++) { /* each has times of its own, by the clock of a process of its own */
		usleep(20000);
		a.phase = PVBOOT_PHASE_ROM;
		qemu_submit(&r.w->q, PVBOOT_OP_PHASE, &a, sizeof(a), 0, 0);
		expect_log(&r, "vm: phase rom 0 ms\n");
		usleep(20000);
		a.phase = PVBOOT_PHASE_LEASE;
		qemu_submit(&r.w->q, PVBOOT_OP_PHASE, &a, sizeof(a), 0, 0);
		expect_log(&r, "vm: phase lease ");
		assert_in_range(phase_ms(&r, "lease"), 20, 10000);
		r.log[r.log_len = 0] = '\0';
	}
	assert_int_equal(finish(&r), 0);
}

/* This process takes the place of one that was ended: the guest knows how long ago its boot began. */
static void test_phase_of_a_boot_that_began_before(void **state)
{
	struct pvboot_phase_args a = {PVBOOT_PHASE_NBP, 70000};
	uint8_t phase = 0;
	struct rig r;
	int told[2];
	char fd[8];

	rig_init(&r);
	assert_int_equal(pipe(told), 0);
	snprintf(fd, sizeof(fd), "%d", told[1]);
	start(&r, (const char *const[]){"--phase-fd", fd, NULL});
	boot(&r);
	qemu_submit(&r.w->q, PVBOOT_OP_PHASE, &a, sizeof(a), 0, 0);
	expect_log(&r, "vm: phase nbp 70000 ms\n");
	assert_int_equal(read(told[0], &phase, 1), 1);
	assert_int_equal(phase, PVBOOT_PHASE_NBP);
	close(told[0]);
	close(told[1]);
	assert_int_equal(finish(&r), 0);
}

static void test_rom_that_does_not_start_is_said(void **state)
{
	static const char *const args[] = {"--rom-wait", "1", NULL};
	struct rig r;

	rig_init(&r);
	start(&r, args);
	expect_log(&r, "vm: 0 s after QEMU connected pvboot's ROM has not started: ");
	boot(&r);
	assert_int_equal(finish(&r), 0);
}

/* The ROM starts before wait_ms are over.  Returns false if this machine was too slow for that. */
static bool rom_starts_within(unsigned int wait_ms)
{
	struct pvboot_phase_args a = {PVBOOT_PHASE_ROM, 0};
	char ms[16];
	const char *const args[] = {"--rom-wait", ms, NULL};
	bool in_time;
	struct rig r;

	snprintf(ms, sizeof(ms), "%u", wait_ms);
	rig_init(&r);
	start(&r, args);
	boot(&r);
	qemu_submit(&r.w->q, PVBOOT_OP_PHASE, &a, sizeof(a), 0, 0);
	expect_log(&r, "phase rom");
	in_time = !strstr(r.log, "has not started");
	if (in_time) {
		usleep((wait_ms + 50) * 1000); /* nothing is to come: see that it does not */
		a.phase = PVBOOT_PHASE_LEASE;
		qemu_submit(&r.w->q, PVBOOT_OP_PHASE, &a, sizeof(a), 0, 0);
		expect_log(&r, "phase lease");
		assert_null(strstr(r.log, "has not started"));
	}
	assert_int_equal(finish(&r), 0);
	return in_time;
}

static void test_rom_that_starts_is_not_missed(void **state)
{
	unsigned int wait_ms = 200;

	while (!rom_starts_within(wait_ms)) {
		wait_ms *= 2;
		assert_true(wait_ms < 10000);
	}
}

/* The line of /proc/PID/status that begins so. */
static void status_line(pid_t pid, const char *name, char line[128])
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, 128, f) && strncmp(line, name, strlen(name)) != 0)
		;
	fclose(f);
}

static void test_sheds_privilege(void **state)
{
	char line[128], path[64], target[256] = "";
	struct rig r;

	if (!CONFINED)
		skip();
	rig_init(&r);
	start(&r, NULL);
	boot(&r); /* it answers from inside the sandbox */
	expect_log(&r, "cannot be reached");
	status_line(r.pid, "Seccomp:", line);
	assert_string_equal(line, "Seccomp:\t2\n");
	status_line(r.pid, "NoNewPrivs:", line);
	assert_string_equal(line, "NoNewPrivs:\t1\n");
	status_line(r.pid, "CapPrm:", line);
	assert_string_equal(line, "CapPrm:\t0000000000000000\n");
	status_line(r.pid, "CapEff:", line);
	assert_string_equal(line, "CapEff:\t0000000000000000\n");
	if (geteuid() == 0) {
		status_line(r.pid, "Uid:", line);
		assert_string_not_equal(line, "Uid:\t0\t0\t0\t0\n");
		status_line(r.pid, "Groups:", line);
		assert_string_equal(line, "Groups:\t \n");
		snprintf(path, sizeof(path), "/proc/%d/root", (int)r.pid);
		assert_true(readlink(path, target, sizeof(target) - 1) > 0);
		/* of its own mount namespace: an empty one; seen from a chroot the name is longer */
		assert_true(strlen(target) >= 5);
		assert_string_equal(target + strlen(target) - 5, "/proc");
		snprintf(path, sizeof(path), "/proc/%d/root/self", (int)r.pid);
		assert_int_not_equal(access(path, F_OK), 0);
	}
	assert_int_equal(finish(&r), 0);
}

/* Where QEMU connects to a path: from inside the sandbox, JSON library and all. */
static void test_vfio_user_connects(void **state)
{
	struct {
		struct vfio_user_hdr hdr;
		struct vfio_user_version version;
		char text[sizeof("{\"capabilities\":{\"pgsizes\":1}}")];
	} __attribute__((packed))
	m = {.hdr = {1, VFIO_USER_VERSION, sizeof(m), 0, 0}, .text = "{\"capabilities\":{\"pgsizes\":1}}"};
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	uint8_t reply[128] = {0};
	struct pollfd p = {.events = POLLIN};
	struct rig r;

	for (unsigned int bad = 0; bad < 2; bad++) {
		rig_init(&r);
		snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/vm", r.dir);
		close(r.w->q.fd);
		close(r.w->q.device_fd);
		r.w->q.device_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(r.w->q.device_fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
		assert_int_equal(listen(r.w->q.device_fd, 1), 0);
		start(&r, NULL);
		r.w->q.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(r.w->q.fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
		unlink(sun.sun_path);
		m.hdr.error = bad;
		assert_int_equal(send(r.w->q.fd, &m, sizeof(m), 0), sizeof(m));
		if (bad) {
			expect_log(&r, "QEMU sent a command with an error in it");
			assert_true(qemu_closed(&r.w->q));
		} else {
			p.fd = r.w->q.fd;
			assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
			assert_true(recv(r.w->q.fd, reply, sizeof(reply), 0) > 20);
			assert_string_equal((char *)reply + 20, "{\"capabilities\":{\"pgsizes\":4096}}");
		}
		assert_int_equal(finish(&r), bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_line_wrong),
		cmocka_unit_test(test_nonsense_from_qemu),
		cmocka_unit_test(test_descriptor_refused),
		cmocka_unit_test(test_ends_with_qemu),
		cmocka_unit_test(test_files_reach_memory),
		cmocka_unit_test(test_files_reach_memory_unconfined),
		cmocka_unit_test(test_inline_data),
		cmocka_unit_test(test_hostd_comes_late_dies_and_is_back),
		cmocka_unit_test(test_rom_that_does_not_start_is_said),
		cmocka_unit_test(test_rom_that_starts_is_not_missed),
		cmocka_unit_test(test_phase_of_a_boot_that_began_before),
		cmocka_unit_test(test_phase_is_logged),
		cmocka_unit_test(test_sheds_privilege),
		cmocka_unit_test(test_vfio_user_connects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
