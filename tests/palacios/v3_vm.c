/* SPDX-License-Identifier: BSD-2-Clause */
/* v3_vm.c - a VM: its devices from XML, their timers, the ports they own. */
#include <devices/pci.h>
#include <palacios/vm_guest.h>

#include "v3_vm.h"

#define CORES 1

void *v3_get_host_vm(struct v3_vm_info *info)
{
	return info;
}

int v3_get_vcore(struct guest_info *core)
{
	return core ? (int)core->vcpu_id : -1;
}

/* ---- guest memory ----------------------------------------------------------------------------------------------- */

int v3_gpa_to_hva(struct guest_info *core, addr_t gpa, addr_t *hva)
{
	host_u64 left;

	if (!core)
		host_violation("memory of no core");
	*hva = (addr_t)mem_at(gpa, &left);
	return *hva ? 0 : -1;
}

static int copy_gpa(struct guest_info *core, addr_t gpa, int count, uint8_t *buf, int write)
{
	int done = 0;

	while (done < count) {
		int n = 4096 - (int)((gpa + (addr_t)done) & 4095);
		addr_t hva;

		n = n < count - done ? n : count - done;
		if (v3_gpa_to_hva(core, gpa + (addr_t)done, &hva))
			break;
		memcpy(write ? (void *)hva : buf + done, write ? buf + done : (void *)hva, (size_t)n);
		done += n;
	}
	return done;
}

int v3_read_gpa_memory(struct guest_info *core, addr_t gpa, int count, uint8_t *dest)
{
	return copy_gpa(core, gpa, count, dest, 0);
}

int v3_write_gpa_memory(struct guest_info *core, addr_t gpa, int count, uint8_t *src)
{
	return copy_gpa(core, gpa, count, src, 1);
}

/* ---- timers ----------------------------------------------------------------------------------------------------- */

struct v3_timer *v3_add_timer(struct guest_info *core, struct v3_timer_ops *ops, void *private_data)
{
	struct vm *vm = vm_of(core->vm_info);
	struct v3_timer *t = V3_Malloc(sizeof(*t));
	int i;

	for (i = 0; i < VM_TIMERS && vm->timer[i]; i++)
		;
	if (!t || i == VM_TIMERS)
		return NULL;
	*t = (struct v3_timer){private_data, ops};
	vm->timer[i] = t;
	return t;
}

int v3_remove_timer(struct guest_info *core, struct v3_timer *timer)
{
	struct vm *vm = vm_of(core->vm_info);

	for (int i = 0; i < VM_TIMERS; i++) {
		if (vm->timer[i] == timer)
			vm->timer[i] = NULL;
	}
	V3_Free(timer);
	return 0;
}

void host_tick(struct v3_vm_info *info)
{
	struct vm *vm = vm_of(info);

	host_vcore_enter();
	for (int i = 0; i < VM_TIMERS; i++) {
		if (vm->timer[i])
			vm->timer[i]->ops->update_timer(&info->cores[0], 1000, 1000000, vm->timer[i]->private_data);
	}
	host_vcore_leave();
}

/* ---- ports ------------------------------------------------------------------------------------------------------ */

static int nothing(struct guest_info *core, uint16_t port, void *buf, uint_t length, void *priv)
{
	(void)core;
	(void)port;
	(void)buf;
	(void)priv;
	return (int)length;
}

int v3_hook_io_port(struct v3_vm_info *info, uint16_t port,
		    int (*read)(struct guest_info *core, uint16_t port, void *dst, uint_t length, void *priv_data),
		    int (*write)(struct guest_info *core, uint16_t port, void *src, uint_t length, void *priv_data),
		    void *priv_data)
{
	struct v3_io_hook *hook = &vm_of(info)->hook[port];

	if (hook->used)
		return -1;
	*hook = (struct v3_io_hook){read ? read : nothing, write ? write : nothing, priv_data, NULL, 1};
	return 0;
}

