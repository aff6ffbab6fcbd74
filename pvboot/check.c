/* SPDX-License-Identifier: BSD-2-Clause */
/* check.c - what a hostd of our own is sure to fail at, before anything is started. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "net/bridge.h"
#include "check.h"
#include "base/url.h"
#include "file/file.h"
#include "file/file_root.h"
#include "dhcp/dhcp_local.h"

/* ---- files ------------------------------------------------------------------------------------------------------ */

static bool refuse(const char *option, const char *name, const char *why)
{
	fprintf(stderr, "pvboot: %s %s: %s\n", option, name, why);
	return false;
}

bool check_file(const char *option, const char *name, char **full)
{
	struct stat st;

	*full = realpath(name, NULL);
	if (!*full || stat(*full, &st) < 0)
		return refuse(option, name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return refuse(option, name, "this is a directory, and a file is wanted");
	if (!S_ISREG(st.st_mode))
		return refuse(option, name, "this is no plain file");
	if (access(*full, R_OK) < 0)
		return refuse(option, name, strerror(errno));
	return true;
}

/* A file below --root, as hostd would open it.  What is a URL is not looked for. */
static bool check_below(int root, const char *full, const char *option, const char *name)
{
	struct file *file = url_kind(name) != URL_PATH ? NULL : file_root_open(root, full, name, "check");
	bool good = !file || file_status(file) == PVBOOT_S_OK;

	if (!good)
		refuse(option, name, file_text(file));
	if (file)
		file_unref(file);
	return good;
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int entries = 0;

	while (dir && entries < 3 && readdir(dir)) /* . and .. */
		entries++;
	if (dir)
		closedir(dir);
	return dir && entries < 3;
}

static bool check_kernel_below(const struct run_options *o, int root, const char *full)
{
	if (!check_below(root, full, "--kernel", o->kernel))
		return false;
	for (unsigned int i = 0; i < o->n_initrds; i++) {
		if (!check_below(root, full, "--initrd", o->initrd[i]))
			return false;
	}
	return true;
}

/* The boot program, or with --direct, which may do without, the directory of configurations. */
static bool check_program_below(const struct run_options *o, int root, const char *full)
{
	static struct dhcp_result lease;
	const struct dhcp_local_request req = {
		.root_path = full, .root_fd = root, .boot_file = o->boot_file ? o->boot_file : ""};

	if (o->direct && faccessat(root, "pxelinux.cfg", F_OK, 0) == 0)
		return true;
	dhcp_local_lease(&req, &lease);
	if (lease.status == PVBOOT_S_OK)
		return check_below(root, full, o->boot_file ? "--boot-file" : "--root", lease.info.res.lease.bootfile);
	fprintf(stderr, "pvboot: --root %s: %s\n", o->root,
		is_empty(full) ? "it is empty: put pxelinux.0, ldlinux.c32, pxelinux.cfg/default and a kernel there"
			       : lease.text);
	return false;
}

bool check_root(const struct run_options *o, const char *full)
{
	int root = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool good;

	if (root < 0 || faccessat(root, ".", X_OK, 0) < 0) {
		if (errno == ENOTDIR)
			refuse("--root", o->root, "this is not a directory");
		else
			fprintf(stderr,
				"pvboot: --root %s: %s: its files cannot be reached (chmod u+x, or another user)\n",
				o->root, strerror(errno));
		if (root >= 0)
			close(root);
		return false;
	}
	good = o->dry_run || (o->kernel ? check_kernel_below(o, root, full) : check_program_below(o, root, full));
	close(root);
	return good;
}

/* ---- the interface ---------------------------------------------------------------------------------------------- */

static bool may_open_packets(const char *name, const char *program)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = errno;

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

/* IFF_*; 0 if it is not there. */
static int flags_of(const char *name)
{
	struct ifreq ifr = {.ifr_flags = 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
		ifr.ifr_flags = 0;
	if (fd >= 0)
		close(fd);
	return (unsigned short)ifr.ifr_flags;
}

/* A card, a bridge, a bridge's port and their like. */
static bool is_ethernet(const char *name)
{
	struct ifreq ifr = {.ifr_flags = 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool known;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	known = fd >= 0 && ioctl(fd, SIOCGIFHWADDR, &ifr) == 0;
	if (fd >= 0)
		close(fd);
	return !known || ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

struct ipv4 {
	bool there;	/* the interface has an address */
	bool elsewhere; /* another one has, not for this machine alone */
};

static struct ipv4 find_ipv4(const char *name)
{
	struct ipv4 found = {false, false};
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return (struct ipv4){true, true}; /* not known: hostd will say */
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET || a->ifa_flags & IFF_LOOPBACK)
			continue;
		found.there |= strcmp(a->ifa_name, name) == 0;
		found.elsewhere |= strcmp(a->ifa_name, name) != 0;
	}
	freeifaddrs(all);
	return found;
}

/* What is fetched goes by this machine's own address, but with --source guest. */
static bool check_network(const struct run_options *o, const char *bridge)
{
	const char *name = *bridge ? bridge : o->interface;
	struct ipv4 found = find_ipv4(name);

	if (found.there || (o->source && strcmp(o->source, "guest") == 0))
		return true;
	fprintf(stderr,
		"pvboot: --interface %s: %s has no IPv4 address, so %s: give it one of the guest's network, or use "
		"--source guest, which fetches by the guest's own\n",
		o->interface, name,
		found.elsewhere ? "files can come only from servers that another interface reaches"
				: "no server can be reached");
	return found.elsewhere;
}

bool check_interface(const struct run_options *o, const char *program)
{
	struct rtnl_link bridge = {.name = ""};
	int flags;

	if (if_nametoindex(o->interface) == 0)
		return refuse("--interface", o->interface, "there is no such network interface (`ip link` lists them)");
	if (!is_ethernet(o->interface))
		return refuse("--interface", o->interface,
			      "this is not Ethernet: use a network card, a bridge or a bridge's port");
	if (!bridge_of(o->interface, &bridge))
		bridge.name[0] = '\0';
	flags = flags_of(o->interface);
	if (*bridge.name && flags & IFF_UP)
		flags = flags_of(bridge.name);
	if (!(flags & IFF_UP)) {
		const char *down = *bridge.name && flags_of(o->interface) & IFF_UP ? bridge.name : o->interface;

		fprintf(stderr, "pvboot: --interface %s: %s is down: `ip link set %s up`\n", o->interface, down, down);
		return false;
	}
	if (!(flags & IFF_RUNNING))
		fprintf(stderr,
			"pvboot: --interface %s: it has no carrier: no server can be heard until a cable or a bridge's "
			"port is plugged in\n",
			o->interface);
	return may_open_packets(o->interface, program) && check_network(o, bridge.name);
}
