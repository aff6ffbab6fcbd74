/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * private_hostd.c - a pvboot-hostd for one guest: its directory, its socket, its command line.
 *
 * The directory admits its owner only, and hostd only who started it: pvboot-device connects by a process that keeps
 * the uid it was started with, even where root starts it.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "http_url.h"
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

/* What hostd would find out only when the guest asks for a lease. */
static bool interface_works(const char *name, const char *program)
{
	int fd, error;

	if (if_nametoindex(name) == 0) {
		fprintf(stderr, "pvboot: --interface %s: there is no such network interface (`ip link` lists them)\n",
			name);
		return false;
	}
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	error = errno;
	/* A program with file capabilities may do more than we may. */
	if (fd < 0 && getxattr(program, "security.capability", NULL, 0) <= 0) {
		fprintf(stderr,
			"pvboot: --interface %s: %s: DHCP in a guest's name needs root or CAP_NET_RAW; or use a "
			"pvboot-hostd that root has started\n",
			name, strerror(error));
		return false;
	}
	if (fd >= 0)
		close(fd);
	return true;
}

/* A file as hostd is to be told of it: of this machine by its whole path, of a server, or by its URL, as it is. */
static bool add_file(struct private_hostd *hostd, const struct run_options *o, const char *option, const char *name)
{
	char *full;

	if (o->root || o->interface || http_url_is(name)) {
		add_option(&hostd->argv, option, name);
		return true;
	}
	full = realpath(name, NULL);
	if (!full || access(full, R_OK) < 0) {
		fprintf(stderr, "pvboot: %s %s: %s\n", option, name, strerror(errno));
		free(full);
		return false;
	}
	add_option(&hostd->argv, option, full);
	free(full);
	return true;
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

bool private_hostd_plan(struct private_hostd *hostd, const struct run_options *o, const char *program)
{
	static const char *const levels[] = {"warning", "info", "debug"};
	struct stat st;

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
	if (o->root) {
		char *full = realpath(o->root, NULL);

		if (!full || stat(full, &st) < 0 || !S_ISDIR(st.st_mode)) {
			fprintf(stderr, "pvboot: --root %s: %s\n", o->root,
				full ? "this is not a directory" : strerror(errno));
			free(full);
			return false;
		}
		if (access(full, X_OK) < 0) {
			fprintf(stderr,
				"pvboot: --root %s: %s: its files cannot be reached (chmod u+x, or another user)\n",
				o->root, strerror(errno));
			free(full);
			return false;
		}
		add_option(&hostd->argv, "--root", full);
		free(full);
	} else if (o->interface) {
		if (!o->dry_run && !interface_works(o->interface, program))
			return false;
		add_option(&hostd->argv, "--interface", o->interface);
	}
	if (o->boot_file)
		add_option(&hostd->argv, "--boot-file", o->boot_file);
	if (o->direct)
		add_option(&hostd->argv, "--boot", "direct");
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
