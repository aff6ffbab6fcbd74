/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_ca.h - read the file of tls_ca: certificates of the authorities that may certify https: servers. */
#ifndef HOSTD_TLS_CA_H
#define HOSTD_TLS_CA_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Read the whole file.  Returns true, with its *len bytes at *pem, which the caller frees.  Returns false and fills err
 * if the file cannot be read, has no certificates in PEM form, or has a damaged one.
 */
bool tls_ca_read(const char *path, char **pem, size_t *len, char *err, size_t err_len);

#endif /* HOSTD_TLS_CA_H */
