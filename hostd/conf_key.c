/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_key.c - the keys of the configuration, in tables: what each takes and where it goes.
 *
 * A new key that is simple is a row of a table below, beside its field in conf_data.h and its place in hostd.conf.5.
 */
#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "conf_key.h"
#include "conf_value.h"
#include "base/addr.h"
#include "base/url.h"

/* ---- keys of [vm NAME] that are not simple ----------------------------------------------------------------------- */

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
	if (!addr_mac_pattern_parse(&vm->mac[vm->n_macs], word)) {
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
	vm->has_uuid = addr_uuid_parse(vm->uuid, value);
	if (!vm->has_uuid)
		conf_error(conf, "uuid: \"%.200s\" is not of the form 01234567-89ab-cdef-0123-456789abcdef", value);
	return vm->has_uuid;
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

/* ---- keys of [hostd] that are not simple ------------------------------------------------------------------------- */

static bool hostd_socket_group(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	if (!getgrnam(value)) {
		conf_error(conf, "socket_group: there is no group \"%s\"", value);
		return false;
	}
	return conf_value_text(conf, key, value, conf->socket_group, sizeof(conf->socket_group));
}

static bool hostd_user(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	if (!getpwnam(value)) {
		conf_error(conf, "user: there is no user \"%s\"", value);
		return false;
	}
	return conf_value_text(conf, key, value, conf->user, sizeof(conf->user));
}

static bool hostd_http_proxy(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	char why[256], url[URL_MAX];

	if (!url_canonical(url, value, why, sizeof(why))) {
		conf_error(conf, "http_proxy: %s: give one as http://10.0.0.9:3128", why);
		return false;
	}
	return conf_value_text(conf, key, value, conf->http_proxy, sizeof(conf->http_proxy));
}

/* ---- the tables ------------------------------------------------------------------------------------------------ */

enum kind {
	OTHER,	      /* set() takes it */
	TEXT,	      /* of 1 byte or more */
	PATH,	      /* a text that begins with a slash */
	PATH_OR_NONE, /* or the word none */
	FILE_NAME,    /* a path of any server's, or a URL that hostd can fetch */
	NUMBER,	      /* from min to max */
	MODE,	      /* the same in base 8 */
	SECONDS,      /* the same, kept in milliseconds */
	MEBIBYTES,    /* the same, kept in bytes */
	WORD	      /* one of words */
};

#define WORDS_MAX 4

struct word {
	const char *text; /* NULL: the end */
	int value;
};

struct key {
	const char *name;
	enum kind kind;
	size_t at, size; /* of its field, in struct conf_vm or struct conf */
	uint64_t min, max;
	const struct word *words;
	bool no_option; /* only the file has it, not the command line */
	bool (*set)(struct conf *conf, struct conf_vm *vm, const char *key, const char *value);
};

#define FIELD(type, field) .at = offsetof(struct type, field), .size = sizeof(((struct type *)NULL)->field)
#define VM(field) FIELD(conf_vm, field)
#define HOSTD(field) FIELD(conf, field)
#define RANGE(least, most) .min = (least), .max = (most)
#define WORDS(...)                                                                                                     \
	.words = (const struct word[WORDS_MAX + 1])                                                                    \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}
#define MEBIBYTES_MAX (UINT64_C(1) << 24)

static const struct key vm_keys[] = {
	{"mac", .set = vm_mac},
	{"uuid", .set = vm_uuid, .no_option = true},
	{"interface", TEXT, VM(ifname)},
	{"root", PATH, VM(root)},
	{"allow_uid", .set = vm_allow_uid},
	{"proxy", WORD, VM(proxy),
	 WORDS({"auto", DHCP_PROXY_AUTO}, {"wait", DHCP_PROXY_WAIT}, {"off", DHCP_PROXY_OFF})},
	{"boot_file", FILE_NAME, VM(boot_file)},
	{"dhcp_timeout", SECONDS, VM(dhcp_timeout_ms), RANGE(1, 3600)},
	{"tftp_blksize", NUMBER, VM(tftp_blksize), RANGE(8, 65464)},	   /* RFC 2348 */
	{"tftp_windowsize", NUMBER, VM(tftp_windowsize), RANGE(1, 65535)}, /* RFC 7440 */
	{"host_wait", SECONDS, VM(host_wait_ms), RANGE(1, 86400)},
	{"palacios", PATH, VM(palacios), .no_option = true},
	{"stream", TEXT, VM(stream), .no_option = true},
	{"source", WORD, VM(source_guest), WORDS({"guest", true}, {"host", false})},
	{"frames", WORD, VM(frames), WORDS({"on", CONF_FRAMES_ON}, {"off", CONF_FRAMES_OFF})},
	{"boot", WORD, VM(direct), WORDS({"direct", true}, {"program", false})},
	{"boot_option", NUMBER, VM(boot_option), RANGE(224, 254)}, /* RFC 3942: a site's own */
	{"kernel", FILE_NAME, VM(kernel)},
	{"initrd", .set = vm_initrd},
	{"append", .set = vm_append},
	{"cache", WORD, VM(cache_off), WORDS({"on", false}, {"off", true})},
	{"tftp_max_age", SECONDS, VM(tftp_max_age_ms), RANGE(0, 31536000)},
	{"serve_stale", WORD, VM(serve_stale), WORDS({"yes", true}, {"no", false})},
	{"pxelinux", WORD, VM(pxelinux_plain), WORDS({"plain", true}, {"file", false})},
};

