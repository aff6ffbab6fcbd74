/* SPDX-License-Identifier: BSD-2-Clause */
/* server.c - the listening socket, the VMs connected to it, and who is let in. */
#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache/cache.h"
#include "log.h"
#include "base/name_mac.h"
#include "server.h"
#include "vm/vm.h"

#define VMS_MAX 1024	    /* links at once */
#define STRANGERS_MAX 64    /* of them not let in yet */
#define STRANGERS_OF_UID 16 /* of one user: nobody keeps the others out */
#define RIVAL_MS 60000	    /* two devices of one name that take it from one another more slowly are no rivals */
#define RIVAL_TAKES 3	    /* so often a guest's two devices do so while it is migrated in mid-boot */
#define MEMORIES 256	    /* addresses remembered of VMs that are gone */
#define ACCEPT_PAUSE_MS 200 /* while descriptors have run out */

struct memory {
	char name[PVBOOT_LINK_NAME_MAX];
	uint8_t mac[6];
	uint8_t address[4];
};

struct server {
	struct event_base *base;
	const struct conf *conf;
	struct cache *cache;
	struct vm *vms;
	unsigned int n_vms;
	struct memory memory[MEMORIES];
	unsigned int next_memory;
	int fd;
	struct event *readable, *pause;
	struct stat socket_stat;
};

struct event_base *server_base(struct server *server)
{
	return server->base;
}

/* ---- who is let in --------------------------------------------------------------------------------------------- */

