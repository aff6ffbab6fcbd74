/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_dev.c - the pvboot device, a virtio 1.2 modern PCI device: life cycle, registers, interrupts.
 *
 * How the device treats driver errors (docs/spec.md has the same as MUSTs):
 *
 * Ignored; the driver can see this by reading back:
 *  - accesses not of 1, 2 or 4 bytes, or not wholly inside BAR or configuration space: reads return all ones
 *  - writes to read-only fields; MSI-X vectors other than NO_VECTOR; queue_reset; notifications of a missing queue
 *  - FEATURES_OK with a feature not offered or without VERSION_1; DRIVER_OK without FEATURES_OK
 *  - driver_feature after FEATURES_OK, and with a select above 1
 *  - clearing a bit of device_status other than by writing 0; DEVICE_NEEDS_RESET from the driver
 *  - a queue_size of 0, above PVBOOT_QUEUE_MAX or no power of two; size and addresses of an enabled queue
 *  - queue_enable of 0, before FEATURES_OK, or after DRIVER_OK
 *  - notifications before DRIVER_OK: the device processes the rings when DRIVER_OK comes
 *
 * Breaks the device (DEVICE_NEEDS_RESET, a configuration interrupt if DRIVER_OK; no guest memory is touched until
 * reset):
 *  - enabling a queue whose addresses are misaligned or wrap around 2^64
 *  - a ring or descriptor table that is not in guest memory when it is used
 *  - an available index more than the queue's size ahead; a chain that begins or leads outside the table
 *  - a chain longer than the queue (so also a loop), or of 4 GiB and more
 *  - an INDIRECT or unknown descriptor flag; a readable descriptor after a writable one, or anywhere in queue 0
 *  - a request whose head is that of a request still in flight
 *
 * Fails a request: PVBOOT_S_BAD_REQUEST for a header, lengths or reserved fields that are wrong, readable memory that
 * is not there, or too little room; PVBOOT_S_UNSUPPORTED for an operation, flag or phase that is unknown, and for
 * DGRAM_* and FRAME_* without PVBOOT_F_DGRAM.  A chain without room for a pvboot_rsp, or whose room for it is not in
 * guest memory, comes back with a used length of 0.  If a packet does not fit the next buffer of queue 0, the device
 * drops the packet and uses the buffer for the next one.  If the buffer is not in guest memory, the device drops the
 * packet and returns the buffer with a used length of 0.
 *
 * Without the command register's bus master bit the device touches no guest memory: it does not process the rings, it
 * drops packets, it refuses writes of the backend, and answers wait for the first notification after the bit is set
 * again.
 */
#include "pvboot_dev_int.h"

_Static_assert(sizeof(struct pvboot_dev) < 512 * 1024, "the device fits what a kernel allocates at once");

static void put_text(char *to, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = text[i] >= 0x20 && text[i] <= 0x7e ? text[i] : '.';
}

/* ---- interrupts ------------------------------------------------------------------------------------------------ */

void pvboot_dev_update_irq(struct pvboot_dev *dev)
{
	bool level = dev->isr && !pvboot_pci_intx_disabled(dev);

	if (level == dev->irq)
		return;
	dev->irq = level;
	dev->vmm_ops->set_irq(dev->vmm, level);
}

void pvboot_dev_interrupt(struct pvboot_dev *dev, uint8_t bits)
{
	dev->isr |= bits;
	pvboot_dev_update_irq(dev);
}

/* Something in the device configuration changed (virtio 1.2 2.5, 4.1.4.3). */
static void config_changed(struct pvboot_dev *dev)
{
	dev->generation++;
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
		pvboot_dev_interrupt(dev, VIRTIO_PCI_ISR_CONFIG);
}

static void change_status(struct pvboot_dev *dev, uint16_t status)
{
	if (status == dev->config.status)
		return;
	dev->config.status = status;
	config_changed(dev);
	pvboot_vhost_tell_all(dev);
}

/* ---- life cycle ------------------------------------------------------------------------------------------------ */

size_t pvboot_dev_size(void)
{
	return sizeof(struct pvboot_dev);
}

