/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_ca.c - read the file of tls_ca. */
#include "http/tls_ca.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#define FILE_MAX_BYTES (4u << 20)

/* Count the certificates as libcurl will read them.  Returns 0 if one is damaged. */
static int count_certificates(const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	STACK_OF(X509_INFO) *all = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, (void *)"") : NULL;
	int found = 0;

	for (int i = 0; i < sk_X509_INFO_num(all); i++)
		found += sk_X509_INFO_value(all, i)->x509 != NULL;
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	BIO_free(bio);
	ERR_clear_error();
	return found;
}

bool tls_ca_read(const char *path, char **pem, size_t *len, char *err, size_t err_len)
{
	FILE *f = fopen(path, "re");

	*len = 0;
	*pem = f ? malloc(FILE_MAX_BYTES) : NULL;
	if (*pem)
		*len = fread(*pem, 1, FILE_MAX_BYTES, f);
	if (!*pem || ferror(f))
		snprintf(err, err_len, "tls_ca = %.300s: %s", path, strerror(errno));
	else if (*len == FILE_MAX_BYTES)
		snprintf(err, err_len, "tls_ca = %.300s: the file is larger than %u MiB", path, FILE_MAX_BYTES >> 20);
	else if (!count_certificates(*pem, *len))
		snprintf(
			err, err_len,
			"tls_ca = %.300s: no certificates in PEM form are in it, or one is damaged: look with `openssl "
			"x509 -noout -subject -in FILE`",
			path);
	else
		err = NULL;
	if (f)
		fclose(f);
	if (!err)
		return true;
	free(*pem);
	*pem = NULL;
	return false;
}
