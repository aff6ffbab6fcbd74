/* SPDX-License-Identifier: BSD-2-Clause */
/* conf.c - reading the configuration: sections, lines, and where an error is. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "base/addr.h"
#include "base/url.h"

#define FILE_MAX_BYTES (1u << 20)

/* What inih reads from: it has lines but tells no numbers, cuts long lines, and keeps quiet about empty sections. */
struct reader {
	struct conf *conf;
	const char *file;
	const char *at;
	size_t left;
	int line;
};

/* Put "FILE:LINE: " before the words of an error. */
static void locate(struct reader *rd)
{
	char words[sizeof(rd->conf->error)];

	snprintf(words, sizeof(words), "%s", rd->conf->error);
	rd->conf->error[0] = '\0';
	conf_error(rd->conf, "%s:%d: %s", rd->file, rd->line, words);
}

/* A section's head, "[hostd]" or "[vm NAME]". */
static bool begin_section(struct conf *conf, const char *text, int line)
{
	char name[PVBOOT_LINK_NAME_MAX + 64], tail;
	int n = sscanf(text, "[%127[^]]]%c", name, &tail);

	if (!strchr(text, ']') || (n != 1 && !(n == 2 && strchr("\r\n \t", tail)))) {
		conf_error(conf, "\"%.*s\" begins no section: there are [hostd] and [vm NAME]",
			   (int)strcspn(text, "\r\n"), text);
		return false;
	}
	if (!strcmp(name, "hostd")) {
		conf->cur = NULL;
		return true;
	}
	if (strncmp(name, "vm ", 3)) {
		conf_error(conf, "unknown section [%s]: there are [hostd] and [vm NAME]", name);
		return false;
	}
	conf->cur = conf_add_vm(conf, name + 3 + strspn(name + 3, " \t"), line);
	return conf->cur != NULL;
}

/* A line outside the heads: empty, or with a value. */
static bool is_setting(struct conf *conf, const char *text)
{
	if (!text[strspn(text, " \t\r\n")] || strpbrk(text, "=:"))
		return true;
	conf_error(conf, "\"%.*s\" is neither a [section] nor KEY = VALUE", (int)strcspn(text, "\r\n"), text);
	return false;
}

/* Bytes of a line without its comment: # or ; begins one as the first byte and after a blank or tab, not in a value. */
static size_t without_comment(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((line[i] == '#' || line[i] == ';') && (!i || line[i - 1] == ' ' || line[i - 1] == '\t'))
			return i;
	return len;
}

