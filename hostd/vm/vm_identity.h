/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_identity.h - who a connected device is. */
#ifndef HOSTD_VM_IDENTITY_H
#define HOSTD_VM_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pvboot_link.h"

struct conf_vm;

/* The identity of a connected device, as hostd has admitted it. */
struct vm_identity {
	const struct conf_vm *conf;
	char name[PVBOOT_LINK_NAME_MAX];
	uint8_t mac[6];
	bool mac_of_name; /* mac is derived from the name */
	bool mac_of_card; /* mac comes from take_card() of struct vm_env; all 0 before the first call */
	bool has_uuid;
	uint8_t uuid[16];
	uint8_t previous[4]; /* address of its last lease; 0.0.0.0: unknown */
	/* for two devices of one name that end each other's links in turn */
	pid_t rival;	   /* the device whose live link this one replaced; 0: none */
	unsigned int took; /* how often they have replaced each other */
	int64_t since_ms;  /* when this device was admitted, or last refused the other */
};

#endif /* HOSTD_VM_IDENTITY_H */
