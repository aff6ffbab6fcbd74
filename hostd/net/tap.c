/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap.c - a tap device that is a port of a bridge.
 *
 * The network helper opens /dev/net/tun once for each tap.  Unless udev has changed the node's mode, only root may do
 * that, and the helper is not root.  So tap_start() makes a second node, which belongs to the helper's user, in a
 * directory that is mounted nowhere.
 *
 * hostd enables no offloads, so the kernel completes every checksum and cuts every segment before hostd reads it.
 *
 * System calls: openat, ioctl, write, close, getrandom, those of rtnl.c and bridge.c; at the start open, fstat, fsopen,
 * fsconfig, fsmount, mknodat, fchownat.  Capabilities: CAP_NET_ADMIN; at the start CAP_SYS_ADMIN, CAP_MKNOD, CAP_CHOWN.
 */
#include "net/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/bridge.h"

#define DIRECTORY "/dev/net"
#define NODE "tun"

/* Make a directory with only the node, which belongs to user.  Returns its descriptor, or -1 if rights are missing. */
static int make_directory(const char *user, dev_t device)
{
	const struct passwd *pw = *user ? getpwnam(user) : NULL;
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), dir = -1;

	if (fs < 0)
		return -1;
	if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		dir = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	close(fs);
	if (dir < 0 ||
	    (!mknodat(dir, NODE, S_IFCHR | 0600, device) && (!pw || !fchownat(dir, NODE, pw->pw_uid, pw->pw_gid, 0))))
		return dir;
	close(dir);
	return -1;
}

int tap_start(const char *user, char *err, size_t err_len)
{
	struct stat st;
	int fd, dir;

	fd = open(DIRECTORY "/" NODE, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		snprintf(err, err_len, "%s/%s: %s: load the module tun, or let this container have the device",
			 DIRECTORY, NODE, strerror(errno));
		return -1;
	}
	dir = fstat(fd, &st) ? -1 : make_directory(user, st.st_rdev);
	close(fd);
	if (dir < 0) /* use the host's own node: udev usually lets every user open it */
		dir = open(DIRECTORY, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		snprintf(err, err_len, "%s: %s", DIRECTORY, strerror(errno));
	return dir;
}

/*
 * Choose the tap's own MAC address: locally administered, different from the guest's, and so high that it is never the
 * lowest in its bridge.
 */
static void choose_address(const uint8_t mac[6], uint8_t address[6])
{
	address[0] = 0xfe;
	address[1] = 0xff;
	if (getrandom(address + 2, 4, 0) != 4)
		memcpy(address + 2, mac + 2, 4);
	if (!memcmp(address, mac, 6))
		address[5] ^= 1;
}

/* Turn IPv6 off, so that the tap sends only what hostd writes to it. */
static void disable_ipv6(const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* the kernel has no IPv6 */
	if (write(fd, "1", 1) != 1)
		errno = 0; /* the guest then hears a few IPv6 packets, which is harmless */
	close(fd);
}

static bool join(const char *name, const struct rtnl_link *bridge, const uint8_t address[6])
{
	const struct ifinfomsg info = {.ifi_index = (int)if_nametoindex(name)};
	struct rtnl_message m;

	if (!info.ifi_index)
		return false;
	rtnl_begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	rtnl_put(&m, IFLA_ADDRESS, address, 6);
	rtnl_put(&m, IFLA_MTU, &bridge->mtu, sizeof(bridge->mtu)); /* a lower MTU would lower the bridge's */
	rtnl_put(&m, IFLA_MASTER, &bridge->index, sizeof(bridge->index));
	return rtnl_order(&m) && rtnl_set_up(info.ifi_index);
}

int tap_make(int dir, const char *ifname, const uint8_t mac[6], char *err, size_t err_len)
{
	struct ifreq ifr = {.ifr_name = "pvboot%d", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	struct rtnl_link bridge;
	uint8_t address[6];
	int fd, error;

	if (!bridge_of(ifname, &bridge)) {
		snprintf(err, err_len, "%s is neither a bridge nor a port of one", ifname);
		errno = ENODEV;
		return -1;
	}
	choose_address(mac, address);
	if (!bridge_takes(&bridge, address, err, err_len)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	fd = openat(dir, NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		snprintf(err, err_len, "cannot open %s/%s: %s: let hostd's user read and write it", DIRECTORY, NODE,
			 strerror(errno));
		return -1;
	}
	if (ioctl(fd, TUNSETIFF, &ifr)) {
		snprintf(err, err_len, "cannot make a tap: %s", strerror(errno));
	} else {
		disable_ipv6(ifr.ifr_name);
		if (join(ifr.ifr_name, &bridge, address))
			return fd;
		snprintf(err, err_len, "cannot make %s a port of %s: %s", ifr.ifr_name, bridge.name, strerror(errno));
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}
