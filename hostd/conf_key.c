/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_key.c - the keys of the configuration, in tables: what each takes and where it goes. */
#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "conf_key.h"
#include "conf_value.h"
#include "conf_vm.h"
#include "base/http_url.h"

/* ---- [vm NAME] ------------------------------------------------------------------------------------------------- */

static bool add_mac(struct conf *conf, struct conf_vm *vm, const char *word)
{
	if (!strcmp(word, "card")) {
		vm->mac_of_card = true;
		return true;
	}
	if (vm->n_macs == CONF_MACS_MAX) {
		conf_error(conf, "mac: \"%s\" is one too many: at most %d", word, CONF_MACS_MAX);
		return false;
	}
	if (!conf_parse_mac(word, &vm->mac[vm->n_macs])) {
		conf_error(conf, "mac: \"%s\" is neither card nor of the form 52:54:00:12:34:56 or 52:54:00:*", word);
		return false;
	}
	if (vm->mac[vm->n_macs].mask[0] && vm->mac[vm->n_macs].value[0] & 1) {
		conf_error(conf, "mac: \"%s\" is a multicast address", word);
		return false;
	}
	vm->n_macs++;
	return true;
}

static bool add_uid(struct conf *conf, struct conf_vm *vm, const char *word)
{
	const struct passwd *pw;
	uint64_t uid;

	if (!strcmp(word, "any")) {
		vm->any_uid = true;
		return true;
	}
	if (vm->n_uids == CONF_UIDS_MAX) {
		conf_error(conf, "allow_uid: \"%s\" is one too many: at most %d", word, CONF_UIDS_MAX);
		return false;
	}
	pw = isdigit((unsigned char)*word) ? NULL : getpwnam(word);
	if (pw) {
		uid = pw->pw_uid;
	} else if (!isdigit((unsigned char)*word)) {
		conf_error(conf, "allow_uid: there is no user \"%s\"", word);
		return false;
	} else if (!conf_value_number(conf, "allow_uid", word, 10, 0, UINT32_MAX - 1, &uid)) {
		return false;
	}
	vm->uid[vm->n_uids++] = (uid_t)uid;
	return true;
}

/* Give each word of a list to add(). */
static bool each_word(struct conf *conf, struct conf_vm *vm, const char *key, const char *value,
		      bool (*add)(struct conf *, struct conf_vm *, const char *))
{
	char copy[512], *save = NULL, *word;

	if (!conf_value_text(conf, key, value, copy, sizeof(copy)))
		return false;
	for (word = strtok_r(copy, " \t,", &save); word; word = strtok_r(NULL, " \t,", &save))
		if (!add(conf, vm, word))
			return false;
	return true;
}

static bool vm_mac(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return each_word(conf, vm, key, value, add_mac);
}

static bool vm_allow_uid(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return each_word(conf, vm, key, value, add_uid);
}

static bool vm_uuid(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	vm->has_uuid = conf_parse_uuid(value, vm->uuid);
	if (!vm->has_uuid)
		conf_error(conf, "uuid: \"%.200s\" is not of the form 01234567-89ab-cdef-0123-456789abcdef", value);
	return vm->has_uuid;
}

static bool vm_interface(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_text(conf, key, value, vm->ifname, sizeof(vm->ifname));
}

static bool vm_root(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_path(conf, key, value, vm->root, sizeof(vm->root));
}

static bool vm_proxy(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	static const char *const names[] = {
		[DHCP_PROXY_AUTO] = "auto",
		[DHCP_PROXY_WAIT] = "wait",
		[DHCP_PROXY_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]))
			continue;
		vm->proxy = (enum dhcp_proxy_mode)i;
		return true;
	}
	conf_error(conf, "proxy: \"%.200s\" is not auto, wait or off", value);
	return false;
}

static bool vm_boot_file(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_file(conf, key, value, vm->boot_file, sizeof(vm->boot_file));
}

static bool vm_dhcp_timeout(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	uint64_t n;

	if (!conf_value_number(conf, key, value, 10, 1, 3600, &n))
		return false;
	vm->dhcp_timeout_ms = (uint32_t)n * 1000;
	return true;
}

static bool vm_tftp_blksize(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	uint64_t n;

	if (!conf_value_number(conf, key, value, 10, 8, 65464, &n)) /* RFC 2348 */
		return false;
	vm->tftp_blksize = (uint16_t)n;
	return true;
}

