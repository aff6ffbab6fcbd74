/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_v3.c - the half of the Palacios plugin that knows Palacios, and neither device nor link.
 *
 * The BAR is of Palacios's passthrough kind: its own kind of I/O BAR takes the sizing probe's all ones for an address
 * and moves the ports there.  Here the ports move only when a guest has named a base; if another device holds ports
 * there (BIOSes move one device after the other), they stay where they are, and every later access to configuration
 * space tries again.  A BIOS that assigns nothing finds a base assigned.
 *
 * Palacios frees a stream that is closed here without asking whether a process has it open; what that process does next
 * is done to freed memory, in the host's kernel.  So the stream is closed only after hostd has let it go.  Otherwise it
 * is disowned: stream and door are never freed, input refuses (write() says EFAULT), and hostd closes its descriptor.
 */
#include <devices/pci.h>
#include <interfaces/vmm_stream.h>
#include <palacios/vm_guest.h>
#include <palacios/vm_guest_mem.h>
#include <palacios/vmm.h>
#include <palacios/vmm_config.h>
#include <palacios/vmm_dev_mgr.h>
#include <palacios/vmm_io.h>
#include <palacios/vmm_lock.h>
#include <palacios/vmm_time.h>
#include <palacios/vmm_types.h>

#include "pvboot_glue.h"

#define BAR_OFFSET 0x10u /* PCI 3.0 6.2.5.1 */
#define BAR_PORTS 128u
#define FIRST_BASE 0xd000u /* where a base is looked for that no device holds; PIIX3 has its own at c000h */
#define LAST_BASE 0xef00u
#define BASE_STEP 0x100u
#define PAGE 4096ull
#define MAP_MAX 65536ull /* contiguous bytes looked up at once */
#define STATE_MAX (16ull << 20)

/* Where the stream's input comes in.  It may outlive the device. */
struct door {
	struct pvboot *v;    /* NULL: there is no device any more; atomic */
	unsigned int inside; /* inputs under way; atomic */
};

struct pvboot {
	struct v3_vm_info *vm;
	struct vm_device *dev;
	struct vm_device *bus;
	struct pci_device *pci; /* NULL while it is not registered */
	struct door *door;
	struct v3_stream *stream;
	struct v3_timer *timer;
	v3_lock_t lock;
	unsigned int base;  /* of the ports that are hooked, 0: none */
	int moving;	    /* the ports are being moved */
	unsigned int level; /* of INTx */
	unsigned int khz;
	unsigned long long ms; /* the latest; atomic */
	int stream_failed;     /* that was said */
	void *glue;
};

/* A line begins with "pvboot: ", and with the device's id if that is another. */
#define WHO(id) is_plain(id) ? "" : (id), is_plain(id) ? "" : ": "
#define ERROR_OF(vm, id, fmt, args...) PrintError(vm, VCORE_NONE, "pvboot: %s%s" fmt "\n", WHO(id), ##args)
#define ERROR(v, fmt, args...) ERROR_OF((v)->vm, (v)->dev->name, fmt, ##args)

static int is_plain(const char *id)
{
	const char *plain = "pvboot";

	while (*plain && *plain == *id) {
		plain++;
		id++;
	}
	return *plain == *id;
}

/* ---- what the other half asks ---------------------------------------------------------------------------------- */

unsigned long long pvboot_v3_lock(void *v3)
{
	struct pvboot *v = v3;

	return v3_lock_irqsave(v->lock);
}

void pvboot_v3_unlock(void *v3, unsigned long long saved)
{
	struct pvboot *v = v3;

	v3_unlock_irqrestore(v->lock, (addr_t)saved);
}

void pvboot_v3_yield(void *v3)
{
	V3_Yield();
}

