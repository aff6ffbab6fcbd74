/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - pvboot-hostd: start-up, signals and the end. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/cache.h"
#include "cache/cache_dir.h"
#include "start_check.h"
#include "control.h"
#include "file/file.h"
#include "net/frames.h"
#include "http/http.h"
#include "isolate.h"
#include "log.h"
#include "net/net_ask.h"
#include "net_process.h"
#include "notify.h"
#include "options.h"
#include "palacios.h"
#include "palacios_open.h"
#include "server.h"
#include "http/tls_ca.h"

struct daemon {
	struct conf conf;
	struct options opt;
	struct event_base *base;
	struct server *server;
	struct palacios *palacios; /* NULL: no machine is one of Palacios's */
	struct control *control;
	struct http *http;
	char *ca; /* of tls_ca */
	size_t ca_len;
	struct event *signals[3];
	int net_helper; /* whom to ask for namespaces and taps, or -1 */
	int started;	/* the pipe on which the process in the foreground waits, or -1 */
	pid_t parent;
	unsigned int n_missing; /* warn() was called so often, first with this */
	char missing[512];
};

static int fail(const char *words)
{
	notify_refusal(words);
	return 1;
}

/* hostd goes on without something: the log says what, and the first one is for `systemctl status`. */
static void warn(struct daemon *d, const char *words)
{
	if (!d->n_missing++)
		snprintf(d->missing, sizeof(d->missing), "%s", words);
	log_msg(LOG_WARNING, NULL, "%s", words);
}

/* In the foreground to stderr; in the background to syslog, unless the configuration says otherwise. */
static bool to_syslog(const struct daemon *d)
{
	if (d->opt.foreground || d->opt.exit_with_parent)
		return false;
	return d->conf.log != CONF_LOG_STDERR;
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	log_msg(LOG_INFO, NULL, "stopping: signal %d", (int)sig);
	notify_stopping("");
	event_base_loopbreak(arg);
}

/*
 * Go on in a child, whose parent waits until the start-up has succeeded or failed and exits accordingly.  Returns in
 * the child only; false if there is none.
 */
static bool to_background(struct daemon *d)
{
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return false;
	pid = fork();
	if (pid < 0)
		return false;
	if (pid > 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
	}
	close(ends[0]);
	d->started = ends[1];
	setsid();
	return true;
}

static bool write_pid_file(const char *path, char *err, size_t err_len)
{
	FILE *f;

	if (!*path)
		return true;
	f = fopen(path, "we");
	if (!f || fchmod(fileno(f), 0644) || fprintf(f, "%d\n", (int)getpid()) < 0 || fclose(f)) {
		snprintf(err, err_len, "cannot write pid_file = %.300s: %s", path, strerror(errno));
		return false;
	}
	return true;
}

/* Every VM takes some; the soft limit is low by default for the sake of programs that use select(). */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool wants_packets(const struct conf *conf)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (vm->ifname[0])
			return true;
	return false;
}

/* What tls_ca names, while there are rights to read it.  Returns false and fills err. */
static bool read_ca(struct daemon *d, char *err, size_t err_len)
{
	return !d->conf.tls_ca[0] || tls_ca_read(d->conf.tls_ca, &d->ca, &d->ca_len, err, err_len);
}

/* Where copies are kept; -1: nowhere.  A hostd for one guest keeps none unless it is told to. */
static int open_cache_dir(struct daemon *d)
{
	static const char go_on[] = "no files are kept for the next boot: ";
	const char *path = d->conf.cache_dir;
	char words[512], *why = words + sizeof(go_on) - 1;
	int dir;

	if (!strcmp(path, "none") || (!*path && (geteuid() || d->opt.exit_with_parent || !conf_wants_http(&d->conf))))
		return -1;
	strcpy(words, go_on);
	dir = cache_dir_open(*path ? path : CACHE_DIR_DEFAULT, d->conf.user, why, sizeof(words) - sizeof(go_on) + 1);
	if (dir < 0)
		warn(d, words);
	return dir;
}

