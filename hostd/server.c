/* SPDX-License-Identifier: BSD-2-Clause */
/* server.c - the listening socket, and the VMs connected to it. */
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

#include "admit.h"
#include "cache/cache.h"
#include "log.h"
#include "server.h"
#include "vm/vm.h"
#include "vm/vm_env.h"

#define VMS_MAX 1024	    /* links at once */
#define STRANGERS_MAX 64    /* of them not let in yet */
#define STRANGERS_OF_UID 16 /* of one user: nobody keeps the others out */
#define ACCEPT_PAUSE_MS 200 /* while descriptors have run out */

struct server {
	struct vm_env env; /* of every VM */
	const struct conf *conf;
	struct vm *vms;
	unsigned int n_vms;
	struct admit *admit;
	int fd;
	struct event *readable, *pause;
	struct stat socket_stat;
};

/* ---- the VMs --------------------------------------------------------------------------------------------------- */

static void forget(struct server *server, struct vm *vm)
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
	struct vm *vm = vm_new_stream(&server->env, fd, conf);

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
		forget(server, vm);
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
	vm = vm_new(&server->env, fd, uid, pid);
	if (!vm) {
		log_msg(LOG_ERR, NULL, "out of memory: a device of uid %u was turned away", (unsigned int)uid);
		return;
	}
	add(server, vm);
}

/* ---- what a VM asks of its server (vm_env.h) -------------------------------------------------------------------- */

static bool on_admit(void *arg, struct vm *vm, const struct pvboot_link_identity *id, struct vm_identity *out,
		     char *err, size_t err_len)
{
	struct server *server = arg;
	struct vm *older;

	if (!admit_vm(server->admit, vm, id, out, &older, err, err_len))
		return false;
	if (!older)
		return true;
	forget(server, older);
	vm_free(older);
	return true;
}

static bool on_card(void *arg, struct vm_identity *id, const uint8_t mac[6], char *err, size_t err_len)
{
	struct server *server = arg;

	return admit_card(server->admit, id, mac, err, err_len);
}

static void on_address(void *arg, const struct vm_identity *id, const uint8_t address[4])
{
	struct server *server = arg;

	admit_note_address(server->admit, id, address);
}

static void on_forget(void *arg, struct vm *vm)
{
	forget(arg, vm);
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

/* Does a hostd answer at this address?  If a dead one left the name behind, removes the name. */
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
static bool make_directory(const char *socket_path, char *err, size_t err_len)
{
	char copy[CONF_PATH_MAX];
	const char *dir;

	snprintf(copy, sizeof(copy), "%s", socket_path);
	dir = dirname(copy);
	if (!mkdir(dir, 0755))
		return !chmod(dir, 0755); /* whatever the umask: the socket has rights of its own */
	if (errno == EEXIST)
		return true;
	snprintf(err, err_len, "cannot make %s: %s: make it, or name another socket with --socket", dir,
		 strerror(errno));
	return false;
}

static bool set_rights(const struct conf *conf, char *err, size_t err_len)
{
	const struct group *group = conf->socket_group[0] ? getgrnam(conf->socket_group) : NULL;

	if ((group && chown(conf->socket, (uid_t)-1, group->gr_gid)) || chmod(conf->socket, conf->socket_mode)) {
		snprintf(err, err_len, "cannot set group and mode of %s: %s", conf->socket, strerror(errno));
		return false;
	}
	return true;
}

bool server_listen(struct server *server, char *err, size_t err_len)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const char *path = server->conf->socket;
	mode_t mask;
	int bound;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (!make_directory(path, err, err_len))
		return false;
	if (is_taken(&addr)) {
		snprintf(err, err_len, "another hostd listens at %s: stop it, or name another socket with --socket",
			 path);
		return false;
	}
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0177);
	bound = server->fd < 0 ? -1 : bind(server->fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (bound || listen(server->fd, SOMAXCONN)) {
		snprintf(err, err_len, "cannot listen at %s: %s", path, strerror(errno));
		return false;
	}
	if (!set_rights(server->conf, err, err_len))
		return false;
	lstat(path, &server->socket_stat);
	server->readable = event_new(server->env.base, server->fd, EV_READ | EV_PERSIST, on_readable, server);
	server->pause = evtimer_new(server->env.base, on_pause_over, server);
	if (server->readable && server->pause && !event_add(server->readable, NULL))
		return true;
	snprintf(err, err_len, "out of memory");
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
	server->env = (struct vm_env){
		.base = base,
		.arg = server,
		.admit = on_admit,
		.take_card = on_card,
		.note_address = on_address,
		.forget = on_forget,
	};
	server->conf = conf;
	server->fd = -1;
	server->admit = admit_new(conf, &server->vms);
	server->env.cache = cache_new(base, NULL, &(struct cache_settings){.dir = -1});
	if (server->admit && server->env.cache)
		return server;
	server_free(server);
	return NULL;
}

void server_set_cache(struct server *server, struct cache *cache)
{
	cache_free(server->env.cache);
	server->env.cache = cache;
}

void server_free(struct server *server)
{
	while (server->vms) {
		struct vm *vm = server->vms;

		server->vms = vm_next(vm);
		vm_free(vm);
	}
	cache_free(server->env.cache);
	admit_free(server->admit);
	if (server->readable)
		event_free(server->readable);
	if (server->pause)
		event_free(server->pause);
	if (server->fd >= 0)
		close(server->fd);
	free(server);
}
