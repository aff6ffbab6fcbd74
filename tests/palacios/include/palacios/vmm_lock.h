/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_LOCK_H
#define STANDIN_VMM_LOCK_H

#include <palacios/vmm_types.h>

typedef addr_t v3_lock_t;

int v3_lock_init(v3_lock_t *lock);
void v3_lock_deinit(v3_lock_t *lock);
void v3_lock(v3_lock_t lock);
void v3_unlock(v3_lock_t lock);
addr_t v3_lock_irqsave(v3_lock_t lock);
void v3_unlock_irqrestore(v3_lock_t lock, addr_t irq_state);

#endif