static bool vm_tftp_windowsize(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	uint64_t n;

	if (!conf_value_number(conf, key, value, 10, 1, 65535, &n)) /* RFC 7440 */
		return false;
	vm->tftp_windowsize = (uint16_t)n;
	return true;
}

static bool vm_host_wait(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	uint64_t n;

	if (!conf_value_number(conf, key, value, 10, 1, 86400, &n))
		return false;
	vm->host_wait_ms = (uint32_t)n * 1000;
	return true;
}

static bool vm_palacios(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_path(conf, key, value, vm->palacios, sizeof(vm->palacios));
}

static bool vm_stream(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_text(conf, key, value, vm->stream, sizeof(vm->stream));
}

static bool vm_source_key(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_switch(conf, key, value, "guest", "host", &vm->source_guest);
}

static bool vm_frames(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	bool on;

	if (!conf_value_switch(conf, key, value, "on", "off", &on))
		return false;
	vm->frames = on ? CONF_FRAMES_ON : CONF_FRAMES_OFF;
	return true;
}

static bool vm_boot(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_switch(conf, key, value, "direct", "program", &vm->direct);
}

static bool vm_boot_option(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	uint64_t n;

	if (!conf_value_number(conf, key, value, 10, 224, 254, &n)) /* RFC 3942: a site's own */
		return false;
	vm->boot_option = (uint8_t)n;
	return true;
}

static bool vm_kernel(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_file(conf, key, value, vm->kernel, sizeof(vm->kernel));
}

/* May be given again: one more. */
static bool vm_initrd(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	if (vm->n_initrds == CONF_INITRDS_MAX) {
		conf_error(conf, "initrd: \"%.200s\" is one too many: at most %d", value, CONF_INITRDS_MAX);
		return false;
	}
	if (!conf_value_file(conf, key, value, vm->initrd[vm->n_initrds], sizeof(vm->initrd[0])))
		return false;
	vm->n_initrds++;
	return true;
}

static bool vm_append(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return !*value || conf_value_text(conf, key, value, vm->append, sizeof(vm->append));
}

static bool vm_cache(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	bool on;

	if (!conf_value_switch(conf, key, value, "on", "off", &on))
		return false;
	vm->cache_off = !on;
	return true;
}

static bool vm_tftp_max_age(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	uint64_t n;

	if (!conf_value_number(conf, key, value, 10, 0, 31536000, &n))
		return false;
	vm->tftp_max_age_ms = n > UINT32_MAX / 1000 ? UINT32_MAX : (uint32_t)n * 1000;
	return true;
}

static bool vm_serve_stale(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_switch(conf, key, value, "yes", "no", &vm->serve_stale);
}

static bool vm_prefix(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	return conf_value_switch(conf, key, value, "plain", "file", &vm->pxelinux_plain);
}

static const struct {
	const char *key;
	bool (*set)(struct conf *conf, struct conf_vm *vm, const char *key, const char *value);
} vm_keys[] = {
	{"mac", vm_mac},
	{"uuid", vm_uuid},
	{"interface", vm_interface},
	{"root", vm_root},
	{"allow_uid", vm_allow_uid},
	{"proxy", vm_proxy},
	{"boot_file", vm_boot_file},
	{"dhcp_timeout", vm_dhcp_timeout},
	{"tftp_blksize", vm_tftp_blksize},
	{"tftp_windowsize", vm_tftp_windowsize},
	{"host_wait", vm_host_wait},
	{"palacios", vm_palacios},
	{"stream", vm_stream},
	{"source", vm_source_key},
	{"frames", vm_frames},
	{"boot", vm_boot},
	{"boot_option", vm_boot_option},
	{"kernel", vm_kernel},
	{"initrd", vm_initrd},
	{"append", vm_append},
	{"cache", vm_cache},
	{"tftp_max_age", vm_tftp_max_age},
	{"serve_stale", vm_serve_stale},
	{"pxelinux", vm_prefix},
};

/* ---- [hostd] --------------------------------------------------------------------------------------------------- */

static bool hostd_socket(struct conf *conf, const char *key, const char *value)
{
	return conf_value_path(conf, key, value, conf->socket, sizeof(conf->socket));
}

static bool hostd_socket_mode(struct conf *conf, const char *key, const char *value)
{
	uint64_t n;

	if (!conf_value_number(conf, key, value, 8, 0, 0777, &n))
		return false;
	conf->socket_mode = (mode_t)n;
	return true;
}

