/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_CHECKPOINT_H
#define STANDIN_VMM_CHECKPOINT_H

#include <palacios/vmm.h>

struct v3_chkpt_ctx;

int v3_chkpt_save(struct v3_chkpt_ctx *ctx, char *tag, uint64_t len, void *buf);
int v3_chkpt_load(struct v3_chkpt_ctx *ctx, char *tag, uint64_t len, void *buf);

#endif