bool pvboot_dev_running(const struct pvboot_dev *dev)
{
	return (dev->status & (VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)) == VIRTIO_CONFIG_S_DRIVER_OK &&
	       pvboot_pci_bus_master(dev);
}

void pvboot_dev_complain(struct pvboot_dev *dev, const char *text)
{
	if (dev->complaints == PVBOOT_COMPLAINTS)
		return;
	dev->complaints++;
	pvboot_dev_log(dev, PVBOOT_LOG_WARNING, text);
}

void pvboot_dev_break(struct pvboot_dev *dev, const char *why)
{
	if (dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	dev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	pvboot_dev_complain(dev, why);
	config_changed(dev);
}

void pvboot_dev_note(struct pvboot_dev *dev, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	if (dev->vmm_ops->note)
		dev->vmm_ops->note(dev->vmm, op, args, arg_len);
	dev->be_ops->note(dev->be, op, args, arg_len);
}

void pvboot_dev_reset_backend(struct pvboot_dev *dev)
{
	if (dev->vmm_ops->note)
		dev->vmm_ops->note(dev->vmm, 0, NULL, 0);
	dev->be_ops->reset(dev->be);
}

/* Reset by the driver, virtio 1.2 4.1.4.3.1: forget the rings, and never write to them again. */
static void reset_virtio(struct pvboot_dev *dev)
{
	uint16_t i;

	dev->status = 0;
	pvboot_io_forget(dev);
	for (i = 0; i < PVBOOT_NUM_QUEUES; i++)
		dev->queue[i] = (struct pvboot_queue){.size = PVBOOT_QUEUE_MAX};
	dev->device_select = 0;
	dev->driver_select = 0;
	dev->driver_features = 0;
	dev->queue_select = 0;
	dev->dgram_open = false;
	dev->frame_open = false;
	pvboot_pkt_drop(dev, 0);
	dev->isr = 0;
	pvboot_dev_update_irq(dev);
	if (!dev->started)
		return;
	dev->started = false;
	pvboot_dev_reset_backend(dev);
}

void pvboot_dev_init(struct pvboot_dev *dev, const struct pvboot_vmm_ops *vmm_ops, void *vmm,
		     const struct pvboot_backend_ops *backend_ops, void *backend, const struct pvboot_dev_conf *conf)
{
	uint16_t i;

	memset(dev, 0, sizeof(*dev));
	dev->vmm_ops = vmm_ops;
	dev->vmm = vmm;
	dev->be_ops = backend_ops;
	dev->be = backend;
	for (i = 0; i < PVBOOT_QUEUE_MAX; i++)
		dev->io[i].dev = dev;
	memcpy(dev->config.mac, conf->mac, sizeof(dev->config.mac));
	dev->config.abi_version = PVBOOT_ABI_VERSION;
	dev->config.flags = (conf->has_uuid ? PVBOOT_CFG_F_UUID : 0) | (conf->boot_first ? PVBOOT_CFG_F_BOOT_FIRST : 0);
	if (conf->has_uuid)
		memcpy(dev->config.uuid, conf->uuid, sizeof(dev->config.uuid));
	dev->config.host_wait_ms = conf->host_wait_ms ? conf->host_wait_ms : PVBOOT_HOST_WAIT_DEFAULT_MS;
	dev->epoch_ms = pvboot_dev_now_ms(dev);
	pvboot_pci_reset(dev);
	reset_virtio(dev);
	backend_ops->attach(backend, dev);
}

void pvboot_dev_reset(struct pvboot_dev *dev)
{
	pvboot_pci_reset(dev);
	reset_virtio(dev);
	dev->complaints = 0;
}

void pvboot_dev_set_written(struct pvboot_dev *dev, bool written)
{
	const uint16_t others = dev->config.status & (uint16_t)~PVBOOT_STATUS_WRITTEN;

	change_status(dev, others | (written ? PVBOOT_STATUS_WRITTEN : 0));
}

bool pvboot_dev_lost_memory(struct pvboot_dev *dev)
{
	uint16_t i;

	for (i = 0; i < PVBOOT_NUM_QUEUES && pvboot_dev_running(dev); i++)
		if (dev->queue[i].enabled && !pvboot_ring_kept(dev, &dev->queue[i]))
			return true;
	return false;
}

/* ---- status, features, queues ---------------------------------------------------------------------------------- */

/* On DRIVER_OK, process buffers made available earlier: the device ignored their notifications. */
static void start(struct pvboot_dev *dev)
{
	dev->started = true;
	pvboot_ring_notify(dev, &dev->queue[PVBOOT_Q_PACKETS], false);
	pvboot_req_run(dev);
}

/* virtio 1.2 2.1, 2.2.2, 3.1.1 */
static void set_status(struct pvboot_dev *dev, uint8_t value)
{
	uint8_t settable = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FAILED;
	const uint64_t version_1 = UINT64_C(1) << VIRTIO_F_VERSION_1;
	uint8_t before = dev->status;

	if (!value) {
		reset_virtio(dev);
		return;
	}
	if (!(dev->driver_features & ~PVBOOT_FEATURES) && dev->driver_features & version_1)
		settable |= VIRTIO_CONFIG_S_FEATURES_OK;
	dev->status |= value & settable;
	if (dev->status & VIRTIO_CONFIG_S_FEATURES_OK)
		dev->status |= value & VIRTIO_CONFIG_S_DRIVER_OK;
	if (dev->status & ~before & VIRTIO_CONFIG_S_DRIVER_OK)
		start(dev);
}

static void set_features(struct pvboot_dev *dev, uint32_t value)
{
	if (dev->status & VIRTIO_CONFIG_S_FEATURES_OK || dev->driver_select > 1)
		return;
	dev->driver_features &= ~(UINT64_C(0xffffffff) << 32 * dev->driver_select);
	dev->driver_features |= (uint64_t)value << 32 * dev->driver_select;
}

static void enable_queue(struct pvboot_dev *dev, struct pvboot_queue *q, uint32_t value)
{
	if (value != 1 || q->enabled || !(dev->status & VIRTIO_CONFIG_S_FEATURES_OK) ||
	    dev->status & (VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET))
		return;
	if (!pvboot_ring_valid(q)) {
		pvboot_dev_break(dev, "a queue was enabled whose addresses are misaligned or wrap");
		return;
	}
	q->enabled = true;
}

static void set_queue_size(struct pvboot_queue *q, uint32_t value)
{
	if (value && value <= PVBOOT_QUEUE_MAX && !(value & (value - 1)))
		q->size = (uint16_t)value;
}

static void set_half(uint64_t *address, unsigned int half, uint32_t value)
{
	*address &= ~(UINT64_C(0xffffffff) << 32 * half);
	*address |= (uint64_t)value << 32 * half;
}

/* A field of the selected queue. */
static void set_queue(struct pvboot_dev *dev, uint32_t offset, uint32_t value)
{
	struct pvboot_queue *q;

	if (dev->queue_select >= PVBOOT_NUM_QUEUES)
		return;
	q = &dev->queue[dev->queue_select];
	if (q->enabled)
		return;
	switch (offset) {
	case VIRTIO_PCI_COMMON_Q_SIZE:
		set_queue_size(q, value);
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		enable_queue(dev, q, value);
		break;
	case VIRTIO_PCI_COMMON_Q_DESCLO:
	case VIRTIO_PCI_COMMON_Q_DESCHI:
		set_half(&q->desc, offset == VIRTIO_PCI_COMMON_Q_DESCHI, value);
		break;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
	case VIRTIO_PCI_COMMON_Q_AVAILHI:
		set_half(&q->avail, offset == VIRTIO_PCI_COMMON_Q_AVAILHI, value);
		break;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
	case VIRTIO_PCI_COMMON_Q_USEDHI:
		set_half(&q->used, offset == VIRTIO_PCI_COMMON_Q_USEDHI, value);
		break;
	}
}

/* Process the packet queue on every notification: the device asks the driver not to notify it (pvboot_pkt.c). */
void pvboot_dev_notified(struct pvboot_dev *dev, uint32_t queue)
{
	if (queue >= PVBOOT_NUM_QUEUES || !pvboot_dev_running(dev))
		return;
	pvboot_io_unpark(dev);
	if (queue == PVBOOT_Q_REQUESTS)
		pvboot_req_run(dev);
	pvboot_pkt_run(dev);
}

/* ---- registers ------------------------------------------------------------------------------------------------- */

/* Fields that can be written, in the order in which a write over several takes effect. */
static const struct field {
	uint8_t offset, len;
} fields[] = {
	{VIRTIO_PCI_COMMON_DFSELECT, 4},  {VIRTIO_PCI_COMMON_GFSELECT, 4},  {VIRTIO_PCI_COMMON_GF, 4},
	{VIRTIO_PCI_COMMON_STATUS, 1},	  {VIRTIO_PCI_COMMON_Q_SELECT, 2},  {VIRTIO_PCI_COMMON_Q_SIZE, 2},
	{VIRTIO_PCI_COMMON_Q_ENABLE, 2},  {VIRTIO_PCI_COMMON_Q_DESCLO, 4},  {VIRTIO_PCI_COMMON_Q_DESCHI, 4},
	{VIRTIO_PCI_COMMON_Q_AVAILLO, 4}, {VIRTIO_PCI_COMMON_Q_AVAILHI, 4}, {VIRTIO_PCI_COMMON_Q_USEDLO, 4},
	{VIRTIO_PCI_COMMON_Q_USEDHI, 4},
};
_Static_assert(PVBOOT_REG_COMMON == 0, "offsets in the common configuration are offsets in the BAR");

static void set_field(struct pvboot_dev *dev, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		dev->device_select = value;
		break;
	case VIRTIO_PCI_COMMON_GFSELECT:
		dev->driver_select = value;
		break;
	case VIRTIO_PCI_COMMON_GF:
		set_features(dev, value);
		break;
	case VIRTIO_PCI_COMMON_STATUS:
		set_status(dev, (uint8_t)value);
		break;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		dev->queue_select = (uint16_t)value;
		break;
	default:
		set_queue(dev, offset, value);
		break;
	}
}