int v3_unhook_io_port(struct v3_vm_info *info, uint16_t port)
{
	struct v3_io_hook *hook = &vm_of(info)->hook[port];

	if (!hook->used)
		return -1;
	memset(hook, 0, sizeof(*hook));
	return 0;
}

struct v3_io_hook *v3_get_io_hook(struct v3_vm_info *info, uint16_t port)
{
	struct v3_io_hook *hook = &vm_of(info)->hook[port];

	return hook->used ? hook : NULL;
}

int v3_dev_hook_io(struct vm_device *dev, uint16_t port,
		   int (*read)(struct guest_info *core, uint16_t port, void *dst, uint_t length, void *priv_data),
		   int (*write)(struct guest_info *core, uint16_t port, void *src, uint_t length, void *priv_data))
{
	if (v3_hook_io_port(dev->vm, port, read, write, dev->private_data))
		return -1;
	vm_of(dev->vm)->hook[port].dev = dev;
	return 0;
}

int v3_dev_unhook_io(struct vm_device *dev, uint16_t port)
{
	if (vm_of(dev->vm)->hook[port].dev != dev)
		return -1;
	return v3_unhook_io_port(dev->vm, port);
}

int host_in(struct v3_vm_info *info, unsigned int port, unsigned int len, unsigned int *value)
{
	struct v3_io_hook *hook = &vm_of(info)->hook[port & 0xffff];
	uint64_t rax = 0xfefefefefefefefeull;
	int done = (int)len;

	if (!hook->used) {
		*value = 0; /* AMD's exit handler clears them */
		return 0;
	}
	host_vcore_enter();
	done = hook->read(&info->cores[0], (uint16_t)port, &rax, len, hook->priv);
	host_vcore_leave();
	host_tick(info);
	if (len < 4 && rax >> (8 * len) != 0xfefefefefefefefeull >> (8 * len))
		host_violation("in %xh, %u bytes: more were written", port, len);
	*value = (uint32_t)(rax & (len == 4 ? 0xffffffffu : (1u << (8 * len)) - 1));
	if (done == (int)len)
		return 0;
	host_violation("in %xh, %u bytes: the handler returned %d", port, len, done);
	return -1;
}

int host_out(struct v3_vm_info *info, unsigned int port, unsigned int len, unsigned int value)
{
	struct v3_io_hook *hook = &vm_of(info)->hook[port & 0xffff];
	uint64_t rax = 0xfefefefe00000000ull | value;
	int done;

	if (!hook->used)
		return 0;
	host_vcore_enter();
	done = hook->write(&info->cores[0], (uint16_t)port, &rax, len, hook->priv);
	host_vcore_leave();
	host_tick(info);
	if (done == (int)len)
		return 0;
	host_violation("out %xh, %u bytes: the handler returned %d", port, len, done);
	return -1;
}

int host_port_hooked(struct v3_vm_info *info, unsigned int port)
{
	return vm_of(info)->hook[port & 0xffff].used;
}

unsigned int host_ports_hooked(struct v3_vm_info *info)
{
	uint_t n = 0;

	for (uint_t i = 0; i < 65536; i++)
		n += vm_of(info)->hook[i].used != 0;
	return n;
}

int host_take_port(struct v3_vm_info *info, unsigned int port)
{
	return v3_hook_io_port(info, (uint16_t)port, NULL, NULL, NULL);
}

void host_give_port(struct v3_vm_info *info, unsigned int port)
{
	v3_unhook_io_port(info, (uint16_t)port);
}

/* ---- devices ---------------------------------------------------------------------------------------------------- */

extern struct v3_device_info __start__v3_devices[], __stop__v3_devices[];

struct vm_device *v3_find_dev(struct v3_vm_info *info, const char *name)
{
	struct vm *vm = vm_of(info);

	for (uint_t i = 0; name && i < vm->ndevices; i++) {
		if (strcmp(vm->device[i]->name, name) == 0)
			return vm->device[i];
	}
	return NULL;
}

struct vm_device *v3_add_device(struct v3_vm_info *info, char *name, struct v3_device_ops *ops, void *private_data)
{
	struct vm *vm = vm_of(info);
	struct vm_device *dev;