/* Where files come from; with the privileges hostd stays with. */
static bool start_cache(struct daemon *d, int dir, char *err, size_t err_len)
{
	const struct cache_settings settings = {.dir = dir, .size = d->conf.cache_size};
	const struct http_settings http = {.proxy = d->conf.http_proxy, .ca = d->ca, .ca_len = d->ca_len};
	struct cache *cache;
	char words[256];

	if (conf_wants_http(&d->conf)) {
		d->http = http_new(d->base, &http, words, sizeof(words));
		if (!d->http)
			warn(d, words);
	}
	cache = cache_new(d->base, d->http, &settings);
	if (!cache) {
		snprintf(err, err_len, "out of memory");
		return false;
	}
	server_set_cache(d->server, cache);
	if (d->control)
		control_serve(d->control, d->palacios, cache);
	return true;
}

/* The control socket.  Without it a hostd with machines of Palacios is none. */
static bool start_control(struct daemon *d, char *err, size_t err_len)
{
	char words[640];

	if (!d->palacios && d->opt.exit_with_parent)
		return true;
	d->control = control_listen(d->base, &d->conf, err, err_len);
	if (!d->control && !d->palacios) {
		snprintf(words, sizeof(words), "no commands can be given: %s", err);
		warn(d, words);
	}
	return d->control || !d->palacios;
}

/* What `source = guest` needs, and what frames on a bridge can do without, while there are rights for it. */
static bool start_net_helper(struct daemon *d, char *err, size_t err_len)
{
	bool needed = net_process_wants_namespaces(&d->conf);
	char no_taps[256];
	int taps = -1;

	if (net_process_wants_taps(&d->conf)) {
		taps = net_process_start_taps(d->conf.user, no_taps, sizeof(no_taps));
		if (taps < 0)
			frames_without_taps(no_taps);
	}
	if (!needed && taps < 0)
		return true;
	d->net_helper = net_process_start(&d->conf, d->conf.user, taps, err, err_len);
	net_ask_use(d->net_helper);
	if (taps >= 0)
		close(taps);
	return d->net_helper >= 0;
}

/* What machines of Palacios need: the opener, while there are rights for it. */
static bool start_palacios(struct daemon *d, char *err, size_t err_len)
{
	int opener;

	if (!palacios_wanted(&d->conf))
		return true;
	opener = palacios_open_start(&d->conf, err, err_len);
	if (opener < 0)
		return false;
	d->palacios = palacios_new(d->base, d->server, &d->conf, opener);
	if (!d->palacios)
		snprintf(err, err_len, "out of memory");
	return d->palacios != NULL;
}

/* Everything between the command line and the loop.  Returns false and fills err. */
static bool start(struct daemon *d, char *err, size_t err_len)
{
	static const int signals[3] = {SIGTERM, SIGINT, SIGHUP};
	int dir = -1;

	file_set_limits(d->conf.max_file, d->conf.max_memory);
	raise_descriptor_limit();
	d->base = event_base_new();
	d->server = d->base ? server_new(d->base, &d->conf) : NULL;
	if (!d->server) {
		snprintf(err, err_len, "out of memory");
		return false;
	}
	for (int i = 0; i < 3; i++) {
		d->signals[i] = evsignal_new(d->base, signals[i], on_signal, d->base);
		if (!d->signals[i] || event_add(d->signals[i], NULL)) {
			snprintf(err, err_len, "out of memory");
			return false;
		}
	}
	signal(SIGPIPE, SIG_IGN);
	if (!start_net_helper(d, err, err_len) || !read_ca(d, err, err_len) ||
	    !server_listen(d->server, err, err_len) || !start_palacios(d, err, err_len) ||
	    !start_control(d, err, err_len))
		return false;
	dir = open_cache_dir(d);
	if (write_pid_file(d->conf.pid_file, err, err_len) &&
	    isolate_user(d->conf.user, wants_packets(&d->conf), err, err_len) && isolate_final(err, err_len))
		return start_cache(d, dir, err, err_len);
	if (dir >= 0)
		close(dir);
	return false;
}

/* An interface may come later, and hostd looks for it at each DHCP: a reason for words, not for failure. */
static void warn_of_interfaces(struct daemon *d)
{
	char words[256];

	for (const struct conf_vm *vm = d->conf.vms; vm; vm = vm->next) {
		if (!vm->ifname[0] || if_nametoindex(vm->ifname))
			continue;
		snprintf(words, sizeof(words),
			 "[vm %s]: there is no network interface %s: no lease before there is (`ip link` lists them)",
			 vm->name, vm->ifname);
		warn(d, words);
	}
}

