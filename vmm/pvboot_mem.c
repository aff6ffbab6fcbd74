/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_mem.c - access guest memory, only through the VMM's map() and map_read().
 *
 * A guest-physical range may lie in pieces that are not adjacent in the host, and another vcpu may write to it at any
 * moment.  So the device copies data once, then checks and uses the copy.  The barrier after each copy keeps the
 * compiler from reading the original again.
 */
#include "pvboot_dev_int.h"

static void compiler_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

/* How many bytes of a range lie in the address space; may be 0. */
static uint64_t inside(uint64_t gpa, uint64_t len)
{
	if (len && len - 1 > UINT64_MAX - gpa)
		return UINT64_MAX - gpa + 1; /* not 0, because gpa is not 0 */
	return len;
}

void *pvboot_mem_map(struct pvboot_dev *dev, uint64_t gpa, uint64_t *len)
{
	uint64_t wanted = inside(gpa, *len);
	void *p;

	*len = wanted;
	p = wanted ? dev->vmm_ops->map(dev->vmm, gpa, len) : NULL;
	if (!p || !*len)
		return NULL;
	if (*len > wanted)
		*len = wanted;
	return p;
}

static const void *map_read(struct pvboot_dev *dev, uint64_t gpa, uint64_t *len)
{
	uint64_t wanted = inside(gpa, *len);
	const void *p;

	if (!dev->vmm_ops->map_read)
		return pvboot_mem_map(dev, gpa, len);
	*len = wanted;
	p = wanted ? dev->vmm_ops->map_read(dev->vmm, gpa, len) : NULL;
	if (!p || !*len)
		return NULL;
	if (*len > wanted)
		*len = wanted;
	return p;
}

bool pvboot_mem_read(struct pvboot_dev *dev, uint64_t gpa, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		uint64_t n = len;
		const void *from = map_read(dev, gpa, &n);

		if (!from)
			return false;
		memcpy(to, from, n);
		compiler_barrier();
		to += n;
		len -= n;
		if (len && n > UINT64_MAX - gpa)
			return false;
		gpa += n;
	}
	return true;
}

bool pvboot_mem_write(struct pvboot_dev *dev, uint64_t gpa, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len) {
		uint64_t n = len;
		void *to = pvboot_mem_map(dev, gpa, &n);

		if (!to)
			return false;
		memcpy(to, from, n);
		compiler_barrier();
		from += n;
		len -= n;
		if (len && n > UINT64_MAX - gpa)
			return false;
		gpa += n;
	}
	return true;
}

/* A counter never crosses a border of memory: its address is 2-aligned, and no VMM's memory has odd borders. */
bool pvboot_mem_load16(struct pvboot_dev *dev, uint64_t gpa, uint16_t *value)
{
	uint64_t n = 2;
	const uint16_t *p = map_read(dev, gpa, &n);

	if (!p || n < 2)
		return false;
	/* Reads after this one must see what the driver wrote before the counter (virtio 1.2 2.7.13.3). */
	*value = __atomic_load_n(p, __ATOMIC_ACQUIRE);
	return true;
}

bool pvboot_mem_store16(struct pvboot_dev *dev, uint64_t gpa, uint16_t value)
{
	uint64_t n = 2;
	uint16_t *p = pvboot_mem_map(dev, gpa, &n);

	if (!p || n < 2)
		return false;
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
	return true;
}
