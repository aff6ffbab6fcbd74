/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - `pvboot run`: a QEMU guest with a pvboot device, from beginning to end.
 *
 * Three processes at most: a pvboot-hostd of our own where no running one is used, pvboot-device, and QEMU, which share
 * a socketpair.  Then it waits.  The guest's end is the end of all: QEMU's exit status is ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "attach_socket.h"
#include "child.h"
#include "console.h"
#include "find.h"
#include "base/addr.h"
#include "base/name_mac.h"
#include "private_hostd.h"
#include "pvboot_link.h"
#include "pvboot_req.h"
#include "qemu_args.h"
#include "run.h"
#include "std_fds.h"
#include "base/clock.h"
#include "run_options.h"

#define QEMU_STOP_MS 5000
#define LAST_WORDS_MS 500
#define DEVICE_START_MS 2000 /* a device that ends sooner had a reason, and the guest cannot boot */
#define DEVICE_STOP_MS 2000
#define DEVICE_STARTS_MAX 10	/* one that dies more often does so for a reason */
#define DEVICE_RESTART_US 50000 /* to wait before, more each time but the first */
#define MAC_TEXT 18
#define QEMU_DEFAULT_MAC "52:54:00:12:34:56"

struct run {
	struct run_options o;
	struct qemu_user user;
	struct private_hostd hostd;
	bool private_hostd; /* hostd is ours */
	const char *socket; /* hostd's */
	const char *name, *uuid;
	char mac[MAC_TEXT];	 /* empty: hostd lays it down */
	char card_mac[MAC_TEXT]; /* of the card in front of a vhost-user device: mac, or one made for `mac = card` */
	char qemu_path[PATH_MAX], device_path[PATH_MAX], hostd_path[PATH_MAX], rom_path[PATH_MAX];
	enum attach attach;
	struct attach_questions questions;
	bool reconnect_ms; /* struct qemu_conf's */
	struct attach_socket attached;
	int stderr_fd; /* of --log, -1 */
	int phases[2]; /* a pipe that pvboot-device tells each phase of a boot; 0: none */
	bool booted;   /* the latest boot came as far as a boot program or a kernel */
	bool gave_up;  /* ... or its ROM gave up, and --fail-exit says that this is the end */
	struct console console;
	struct argv device_argv, qemu_argv;
	struct child device, qemu;
	unsigned int device_starts;
	long started_ms;
	bool failed; /* the guest never had its device */
};

static bool complain(const char *what, const char *text)
{
	fprintf(stderr, "pvboot: %s%s\n", what, text);
	return false;
}

/* The size of an option ROM (55 AA, PCI Firmware 3.0, 5.1), or 0 if it is none. */
static long rom_bytes(const char *path)
{
	unsigned char begin[2] = {0, 0};
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, begin, sizeof(begin)) != sizeof(begin) || fstat(fd, &st) < 0)
		st.st_size = 0;
	close(fd);
	return begin[0] == 0x55 && begin[1] == 0xaa ? (long)st.st_size : 0;
}

/* The ROM for this attachment: a BIOS wants it to have the PCI ids of the card it is on. */
static bool find_image(struct run *run)
{
	const struct run_options *o = &run->o;
	const char *name = run->attach != ATTACH_VHOST_USER ? "pvboot.rom"
			   : o->bus			    ? "pvboot-1af4-1041.rom"
							    : "pvboot-1af4-1000.rom";

	if (!o->rom && !find_rom(name, run->rom_path)) {
		fprintf(stderr,
			"pvboot: %s is not beside this program and not in ../share/pvboot: run make, or name it with "
			"--rom "
			"FILE\n",
			name);
		return false;
	}
	if (o->rom && !realpath(o->rom, run->rom_path)) {
		fprintf(stderr, "pvboot: --rom %s: %s\n", o->rom, strerror(errno));
		return false;
	}
	if (rom_bytes(run->rom_path) == 0)
		return complain(run->rom_path, ": this is no option ROM");
	return true;
}

