/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_data.c - hostd's configuration as it is kept: the defaults, and the first error. */
#include "conf_data.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

void conf_init(struct conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	snprintf(conf->socket, sizeof(conf->socket), "%s", PVBOOT_LINK_SOCKET_DEFAULT);
	conf->socket_mode = 0660;
	conf->log_level = LOG_INFO;
	conf->max_file = UINT64_C(4) << 30;
	conf->cache_size = UINT64_C(4) << 30;
	conf->max_memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
	conf->tail = &conf->vms;
}

void conf_free(struct conf *conf)
{
	while (conf->vms) {
		struct conf_vm *vm = conf->vms;

		conf->vms = vm->next;
		if (vm->root_fd >= 0)
			close(vm->root_fd);
		free(vm);
	}
	conf->tail = &conf->vms;
}

void conf_error(struct conf *conf, const char *fmt, ...)
{
	va_list ap;

	if (conf->error[0])
		return; /* the first one counts */
	va_start(ap, fmt);
	vsnprintf(conf->error, sizeof(conf->error), fmt, ap);
	va_end(ap);
}