/* Guest memory is in blocks that need not be adjacent in the host: page by page, as long as they are. */
void *pvboot_v3_map(void *v3, unsigned long long gpa, unsigned long long *length)
{
	struct pvboot *v = v3;
	unsigned long long n = PAGE - (gpa & (PAGE - 1));
	addr_t first = 0, next = 0;

	if (v3_gpa_to_hva(&(v->vm->cores[0]), (addr_t)gpa, &first))
		return NULL;
	while (n < *length && n < MAP_MAX && gpa + n > gpa &&
	       !v3_gpa_to_hva(&(v->vm->cores[0]), (addr_t)(gpa + n), &next) && next == first + n)
		n += PAGE;
	if (n < *length)
		*length = n;
	return (void *)first;
}

void pvboot_v3_irq(void *v3, unsigned int level)
{
	struct pvboot *v = v3;

	v->level = level;
	if (!v->pci)
		return;
	if (level)
		v3_pci_raise_irq(v->bus, v->pci, 0);
	else
		v3_pci_lower_irq(v->bus, v->pci, 0);
}

unsigned long long pvboot_v3_ms(void *v3)
{
	struct pvboot *v = v3;
	unsigned long long cycles, now, latest = __atomic_load_n(&v->ms, __ATOMIC_RELAXED);

	rdtscll(cycles);
	now = cycles / v->khz;
	/* CPUs' counters may differ a little; this one never goes back.  Timers ask without the lock. */
	while (now > latest)
		if (__atomic_compare_exchange_n(&v->ms, &latest, now, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return now;
	return latest;
}

void pvboot_v3_log(void *v3, unsigned int level, const char *text)
{
	struct pvboot *v = v3;

	if (level == 0)
		ERROR(v, "%s", text);
	else
		V3_Print(v->vm, VCORE_NONE, "pvboot: %s%s%s\n", WHO(v->dev->name), text);
}

unsigned long long pvboot_v3_send(void *v3, const void *bytes, unsigned long long length)
{
	struct pvboot *v = v3;
	sint64_t n = v3_stream_output(v->stream, (uint8_t *)bytes, (sint64_t)length);

	if (n < 0 && !v->stream_failed) {
		v->stream_failed = 1;
		ERROR(v, "the host refuses output to the stream");
	}
	return n < 0 || (unsigned long long)n > length ? 0 : (unsigned long long)n;
}

/* ---- the I/O BAR ----------------------------------------------------------------------------------------------- */

/* What every failed or disabled read gives. */
static int io_read(struct guest_info *core, uint16_t port, void *dst, uint_t length, void *priv)
{
	struct pvboot *v = priv;
	unsigned int value = pvboot_glue_bar_read(v->glue, port - v->base, length);

	memcpy(dst, &value, length < sizeof(value) ? length : sizeof(value));
	return length;
}

static int io_write(struct guest_info *core, uint16_t port, void *src, uint_t length, void *priv)
{
	struct pvboot *v = priv;
	unsigned int value = 0;

	memcpy(&value, src, length < sizeof(value) ? length : sizeof(value));
	pvboot_glue_bar_write(v->glue, port - v->base, length, value);
	return length;
}

static int is_free(struct pvboot *v, unsigned int base)
{
	unsigned int i;

	for (i = 0; i < BAR_PORTS; i++)
		if (v3_get_io_hook(v->vm, base + i))
			return 0;
	return 1;
}

static void unhook(struct pvboot *v, unsigned int base, unsigned int ports)
{
	while (ports--)
		v3_dev_unhook_io(v->dev, base + ports);
}

static int hook(struct pvboot *v, unsigned int base)
{
	unsigned int i;

	for (i = 0; i < BAR_PORTS; i++) {
		if (v3_dev_hook_io(v->dev, base + i, io_read, io_write) == 0)
			continue;
		unhook(v, base, i);
		return -1;
	}
	return 0;
}

static unsigned int bar_value(struct pvboot *v)
{
	return pvboot_glue_cfg_read(v->glue, BAR_OFFSET, 4);
}

/* Move the ports to where the BAR says, if that is a place and free. */
static void follow_bar(struct pvboot *v)
{
	unsigned int bar = bar_value(v), base = bar & ~(BAR_PORTS - 1), old = v->base;

	if (base == old || base == 0 || base >= 0x10000 - BAR_PORTS || v->moving)
		return;
	v->moving = 1;
	if (is_free(v, base)) {
		if (old)
			unhook(v, old, BAR_PORTS);
		v->base = base;
		if (hook(v, base)) {
			ERROR(v, "cannot take the ports from %x", base);
			v->base = old && hook(v, old) == 0 ? old : 0;
		}
	}
	v->moving = 0;
}

static int bar_init(int bar_num, uint32_t *dst, void *priv)
{
	struct pvboot *v = priv;
	unsigned int base;

	for (base = FIRST_BASE; base <= LAST_BASE && !v->base; base += BASE_STEP) {
		if (!is_free(v, base))
			continue;
		v->base = base;
		if (hook(v, base))
			v->base = 0;
	}
	if (!v->base)
		ERROR(v, "no %u free I/O ports from %x on: none until the guest assigns some", BAR_PORTS, FIRST_BASE);
	pvboot_glue_cfg_write(v->glue, BAR_OFFSET, 4, v->base);
	*dst = bar_value(v);
	return 0;
}

static int bar_write(int bar_num, uint32_t *src, void *priv)
{
	struct pvboot *v = priv;

	pvboot_glue_cfg_write(v->glue, BAR_OFFSET, 4, *src);
	*src = bar_value(v);
	follow_bar(v);
	return 0;
}

/* ---- configuration space --------------------------------------------------------------------------------------- */

static int config_read(struct pci_device *pci, uint32_t reg, void *dst, uint_t length, void *priv)
{
	struct pvboot *v = priv;
	unsigned char *to = dst;
	uint_t i;

	if (v->pci)
		follow_bar(v);
	for (i = 0; i < length; i++)
		to[i] = pvboot_glue_cfg_read(v->glue, reg + i, 1);
	return 0;
}

/* The command register comes in one piece, so that no half of it takes effect alone; the rest by bytes anyhow. */
static int config_write(struct pci_device *pci, uint32_t reg, void *src, uint_t length, void *priv)
{
	struct pvboot *v = priv;
	unsigned char *from = src;
	uint_t i;

	if (length == 2 && reg % 2 == 0) {
		pvboot_glue_cfg_write(v->glue, reg, 2, from[0] | from[1] << 8);
	} else {
		for (i = 0; i < length; i++)
			pvboot_glue_cfg_write(v->glue, reg + i, 1, from[i]);
	}
	follow_bar(v);
	return 0;
}

/* Palacios drops interrupts while they are disabled, and enables them after config_write() has raised what was pending.
 */
static int cmd_update(struct pci_device *pci, pci_cmd_t cmd, uint64_t arg, void *priv)
{
	struct pvboot *v = priv;
	unsigned long long saved;

	if (cmd != PCI_CMD_INTX_ENABLE)
		return 0;
	saved = pvboot_v3_lock(v);
	pvboot_v3_irq(v, v->level);
	pvboot_v3_unlock(v, saved);
	return 0;
}

/* Ignore the ROM BAR: the ROM is already in the guest's memory (docs/palacios.md). */
static int rom_update(struct pci_device *pci, uint32_t *src, void *priv)
{
	*src = 0;
	return 0;
}

/* ---- stream and time ------------------------------------------------------------------------------------------- */

static sint64_t take(struct pvboot *v, uint8_t *buf, sint64_t len)
{
	if (len <= 0)
		return 0;
	/* Vcpus are stopped: a checkpoint may save memory now and the device later, and both must match. */
	if (__atomic_load_n(&v->vm->barrier.active, __ATOMIC_ACQUIRE))
		return 0; /* hostd tries again */
	return (sint64_t)pvboot_glue_input(v->glue, buf, (unsigned long long)len);
}

static sint64_t input(struct v3_stream *stream, uint8_t *buf, sint64_t len)
{
	struct door *door = stream->guest_stream_data;
	struct pvboot *v;
	sint64_t n = -1;

	__atomic_add_fetch(&door->inside, 1, __ATOMIC_SEQ_CST);
	v = __atomic_load_n(&door->v, __ATOMIC_SEQ_CST);
	if (v)
		n = take(v, buf, len);
	__atomic_sub_fetch(&door->inside, 1, __ATOMIC_SEQ_CST);
	return n;
}

/* The stream that hostd opens by its name.  0 or -1. */
static int open_stream(struct pvboot *v, const char *name)
{
	v->door = V3_Malloc(sizeof(*v->door));
	if (!v->door) {
		ERROR(v, "no memory for the stream");
		return -1;
	}
	*v->door = (struct door){.v = v};
	v->stream = v3_stream_open(v->vm, name, input, v->door);
	if (v->stream && v->stream->host_stream_data)
		return 0;
	ERROR(v, "cannot open the stream \"%s\": is the name used twice, or does the host offer no streams?", name);
	if (v->stream)
		V3_Free(v->stream); /* closing is for what the host has opened */
	v->stream = NULL;
	return -1;
}

/* No input is under way any more when it returns, and none comes. */
static void end_stream(struct pvboot *v)
{
	int was_up = v->vm->cores[0].core_thread != NULL; /* before that nobody can have the stream open */

	if (v->door) {
		__atomic_store_n(&v->door->v, NULL, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&v->door->inside, __ATOMIC_SEQ_CST))
			V3_Yield();
	}
	if (v->stream && was_up && !pvboot_glue_let_go(v->glue))
		return;
	if (v->stream)
		v3_stream_close(v->stream);
	if (v->door)
		V3_Free(v->door);
}

static void tick(struct guest_info *core, ullong_t cycles, ullong_t freq, void *priv)
{
	struct pvboot *v = priv;

	pvboot_glue_tick(v->glue);
}

static struct v3_timer_ops timer_ops = {.update_timer = tick};

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

#ifdef V3_CONFIG_CHECKPOINT
static int save(struct v3_chkpt_ctx *ctx, void *priv)
{
	struct pvboot *v = priv;
	unsigned long long room = pvboot_glue_state_max();
	void *state = V3_VMalloc(room);
	uint64_t length;
	int failed;

	if (!state) {
		ERROR(v, "no memory to save the state in");
		return -1;
	}
	length = pvboot_glue_save(v->glue, state, room);
	failed = length == 0 || v3_chkpt_save(ctx, "LENGTH", sizeof(length), &length) < 0 ||
		 v3_chkpt_save(ctx, "STATE", length, state) < 0;
	if (failed)
		ERROR(v, "cannot save the state");
	V3_VFree(state);
	return failed ? -1 : 0;
}

static int load(struct v3_chkpt_ctx *ctx, void *priv)
{
	struct pvboot *v = priv;
	uint64_t length = 0;
	void *state;
	int good;

	if (v3_chkpt_load(ctx, "LENGTH", sizeof(length), &length) < 0 || length == 0 || length > STATE_MAX) {
		ERROR(v, "the checkpoint has no state of such a device");
		return -1;
	}
	state = V3_VMalloc(length);
	if (!state) {
		ERROR(v, "no memory to load the state into");
		return -1;
	}
	good = v3_chkpt_load(ctx, "STATE", length, state) >= 0 && pvboot_glue_load(v->glue, state, length);
	if (!good)
		ERROR(v, "the checkpoint's state is of another version, or damaged");
	V3_VFree(state);
	follow_bar(v);
	return good ? 0 : -1;
}
#endif

/* ---- life ------------------------------------------------------------------------------------------------------ */

/* Everything but the ports, which Palacios has unhooked by now.  The bus is still there: devices are freed in the
 * reverse order, and until end_stream() an input may raise an interrupt. */
static int pvboot_free(struct pvboot *v)
{
	if (v->timer)
		v3_remove_timer(&(v->vm->cores[0]), v->timer);
	end_stream(v);
	if (v->glue)
		V3_VFree(v->glue);
	v3_lock_deinit(&(v->lock));
	V3_Free(v);
	return 0;
}

static int free_device(void *priv)
{
	return pvboot_free(priv);
}

static struct v3_device_ops dev_ops = {
	.free = free_device,
#ifdef V3_CONFIG_CHECKPOINT
	.save = save,
	.load = load,
#endif
};

/* The settings that are the other half's; 0 or -1. */
static int configure(struct v3_vm_info *vm, v3_cfg_tree_t *cfg, const char *id, struct pvboot_glue_conf *conf)
{
	static char *const keys[] = {"mac", "name", "boot", "log"};
	unsigned int i;

	pvboot_glue_conf_init(conf);
	/* Palacios names a VM only when its devices are up */
	if (!vm->name[0] || pvboot_glue_conf_set(conf, "name", vm->name))
		pvboot_glue_conf_set(conf, "name", id);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *value = v3_cfg_val(cfg, keys[i]);
		const char *wrong = value ? pvboot_glue_conf_set(conf, keys[i], value) : NULL;

		if (!wrong)
			continue;
		ERROR_OF(vm, id, "<%s>%s</%s>: %s", keys[i], value, keys[i], wrong);
		return -1;
	}
	return 0;
}