/* Everything that is to be executed or read, before anything is started. */
static bool find_files(struct run *run)
{
	const struct run_options *o = &run->o;

	if (!find_program(o->qemu, run->qemu_path)) {
		fprintf(stderr, "pvboot: there is no program %s\n", o->qemu);
		if (strcmp(o->qemu, "qemu-system-x86_64") == 0)
			fputs("pvboot: on Debian:  apt-get install --no-install-recommends qemu-system-x86\n", stderr);
		return false;
	}
	/* vhost-user's options depend on the version. */
	if (!o->attach_given || o->attach == ATTACH_VHOST_USER)
		attach_ask_begin(&run->questions, run->qemu_path);
	if (o->device ? !find_program(o->device, run->device_path) : !find_own("pvboot-device", run->device_path))
		return complain("pvboot-device is not beside this program and not in PATH: run make, or name it with ",
				"--device PROGRAM");
	if (run->private_hostd && (o->hostd_program ? !find_program(o->hostd_program, run->hostd_path)
						    : !find_own("pvboot-hostd", run->hostd_path)))
		return complain("pvboot-hostd is not beside this program and not in PATH: run make, or name it with ",
				"--hostd-program PROGRAM");
	run->attach = ATTACH_VFIO_USER;
	return find_image(run);
}

/* Which hostd the guest gets. */
static bool choose_hostd(struct run *run)
{
	const struct run_options *o = &run->o;
	enum private_hostd_answer answer;

	run->socket = o->hostd ? o->hostd : PVBOOT_LINK_SOCKET_DEFAULT;
	run->private_hostd = o->root || o->private_hostd || (o->kernel && !o->interface);
	if (run->private_hostd)
		return true;
	answer = private_hostd_ask(run->socket);
	if (answer == HOSTD_ANSWERS && o->interface && (o->direct || o->kernel || run_options_for_private(o)))
		run->private_hostd = true; /* the running one's configuration does not say so */
	if (run->private_hostd)
		return true;
	if (answer == HOSTD_ANSWERS && o->interface)
		fprintf(stderr,
			"pvboot: using the pvboot-hostd that listens on %s: its configuration says which network, not "
			"--interface %s (--private: one of our own)\n",
			run->socket, o->interface);
	if (answer == HOSTD_ANSWERS && run_options_for_private(o)) {
		fprintf(stderr,
			"pvboot: the pvboot-hostd that listens on %s has source, http_proxy, tls_ca, tftp_blksize and "
			"boot_file in its configuration: leave the options out, or say --interface IF for one of our "
			"own\n",
			run->socket);
		return false;
	}
	if (answer == HOSTD_ANSWERS)
		return true;
	if (o->hostd) {
		fprintf(stderr, "pvboot: no pvboot-hostd answers on %s%s: the guest will wait for it\n", run->socket,
			answer == HOSTD_FORBIDDEN ? " (permission denied)" : " yet");
		return true;
	}
	run->private_hostd = o->interface;
	if (run->private_hostd)
		return true;
	if (answer == HOSTD_FORBIDDEN)
		fprintf(stderr,
			"pvboot: %s: you may not use this pvboot-hostd; its socket_group or socket_mode says who may\n",
			run->socket);
	else
		fprintf(stderr,
			"pvboot: no pvboot-hostd answers on %s.  Start it, or say where the guest boots from:\n"
			"pvboot:   --root DIR (a local directory) or --interface IF (that network, as root)\n",
			run->socket);
	return false;
}

/* An address for a guest that has none: of its name, so that it keeps its lease, else at random. */
static bool make_mac(const char *name, char mac[MAC_TEXT])
{
	char random[2 * sizeof(uint64_t) + 1];
	uint8_t m[6];
	uint64_t number;

	if (!name) {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return complain("no random number for a MAC address: ", strerror(errno));
		snprintf(random, sizeof(random), "%016" PRIx64, number);
	}
	name_mac(m, name ? name : random, NULL);
	snprintf(mac, MAC_TEXT, "%s", addr_mac_text(m));
	return true;
}

/*
 * The guest's MAC address: the one said, that of the guest's NIC, else (with a hostd of our own, which knows none) one
 * that is made.  A running hostd lays it down; should it ask for that of the card (`mac = card`), each guest's is its
 * own.
 */
