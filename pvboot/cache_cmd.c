/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_cmd.c - `pvboot cache`: what a running hostd keeps: list it, forget it, fetch it before it is asked for. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cache_cmd.h"
#include "control.h"

#define AGE_MAX 16

static const char usage[] =
	"Usage: pvboot cache list [--hostd SOCKET]              the files that hostd keeps, last used first\n"
	"       pvboot cache purge [--hostd SOCKET] KEY... | --all\n"
	"                                                      forget files, by their KEY in the list, or all\n"
	"       pvboot cache prefetch [--hostd SOCKET] URL...   fetch files now: http:, https: or tftp:\n"
	"\n"
	"SOCKET is hostd's own, by default " PVBOOT_LINK_SOCKET_DEFAULT ".  Only who started hostd may give it\n"
	"commands.  In the list, STATE is f: it is being fetched, r: a guest reads it, d: it is on disk.\n";

/* What is done with each line that comes before the last. */
typedef void (*line_fn)(const char *line);

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "pvboot cache: %s: %s\n", what, why);
	return 1;
}

/* ---- talking ------------------------------------------------------------------------------------------------------
 */

/* A stream to hostd's control socket; NULL after saying why not. */
static FILE *connect_to(const char *socket_path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, error;
	FILE *f;

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s" CONTROL_SUFFIX, socket_path) >=
	    (int)sizeof(sun.sun_path)) {
		fail(socket_path, "the name is too long");
		return NULL;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		f = fdopen(fd, "r+");
		if (f)
			return f;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	fprintf(stderr, "pvboot cache: %s: %s: is hostd running, and started by you?\n", sun.sun_path, strerror(error));
	return NULL;
}

/* One command, and its answer line by line.  The exit status. */
static int command(const char *socket_path, const char *what, const char *line, line_fn each)
{
	static char reply[CONTROL_LINE];
	FILE *f;

	if (strchr(line, '\n') || strlen(line) >= CONTROL_LINE - 1)
		return fail(what, "too long, or more than one line");
	f = connect_to(socket_path);
	if (!f)
		return 1;
	if (fprintf(f, "cache %s\n", line) > 0 && !fflush(f)) {
		while (fgets(reply, sizeof(reply), f)) {
			reply[strcspn(reply, "\n")] = '\0';
			if (!strcmp(reply, "ok")) {
				fclose(f);
				return 0;
			}
			if (!strncmp(reply, "error ", 6)) {
				fclose(f);
				return fail(what, reply + 6);
			}
			each(reply);
		}
	}
	fclose(f);
	return fail(what, "hostd hung up");
}

/* ---- list ---------------------------------------------------------------------------------------------------------
 */

/* How long ago, for a person. */
static const char *age(char text[AGE_MAX], int64_t then)
{
	int64_t s = time(NULL) - then;

	if (s < 0)
		snprintf(text, AGE_MAX, "-");
	else if (s < 120)
		snprintf(text, AGE_MAX, "%" PRId64 "s", s);
	else if (s < 7200)
		snprintf(text, AGE_MAX, "%" PRId64 "min", s / 60);
	else if (s < 172800)
		snprintf(text, AGE_MAX, "%" PRId64 "h", s / 3600);
	else
		snprintf(text, AGE_MAX, "%" PRId64 "d", s / 86400 % 1000000);
	return text;
}

static void show_object(const char *line)
{
	char state[8], size[24], fetched[AGE_MAX], used[AGE_MAX];
	int64_t fetched_at, used_at;
	int key;

	if (sscanf(line, "%7s %23s %" SCNd64 " %" SCNd64 " %n", state, size, &fetched_at, &used_at, &key) == 4)
		printf("%-5s %12s %8s %8s  %s\n", state, size, age(fetched, fetched_at), age(used, used_at),
		       line + key);
}

static int list(const char *socket_path, int argc, char **argv, bool all)
{
	if (argc) {
		fputs(usage, stderr);
		return 2;
	}
	printf("%-5s %12s %8s %8s  %s\n", "STATE", "BYTES", "FETCHED", "USED", "KEY");
	return command(socket_path, "list", "list", show_object);
}

/* ---- purge and prefetch -------------------------------------------------------------------------------------------
 */

static void ignore(const char *line)
{
}

static void show_purged(const char *line)
{
	printf("%s forgotten\n", line);
}

static int purge(const char *socket_path, int argc, char **argv, bool all)
{
	static char line[CONTROL_LINE];
	int status = 0;

	if (all == (argc > 0)) {
		fputs(usage, stderr);
		return 2;
	}
	if (all)
		return command(socket_path, "--all", "purge", show_purged);
	for (int i = 0; i < argc; i++) {
		snprintf(line, sizeof(line), "purge %s", argv[i]);
		status |= command(socket_path, argv[i], line, ignore);
	}
	return status;
}

static void show_size(const char *line)
{
	printf("%.*s bytes%s", (int)strcspn(line, " "), line, strstr(line, " not-kept") ? ", not kept" : "");
}

static int prefetch(const char *socket_path, int argc, char **argv, bool all)
{
	static char line[CONTROL_LINE];
	int status = 0;

	if (!argc || all) {
		fputs(usage, stderr);
		return 2;
	}
	for (int i = 0; i < argc; i++) {
		snprintf(line, sizeof(line), "prefetch %s", argv[i]);
		if (command(socket_path, argv[i], line, show_size))
			status = 1;
		else
			printf(": %s\n", argv[i]);
	}
	return status;
}

static const struct {
	const char *name;
	int (*main)(const char *socket_path, int argc, char **argv, bool all);
} verbs[] = {{"list", list}, {"purge", purge}, {"prefetch", prefetch}};

int cache_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"hostd", required_argument, NULL, 's'},
		{"all", no_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *socket_path = PVBOOT_LINK_SOCKET_DEFAULT;
	bool all = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 's':
			socket_path = optarg;
			break;
		case 'a':
			all = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return 2;
		}
	}
	for (size_t i = 0; optind < argc && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(argv[optind], verbs[i].name))
			return verbs[i].main(socket_path, argc - optind - 1, argv + optind + 1, all);
	fputs(usage, stderr);
	return 2;
}