	if (!name) {
		host_violation("a device without a name: Palacios follows the null pointer");
		return NULL;
	}
	if (v3_find_dev(info, name) || vm->ndevices == VM_DEVICES)
		return NULL;
	dev = host_alloc(sizeof(*dev));
	strncpy(dev->name, name, sizeof(dev->name) - 1);
	dev->ops = ops;
	dev->private_data = private_data;
	dev->vm = info;
	vm->device[vm->ndevices++] = dev;
	return dev;
}

int v3_remove_device(struct vm_device *dev)
{
	struct vm *vm = vm_of(dev->vm);
	uint_t i;

	for (i = 0; i < 65536; i++) {
		if (vm->hook[i].used && vm->hook[i].dev == dev)
			memset(&vm->hook[i], 0, sizeof(vm->hook[i]));
	}
	if (dev->ops && dev->ops->free)
		dev->ops->free(dev->private_data);
	for (i = 0; i < vm->ndevices && vm->device[i] != dev; i++)
		;
	for (; i + 1 < vm->ndevices; i++)
		vm->device[i] = vm->device[i + 1];
	vm->ndevices--;
	host_dealloc(dev);
	return -1;
}

static int init_ports(struct v3_vm_info *info, v3_cfg_tree_t *cfg)
{
	char *base = v3_cfg_val(cfg, "base"), *count = v3_cfg_val(cfg, "count");
	int from = base ? atoi(base) : 0, n = count ? atoi(count) : 0;

	for (int i = 0; i < n; i++) {
		if (host_take_port(info, (uint_t)(from + i)))
			return -1;
	}
	return 0;
}

static int init_device(struct v3_vm_info *info, v3_cfg_tree_t *cfg)
{
	struct v3_device_info *d;
	char *class = v3_cfg_val(cfg, "class");

	if (!class)
		return -1;
	if (strcmp(class, "PCI") == 0)
		return v3_add_device(info, v3_cfg_val(cfg, "ID"), NULL, vm_of(info)) ? 0 : -1;
	if (strcmp(class, "DUMMY") == 0) /* a device that is no bus */
		return v3_add_device(info, v3_cfg_val(cfg, "ID"), NULL, NULL) ? 0 : -1;
	if (strcmp(class, "PORTS") == 0)
		return init_ports(info, cfg);
	for (d = __start__v3_devices; d < __stop__v3_devices; d++) {
		if (strcmp(d->name, class) == 0)
			return d->init(info, cfg) == -1 ? -1 : 0;
	}
	return 0;
}

static int init_devices(struct v3_vm_info *info, v3_cfg_tree_t *cfg)
{
	for (; cfg; cfg = v3_cfg_next_branch(cfg)) {
		if (init_device(info, cfg))
			return -1;
	}
	return 0;
}

struct v3_vm_info *host_create(const char *xml)
{
	struct v3_vm_info *info = host_alloc(sizeof(*info) + CORES * sizeof(struct guest_info));
	struct vm *vm = host_alloc(sizeof(*vm));

	host_os_init();
	info->host = vm;
	info->num_cores = CORES;
	for (uint_t i = 0; i < CORES; i++)
		info->cores[i] = (struct guest_info){info, i, NULL};
	vm->info = info;
	vm->io_base = 0xc000; /* where PIIX3's IDE sits, too */
	vm->xml = cfg_parse(xml);
	if (!vm->xml || init_devices(info, v3_cfg_subtree(v3_cfg_subtree(vm->xml, "devices"), "device"))) {
		host_free(info);
		return NULL;
	}
	for (uint_t i = 0; i < CORES; i++)
		info->cores[i].core_thread = info;
	return info;
}

void host_free(struct v3_vm_info *info)
{
	struct vm *vm = vm_of(info);

	while (vm->ndevices)
		v3_remove_device(vm->device[vm->ndevices - 1]);
	pci_free(vm);
	stream_orphan_all(vm);
	cfg_free(vm->xml);
	host_dealloc(vm);
	host_dealloc(info);
}
