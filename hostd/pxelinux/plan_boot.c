/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_boot.c - what DHCP alone says about a boot without a boot program. */
#include "pxelinux/plan_boot.h"

#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "pxelinux/pxelinux_text.h"

/* Linux: Documentation/arch/x86/boot.rst */
#define BOOT_FLAG_AT 0x1fe
#define HEADER_AT 0x202

bool plan_boot_parse(const char *text, enum plan_boot *boot, const char **options)
{
	*boot = PLAN_BOOT_UNSAID;
	*options = "";
	if (!*text)
		return true;
	*options = pxelinux_keyword(text, "direct");
	if (*options) {
		*boot = PLAN_BOOT_DIRECT;
		return true;
	}
	*options = pxelinux_keyword(text, "program");
	if (!*options || **options) {
		*options = "";
		return false;
	}
	*boot = PLAN_BOOT_PROGRAM;
	return true;
}

bool plan_boot_is_kernel(const uint8_t head[PLAN_KERNEL_HEAD])
{
	return head[BOOT_FLAG_AT] == 0x55 && head[BOOT_FLAG_AT + 1] == 0xaa && !memcmp(head + HEADER_AT, "HdrS", 4);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool plan_boot_may_be_kernel(const char *name)
{
	static const char *const endings[] = {".0", ".c32", ".bin", ".bss", ".bs", ".kpxe", ".kkpxe", ".pxe"};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		/* "vmlinuz-6.1.0" ends in a version. */
		if (len >= n && !strcmp(name + len - n, endings[i]) &&
		    !(i == 0 && len > n && is_digit(name[len - n - 1])))
			return false;
	}
	/* A blank would end the file's name within a command. */
	return len && pxelinux_word(name) == len;
}

bool plan_boot_make(struct plan *plan, const char *bootfile, const char *options, const char *more,
		    const struct pxelinux_guest *guest, char *err, size_t err_len)
{
	size_t prefix = strlen(guest->prefix);
	char text[PLAN_COMMAND_MAX + 1];
	struct pxelinux_command command = {.text = text};
	struct pxelinux_config config;
	const char *outside = "";
	int len;
	bool good;

	/* Other names of a command are relative to the prefix, so give the boot file's name relative to it, too. */
	if (!strncmp(bootfile, guest->prefix, prefix) && bootfile[prefix])
		bootfile += prefix;
	else if (url_kind(bootfile) == URL_PATH)
		outside = "::";
	len = snprintf(text, sizeof(text), "%s%s%s%s%s%s", outside, bootfile, *options ? " " : "", options,
		       *more ? " " : "", more);
	if (len < 0 || (size_t)len >= sizeof(text)) {
		snprintf(err, err_len, "the command line is longer than %d bytes", PLAN_COMMAND_MAX);
		return false;
	}
	good = pxelinux_parse(&config, "the boot file", "", 0, NULL, NULL) == PXELINUX_PARSED &&
	       plan_make(plan, &config, &command, guest, err, err_len);
	pxelinux_config_free(&config);
	return good;
}