static bool choose_mac(struct run *run)
{
	const char *nic;

	if (run->o.mac)
		strcpy(run->mac, run->o.mac);
	else if (*run->user.mac)
		strcpy(run->mac, run->user.mac);
	else if (run->private_hostd && (!run->o.interface || run->user.nics))
		strcpy(run->mac, QEMU_DEFAULT_MAC); /* its NIC's, or on no network at all: nobody to confuse */
	else if (!make_mac(run->name, run->private_hostd ? run->mac : run->card_mac))
		return false;
	else if (run->private_hostd && run->name && !run->o.dry_run)
		fprintf(stderr,
			"pvboot: the guest boots as %s, made from its name \"%s\" (earlier versions made another "
			"address: --mac keeps it)\n",
			run->mac, run->name);
	if (*run->mac)
		strcpy(run->card_mac, run->mac);
	nic = *run->user.mac ? run->user.mac : QEMU_DEFAULT_MAC;
	if (run->user.nics && *run->mac && strcasecmp(run->mac, nic) != 0)
		fprintf(stderr,
			"pvboot: the guest boots as %s, but its network card is %s: its system may get another address "
			"(-nic ...,mac=%s)\n",
			run->mac, nic, run->mac);
	return true;
}

static void plan_device(struct run *run)
{
	/* A hostd of our own says on the same stderr what is a notice here. */
	const char *const levels[] = {"warning", run->private_hostd ? "warning" : "notice", "debug"};
	const char *const options[][2] = {
		{"--name", run->name},
		{"--mac", *run->mac ? run->mac : NULL},
		{"--uuid", run->uuid},
		{"--host-wait", run->o.host_wait},
		{"--hostd", run->private_hostd ? run->hostd.socket : run->socket},
		{"--log-level", levels[run_options_level(&run->o)]},
	};

	argv_add(&run->device_argv, "%s", run->device_path);
	argv_add(&run->device_argv, "--fd");
	argv_add(&run->device_argv, "%d", run->attached.device);
	argv_add(&run->device_argv, "--attach");
	argv_add(&run->device_argv, "%s", attach_name(run->attach));
	if (run->attach == ATTACH_VFIO_USER) {
		argv_add(&run->device_argv, "--rom");
		argv_add(&run->device_argv, "%s", run->rom_path);
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!options[i][1])
			continue;
		argv_add(&run->device_argv, "%s", options[i][0]);
		argv_add(&run->device_argv, "%s", options[i][1]);
	}
	if (run->phases[1]) {
		argv_add(&run->device_argv, "--phase-fd");
		argv_add(&run->device_argv, "%d", run->phases[1]);
	}
	if (run->o.boot_first)
		argv_add(&run->device_argv, "--boot-first");
}

static void plan_qemu(struct run *run)
{
	const struct qemu_conf conf = {
		.program = run->qemu_path,
		.rom = run->rom_path,
		.name = run->name,
		.uuid = run->uuid,
		.attach = run->attach,
		.socket = run->attached.path,
		.reconnect_ms = run->reconnect_ms,
		.mac = run->card_mac,
		.bus = run->o.bus,
		.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
	};

	qemu_args_build(&run->qemu_argv, &conf, &run->user, run->o.qemu_argc, run->o.qemu_argv);
}

/* As what QEMU is to have the device, and the command lines that follow from it. */
static bool plan_attachment(struct run *run)
{
	const char *why = "--attach says so";
	struct attach_qemu qemu = attach_ask_end(&run->questions);

	run->attach = run->o.attach;
	run->reconnect_ms = qemu.major > 9 || (qemu.major == 9 && qemu.minor >= 2);
	if (!run->o.attach_given && !attach_choose(&qemu, &run->attach, &why))
		return complain(why, "");
	if (run->attach == ATTACH_VHOST_USER && !find_image(run))
		return false;
	if (run->o.explain)
		printf("# attach: %s: %s\n%s", attach_name(run->attach), why, attach_rule);
	if (!attach_socket_open(&run->attached, run->o.dry_run))
		return false;
	plan_device(run);
	plan_qemu(run);
	return true;
}

