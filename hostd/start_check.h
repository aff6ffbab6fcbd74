/* SPDX-License-Identifier: BSD-2-Clause */
/* start_check.h - pvboot-hostd -n: what a start would refuse, found without starting anything. */
#ifndef HOSTD_START_CHECK_H
#define HOSTD_START_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"

/*
 * Look at what a configuration that options_read() and conf_open_roots() accept needs of this host, with the rights of
 * who calls: the socket's directory, tls_ca, cache_dir, pid_file and capabilities.  Makes and changes nothing, and may
 * be called while another hostd runs with the same configuration.  Returns false and fills err.
 */
bool check_start(const struct conf *conf, char *err, size_t err_len);

#endif /* HOSTD_START_CHECK_H */