/* A hostd that serves one guest, for as long as that runs, needs no user of its own. */
static void warn_of_user(struct daemon *d)
{
	if (d->opt.default_user && !d->opt.exit_with_parent && strcmp(d->conf.user, ISOLATE_USER) != 0)
		warn(d, "there is no user " ISOLATE_USER ": hostd becomes " ISOLATE_USER_ELSE ", as other daemons "
			"do; make install makes the user");
}

/* -n: only check what a start needs. */
static int check(struct daemon *d)
{
	char why[512];

	log_open(false, LOG_WARNING);
	warn_of_interfaces(d);
	return check_start(&d->conf, why, sizeof(why)) ? 0 : fail(why);
}

/* Tell the parent, or the service manager, that devices may connect. */
static void ready(struct daemon *d)
{
	char status[1024];

	snprintf(status, sizeof(status), "listening at %s", d->conf.socket);
	log_msg(LOG_INFO, NULL, "%s", status);
	if (d->n_missing)
		snprintf(status, sizeof(status), "listening at %s; at the start: %s%s", d->conf.socket, d->missing,
			 d->n_missing > 1 ? " (and more, see the log)" : "");
	notify_ready(status);
	if (d->opt.ready_fd >= 0) {
		if (write(d->opt.ready_fd, "\n", 1) != 1)
			log_msg(LOG_WARNING, NULL, "nobody reads --ready-fd %d", d->opt.ready_fd);
		close(d->opt.ready_fd);
	}
	if (d->started < 0)
		return;
	dup2(open("/dev/null", O_RDWR | O_CLOEXEC), STDIN_FILENO);
	dup2(STDIN_FILENO, STDOUT_FILENO);
	if (to_syslog(d))
		dup2(STDIN_FILENO, STDERR_FILENO);
	if (chdir("/") || write(d->started, "\n", 1) != 1)
		log_msg(LOG_WARNING, NULL, "nobody waits for the start: %s", strerror(errno));
	close(d->started);
}

static int run(struct daemon *d)
{
	char why[512] = "";

	log_open(to_syslog(d), d->conf.log_level);
	if (d->opt.foreground && !d->opt.exit_with_parent) /* what `pvboot run` shows is a console */
		log_times();
	if (d->opt.exit_with_parent)
		unsetenv("NOTIFY_SOCKET"); /* it is the parent's to tell its manager something */
	warn_of_user(d);
	if (!start(d, why, sizeof(why)))
		return fail(why);
	if (d->opt.exit_with_parent) {
		/* After the change of user, which clears it; and the parent may be gone by now. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != d->parent)
			return fail("the process that started hostd has ended");
	}
	warn_of_interfaces(d);
	ready(d);
	event_base_dispatch(d->base);
	/* Devices keep what the next hostd needs; the guests see a host that is away for a while. */
	server_unlink(d->server);
	if (d->conf.pid_file[0])
		unlink(d->conf.pid_file);
	return 0;
}

int main(int argc, char **argv)
{
	struct daemon d = {.started = -1, .net_helper = -1, .parent = getppid()};
	int status;

	isolate_start();
	status = options_read(argc, argv, &d.opt, &d.conf);
	if (status < 0 && !conf_open_roots(&d.conf, d.opt.file))
		status = fail(d.conf.error);
	if (status < 0 && d.opt.check_only)
		status = check(&d);
	if (status < 0 && !d.opt.foreground && !d.opt.exit_with_parent && !to_background(&d))
		status = fail("cannot go to the background; use -d");
	if (status < 0)
		status = run(&d);
	control_free(d.control);
	if (d.server)
		server_free(d.server);
	http_free(d.http);
	free(d.ca);
	if (d.net_helper >= 0)
		close(d.net_helper);
	palacios_free(d.palacios); /* after the last words of the server's links */
	for (int i = 0; i < 3; i++)
		if (d.signals[i])
			event_free(d.signals[i]);
	if (d.base)
		event_base_free(d.base);
	conf_free(&d.conf);
	return status;
}
