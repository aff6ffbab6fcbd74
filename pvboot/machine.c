/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c - `pvboot detach` and `pvboot attach`: have hostd let go of a Palacios machine, or look for it again. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "machine.h"

#define PATIENCE 10 /* seconds for hostd to answer */

static const char usage[] =
	"Usage: pvboot detach [--hostd SOCKET] NAME    before v3_free: hostd lets go of a Palacios machine\n"
	"       pvboot attach [--hostd SOCKET] NAME    after v3_create: hostd looks for it again\n"
	"\n"
	"NAME is that of its section [vm NAME] in hostd's configuration.  SOCKET is hostd's own, by default\n" //
	PVBOOT_LINK_SOCKET_DEFAULT ".  Only who started hostd may give it commands.\n";

static int fail(const char *command, const char *what, const char *why)
{
	fprintf(stderr, "pvboot %s: %s: %s\n", command, what, why);
	return 1;
}

/* Send one line, get one; -1 with errno. */
static int talk(int fd, const char *line, char reply[CONTROL_LINE])
{
	struct timeval patience = {PATIENCE, 0};
	size_t have = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return -1;
	while (have < CONTROL_LINE - 1) {
		ssize_t n = recv(fd, reply + have, CONTROL_LINE - 1 - have, 0);

		if (n < 0)
			return -1;
		if (!n)
			break;
		have += (size_t)n;
	}
	reply[have] = '\0';
	reply[strcspn(reply, "\n")] = '\0';
	return 0;
}

static int command(const char *name, const char *socket_path, const char *machine)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char line[CONTROL_LINE], reply[CONTROL_LINE];
	int fd, failed;

	if (snprintf(line, sizeof(line), "%s %s\n", name, machine) >= (int)sizeof(line) || strchr(machine, '\n'))
		return fail(name, machine, "that is no machine's name");
	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s" CONTROL_SUFFIX, socket_path) >= (int)sizeof(sun.sun_path))
		return fail(name, socket_path, "the name is too long");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(name, "socket", strerror(errno));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		int error = errno;

		close(fd);
		fprintf(stderr,
			"pvboot %s: %s: %s: is hostd running, with a machine that has palacios = /dev/v3-vmN, and "
			"started by you?\n",
			name, sun.sun_path, strerror(error));
		return 1;
	}
	failed = talk(fd, line, reply);
	close(fd);
	if (failed)
		return fail(name, machine, "hostd does not answer");
	if (!strcmp(reply, "ok"))
		return 0;
	return fail(name, machine, !strncmp(reply, "error ", 6) ? reply + 6 : "hostd hung up");
}

static int machine_main(const char *name, int argc, char **argv)
{
	static const struct option options[] = {
		{"hostd", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *socket_path = PVBOOT_LINK_SOCKET_DEFAULT;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 's':
			socket_path = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return 2;
	}
	return command(name, socket_path, argv[optind]);
}

int machine_detach_main(int argc, char **argv)
{
	return machine_main("detach", argc, argv);
}

int machine_attach_main(int argc, char **argv)
{
	return machine_main("attach", argc, argv);
}
