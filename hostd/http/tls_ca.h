/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_ca.h - the file of tls_ca: the certificates of the authorities that https: servers may be certified by. */
#ifndef HOSTD_TLS_CA_H
#define HOSTD_TLS_CA_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Read it whole.  True with *pem, *len of them, which the caller frees.  Returns false and fills err if there is no
 * file, or no certificates in PEM form in it, or not all of them are whole.
 */
bool tls_ca_read(const char *path, char **pem, size_t *len, char *err, size_t err_len);

#endif /* HOSTD_TLS_CA_H */
