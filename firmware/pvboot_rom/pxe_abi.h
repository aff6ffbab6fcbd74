/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pxe_abi.h - the structures and codes of PXE 2.1 that the ROM implements.
 *
 * Layouts are the specification's (unaligned fields included); each is asserted.  Addresses and ports are in network
 * order.  Every parameter block begins with its Status.
 */
#ifndef ROM_PXE_ABI_H
#define ROM_PXE_ABI_H

#include "rom.h"

#define PXE_NBP_ADDRESS 0x7c00 /* where a boot program is loaded and entered, segment 0 */

/* ---- opcodes --------------------------------------------------------------------------------------------------- */

#define PXE_START_UNDI 0x00
#define PXE_UNDI_STARTUP 0x01
#define PXE_UNDI_CLEANUP 0x02
#define PXE_UNDI_INITIALIZE 0x03
#define PXE_UNDI_RESET 0x04
#define PXE_UNDI_SHUTDOWN 0x05
#define PXE_UNDI_OPEN 0x06
#define PXE_UNDI_CLOSE 0x07
#define PXE_UNDI_TRANSMIT 0x08
#define PXE_UNDI_SET_MCAST_ADDRESS 0x09
#define PXE_UNDI_SET_STATION_ADDRESS 0x0a
#define PXE_UNDI_SET_PACKET_FILTER 0x0b
#define PXE_UNDI_GET_INFORMATION 0x0c
#define PXE_UNDI_GET_STATISTICS 0x0d
#define PXE_UNDI_CLEAR_STATISTICS 0x0e
#define PXE_UNDI_INITIATE_DIAGS 0x0f
#define PXE_UNDI_FORCE_INTERRUPT 0x10
#define PXE_UNDI_GET_MCAST_ADDRESS 0x11
#define PXE_UNDI_GET_NIC_TYPE 0x12
#define PXE_UNDI_GET_IFACE_INFO 0x13
#define PXE_UNDI_ISR 0x14
#define PXE_STOP_UNDI 0x15 /* UNDI_GET_STATE has the same number */
#define PXE_TFTP_OPEN 0x20
#define PXE_TFTP_CLOSE 0x21
#define PXE_TFTP_READ 0x22
#define PXE_TFTP_READ_FILE 0x23
#define PXE_TFTP_GET_FSIZE 0x25
#define PXE_UDP_OPEN 0x30
#define PXE_UDP_CLOSE 0x31
#define PXE_UDP_READ 0x32
#define PXE_UDP_WRITE 0x33
#define PXE_UNLOAD_STACK 0x70
#define PXE_GET_CACHED_INFO 0x71
#define PXE_RESTART_TFTP 0x73
#define PXE_START_BASE 0x75
#define PXE_STOP_BASE 0x76
#define PXE_FILE_OPEN 0xe0
#define PXE_FILE_CLOSE 0xe1
#define PXE_FILE_SELECT 0xe2
#define PXE_FILE_READ 0xe3
#define PXE_GET_FILE_SIZE 0xe4
#define PXE_FILE_EXEC 0xe5
#define PXE_FILE_API_CHECK 0xe6
#define PXE_FILE_EXIT_HOOK 0xe7
#define PXE_FILE_CMDLINE 0xe8
#define PXE_LOADER 0x10000 /* not an opcode: the ROM's UNDI loader (pxe_entry.asm) */

/* ---- status codes ---------------------------------------------------------------------------------------------- */

#define PXE_S_SUCCESS 0x00
#define PXE_S_FAILURE 0x01
#define PXE_S_UNSUPPORTED 0x03
#define PXE_S_KEEP_UNDI 0x04
#define PXE_S_KEEP_ALL 0x05
#define PXE_S_OUT_OF_RESOURCES 0x06
#define PXE_S_UDP_CLOSED 0x18
#define PXE_S_TFTP_CLOSED 0x1a
#define PXE_S_TFTP_OPEN 0x1b
#define PXE_S_ARP_TIMEOUT 0x30
#define PXE_S_TFTP_OPEN_TIMEOUT 0x32
#define PXE_S_TFTP_READ_TIMEOUT 0x35
#define PXE_S_TFTP_ERROR 0x36
#define PXE_S_TFTP_NOT_FOUND 0x3b
#define PXE_S_TFTP_ACCESS 0x3c
#define PXE_S_UNDI_MEDIA_TEST 0x61
#define PXE_S_UNDI_CANNOT_INITIALIZE 0x63
#define PXE_S_UNDI_BAD_MAC 0x67
#define PXE_S_UNDI_INVALID_STATE 0x6a
#define PXE_S_UNDI_TRANSMIT 0x6b
#define PXE_S_INVALID_PARAMETER 0x6c
#define PXE_S_TOO_BIG 0x79
#define PXE_S_BINL_CANCELED 0xa0

/* ---- !PXE and PXENV+ ------------------------------------------------------------------------------------------- */

struct pxe_segdesc {
	uint16_t segment;
	uint32_t physical;
	uint16_t size;
} __attribute__((packed));

