/* SPDX-License-Identifier: BSD-2-Clause */
/* hash.h - FNV-1a of 64 bits: cheap, and good enough to detect changes that are not malicious. */
#ifndef HOSTD_HASH_H
#define HOSTD_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_NONE UINT64_C(0xcbf29ce484222325) /* the hash of no bytes */

/* Add len bytes to hash, the hash of the bytes before.  Returns the hash of all. */
uint64_t hash_add(uint64_t hash, const void *bytes, size_t len);

#endif /* HOSTD_HASH_H */