/* A MAC as text, until the next one. */
static const char *mac_text(const uint8_t mac[6])
{
	static char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

/* May a VM of that section have that MAC?  cure: what else to do than to change the configuration. */
static bool mac_is_free(const struct server *server, const struct conf_vm *conf, const uint8_t mac[6], const char *cure,
			char *why, size_t room)
{
	const struct conf_vm *other;

	if (!conf_vm_allows_mac(conf, mac)) {
		snprintf(why, room, "[vm %s] does not allow the MAC %s: %s, or change mac in hostd's configuration",
			 conf->name, mac_text(mac), cure);
		return false;
	}
	other = conf_find_mac(server->conf, conf, mac);
	if (!other)
		return true;
	snprintf(why, room, "the MAC %s belongs to [vm %s]: %s", mac_text(mac), other->name, cure);
	return false;
}

/* Fill in out->mac.  False with words. */
static bool admit_mac(const struct server *server, const struct pvboot_link_identity *id, struct server_identity *out,
		      char *why, size_t room)
{
	const uint8_t *own = conf_vm_own_mac(out->conf);
	bool named = id->flags & PVBOOT_LINK_ID_MAC;

	out->mac_of_card = out->conf->mac_of_card && !named;
	if (out->mac_of_card)
		return true;
	if (named)
		memcpy(out->mac, id->mac, 6);
	else if (own)
		memcpy(out->mac, own, 6);
	else
		name_mac(out->mac, out->name, out->conf->n_macs ? &out->conf->mac[0] : NULL);
	out->mac_of_name = !named && !own;
	return mac_is_free(server, out->conf, out->mac, named ? "use another --mac, or none" : "use --mac", why, room);
}

static bool admit_uuid(const struct pvboot_link_identity *id, struct server_identity *out, char *why, size_t room)
{
	bool named = id->flags & PVBOOT_LINK_ID_UUID;

	out->has_uuid = out->conf->has_uuid || named;
	memcpy(out->uuid, out->conf->has_uuid ? out->conf->uuid : id->uuid, 16);
	if (!named || !out->conf->has_uuid || !memcmp(id->uuid, out->conf->uuid, 16))
		return true;
	snprintf(why, room, "[vm %s] has another uuid: leave --uuid out, or change it in hostd's configuration",
		 out->conf->name);
	return false;
}

/* The name of another VM that has this MAC now, or NULL. */
static const char *who_has(const struct server *server, const struct server_identity *id, const uint8_t mac[6])
{
	for (struct vm *vm = server->vms; vm; vm = vm_next(vm)) {
		const struct server_identity *who = vm_identity(vm);

		if (who && strcmp(who->name, id->name) != 0 && !memcmp(who->mac, mac, 6))
			return who->name;
	}
	return NULL;
}

/*
 * vm is to have the name that old has: is it the same device, which has lost its link, or another?  False with words if
 * they are two that both want it: those of two guests.
 */
static bool admit_rival(struct vm *vm, struct vm *old, struct server_identity *out, char *why, size_t room)
{
	struct server_identity *who = vm_identity(old);
	const pid_t mine = vm_pid(vm), other = vm_pid(old);
	const uint64_t now = vm_now_ms();

	out->since_ms = now;
	if (!mine || !other || mine == other || vm_hung_up(old)) {
		log_msg(LOG_INFO, out->name, "connected again: the older link is ended");
		return true;
	}
	out->rival = other;
	out->took = who->rival == mine && now - who->since_ms < RIVAL_MS ? who->took + 1 : 1;
	if (out->took > RIVAL_TAKES) {
		who->since_ms = now;
		snprintf(why, room,
			 "two devices are named \"%s\", of process %d and of process %d: give each guest a --name of "
			 "its "
			 "own",
			 out->name, (int)other, (int)mine);
		return false;
	}
	log_msg(LOG_INFO, out->name,
		"connected again, by process %d: the link of process %d is ended (a guest that is migrated has two "
		"devices for a while)",
		(int)mine, (int)other);
	return true;
}

/* Other links with this name or MAC: an older one of the same VM is ended, anything else is in the way. */
static bool admit_only_one(struct server *server, struct vm *vm, struct server_identity *out, char *why, size_t room)
{
	const char *holder = out->mac_of_card ? NULL : who_has(server, out, out->mac);
	struct vm *old = NULL;

	for (struct vm *other = server->vms; other; other = vm_next(other)) {
		const struct server_identity *who = other == vm ? NULL : vm_identity(other);

		if (!who || strcmp(who->name, out->name) != 0)
			continue;
		if (vm_uid(other) != vm_uid(vm)) {
			snprintf(why, room,
				 "a VM of this name is running for another user (uid %u, process %d): use another "
				 "--name",
				 (unsigned int)vm_uid(other), (int)vm_pid(other));
			return false;
		}
		old = other;
	}
	if (holder) {
		snprintf(why, room, "the VM \"%s\" has this MAC already: use another --mac", holder);
		return false;
	}
	if (!old)
		return true;
	if (!admit_rival(vm, old, out, why, room))
		return false;
	server_forget(server, old);
	vm_free(old);
	return true;
}

/* What is remembered of this VM with this MAC.  False: nothing. */
static bool recall(const struct server *server, struct server_identity *out)
{
	for (size_t i = 0; i < MEMORIES; i++) {
		if (strcmp(server->memory[i].name, out->name) != 0 || memcmp(server->memory[i].mac, out->mac, 6) != 0)
			continue;
		memcpy(out->previous, server->memory[i].address, 4);
		return true;
	}
	return false;
}

bool server_admit(struct server *server, struct vm *vm, const struct pvboot_link_identity *id,
		  struct server_identity *out, char *why, size_t room)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", id->name);
	if (!out->name[0]) {
		snprintf(why, room, "the VM has no name: give it one with --name");
		return false;
	}
	out->conf = conf_find_vm(server->conf, out->name);
	if (!out->conf) {
		snprintf(why, room,
			 "hostd's configuration allows no VM named \"%s\": add a section [vm %s] to it, or start hostd "
			 "with --interface or --root",
			 out->name, out->name);
		return false;
	}
	if (out->conf->palacios[0] && !vm_stream_conf(vm)) {
		snprintf(why, room, "[vm %s] is a Palacios machine, by its stream: use another name", out->conf->name);
		return false;
	}
	if (!conf_vm_allows_uid(out->conf, vm_uid(vm))) {
		snprintf(why, room, "uid %u may not connect as \"%s\": add it to allow_uid of [vm %s]",
			 (unsigned int)vm_uid(vm), out->name, out->conf->name);
		return false;
	}
	if (!admit_mac(server, id, out, why, room) || !admit_uuid(id, out, why, room) ||
	    !admit_only_one(server, vm, out, why, room))
		return false;
	if (!recall(server, out) && out->mac_of_name)
		log_msg(LOG_INFO, out->name,
			"MAC %s is made from the name \"%s\"; earlier versions made another one from it, which `mac =` "
			"keeps for servers that know it",
			mac_text(out->mac), out->name);
	log_msg(LOG_INFO, out->name, "connected: uid %u, MAC %s, served from %s %s", (unsigned int)vm_uid(vm),
		out->mac_of_card ? "that of its card" : mac_text(out->mac),
		out->conf->root[0] ? "directory" : "interface",
		out->conf->root[0] ? out->conf->root : out->conf->ifname);
	return true;
}

