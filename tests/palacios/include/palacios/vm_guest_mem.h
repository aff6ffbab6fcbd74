/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VM_GUEST_MEM_H
#define STANDIN_VM_GUEST_MEM_H

#include <palacios/vmm_types.h>

struct guest_info;

/* 0, and in *hva an address good for no more than the rest of gpa's block; -1 where there is no RAM. */
int v3_gpa_to_hva(struct guest_info *core, addr_t gpa, addr_t *hva);
/* How many bytes were moved. */
int v3_read_gpa_memory(struct guest_info *core, addr_t gpa, int count, uint8_t *dest);
int v3_write_gpa_memory(struct guest_info *core, addr_t gpa, int count, uint8_t *src);

#endif