static const struct key hostd_keys[] = {
	{"socket", PATH, HOSTD(socket)},
	{"socket_mode", MODE, HOSTD(socket_mode), RANGE(0, 0777)},
	{"socket_group", .set = hostd_socket_group},
	{"log", WORD, HOSTD(log), WORDS({"syslog", CONF_LOG_SYSLOG}, {"stderr", CONF_LOG_STDERR})},
	{"log_level", WORD, HOSTD(log_level),
	 WORDS({"error", LOG_ERR}, {"warning", LOG_WARNING}, {"info", LOG_INFO}, {"debug", LOG_DEBUG})},
	{"user", .set = hostd_user},
	{"pid_file", PATH, HOSTD(pid_file)},
	{"max_file", MEBIBYTES, HOSTD(max_file), RANGE(1, MEBIBYTES_MAX)},
	{"max_memory", MEBIBYTES, HOSTD(max_memory), RANGE(1, MEBIBYTES_MAX)},
	{"cache_dir", PATH_OR_NONE, HOSTD(cache_dir)},
	{"cache_size", MEBIBYTES, HOSTD(cache_size), RANGE(1, MEBIBYTES_MAX)},
	{"http_proxy", .set = hostd_http_proxy},
	{"tls_ca", PATH, HOSTD(tls_ca)},
};

/* Write a number to a field of that size, which is of any integer type. */
static void put(void *field, size_t size, uint64_t n)
{
	switch (size) {
	case 1:
		memcpy(field, &(uint8_t){(uint8_t)n}, 1);
		break;
	case 2:
		memcpy(field, &(uint16_t){(uint16_t)n}, 2);
		break;
	case 4:
		memcpy(field, &(uint32_t){(uint32_t)n}, 4);
		break;
	default:
		memcpy(field, &n, sizeof(n));
	}
}

static bool set_number(struct conf *conf, const struct key *key, const char *value, void *field)
{
	uint64_t n;

	if (!conf_value_number(conf, key->name, value, key->kind == MODE ? 8 : 10, key->min, key->max, &n))
		return false;
	if (key->kind == MEBIBYTES)
		n <<= 20;
	if (key->kind == SECONDS)
		n = n > UINT32_MAX / 1000 ? UINT32_MAX : n * 1000;
	put(field, key->size, n);
	return true;
}

static bool set_word(struct conf *conf, const struct key *key, const char *value, void *field)
{
	char list[64] = "";

	for (const struct word *word = key->words; word->text; word++) {
		bool last = !word[1].text;

		if (!strcmp(value, word->text)) {
			put(field, key->size, (uint64_t)word->value);
			return true;
		}
		if (word != key->words)
			strcat(list, !last ? ", " : word == key->words + 1 ? " nor " : " or ");
		strcat(list, word->text);
	}
	conf_error(conf, "%s: \"%.200s\" is %s %s", key->name, value, key->words[2].text ? "not" : "neither", list);
	return false;
}

static bool set_key(struct conf *conf, struct conf_vm *vm, const struct key *key, const char *value)
{
	void *field = (vm ? (char *)vm : (char *)conf) + key->at;

	switch (key->kind) {
	case OTHER:
		return key->set(conf, vm, key->name, value);
	case TEXT:
		return conf_value_text(conf, key->name, value, field, key->size);
	case PATH:
		return conf_value_path(conf, key->name, value, field, key->size);
	case PATH_OR_NONE:
		return !strcmp(value, "none") ? conf_value_text(conf, key->name, value, field, key->size)
					      : conf_value_path(conf, key->name, value, field, key->size);
	case FILE_NAME:
		return conf_value_file(conf, key->name, value, field, key->size);
	case NUMBER:
	case MODE:
	case SECONDS:
	case MEBIBYTES:
		return set_number(conf, key, value, field);
	case WORD:
		return set_word(conf, key, value, field);
	}
	return false;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

bool conf_set(struct conf *conf, struct conf_vm *vm, const char *key, const char *value)
{
	const struct key *keys = vm ? vm_keys : hostd_keys;
	size_t count = vm ? COUNT(vm_keys) : COUNT(hostd_keys);

	conf->error[0] = '\0';
	for (size_t i = 0; i < count; i++)
		if (!strcmp(keys[i].name, key))
			return set_key(conf, vm, &keys[i], value);
	conf_error(conf, "there is no key \"%s\" in [%s]", key, vm ? "vm NAME" : "hostd");
	return false;
}

bool conf_key_option(size_t n, struct conf_key_option *out)
{
	for (size_t i = 0; i < COUNT(hostd_keys) + COUNT(vm_keys); i++) {
		bool vm = i >= COUNT(hostd_keys);
		const struct key *key = vm ? &vm_keys[i - COUNT(hostd_keys)] : &hostd_keys[i];

		if (key->no_option || n--)
			continue;
		*out = (struct conf_key_option){
			.key = key->name, .vm = vm, .path = key->kind == PATH || key->kind == PATH_OR_NONE};
		return true;
	}
	return false;
}
