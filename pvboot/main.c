/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - pvboot, the command a person types: its subcommands. */
#include <stdio.h>
#include <string.h>

#include "cache_cmd.h"
#include "machine.h"
#include "plan_cmd.h"
#include "probe.h"
#include "run.h"

static const char help_text[] =
	"Usage: pvboot run [OPTION]... [-- QEMU ARGUMENTS]    start a guest that boots from the network\n"
	"       pvboot probe --interface IF --mac MAC         what that network would offer such a guest\n"
	"       pvboot detach | attach NAME                   let hostd leave a Palacios machine, or find it again\n"
	"       pvboot plan --root DIR | FILE                 what a guest boots by a pxelinux configuration\n"
	"       pvboot cache list | purge | prefetch          what hostd keeps for the next boot\n"
	"       pvboot help | version\n"
	"\n"
	"  pvboot run --root DIR                  boot DIR/pxelinux.0: no server, no root rights\n"
	"  pvboot run --interface br0             boot from br0's DHCP and TFTP servers\n"
	"  pvboot run -- -m 2G -accel kvm         with a running pvboot-hostd, and QEMU's own options\n"
	"\n"
	"Each has --help, and a man page: pvboot(1), pvboot-probe(1), pvboot-plan(1), pvboot-cache(1).\n";

static int help_main(int argc, char **argv)
{
	fputs(help_text, stdout);
	return 0;
}

static int version_main(int argc, char **argv)
{
	puts("pvboot " PVBOOT_VERSION);
	return 0;
}

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{"detach", machine_detach_main},
	{"attach", machine_attach_main},
	{"run", run_main},
	{"probe", probe_main},
	{"plan", plan_main},
	{"cache", cache_main},
	{"help", help_main},
	{"--help", help_main},
	{"-h", help_main},
	{"version", version_main},
	{"--version", version_main},
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(help_text, stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			argv[1] = argv[0];
			return commands[i].main(argc - 1, argv + 1);
		}
	}
	fprintf(stderr,
		"pvboot: there is no command \"%s\": try run, probe, plan, cache, detach, attach, help or version\n",
		argv[1]);
	return 2;
}
