// SPDX-License-Identifier: BSD-2-Clause
/* errors.c - failures in the manner of PXE: a code, the cause in words, what to do. */
#include "errors.h"

#include "console.h"
#include "pxe_abi.h"
#include "request.h"
#include "virtio.h"

struct error {
	uint32_t status;
	uint8_t code; /* PXE-Exx on the screen */
	uint8_t pxe;  /* Status in the API */
	const char *cause;
	const char *advice; /* printed if the host has no words: the host knows more */
};

static const char see_server[] = "see the file server's log";
static const char see_host[] = "see pvboot-hostd's log on the host";

/* docs/rom.md explains these codes to users. */
static const struct error table[] = {
	{PVBOOT_S_NOT_FOUND, 0x3b, PXE_S_TFTP_NOT_FOUND, "file not found",
	 "check the file name and the server's directory"},
	{PVBOOT_S_ACCESS, 0x3c, PXE_S_TFTP_ACCESS, "the file is refused", "check what it is, and its permissions"},
	{PVBOOT_S_TIMEOUT, 0x32, PXE_S_TFTP_OPEN_TIMEOUT, "the file server does not answer",
	 "check that it runs and that no firewall is between"},
	{PVBOOT_S_TIMEOUT | ERROR_READ, 0x35, PXE_S_TFTP_READ_TIMEOUT, "the file server fell silent", see_server},
	{PVBOOT_S_TFTP_ERROR, 0x36, PXE_S_TFTP_ERROR, "the file server sent an error", see_server},
	{PVBOOT_S_UNREACHABLE, 0x11, PXE_S_ARP_TIMEOUT, "the file server cannot be reached",
	 "give the host an address or a route in its network"},
	{PVBOOT_S_NO_OFFER, 0x51, 0x51, "no DHCP or proxyDHCP offers were received",
	 "check that a DHCP server serves the boot interface and knows this MAC"},
	{PVBOOT_S_NAK, 0x51, 0x51, "the DHCP server withdrew its offer", "see the DHCP server's log"},
	{PVBOOT_S_NO_BOOTFILE, 0x53, 0x53, "no boot filename received",
	 "name one: filename and next-server in the DHCP server, or a file in --root"},
	{PVBOOT_S_TRUNCATED, 0x39, PXE_S_TFTP_ERROR, "the file ended before its announced size", see_server},
	{PVBOOT_S_CHANGED, 0x39, PXE_S_TFTP_ERROR, "the file changed while it was read", "boot again"},
	{PVBOOT_S_NO_RESOURCES, 0x06, PXE_S_OUT_OF_RESOURCES, "the host is out of room", see_host},
	{PVBOOT_S_UNSUPPORTED, 0x7f, PXE_S_UNSUPPORTED, "the host does not support that", see_host},
	{PVBOOT_S_DENIED, 0x3c, PXE_S_TFTP_ACCESS, "the host refuses that", see_host},
	{REQUEST_NO_HOST, 0x61, PXE_S_FAILURE, "no boot host: pvboot-hostd does not run on the host",
	 "start pvboot-hostd and boot again"},
	{REQUEST_REFUSED, 0x61, PXE_S_FAILURE, "pvboot-hostd refuses this virtual machine", see_host},
	{REQUEST_NO_DEVICE, 0x61, PXE_S_FAILURE, "the pvboot device does not answer",
	 "see whether its process still runs"},
	{REQUEST_BROKEN, 0x0b, PXE_S_FAILURE, "the pvboot device has failed",
	 "see pvboot-device's log; does it see the guest's memory (share=on)?"},
	{REQUEST_UNSEEN, 0x0b, PXE_S_FAILURE, "the device cannot reach this guest's memory, or hangs",
	 "share it: memory-backend-memfd,share=on; libvirt: <memoryBacking>"},
	{REQUEST_ESCAPED, 0xa0, PXE_S_BINL_CANCELED, "network boot canceled by keystroke", NULL},
	{ERROR_TOO_BIG, 0x79, PXE_S_TOO_BIG, "the boot program does not fit base memory", "name a smaller one"},
	{ERROR_EMPTY, 0x39, PXE_S_FAILURE, "the boot program is empty", "check the file on the server"},
	{ERROR_NO_PCI, 0x01, PXE_S_FAILURE, "no pvboot device found", "give the virtual machine one"},
	{ERROR_START, 0x0a, PXE_S_FAILURE, "the pvboot device does not start", NULL},
	{ERROR_KERNEL, 0x7e, PXE_S_FAILURE, "the kernel cannot be booted", NULL},
	{PVBOOT_S_FAILED, 0x7f, PXE_S_FAILURE, "failed", see_host}, /* and any status that is not in the table */
};
#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

static const struct error *lookup(uint32_t status)
{
	for (uint32_t exact = 0; exact < 2; exact++, status &= ~ERROR_READ)
		for (uint32_t i = 0; i < TABLE_LEN; i++)
			if (table[i].status == status)
				return &table[i];
	return &table[TABLE_LEN - 1];
}

void errors_print(uint32_t status, const char *words, uint32_t len)
{
	const struct error *e = lookup(status);

	print("\nPXE-E%X: %s\n", e->code, e->cause);
	if (len) {
		print("  cause: ");
		print_text(words, len);
		print("\n");
	}
	if (e->advice && !len)
		print("  to do: %s\n", e->advice);
}

void errors_explain(uint32_t status, const char *words)
{
	uint32_t len = words ? strlen_linear(near_phys(words), PVBOOT_ERROR_MAX) : 0;

	if (virtio_running && (status & ~ERROR_READ) < ERROR_TOO_BIG && status != REQUEST_ESCAPED &&
	    status != REQUEST_NO_HOST)
		len = request_last_error(&words);
	errors_print(status, words, len);
}

uint16_t errors_pxe_status(uint32_t status)
{
	return (status & ~ERROR_READ) == PVBOOT_S_OK ? PXE_S_SUCCESS : lookup(status)->pxe;
}