struct pxe_bang {
	char signature[4]; /* "!PXE" */
	uint8_t length;
	uint8_t checksum;
	uint8_t revision;
	uint8_t reserved;
	struct segoff undi_rom_id;
	struct segoff base_rom_id;
	struct segoff entry_sp;
	struct segoff entry_esp;
	uint32_t status_callout; /* FFFFFFFFh: none */
	uint8_t reserved2;
	uint8_t segdesc_count;
	uint16_t first_selector;
	struct pxe_segdesc stack, undi_data, undi_code, undi_code_write, bc_data, bc_code, bc_code_write;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_bang, entry_sp) == 0x10, "!PXE.EntryPointSP");
_Static_assert(offsetof(struct pxe_bang, segdesc_count) == 0x1d, "!PXE.SegDescCnt");
_Static_assert(offsetof(struct pxe_bang, undi_data) == 0x28, "!PXE.UNDIData");
_Static_assert(offsetof(struct pxe_bang, bc_code) == 0x48, "!PXE.BC_Code");
_Static_assert(sizeof(struct pxe_bang) == 0x58, "!PXE"); /* exactly: ReactOS checks */

struct pxe_env {
	char signature[6]; /* "PXENV+" */
	uint16_t version;  /* 0201h */
	uint8_t length;
	uint8_t checksum;
	struct segoff rm_entry;
	uint32_t pm_offset;
	uint16_t pm_selector;
	uint16_t stack_segment, stack_size;
	uint16_t bc_code_segment, bc_code_size;
	uint16_t bc_data_segment, bc_data_size;
	uint16_t undi_data_segment, undi_data_size;
	uint16_t undi_code_segment, undi_code_size;
	struct segoff bang_pxe;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_env, stack_segment) == 0x14, "PXENV+.StackSeg");
_Static_assert(offsetof(struct pxe_env, undi_data_segment) == 0x20, "PXENV+.UNDIDataSeg");
_Static_assert(sizeof(struct pxe_env) == 0x2c, "PXENV+"); /* not larger: FreeBSD refuses more */

#define PXE_ROM_UNDI_ID 0x16 /* offset in the ROM's header of the UNDI ROM ID's offset */

/* ---- parameter blocks ------------------------------------------------------------------------------------------ */

struct pxe_undi_loader {
	uint16_t status, ax, bx, dx, di, es; /* at POST */
	uint16_t undi_ds, undi_cs;	     /* segments that the caller offers */
	struct segoff bang_pxe, pxenv;	     /* out */
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_undi_loader, bang_pxe) == 0x10, "UNDI_LOADER");

struct pxe_get_information {
	uint16_t status, base_io, interrupt, mtu, hw_type, hw_addr_len;
	uint8_t current_address[16];
	uint8_t permanent_address[16];
	uint16_t rom_segment, rx_buffers, tx_buffers;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_get_information, rom_segment) == 0x2c, "GET_INFORMATION");

#define PXE_MAC_FIELD 16 /* bytes of a MAC address in a block */
#define PXE_MCASTS 8

struct pxe_undi_mcasts {
	uint16_t count;
	uint8_t address[PXE_MCASTS][PXE_MAC_FIELD]; /* callers' blocks may end after address[count - 1] */
} __attribute__((packed));

struct pxe_undi_open {
	uint16_t status, flag, filter;
	struct pxe_undi_mcasts mcasts;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_undi_open, mcasts) == 6, "UNDI_OPEN");
#define PXE_FILTER_BROADCAST 0x02
#define PXE_FILTER_PROMISCUOUS 0x04

struct pxe_undi_set_mcast { /* and RESET */
	uint16_t status;
	struct pxe_undi_mcasts mcasts;
} __attribute__((packed));

struct pxe_undi_set_station {
	uint16_t status;
	uint8_t address[PXE_MAC_FIELD];
} __attribute__((packed));

struct pxe_undi_set_filter {
	uint16_t status;
	uint8_t filter;
} __attribute__((packed));

struct pxe_undi_statistics {
	uint16_t status;
	uint32_t sent, received, crc_errors, resource_errors;
} __attribute__((packed));

struct pxe_undi_get_mcast {
	uint16_t status;
	uint8_t ip[4];
	uint8_t mac[PXE_MAC_FIELD];
} __attribute__((packed));

struct pxe_undi_transmit {
	uint16_t status;
	uint8_t protocol, flag;
	struct segoff dest, tbd;
	uint32_t reserved[2];
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_undi_transmit, tbd) == 8, "UNDI_TRANSMIT");
#define PXE_PROTOCOL_UNKNOWN 0 /* TRANSMIT: the frame has its header; ISR: none of the others */
#define PXE_PROTOCOL_IP 1
#define PXE_PROTOCOL_ARP 2
#define PXE_PROTOCOL_RARP 3
#define PXE_TRANSMIT_BROADCAST 1

#define PXE_TBD_BLOCKS 8

