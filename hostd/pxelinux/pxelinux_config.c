/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_config.c - a pxelinux configuration after parsing: its memory and its labels. */
#include "pxelinux/pxelinux_config.h"

#include <stdlib.h>
#include <string.h>

struct pxelinux_string {
	struct pxelinux_string *next;
	_Alignas(max_align_t) char bytes[];
};

void *pxelinux_config_keep(struct pxelinux_config *config, size_t size)
{
	struct pxelinux_string *s = calloc(1, sizeof(*s) + size);

	if (!s)
		return NULL;
	s->next = config->strings;
	config->strings = s;
	return s->bytes;
}

void pxelinux_config_free(struct pxelinux_config *config)
{
	while (config->strings) {
		struct pxelinux_string *next = config->strings->next;

		free(config->strings);
		config->strings = next;
	}
	memset(config, 0, sizeof(*config));
}

const struct pxelinux_label *pxelinux_find_label(const struct pxelinux_config *config, const char *name, size_t len)
{
	for (const struct pxelinux_label *label = config->labels; label; label = label->next)
		if (!label->disabled && !strncmp(label->name, name, len) && !label->name[len])
			return label;
	return NULL;
}
