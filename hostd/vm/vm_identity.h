/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_identity.h - who a connected device is. */
#ifndef HOSTD_VM_IDENTITY_H
#define HOSTD_VM_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pvboot_link.h"

struct conf_vm;

/* Who a connected device is, as hostd holds it to be. */
struct vm_identity {
	const struct conf_vm *conf;
	char name[PVBOOT_LINK_NAME_MAX];
	uint8_t mac[6];
	bool mac_of_name; /* mac is made from the name */
	bool mac_of_card; /* mac is what take_card() of the environment last took, 0: nothing yet */
	bool has_uuid;
	uint8_t uuid[16];
	uint8_t previous[4]; /* the address its last lease had, 0.0.0.0: none known */
	/* of two devices that have one name, and that end one another's link in turns */
	pid_t rival;	   /* whose link this one's ended while it lived, 0: nobody's */
	unsigned int took; /* how often the two have done that */
	int64_t since_ms;  /* when this one was let in, or turned the other away */
};

#endif /* HOSTD_VM_IDENTITY_H */