bool server_take_card(struct server *server, struct server_identity *id, const uint8_t mac[6], char *why, size_t room)
{
	static const uint8_t none[6];
	const char *holder;

	if (!memcmp(mac, none, 6)) {
		snprintf(why, room,
			 "[vm %s] has the MAC of its machine's card (mac = card), which tells none: attach the device "
			 "by "
			 "vhost-user, or give it --mac",
			 id->conf->name);
		return false;
	}
	if (!mac_is_free(server, id->conf, mac, "give the machine's card another", why, room))
		return false;
	holder = who_has(server, id, mac);
	if (holder) {
		snprintf(why, room, "the VM \"%s\" has the MAC of this machine's card already: give the card another",
			 holder);
		return false;
	}
	if (!memcmp(id->mac, mac, 6))
		return true;
	memcpy(id->mac, mac, 6);
	memset(id->previous, 0, sizeof(id->previous));
	recall(server, id);
	log_msg(LOG_INFO, id->name, "MAC %s, its card's", mac_text(mac));
	return true;
}

void server_note_address(struct server *server, const struct server_identity *id, const uint8_t address[4])
{
	struct memory *to = NULL;

	for (size_t i = 0; i < MEMORIES && !to; i++)
		if (!strcmp(server->memory[i].name, id->name))
			to = &server->memory[i];
	if (!to) {
		to = &server->memory[server->next_memory];
		server->next_memory = (server->next_memory + 1) % MEMORIES;
	}
	memcpy(to->name, id->name, sizeof(to->name));
	memcpy(to->mac, id->mac, 6);
	memcpy(to->address, address, 4);
}

/* ---- the VMs --------------------------------------------------------------------------------------------------- */

void server_forget(struct server *server, struct vm *vm)
{
	struct vm *at = server->vms;

	if (at == vm) {
		server->vms = vm_next(vm);
		server->n_vms--;
		return;
	}
	for (; at; at = vm_next(at)) {
		if (vm_next(at) != vm)
			continue;
		vm_set_next(at, vm_next(vm));
		server->n_vms--;
		return;
	}
}

static void add(struct server *server, struct vm *vm)
{
	vm_set_next(vm, server->vms);
	server->vms = vm;
	server->n_vms++;
}

bool server_take_stream(struct server *server, int fd, const struct conf_vm *conf)
{
	struct vm *vm = vm_new_stream(server, fd, conf);

	if (vm)
		add(server, vm);
	else
		log_msg(LOG_ERR, conf->name, "out of memory: it cannot be served");
	return vm != NULL;
}

void server_end_stream(struct server *server, const struct conf_vm *conf)
{
	for (struct vm *vm = server->vms; vm; vm = vm_next(vm)) {
		if (vm_stream_conf(vm) != conf)
			continue;
		server_forget(server, vm);
		vm_free(vm);
		return;
	}
}

void server_take(struct server *server, int fd, uid_t uid, pid_t pid)
{
	unsigned int strangers = 0, of_uid = 0;
	struct vm *vm;

	for (vm = server->vms; vm; vm = vm_next(vm)) {
		strangers += !vm_identity(vm);
		of_uid += !vm_identity(vm) && vm_uid(vm) == uid;
	}
	if (server->n_vms >= VMS_MAX || strangers >= STRANGERS_MAX || of_uid >= STRANGERS_OF_UID) {
		log_msg(LOG_WARNING, NULL, "too many devices: one of uid %u was turned away", (unsigned int)uid);
		close(fd);
		return;
	}
	vm = vm_new(server, fd, uid, pid);
	if (!vm) {
		log_msg(LOG_ERR, NULL, "out of memory: a device of uid %u was turned away", (unsigned int)uid);
		return;
	}
	add(server, vm);
}

/* ---- the socket ------------------------------------------------------------------------------------------------ */

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	event_add(server->readable, NULL);
}