/* One line for inih; NULL at the end, or at an error (conf->error). */
static char *read_line(char *line, int room, void *arg)
{
	struct reader *rd = arg;
	const char *nl, *text;
	size_t len;

	if (!rd->left || rd->conf->error[0])
		return NULL;
	text = rd->at;
	nl = memchr(text, '\n', rd->left);
	len = nl ? (size_t)(nl - text) : rd->left;
	rd->left -= nl ? len + 1 : len;
	rd->at += nl ? len + 1 : len;
	rd->line++;
	if (memchr(text, '\0', len)) {
		conf_error(rd->conf, "a NUL byte: this is no text file");
		locate(rd);
		return NULL;
	}
	len = without_comment(text, len);
	/* To inih an indented line would be more of the value before. */
	while (len && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	if (len + 1 >= (size_t)room) {
		conf_error(rd->conf, "the line is longer than %d bytes", room - 2);
		locate(rd);
		return NULL;
	}
	memcpy(line, text, len);
	memcpy(line + len, "\n", 2);
	if (line[0] == '[' ? !begin_section(rd->conf, line, rd->line) : !is_setting(rd->conf, line)) {
		locate(rd);
		return NULL;
	}
	return line;
}

static int on_value(void *arg, const char *section, const char *key, const char *value)
{
	struct reader *rd = arg;

	if (rd->conf->error[0])
		return 0;
	if (!*section) {
		conf_error(rd->conf, "\"%s\" stands before any section: begin with [hostd] or [vm NAME]", key);
		locate(rd);
		return 0;
	}
	if (!conf_set(rd->conf, rd->conf->cur, key, value)) {
		locate(rd);
		return 0;
	}
	return 1;
}

bool conf_parse(struct conf *conf, const char *name, const char *buf, size_t len)
{
	struct reader rd = {.conf = conf, .file = name, .at = buf, .left = len};
	int line;

	conf->error[0] = '\0';
	conf->cur = NULL;
	line = ini_parse_stream(read_line, &rd, on_value, &rd);
	if (!conf->error[0] && line != 0) {
		rd.line = line;
		conf_error(conf, "the line cannot be read");
		locate(&rd);
	}
	return !conf->error[0];
}

bool conf_load(struct conf *conf, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n = 0;
	char *buf;
	bool ok;

	conf->error[0] = '\0';
	if (fd < 0) {
		conf_error(conf, "%s: %s", path, strerror(errno));
		return false;
	}
	buf = malloc(FILE_MAX_BYTES);
	if (!buf) {
		conf_error(conf, "%s: %s", path, strerror(ENOMEM));
		close(fd);
		return false;
	}
	while (len < FILE_MAX_BYTES && (n = read(fd, buf + len, FILE_MAX_BYTES - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		conf_error(conf, "%s: %s", path, strerror(errno));
	else if (len == FILE_MAX_BYTES)
		conf_error(conf, "%s: longer than %u bytes", path, FILE_MAX_BYTES);
	close(fd);
	ok = !conf->error[0] && conf_parse(conf, path, buf, len);
	free(buf);
	return ok;
}

/* Does an earlier section name the same stream? */
static bool has_twin(const struct conf *conf, const struct conf_vm *vm)
{
	for (const struct conf_vm *other = conf->vms; other != vm; other = other->next)
		if (vm->palacios[0] && !strcmp(other->palacios, vm->palacios) && !strcmp(other->stream, vm->stream))
			return true;
	return false;
}

/* Another machine's section has a MAC of vm's for its own as well, so that neither could connect.  NULL, or words. */
static const char *find_mac_twin(const struct conf *conf, const struct conf_vm *vm)
{
	static char words[PVBOOT_LINK_NAME_MAX + 80];

	for (size_t i = 0; !vm->pattern && i < vm->n_macs; i++) {
		const uint8_t *mac = vm->mac[i].value;
		const struct conf_vm *other =
			addr_mac_pattern_is_exact(&vm->mac[i]) ? conf_find_mac(conf, vm, mac) : NULL;

		if (!other)
			continue;
		snprintf(words, sizeof(words), "has the MAC %s, as [vm %s] at line %d has", addr_mac_text(mac),
			 other->name, other->line);
		return words;
	}
	return NULL;
}

/* A kernel of the host's own, by its path, or by its URL, needs no directory to be served from. */
static void seal(struct conf_vm *vm)
{
	if ((vm->kernel[0] != '/' && url_kind(vm->kernel) != URL_HTTP) || vm->ifname[0] || conf_vm_has_directory(vm))
		return;
	vm->sealed = true;
	strcpy(vm->root, "/");
}

bool conf_check(struct conf *conf, const char *name)
{
	conf->error[0] = '\0';
	for (struct conf_vm *vm = conf->vms; vm; vm = vm->next) {
		const char *what = NULL;

		if (vm->palacios[0] && !vm->stream[0])
			snprintf(vm->stream, sizeof(vm->stream), "%s", CONF_STREAM_DEFAULT);

		/* Who is not said to be allowed is not, but for whoever started us. */
		if (!vm->n_uids && !vm->any_uid)
			vm->uid[vm->n_uids++] = getuid();
		seal(vm);
		if (!vm->kernel[0] && vm->n_initrds)
			what = "has an initrd without a kernel";
		else if (!vm->kernel[0] && vm->append[0] && !vm->direct && !vm->boot_option)
			what = "has append, and neither a kernel nor boot = direct";
		else if (vm->boot_option && !vm->ifname[0])
			what = "has a boot_option, and no interface for DHCP";
		else if (!vm->ifname[0] && !conf_vm_has_directory(vm))
			what = "needs interface = IF (DHCP and TFTP there) or root = DIR (a local directory)";
		else if (vm->ifname[0] && conf_vm_has_directory(vm))
			what = "has both interface and root: choose one";
		else if (conf_vm_has_directory(vm) && vm->source_guest)
			what = "has source = guest and no interface to be a guest on";
		else if (conf_vm_has_directory(vm) && vm->frames == CONF_FRAMES_ON)
			what = "has frames = on and no interface to send them on";
		else if (vm->pattern && vm->has_uuid)
			what = "is a pattern, and all its VMs cannot have one uuid";
		else if (vm->pattern && conf_vm_own_mac(vm))
			what = "is a pattern, and all its VMs cannot have one mac: give a pattern such as 52:54:00:*";
		else if (vm->mac_of_card && vm->palacios[0])
			what = "has mac = card, and a machine of Palacios has no card: name its address";
		else if (vm->pattern && vm->palacios[0])
			what = "is a pattern, and palacios names one machine: give it a section of its own";
		else if (vm->stream[0] && !vm->palacios[0])
			what = "has a stream, but no palacios = /dev/v3-vmN to open it at";
		else if (has_twin(conf, vm))
			what = "has the same palacios and stream as another section";
		else
			what = find_mac_twin(conf, vm);
		if (!what)
			continue;
		if (vm->line)
			conf_error(conf, "%s:%d: [vm %s] %s", name, vm->line, vm->name, what);
		else
			conf_error(conf, "[vm %s] %s", vm->name, what);
		return false;
	}
	return true;
}

bool conf_open_roots(struct conf *conf, const char *name)
{
	conf->error[0] = '\0';
	for (struct conf_vm *vm = conf->vms; vm; vm = vm->next) {
		if (!conf_vm_has_directory(vm))
			continue;
		vm->root_fd = open(vm->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (vm->root_fd < 0) {
			if (vm->line)
				conf_error(conf, "%s:%d: [vm %s] root = %s: %s", name, vm->line, vm->name, vm->root,
					   strerror(errno));
			else
				conf_error(conf, "root directory %s: %s", vm->root, strerror(errno));
			return false;
		}
	}
	return true;
}