/* Decide everything but the attachment; nothing is started or created yet. */
static bool plan(struct run *run)
{
	run->name = run->o.name ? run->o.name : run_options_name_is_good(run->user.name) ? run->user.name : NULL;
	run->uuid = run->o.uuid ? run->o.uuid : run->user.uuid;
	if (!choose_hostd(run) || !find_files(run) || !choose_mac(run))
		return false;
	if (run->private_hostd && !private_hostd_plan(&run->hostd, &run->o, run->hostd_path))
		return false;
	return true;
}

static void show(struct run *run)
{
	if (run->private_hostd)
		argv_show(&run->hostd.argv, stdout);
	argv_show(&run->device_argv, stdout);
	argv_show(&run->qemu_argv, stdout);
}

static bool start_device(struct run *run)
{
	struct child_conf conf = {
		.keep_fd = run->attached.device, .keep_too = run->phases[1], .stderr_fd = run->stderr_fd};

	run->device_starts++;
	return child_start(&run->device, "pvboot-device", &run->device_argv, &conf);
}

static bool start(struct run *run)
{
	struct child_conf qemu_conf = {.keep_fd = -1,
				       .stdout_fd = run->console.qemu_stdout,
				       .stderr_fd = run->console.qemu_stderr,
				       .stdin_ours = true};
	bool started;

	run->started_ms = clock_ms();
	started = start_device(run) && child_start(&run->qemu, "QEMU", &run->qemu_argv, &qemu_conf);
	attach_socket_close(&run->attached);
	return started;
}

/* Where QEMU looks for its device again and again, another can take over.  False, said on stderr, if none does. */
static bool restart_device(struct run *run)
{
	bool started;

	if (run->attach != ATTACH_VHOST_USER || run->device_starts >= DEVICE_STARTS_MAX)
		return false;
	fprintf(stderr, "pvboot: pvboot-device ended (status %d): starting it again\n",
		child_exit_status(&run->device));
	usleep((run->device_starts - 1) * DEVICE_RESTART_US);
	argv_free(&run->device_argv);
	started = attach_socket_again(&run->attached);
	if (started) {
		plan_device(run);
		started = start_device(run);
	}
	attach_socket_close(&run->attached);
	return started;
}

/* pvboot-device has ended, and *gone says whether for good.  False if that is the end. */
static bool lost_device(struct run *run, bool *gone)
{
	int status = child_exit_status(&run->device);

	*gone = true;
	if (status == 0)
		return true; /* QEMU closed its end: it is about to end, too */
	run->failed = run->device_starts == 1 && WIFEXITED(run->device.status) &&
		      clock_ms() - run->started_ms < DEVICE_START_MS;
	*gone = run->failed || !restart_device(run);
	if (run->failed) {
		fputs("pvboot: pvboot-device could not start: its reason stands above, or in the --log file\n", stderr);
		child_stop(&run->qemu, QEMU_STOP_MS);
	} else if (*gone) {
		fprintf(stderr, "pvboot: pvboot-device ended (status %d): the guest cannot boot from it again\n",
			status);
	}
	return !run->failed;
}

/* What the guest's ROM reports, through the device.  The boot program's own end is its own business. */
static void take_phases(struct run *run)
{
	uint8_t phase;

	while (read(run->phases[0], &phase, 1) == 1) {
		if (phase == PVBOOT_PHASE_ROM)
			run->booted = false;
		else if (phase == PVBOOT_PHASE_NBP || phase == PVBOOT_PHASE_KERNEL)
			run->booted = true;
		else if (phase == PVBOOT_PHASE_FAILED && !run->booted)
			run->gave_up = true;
	}
}

/* The ROM has reported its failure; wait until it has printed its error message. */
static void let_it_speak(struct run *run)
{
	long end = clock_ms() + LAST_WORDS_MS, left;

	while (!child_ended(&run->qemu) && (left = end - clock_ms()) > 0) {
		int sig = child_wait((int)left);

		if (sig && sig != SIGCHLD)
			return;
	}
}