static int register_pci(struct pvboot *v)
{
	struct v3_pci_bar bars[6];
	int i;

	memset(bars, 0, sizeof(bars));
	for (i = 0; i < 6; i++)
		bars[i].type = PCI_BAR_NONE;
	bars[0].type = PCI_BAR_PASSTHROUGH;
	bars[0].bar_init = bar_init;
	bars[0].bar_write = bar_write;
	bars[0].private_data = v;
	v->pci = v3_pci_register_device(v->bus, PCI_STD_DEVICE, 0, PCI_AUTO_DEV_NUM, 0, "PVBOOT", bars, config_write,
					config_read, cmd_update, rom_update, v);
	if (v->pci) {
		v->pci->config_header.intr_pin = 1;
		return 0;
	}
	ERROR(v, "the bus does not take the device");
	return -1;
}

static int start(struct pvboot *v, v3_cfg_tree_t *cfg, const char *id, const struct pvboot_glue_conf *conf)
{
	char *stream = v3_cfg_val(cfg, "stream");

	v->khz = V3_CPU_KHZ();
	if (!v->khz)
		v->khz = 1000000;
	v->glue = V3_VMalloc(pvboot_glue_size());
	if (!v->glue) {
		ERROR(v, "no memory for the device");
		return -1;
	}
	pvboot_glue_init(v->glue, v, conf);
	if (open_stream(v, stream ? stream : id))
		return -1;
	v->timer = v3_add_timer(&(v->vm->cores[0]), &timer_ops, v);
	if (!v->timer) {
		ERROR(v, "Palacios gives it no timer");
		return -1;
	}
	return register_pci(v); /* the one step that cannot be taken back is the last */
}