struct pxe_tbd {
	uint16_t immediate_len;
	struct segoff immediate;
	uint16_t count;
	struct {
		uint8_t type, reserved;
		uint16_t len;
		struct segoff data;
	} block[PXE_TBD_BLOCKS];
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_tbd, block) == 8, "UNDI_TBD");
_Static_assert(sizeof(struct pxe_tbd) == 72, "UNDI_TBD");

struct pxe_undi_isr {
	uint16_t status, function, buffer_len, frame_len, header_len;
	struct segoff frame;
	uint8_t protocol, packet_type;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_undi_isr, frame) == 0x0a, "UNDI_ISR");
_Static_assert(sizeof(struct pxe_undi_isr) == 0x10, "UNDI_ISR");
#define PXE_ISR_START 1 /* in */
#define PXE_ISR_PROCESS 2
#define PXE_ISR_GET_NEXT 3
#define PXE_ISR_OURS 0 /* out, of START */
#define PXE_ISR_NOT_OURS 1
#define PXE_ISR_DONE 0 /* out, of the others */
#define PXE_ISR_RECEIVE 3
#define PXE_PACKET_DIRECTED 0
#define PXE_PACKET_BROADCAST 1
#define PXE_PACKET_MULTICAST 2

struct pxe_get_nic_type {
	uint16_t status;
	uint8_t type; /* 2: PCI */
	uint16_t vendor, device;
	uint8_t base_class, sub_class, prog_if, revision;
	uint16_t bus_dev_func;
	/* the subsystem's ids are not written: old callers have no room for them */
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_get_nic_type, bus_dev_func) == 0x0b, "GET_NIC_TYPE");

struct pxe_get_iface_info {
	uint16_t status;
	char type[16];
	uint32_t speed, flags, reserved[4];
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_get_iface_info, flags) == 0x16, "GET_IFACE_INFO");

struct pxe_tftp_open {
	uint16_t status;
	uint8_t server[4], gateway[4];
	char name[128];
	uint16_t port_be, packet_size;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_tftp_open, packet_size) == 0x8c, "TFTP_OPEN");

struct pxe_tftp_read {
	uint16_t status, packet_number, buffer_size;
	struct segoff buffer;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_tftp_read, buffer) == 6, "TFTP_READ");

struct pxe_tftp_read_file { /* and RESTART_TFTP */
	uint16_t status;
	char name[128];
	uint32_t buffer_size, buffer; /* physical */
	uint8_t server[4], gateway[4], mcast[4];
	uint16_t client_port_be, server_port_be, open_timeout, reopen_delay;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_tftp_read_file, buffer) == 0x86, "TFTP_READ_FILE");
_Static_assert(offsetof(struct pxe_tftp_read_file, reopen_delay) == 0x9c, "TFTP_READ_FILE");

struct pxe_tftp_get_fsize {
	uint16_t status;
	uint8_t server[4], gateway[4];
	char name[128];
	uint32_t file_size;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_tftp_get_fsize, file_size) == 0x8a, "TFTP_GET_FSIZE");

struct pxe_udp_open {
	uint16_t status;
	uint32_t source;
} __attribute__((packed));

struct pxe_udp_read {
	uint16_t status;
	uint32_t source, dest;
	uint16_t source_port_be, dest_port_be, buffer_size;
	struct segoff buffer;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_udp_read, buffer) == 0x10, "UDP_READ");

struct pxe_udp_write {
	uint16_t status;
	uint32_t dest, gateway;
	uint16_t source_port_be, dest_port_be, buffer_size;
	struct segoff buffer;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_udp_write, buffer) == 0x10, "UDP_WRITE");

struct pxe_get_cached_info {
	uint16_t status, type, buffer_size;
	struct segoff buffer;
	uint16_t buffer_limit; /* not written: some callers' blocks end before it */
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_get_cached_info, buffer_limit) == 0x0a, "GET_CACHED_INFO");

struct pxe_file_open {
	uint16_t status, handle;
	struct segoff name;
	uint32_t reserved;
} __attribute__((packed));

struct pxe_file_close {
	uint16_t status, handle;
} __attribute__((packed));

struct pxe_file_select {
	uint16_t status, handle, ready;
} __attribute__((packed));
#define PXE_RDY_READ 1

struct pxe_file_read {
	uint16_t status, handle, buffer_size;
	struct segoff buffer;
} __attribute__((packed));
_Static_assert(offsetof(struct pxe_file_read, buffer) == 6, "FILE_READ");

struct pxe_file_size {
	uint16_t status, handle;
	uint32_t size;
} __attribute__((packed));

struct pxe_file_api_check {
	uint16_t status, size;
	uint32_t magic, provider, mask, flags;
} __attribute__((packed));
_Static_assert(sizeof(struct pxe_file_api_check) == 0x14, "FILE_API_CHECK");
#define PXE_FILE_API_MAGIC_IN 0x91d447b2u
#define PXE_FILE_API_MAGIC_OUT 0xe9c17b20u

#endif /* ROM_PXE_ABI_H */
