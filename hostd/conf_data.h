/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_data.h - hostd's configuration as it is kept. */
#ifndef HOSTD_CONF_DATA_H
#define HOSTD_CONF_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "vm/vm_conf.h"

#define CONF_STREAM_DEFAULT "pvboot"

enum conf_log {
	CONF_LOG_AUTO, /* stderr in the foreground, else syslog */
	CONF_LOG_STDERR,
	CONF_LOG_SYSLOG
};

struct conf {
	char socket[CONF_PATH_MAX];
	mode_t socket_mode;
	char socket_group[64]; /* "": as it comes */
	enum conf_log log;
	int log_level;
	char user[64]; /* "": stay who we are */
	char pid_file[512];
	uint64_t max_file, max_memory;
	char cache_dir[512]; /* "": the default; "none" */
	uint64_t cache_size;
	char http_proxy[256]; /* "": none */
	char tls_ca[512];     /* "": the system's */
	struct conf_vm *vms, **tail;
	struct conf_vm *cur; /* the section being read */
	char error[512];     /* of a failure: file, line and what is wrong */
};

/* Set the defaults, with no VM. */
void conf_init(struct conf *conf);
void conf_free(struct conf *conf);

/* Note an error.  Only the first one is kept. */
void conf_error(struct conf *conf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* HOSTD_CONF_DATA_H */