static uint32_t half_of(uint64_t features, uint32_t select)
{
	return select > 1 ? 0 : (uint32_t)(features >> 32 * select);
}

/* The common configuration as it reads now, virtio 1.2 4.1.4.3. */
static void render_common(const struct pvboot_dev *dev, struct virtio_pci_common_cfg *c)
{
	const struct pvboot_queue *q;

	memset(c, 0, sizeof(*c));
	c->device_feature_select = dev->device_select;
	c->device_feature = half_of(PVBOOT_FEATURES, dev->device_select);
	c->guest_feature_select = dev->driver_select;
	c->guest_feature = half_of(dev->driver_features, dev->driver_select);
	c->msix_config = VIRTIO_MSI_NO_VECTOR;
	c->num_queues = PVBOOT_NUM_QUEUES;
	c->device_status = dev->status | (dev->stale ? VIRTIO_CONFIG_S_NEEDS_RESET : 0); /* not 0 yet: [DEV-18] */
	c->config_generation = dev->generation;
	c->queue_select = dev->queue_select;
	c->queue_msix_vector = VIRTIO_MSI_NO_VECTOR;
	if (dev->queue_select >= PVBOOT_NUM_QUEUES)
		return;
	q = &dev->queue[dev->queue_select];
	c->queue_size = q->size;
	c->queue_enable = q->enabled;
	c->queue_desc_lo = (uint32_t)q->desc;
	c->queue_desc_hi = (uint32_t)(q->desc >> 32);
	c->queue_avail_lo = (uint32_t)q->avail;
	c->queue_avail_hi = (uint32_t)(q->avail >> 32);
	c->queue_used_lo = (uint32_t)q->used;
	c->queue_used_hi = (uint32_t)(q->used >> 32);
}