/* Until QEMU has ended, for whatever reason. */
static void wait_for_end(struct run *run)
{
	bool device_gone = false, hostd_gone = false;

	while (!child_ended(&run->qemu)) {
		int sig = child_wait_or_read(run->phases[1] ? run->phases[0] : -1);

		if (sig == CHILD_READABLE) {
			take_phases(run);
			if (!run->gave_up)
				continue;
			let_it_speak(run);
			fprintf(stderr, "pvboot: the network boot failed: ending QEMU with status %d (--fail-exit)\n",
				run->o.fail_exit);
		}
		if (sig != SIGCHLD) {
			child_stop(&run->qemu, QEMU_STOP_MS);
			return;
		}
		if (child_ended(&run->qemu))
			return;
		if (!device_gone && child_ended(&run->device) && !lost_device(run, &device_gone))
			return;
		if (run->private_hostd && !hostd_gone && child_ended(&run->hostd.child))
			hostd_gone = !private_hostd_restart(&run->hostd, run->stderr_fd);
	}
}

/* Print the errors that QEMU does not print itself. */
static int qemu_verdict(struct run *run)
{
	if (WIFSIGNALED(run->qemu.status) && WTERMSIG(run->qemu.status) != SIGTERM)
		fprintf(stderr, "pvboot: QEMU was ended by signal %d (%s)\n", WTERMSIG(run->qemu.status),
			strsignal(WTERMSIG(run->qemu.status)));
	if (run->phases[1]) {
		take_phases(run);
		if (!run->booted && (run->gave_up || child_exit_status(&run->qemu) == 0))
			return run->o.fail_exit;
	}
	return child_exit_status(&run->qemu);
}

static int run_guest(struct run *run)
{
	struct termios before;
	bool terminal = tcgetpgrp(STDIN_FILENO) == getpgrp() && tcgetattr(STDIN_FILENO, &before) == 0;
	int status = 1;

	child_init();
	if (!console_begin(&run->console, !run->user.curses))
		return 1;
	/* QEMU answers while hostd starts. */
	if ((!run->private_hostd || private_hostd_start(&run->hostd, run->stderr_fd)) && plan_attachment(run) &&
	    start(run)) {
		wait_for_end(run);
		status = run->failed ? 1 : qemu_verdict(run);
	}
	child_stop(&run->qemu, QEMU_STOP_MS);
	child_stop(&run->device, DEVICE_STOP_MS);
	private_hostd_end(&run->hostd);
	attach_socket_end(&run->attached);
	/* QEMU makes the terminal raw, and puts it back only if it ends by itself. */
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	console_end(&run->console);
	return status;
}

static bool open_log(struct run *run)
{
	run->stderr_fd = -1;
	if (!run->o.log)
		return true;
	run->stderr_fd = open(run->o.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (run->stderr_fd < 0)
		fprintf(stderr, "pvboot: --log %s: %s\n", run->o.log, strerror(errno));
	return run->stderr_fd >= 0;
}

static bool open_phases(struct run *run)
{
	if (run->o.fail_exit && pipe2(run->phases, O_CLOEXEC | O_NONBLOCK) < 0)
		return complain("a pipe for --fail-exit: ", strerror(errno));
	return true;
}

int run_main(int argc, char **argv)
{
	static struct run run;
	const char *refusal;
	int rc;

	std_fds_open();
	rc = run_options_parse(&run.o, argc, argv);
	if (rc >= 0)
		return rc;
	refusal = qemu_args_scan(&run.user, run.o.qemu_argc, run.o.qemu_argv);
	if (refusal) {
		fprintf(stderr, "pvboot: %s\n", refusal);
		return 2;
	}
	if (!plan(&run) || !open_log(&run) || !open_phases(&run))
		return 1;
	if (run.o.dry_run) {
		rc = !plan_attachment(&run);
		if (!rc)
			show(&run);
	} else {
		rc = run_guest(&run);
	}
	argv_free(&run.device_argv);
	argv_free(&run.qemu_argv);
	return rc;
}