static void on_readable(evutil_socket_t listener, short what, void *arg)
{
	struct server *server = arg;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
		log_msg(LOG_ERR, NULL, "cannot take a device: %s", strerror(errno));
		event_del(server->readable);
		event_add(server->pause, &(struct timeval){0, ACCEPT_PAUSE_MS * 1000});
		return;
	}
	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len)) {
		log_msg(LOG_ERR, NULL, "cannot tell who connects: %s", strerror(errno));
		close(fd);
		return;
	}
	server_take(server, fd, peer.uid, peer.pid);
}

/* Does a hostd answer there already?  A name that a dead one left behind is removed. */
static bool is_taken(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool taken = false;
	struct stat st;

	if (fd < 0)
		return false;
	if (!connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) || errno == EAGAIN)
		taken = true;
	else if (errno == ECONNREFUSED && !lstat(addr->sun_path, &st) && S_ISSOCK(st.st_mode))
		unlink(addr->sun_path);
	close(fd);
	return taken;
}

/* The directory of the socket: made, where only its last part is missing. */
static bool make_directory(const char *socket_path, char *why, size_t room)
{
	char copy[CONF_PATH_MAX];
	const char *dir;

	snprintf(copy, sizeof(copy), "%s", socket_path);
	dir = dirname(copy);
	if (!mkdir(dir, 0755))
		return !chmod(dir, 0755); /* whatever the umask: the socket has rights of its own */
	if (errno == EEXIST)
		return true;
	snprintf(why, room, "cannot make %s: %s: make it, or name another socket with --socket", dir, strerror(errno));
	return false;
}

static bool set_rights(const struct conf *conf, char *why, size_t room)
{
	const struct group *group = conf->socket_group[0] ? getgrnam(conf->socket_group) : NULL;

	if ((group && chown(conf->socket, (uid_t)-1, group->gr_gid)) || chmod(conf->socket, conf->socket_mode)) {
		snprintf(why, room, "cannot set group and mode of %s: %s", conf->socket, strerror(errno));
		return false;
	}
	return true;
}

bool server_listen(struct server *server, char *why, size_t room)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const char *path = server->conf->socket;
	mode_t mask;
	int bound;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (!make_directory(path, why, room))
		return false;
	if (is_taken(&addr)) {
		snprintf(why, room, "another hostd listens at %s: stop it, or name another socket with --socket", path);
		return false;
	}
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0177);
	bound = server->fd < 0 ? -1 : bind(server->fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (bound || listen(server->fd, SOMAXCONN)) {
		snprintf(why, room, "cannot listen at %s: %s", path, strerror(errno));
		return false;
	}
	if (!set_rights(server->conf, why, room))
		return false;
	lstat(path, &server->socket_stat);
	server->readable = event_new(server->base, server->fd, EV_READ | EV_PERSIST, on_readable, server);
	server->pause = evtimer_new(server->base, on_pause_over, server);
	if (server->readable && server->pause && !event_add(server->readable, NULL))
		return true;
	snprintf(why, room, "out of memory");
	return false;
}

void server_unlink(struct server *server)
{
	struct stat st;

	if (server->readable && !lstat(server->conf->socket, &st) && st.st_ino == server->socket_stat.st_ino &&
	    st.st_dev == server->socket_stat.st_dev)
		unlink(server->conf->socket); /* if not, the next hostd removes it */
}

struct server *server_new(struct event_base *base, const struct conf *conf)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->base = base;
	server->conf = conf;
	server->fd = -1;
	server->cache = cache_new(base, NULL, &(struct cache_settings){.dir = -1});
	if (server->cache)
		return server;
	free(server);
	return NULL;
}

struct cache *server_cache(struct server *server)
{
	return server->cache;
}

void server_set_cache(struct server *server, struct cache *cache)
{
	cache_free(server->cache);
	server->cache = cache;
}

void server_free(struct server *server)
{
	while (server->vms) {
		struct vm *vm = server->vms;

		server->vms = vm_next(vm);
		vm_free(vm);
	}
	cache_free(server->cache);
	if (server->readable)
		event_free(server->readable);
	if (server->pause)
		event_free(server->pause);
	if (server->fd >= 0)
		close(server->fd);
	free(server);
}