void pvboot_dev_render_config(struct pvboot_dev *dev, struct pvboot_config *config)
{
	*config = dev->config;
	config->milliseconds = (uint32_t)(pvboot_dev_now_ms(dev) - dev->epoch_ms);
}

/*
 * Render the whole BAR as it reads now.  An access of any width, also across fields, reads its bytes from this image.
 */
static void render(struct pvboot_dev *dev, uint8_t image[PVBOOT_BAR_PORTS])
{
	struct virtio_pci_common_cfg common;
	struct pvboot_config config;

	memset(image, 0, PVBOOT_BAR_PORTS);
	render_common(dev, &common);
	memcpy(image + PVBOOT_REG_COMMON, &common, sizeof(common));
	image[PVBOOT_REG_ISR] = dev->isr;
	pvboot_dev_render_config(dev, &config);
	memcpy(image + PVBOOT_REG_DEVICE, &config, sizeof(config));
}
_Static_assert(sizeof(struct virtio_pci_common_cfg) <= PVBOOT_REG_COMMON_LEN, "it fits its window");
_Static_assert(PVBOOT_REG_DEVICE + sizeof(struct pvboot_config) == PVBOOT_BAR_PORTS, "the windows fill the BAR");

static bool access_valid(uint32_t offset, uint32_t len)
{
	return (len == 1 || len == 2 || len == 4) && offset < PVBOOT_BAR_PORTS && len <= PVBOOT_BAR_PORTS - offset;
}

