/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_DEV_MGR_H
#define STANDIN_VMM_DEV_MGR_H

#include <palacios/vmm_config.h>
#include <palacios/vmm_types.h>

#ifdef V3_CONFIG_CHECKPOINT
#include <palacios/vmm_checkpoint.h>
#endif

struct v3_vm_info;
struct guest_info;
struct v3_chkpt;
struct v3_device_ops;

struct vm_device {
	char name[32];
	void *private_data;
	struct v3_device_ops *ops;
	struct v3_vm_info *vm;
};

struct v3_device_ops {
	int (*free)(void *private_data);
#ifdef V3_CONFIG_CHECKPOINT
	int (*save)(struct v3_chkpt_ctx *ctx, void *private_data);
	int (*load)(struct v3_chkpt_ctx *ctx, void *private_data);
	int (*save_extended)(struct v3_chkpt *chkpt, char *id, void *private_data);
	int (*load_extended)(struct v3_chkpt *chkpt, char *id, void *private_data);
#endif
};

struct vm_device *v3_find_dev(struct v3_vm_info *vm, const char *dev_name);
struct vm_device *v3_add_device(struct v3_vm_info *vm, char *name, struct v3_device_ops *ops, void *private_data);
int v3_remove_device(struct vm_device *dev);

int v3_dev_hook_io(struct vm_device *dev, uint16_t port,
		   int (*read)(struct guest_info *core, uint16_t port, void *dst, uint_t length, void *priv_data),
		   int (*write)(struct guest_info *core, uint16_t port, void *src, uint_t length, void *priv_data));
int v3_dev_unhook_io(struct vm_device *dev, uint16_t port);

struct v3_device_info {
	char *name;
	int (*init)(struct v3_vm_info *vm, v3_cfg_tree_t *cfg);
};

/* Ends in a semicolon of its own. */
#define device_register(dev_name, init_fn)                                                                             \
	static char _v3_device_name[] = dev_name;                                                                      \
	static struct v3_device_info _v3_device __attribute__((__used__, __section__("_v3_devices"),                   \
							       aligned(sizeof(addr_t)))) = {_v3_device_name, init_fn};

#endif
