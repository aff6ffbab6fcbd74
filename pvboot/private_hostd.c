/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * private_hostd.c - a pvboot-hostd for one guest: its directory, its socket, its command line.
 *
 * The directory admits its owner only, and hostd only who started it: pvboot-device connects by a process that keeps
 * the uid it was started with, even where root starts it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "base/url.h"
#include "private_hostd.h"
#include "pvboot_link.h"

#define START_MS 10000 /* how long it may take until it listens */
#define POLL_MS 100
#define STOP_MS 2000
#define STARTS_MAX 10	 /* one that dies more often does so for a reason */
#define RESTART_US 50000 /* to wait before, more each time */
#define HELLO_MS 1000
#define SOCKET_NAME "hostd.sock"

static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd, saved;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		fd = -1;
	}
	return fd;
}

enum private_hostd_answer private_hostd_ask(const char *socket_path)
{
	struct pvboot_link_hdr hdr;
	struct pollfd pfd = {.events = POLLIN};
	enum private_hostd_answer answer = HOSTD_ABSENT;

	pfd.fd = connect_to(socket_path);
	if (pfd.fd < 0)
		return errno == EACCES || errno == EPERM ? HOSTD_FORBIDDEN : HOSTD_ABSENT;
	if (poll(&pfd, 1, HELLO_MS) == 1 && recv(pfd.fd, &hdr, sizeof(hdr), 0) == sizeof(hdr) &&
	    hdr.magic == PVBOOT_LINK_MAGIC && hdr.type == PVBOOT_LINK_HELLO)
		answer = HOSTD_ANSWERS;
	close(pfd.fd);
	return answer;
}

static void add_option(struct argv *argv, const char *option, const char *value)
{
	argv_add(argv, "%s", option);
	argv_add(argv, "%s", value);
}

/* A file as hostd is to be told of it: of this machine by its whole path, of a server, or by its URL, as it is. */
static bool add_file(struct private_hostd *hostd, const struct run_options *o, const char *option, const char *name)
{
	char *full;
	bool good;

	if (o->root || o->interface || url_kind(name) == URL_HTTP) {
		add_option(&hostd->argv, option, name);
		return true;
	}
	good = check_file(option, name, &full);
	if (good)
		add_option(&hostd->argv, option, full);
	free(full);
	return good;
}

static bool add_kernel(struct private_hostd *hostd, const struct run_options *o)
{
	if (!o->kernel)
		return true;
	if (!add_file(hostd, o, "--kernel", o->kernel))
		return false;
	for (unsigned int i = 0; i < o->n_initrds; i++)
		if (!add_file(hostd, o, "--initrd", o->initrd[i]))
			return false;
	if (o->append)
		add_option(&hostd->argv, "--append", o->append);
	return true;
}

static bool add_root(struct private_hostd *hostd, const struct run_options *o)
{
	char *full = realpath(o->root, NULL);
	bool good = full && check_root(o, full);

	if (!full)
		fprintf(stderr, "pvboot: --root %s: %s\n", o->root, strerror(errno));
	if (good)
		add_option(&hostd->argv, "--root", full);
	free(full);
	return good;
}

bool private_hostd_plan(struct private_hostd *hostd, const struct run_options *o, const char *program)
{
	static const char *const levels[] = {"warning", "info", "debug"};
	const char *const options[][2] = {
		{"--boot-file", o->boot_file}, {"--boot", o->direct ? "direct" : NULL},
		{"--source", o->source},       {"--http-proxy", o->http_proxy},
		{"--tls-ca", o->tls_ca},       {"--tftp-blksize", o->tftp_blksize},
	};

	memset(hostd, 0, sizeof(*hostd));
	if (!temp_dir_name(&hostd->dir))
		return false;
	snprintf(hostd->socket, sizeof(hostd->socket), "%s/" SOCKET_NAME, hostd->dir.path);

	argv_add(&hostd->argv, "%s", program);
	argv_add(&hostd->argv, "-d");
	argv_add(&hostd->argv, "--exit-with-parent");
	/* The machine's own configuration is for the machine's own hostd. */
	add_option(&hostd->argv, "-c", "/dev/null");
	add_option(&hostd->argv, "--socket", hostd->socket);
	add_option(&hostd->argv, "--log-level", levels[run_options_level(o)]);
	if (o->root && !add_root(hostd, o))
		return false;
	if (o->interface) {
		if (!o->dry_run && !check_interface(o, program))
			return false;
		add_option(&hostd->argv, "--interface", o->interface);
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i][1])
			add_option(&hostd->argv, options[i][0], options[i][1]);
	}
	return add_kernel(hostd, o);
}

static bool start(struct private_hostd *hostd, int stderr_fd, int ready_fd)
{
	struct child_conf conf = {.keep_fd = ready_fd, .stderr_fd = stderr_fd};

	hostd->starts++;
	return child_start(&hostd->child, "pvboot-hostd", &hostd->argv, &conf);
}

/* Until it has written its byte to the pipe: it listens.  False, said on stderr, if it will not. */
static bool wait_ready(struct private_hostd *hostd, int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	char byte;

	for (int ms = 0; ms < START_MS; ms += POLL_MS) {
		int sig;

		if (poll(&pfd, 1, POLL_MS) == 1) {
			if (read(fd, &byte, 1) == 1)
				return true;
			fputs("pvboot: pvboot-hostd could not start: its reason stands above, or in the --log file\n",
			      stderr);
			return false;
		}
		sig = child_wait(0);
		if (sig && sig != SIGCHLD)
			return false;
	}
	fprintf(stderr, "pvboot: pvboot-hostd does not listen on %s after %d s\n", hostd->socket, START_MS / 1000);
	return false;
}

bool private_hostd_start(struct private_hostd *hostd, int stderr_fd)
{
	int ready[2];
	bool started;

	if (!temp_dir_make(&hostd->dir))
		return false;
	if (pipe2(ready, O_CLOEXEC) < 0) {
		perror("pvboot: pipe");
		return false;
	}
	argv_add(&hostd->argv, "--ready-fd");
	argv_add(&hostd->argv, "%d", ready[1]);
	started = start(hostd, stderr_fd, ready[1]);
	close(ready[1]);
	started = started && wait_ready(hostd, ready[0]);
	close(ready[0]);
	/* Nobody waits for one that is started again: the device tries until it answers. */
	argv_drop(&hostd->argv, 2);
	return started;
}

bool private_hostd_restart(struct private_hostd *hostd, int stderr_fd)
{
	if (hostd->starts >= STARTS_MAX) {
		fputs("pvboot: pvboot-hostd has ended too often, and is not started again\n", stderr);
		return false;
	}
	fprintf(stderr, "pvboot: pvboot-hostd ended (status %d): starting it again\n",
		child_exit_status(&hostd->child));
	usleep(hostd->starts * RESTART_US);
	return start(hostd, stderr_fd, -1);
}

void private_hostd_end(struct private_hostd *hostd)
{
	child_stop(&hostd->child, STOP_MS);
	temp_dir_unlink(&hostd->dir, SOCKET_NAME);
	temp_dir_remove(&hostd->dir);
	argv_free(&hostd->argv);
}