static bool hostd_socket_group(struct conf *conf, const char *key, const char *value)
{
	if (!getgrnam(value)) {
		conf_error(conf, "socket_group: there is no group \"%s\"", value);
		return false;
	}
	return conf_value_text(conf, key, value, conf->socket_group, sizeof(conf->socket_group));
}

static bool hostd_log(struct conf *conf, const char *key, const char *value)
{
	bool to_syslog;

	if (!conf_value_switch(conf, key, value, "syslog", "stderr", &to_syslog))
		return false;
	conf->log = to_syslog ? CONF_LOG_SYSLOG : CONF_LOG_STDERR;
	return true;
}

static bool hostd_log_level(struct conf *conf, const char *key, const char *value)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {{"error", LOG_ERR}, {"warning", LOG_WARNING}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(value, levels[i].name))
			continue;
		conf->log_level = levels[i].level;
		return true;
	}
	conf_error(conf, "log_level: \"%.200s\" is not error, warning, info or debug", value);
	return false;
}

static bool hostd_user(struct conf *conf, const char *key, const char *value)
{
	if (!getpwnam(value)) {
		conf_error(conf, "user: there is no user \"%s\"", value);
		return false;
	}
	return conf_value_text(conf, key, value, conf->user, sizeof(conf->user));
}

static bool hostd_pid_file(struct conf *conf, const char *key, const char *value)
{
	return conf_value_path(conf, key, value, conf->pid_file, sizeof(conf->pid_file));
}

static bool megabytes(struct conf *conf, const char *key, const char *value, uint64_t *out)
{
	if (!conf_value_number(conf, key, value, 10, 1, UINT64_C(1) << 24, out))
		return false;
	*out <<= 20;
	return true;
}

static bool hostd_max_file(struct conf *conf, const char *key, const char *value)
{
	return megabytes(conf, key, value, &conf->max_file);
}

static bool hostd_max_memory(struct conf *conf, const char *key, const char *value)
{
	return megabytes(conf, key, value, &conf->max_memory);
}

static bool hostd_cache_dir(struct conf *conf, const char *key, const char *value)
{
	if (!strcmp(value, "none"))
		return conf_value_text(conf, key, value, conf->cache_dir, sizeof(conf->cache_dir));
	return conf_value_path(conf, key, value, conf->cache_dir, sizeof(conf->cache_dir));
}

static bool hostd_cache_size(struct conf *conf, const char *key, const char *value)
{
	return megabytes(conf, key, value, &conf->cache_size);
}

static bool hostd_http_proxy(struct conf *conf, const char *key, const char *value)
{
	char why[256], url[HTTP_URL_MAX];

	if (!http_url_canonical(url, value, why, sizeof(why))) {
		conf_error(conf, "http_proxy: %s: give one as http://10.0.0.9:3128", why);
		return false;
	}
	return conf_value_text(conf, key, value, conf->http_proxy, sizeof(conf->http_proxy));
}

static bool hostd_tls_ca(struct conf *conf, const char *key, const char *value)
{
	return conf_value_path(conf, key, value, conf->tls_ca, sizeof(conf->tls_ca));
}

static const struct {
	const char *key;
	bool (*set)(struct conf *conf, const char *key, const char *value);
} hostd_keys[] = {
	{"socket", hostd_socket},
	{"socket_mode", hostd_socket_mode},
	{"socket_group", hostd_socket_group},
	{"log", hostd_log},
	{"log_level", hostd_log_level},
	{"user", hostd_user},
	{"pid_file", hostd_pid_file},
	{"max_file", hostd_max_file},
	{"max_memory", hostd_max_memory},
	{"cache_dir", hostd_cache_dir},
	{"cache_size", hostd_cache_size},
	{"http_proxy", hostd_http_proxy},
	{"tls_ca", hostd_tls_ca},
};

bool conf_set(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	conf->error[0] = '\0';
	for (size_t i = 0; vm && i < sizeof(vm_keys) / sizeof(vm_keys[0]); i++)
		if (!strcmp(vm_keys[i].key, key))
			return vm_keys[i].set(conf, vm, key, value);
	for (size_t i = 0; !vm && i < sizeof(hostd_keys) / sizeof(hostd_keys[0]); i++)
		if (!strcmp(hostd_keys[i].key, key))
			return hostd_keys[i].set(conf, key, value);
	conf_error(conf, "there is no key \"%s\" in [%s]", key, vm ? "vm NAME" : "hostd");
	return false;
}