static int pvboot_init(struct v3_vm_info *vm, v3_cfg_tree_t *cfg)
{
	char *id = v3_cfg_val(cfg, "id"), *bus = v3_cfg_val(cfg, "bus");
	struct pvboot_glue_conf conf;
	struct pvboot *v;

	if (!id) {
		PrintError(vm, VCORE_NONE, "pvboot: the device has no id: <device class=\"PVBOOT\" id=\"pvboot\">\n");
		return -1;
	}
	if (!bus || !v3_find_dev(vm, bus)) {
		ERROR_OF(vm, id, "<bus> names no PCI bus that comes before it: \"%s\"", bus ? bus : "");
		return -1;
	}
	if (configure(vm, cfg, id, &conf))
		return -1;
	v = V3_Malloc(sizeof(*v));
	if (!v) {
		ERROR_OF(vm, id, "no memory for the device");
		return -1;
	}
	memset(v, 0, sizeof(*v));
	v->vm = vm;
	v->bus = v3_find_dev(vm, bus);
	if (v3_lock_init(&(v->lock)) == -1) {
		ERROR_OF(vm, id, "no lock for the device");
		V3_Free(v);
		return -1;
	}
	v->dev = v3_add_device(vm, id, &dev_ops, v);
	if (!v->dev) {
		ERROR_OF(vm, id, "cannot add the device: is its id used twice?");
		pvboot_free(v);
		return -1;
	}
	if (start(v, cfg, id, &conf) == 0)
		return 0;
	v3_remove_device(v->dev); /* frees it all */
	return -1;
}

device_register("PVBOOT", pvboot_init)