static bool overlaps(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

uint32_t pvboot_dev_bar_read(struct pvboot_dev *dev, uint32_t offset, uint32_t len)
{
	uint8_t image[PVBOOT_BAR_PORTS];
	uint32_t value = 0;

	if (!access_valid(offset, len))
		return len == 1 ? 0xff : len == 2 ? 0xffff : UINT32_MAX;
	render(dev, image);
	memcpy(&value, image + offset, len);
	if (overlaps(offset, len, PVBOOT_REG_ISR, PVBOOT_REG_ISR_LEN)) { /* reading acknowledges, virtio 1.2 4.1.4.5 */
		dev->isr = 0;
		pvboot_dev_update_irq(dev);
	}
	return value;
}

void pvboot_dev_bar_write(struct pvboot_dev *dev, uint32_t offset, uint32_t len, uint32_t value)
{
	uint8_t image[PVBOOT_BAR_PORTS];
	uint32_t v;
	size_t i;

	if (!access_valid(offset, len))
		return;
	/* A partial write leaves the other bytes of a field unchanged. */
	render(dev, image);
	memcpy(image + offset, &value, len);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!overlaps(offset, len, fields[i].offset, fields[i].len))
			continue;
		v = 0;
		memcpy(&v, image + fields[i].offset, fields[i].len);
		set_field(dev, fields[i].offset, v);
	}
	if (overlaps(offset, len, PVBOOT_REG_NOTIFY, 1))
		pvboot_dev_notified(dev, image[PVBOOT_REG_NOTIFY] | (uint32_t)image[PVBOOT_REG_NOTIFY + 1] << 8);
}

/* ---- for the backend ------------------------------------------------------------------------------------------- */

void pvboot_dev_set_status(struct pvboot_dev *dev, uint16_t status)
{
	const uint16_t host = PVBOOT_STATUS_HOST_UP | PVBOOT_STATUS_HOST_REFUSED;

	change_status(dev, (uint16_t)((dev->config.status & ~host) | (status & host)));
}

void pvboot_dev_set_identity(struct pvboot_dev *dev, const uint8_t mac[6], const uint8_t uuid[16],
			     uint32_t host_wait_ms)
{
	struct pvboot_config before = dev->config;

	if (mac)
		memcpy(dev->config.mac, mac, sizeof(dev->config.mac));
	if (uuid) {
		memcpy(dev->config.uuid, uuid, sizeof(dev->config.uuid));
		dev->config.flags |= PVBOOT_CFG_F_UUID;
	}
	if (host_wait_ms)
		dev->config.host_wait_ms = host_wait_ms;
	if (memcmp(&before, &dev->config, sizeof(before)))
		config_changed(dev);
}

void pvboot_dev_set_error(struct pvboot_dev *dev, const char *text, size_t len)
{
	dev->error_len = len < sizeof(dev->error) ? (uint32_t)len : (uint32_t)sizeof(dev->error);
	put_text(dev->error, text, dev->error_len);
}

uint64_t pvboot_dev_now_ms(struct pvboot_dev *dev)
{
	return dev->vmm_ops->now_ms(dev->vmm);
}

void pvboot_dev_log(struct pvboot_dev *dev, enum pvboot_log_level level, const char *text)
{
	dev->vmm_ops->log(dev->vmm, level, text);
}
