/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_file.h - a struct file of the tests' own: any size, bytes computed from the offset, grows when told. */
#ifndef TESTS_FAKE_FILE_H
#define TESTS_FAKE_FILE_H

#include "file/file.h"

/* A file of that size that is neither opened nor failed; one reference. */
struct file *fake_file_new(uint64_t size);
/* The server accepted; known: it told the size. */
void fake_file_open(struct file *file, bool known);
/* So much has come; all of it means done. */
void fake_file_grow(struct file *file, uint64_t available);
void fake_file_fail(struct file *file, uint32_t status, const char *text);
/* Let the next comparison find that it changed. */
void fake_file_change(struct file *file);
uint8_t fake_file_byte(uint64_t offset);
/* Files not freed yet. */
int fake_files(void);

#endif /* TESTS_FAKE_FILE_H */
