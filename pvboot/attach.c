/* SPDX-License-Identifier: BSD-2-Clause */
/* attach.c - as what QEMU gets the device: what a QEMU offers, and the rule that chooses. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "base/clock.h"
#include "attach_cache.h"

#define PATIENCE_MS 5000

const char attach_rule[] =
	"# vhost-user, behind a virtio-net card, where QEMU has it; QEMU and guest outlive a device process then;\n"
	"# else vfio-user where QEMU has vfio-user-pci (10.1 and later, if built with it).\n"
	"# --attach NAME chooses another way.\n";

static const char *const names[] = {
	[ATTACH_VHOST_USER] = "vhost-user",
	[ATTACH_VFIO_USER] = "vfio-user",
};

const char *attach_name(enum attach attach)
{
	return names[attach];
}

bool attach_parse(const char *name, enum attach *attach)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]))
			continue;
		*attach = (enum attach)i;
		return true;
	}
	return false;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static void ask(struct attach_question *q, const char *program, const char *option, const char *value)
{
	int fds[2];

	q->pid = 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	q->pid = fork();
	if (q->pid == 0) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, STDIN_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execl(program, program, option, value, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	if (q->pid < 0) {
		q->pid = 0;
		close(fds[0]);
		return;
	}
	q->fd = fds[0];
}

/* Read its answer to the end, as much of it as there is room for.  False if it fails, or takes too long. */
static bool answer(struct attach_question *q, char *text, size_t room)
{
	struct pollfd pfd = {.fd = q->fd, .events = POLLIN};
	long end = clock_ms() + PATIENCE_MS;
	size_t have = 0;
	int status = -1;
	ssize_t n = 0;
	char bin[512];

	if (!q->pid)
		return false;
	for (;;) {
		long left = end - clock_ms();
		bool full = have == room - 1;

		if (left <= 0 || (poll(&pfd, 1, (int)left) < 0 && errno != EINTR))
			break;
		if (!pfd.revents)
			continue;
		n = full ? read(q->fd, bin, sizeof(bin)) : read(q->fd, text + have, room - 1 - have);
		if (n <= 0)
			break;
		have += full ? 0 : (size_t)n;
	}
	text[have] = '\0';
	if (n != 0 || !have)
		kill(q->pid, SIGKILL);
	close(q->fd);
	while (waitpid(q->pid, &status, 0) < 0 && errno == EINTR)
		;
	q->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void attach_ask_begin(struct attach_questions *q, const char *program)
{
	/* A parent may have left it ignored: then children vanish without a status. */
	signal(SIGCHLD, SIG_DFL);
	q->program = program;
	q->answered = attach_cache_get(program, &q->qemu);
	if (q->answered)
		return;
	ask(&q->version, program, "--version", NULL);
	ask(&q->netdevs, program, "-netdev", "help");
}

/* Is one of the lines of text this word? */
static bool has_line(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, word, len) == 0 && (text[len] == '\n' || !text[len]))
			return true;
	}
	return false;
}

struct attach_qemu attach_ask_end(struct attach_questions *q)
{
	struct attach_qemu qemu = {0};
	struct attach_question more;
	char text[256], netdevs[1024];

	if (q->answered)
		return q->qemu;
	qemu.known = answer(&q->version, text, sizeof(text)) &&
		     sscanf(text, "QEMU emulator version %u.%u", &qemu.major, &qemu.minor) == 2;
	qemu.vhost_user =
		answer(&q->netdevs, netdevs, sizeof(netdevs)) && qemu.known && has_line(netdevs, "vhost-user");
	/* Whether this one is built in, only QEMUs can say that may have it. */
	if (qemu.known && !qemu.vhost_user && (qemu.major > 10 || (qemu.major == 10 && qemu.minor >= 1))) {
		ask(&more, q->program, "-device", "vfio-user-pci,help");
		qemu.vfio_user = answer(&more, text, sizeof(text));
	}
	if (q->program)
		attach_cache_put(q->program, &qemu);
	return qemu;
}

/* ---- choosing --------------------------------------------------------------------------------------------------- */

bool attach_choose(const struct attach_qemu *qemu, enum attach *attach, const char **why)
{
	static char text[200];
	char version[40];

	*why = text;
	snprintf(version, sizeof(version), "QEMU %u.%u", qemu->major, qemu->minor);
	if (qemu->vhost_user) {
		*attach = ATTACH_VHOST_USER;
		snprintf(text, sizeof(text), "%s has vhost-user", version);
		return true;
	}
	if (qemu->vfio_user) {
		*attach = ATTACH_VFIO_USER;
		snprintf(text, sizeof(text), "%s has no vhost-user, but vfio-user-pci", version);
		return true;
	}
	*attach = ATTACH_VHOST_USER;
	if (!qemu->known) {
		snprintf(text, sizeof(text), "this QEMU does not say its version; QEMUs for Linux have vhost-user");
		return true;
	}
	snprintf(text, sizeof(text), "%s has neither vhost-user nor vfio-user-pci: name another QEMU with --qemu",
		 version);
	return false;
}
