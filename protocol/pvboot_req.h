/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_req.h - the requests of the pvboot protocol.
 *
 * The requests of a guest and the answers to them.  Two interfaces share them: the guest ABI (pvboot.h), where a
 * request is a descriptor chain of queue 1, and the VMM-to-hostd link (pvboot_link.h), where it is a message.
 * docs/spec.md, chapter 4, is the prose; every layout below is asserted.
 *
 * All integers are little-endian, but fields whose name ends in _be are in network order.  IPv4 addresses are four
 * bytes in network order.  The sender writes 0 to reserved fields; the receiver refuses any other value.
 */
#ifndef PVBOOT_REQ_H
#define PVBOOT_REQ_H

#include <stddef.h>
#include <stdint.h>

#define PVBOOT_ASSERT_LAYOUT(type, field, off) _Static_assert(offsetof(struct type, field) == (off), #type "." #field)
#define PVBOOT_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)

/* ---- limits ---------------------------------------------------------------------------------------------------- */

#define PVBOOT_NAME_MAX 1023	/* bytes of a file name or URL in PVBOOT_OP_OPEN, no NUL */
#define PVBOOT_SCHEME "pvboot"	/* of URLs: as tftp:, but the path is used unchanged */
#define PVBOOT_DGRAM_MAX 1472	/* payload bytes of one datagram: 1500 - IPv4 header - UDP header */
#define PVBOOT_LOG_MAX 512	/* bytes of text in PVBOOT_OP_LOG */
#define PVBOOT_ERROR_MAX 255	/* bytes of text in the answer to PVBOOT_OP_LAST_ERROR */
#define PVBOOT_ARGS_MAX 2048	/* bytes of arguments of any request, header excluded */
#define PVBOOT_DHCP_PACKET 1260 /* bytes of each cached DHCP packet, zero padded; boot programs assume it */
#define PVBOOT_BOOTFILE_MAX 256 /* bytes of the boot file name in struct pvboot_lease, NUL included */
#define PVBOOT_FILES_MAX 16	/* files one guest may hold open */
#define PVBOOT_SIZE_UNKNOWN UINT64_C(0xffffffffffffffff)

/* ---- operations ------------------------------------------------------------------------------------------------ */

#define PVBOOT_OP_DISCOVER 1	 /* obtain a lease by DHCP:   pvboot_discover_args -> pvboot_discover_res */
#define PVBOOT_OP_OPEN 2	 /* open a file:              pvboot_open_args + name -> pvboot_open_res */
#define PVBOOT_OP_READ 3	 /* read at an offset:        pvboot_read_args -> bytes */
#define PVBOOT_OP_CLOSE 4	 /* close a file:             pvboot_file_args -> nothing */
#define PVBOOT_OP_PROGRESS 5	 /* bytes fetched so far:     pvboot_file_args -> pvboot_progress_res */
#define PVBOOT_OP_DGRAM_OPEN 6	 /* start receiving:          pvboot_dgram_open_args -> nothing */
#define PVBOOT_OP_DGRAM_CLOSE 7	 /* stop, drop waiting ones:  nothing -> nothing */
#define PVBOOT_OP_DGRAM_SEND 8	 /* send one UDP datagram:    pvboot_dgram_args + payload -> nothing */
#define PVBOOT_OP_LOG 9		 /* one line for the log:     pvboot_log_args + text -> nothing */
#define PVBOOT_OP_PHASE 10	 /* the boot reached a phase: pvboot_phase_args -> nothing */
#define PVBOOT_OP_LAST_ERROR 11	 /* text of the last error:   nothing -> text; answered by the device itself */
#define PVBOOT_OP_CANCEL 12	 /* cancel a request:         pvboot_cancel_args -> nothing; by the device itself */
#define PVBOOT_OP_PLAN 13	 /* what to boot directly:    pvboot_plan_args -> pvboot_plan or pvboot_plan_list */
#define PVBOOT_OP_FRAME_OPEN 14	 /* start receiving frames:   pvboot_frame_open_args -> nothing */
#define PVBOOT_OP_FRAME_CLOSE 15 /* stop, drop waiting ones:  nothing -> nothing */
#define PVBOOT_OP_FRAME_SEND 16	 /* send one Ethernet frame:  pvboot_frame_args + frame -> nothing */
#define PVBOOT_OP_CONFIG 17	 /* device configuration:     nothing -> pvboot_config; by the device itself */
#define PVBOOT_OP_LAST PVBOOT_OP_CONFIG

/* ---- status ---------------------------------------------------------------------------------------------------- */

#define PVBOOT_S_OK 0
#define PVBOOT_S_FAILED 1	 /* a failure without its own code; LAST_ERROR has the text */
#define PVBOOT_S_UNSUPPORTED 2	 /* unknown operation, flag or URL scheme */
#define PVBOOT_S_BAD_REQUEST 3	 /* malformed: lengths, reserved fields, missing room for the result */
#define PVBOOT_S_AGAIN 4	 /* READ with PVBOOT_READ_F_PARTIAL: no byte is there yet */
#define PVBOOT_S_NOT_FOUND 5	 /* the server says there is no such file */
#define PVBOOT_S_ACCESS 6	 /* the server refuses the file */
#define PVBOOT_S_TIMEOUT 7	 /* the file server does not answer */
#define PVBOOT_S_NO_OFFER 8	 /* no DHCP server answered */
#define PVBOOT_S_NO_BOOTFILE 9	 /* a DHCP server answered, but no server names a boot file */
#define PVBOOT_S_UNREACHABLE 10	 /* the host has no route to the server */
#define PVBOOT_S_BAD_HANDLE 11	 /* no file is open under that handle */
#define PVBOOT_S_CHANGED 12	 /* the file changed while it was read */
#define PVBOOT_S_NO_RESOURCES 13 /* too many files, or the host has no room */
#define PVBOOT_S_DENIED 14	 /* hostd does not allow this VM to do that, or does not serve it */
#define PVBOOT_S_TFTP_ERROR 15	 /* the server sent another TFTP error; detail is its ErrorCode */
#define PVBOOT_S_CANCELLED 16	 /* cancelled by PVBOOT_OP_CANCEL */
#define PVBOOT_S_NAK 17		 /* the DHCP server withdrew its offer */
#define PVBOOT_S_TRUNCATED 18	 /* the file ended before the size its server announced */
#define PVBOOT_S_LAST PVBOOT_S_TRUNCATED
#define PVBOOT_S_UNWRITTEN 0xffffffffu /* a driver writes it before submitting; never an answer */

/* ---- DISCOVER -------------------------------------------------------------------------------------------------- */

#define PVBOOT_DISCOVER_F_FRESH 0x1u /* do not reuse a lease kept from an earlier boot of this VM */

struct pvboot_discover_args {
	uint32_t flags; /* PVBOOT_DISCOVER_F_* */
	uint32_t reserved;

	/* followed by nothing, or by the MAC address of the machine's own card, PVBOOT_CARD_LEN bytes */
};
#define PVBOOT_CARD_LEN 6
PVBOOT_ASSERT_LAYOUT(pvboot_discover_args, flags, 0);
PVBOOT_ASSERT_SIZE(pvboot_discover_args, 8);

#define PVBOOT_LEASE_F_PROXY 0x1u /* a ProxyDHCP or boot server named the boot file; packet 3 is its reply */
#define PVBOOT_LEASE_F_LOCAL 0x2u /* hostd asked no server: it made the lease up (--root) */

struct pvboot_lease {
	uint8_t address[4]; /* the guest's own */
	uint8_t netmask[4];
	uint8_t router[4];	/* 0.0.0.0: none */
	uint8_t boot_server[4]; /* where the boot file is */
	uint8_t dhcp_server[4]; /* option 54 of the lease */
	uint8_t dns[4];		/* the first one, 0.0.0.0: none */
	uint32_t lease_seconds;
	uint32_t flags;	    /* PVBOOT_LEASE_F_* */
	uint16_t prefix_at; /* offset in reply of an option 210 that hostd added as the last option; 0: none */
	uint8_t reserved[30];
	char bootfile[PVBOOT_BOOTFILE_MAX]; /* NUL terminated and padded */
};
PVBOOT_ASSERT_LAYOUT(pvboot_lease, address, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, netmask, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, router, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, boot_server, 12);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, dhcp_server, 16);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, dns, 20);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, lease_seconds, 24);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, flags, 28);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, prefix_at, 32);
PVBOOT_ASSERT_LAYOUT(pvboot_lease, bootfile, 64);
PVBOOT_ASSERT_SIZE(pvboot_lease, 320);

/* The three packets that PXE's GET_CACHED_INFO serves: 1 DHCPDISCOVER, 2 DHCPACK, 3 boot server reply.
 * Without a proxy, reply is a full copy of ack. */
struct pvboot_discover_res {
	struct pvboot_lease lease;
	uint8_t discover[PVBOOT_DHCP_PACKET];
	uint8_t ack[PVBOOT_DHCP_PACKET];
	uint8_t reply[PVBOOT_DHCP_PACKET];
};
PVBOOT_ASSERT_LAYOUT(pvboot_discover_res, lease, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_discover_res, discover, 320);
PVBOOT_ASSERT_LAYOUT(pvboot_discover_res, ack, 1580);
PVBOOT_ASSERT_LAYOUT(pvboot_discover_res, reply, 2840);
PVBOOT_ASSERT_SIZE(pvboot_discover_res, 4100);

/* ---- OPEN, READ, CLOSE, PROGRESS ------------------------------------------------------------------------------- */

#define PVBOOT_OPEN_F_STAT 0x1u /* the guest wants only the size: hostd need not fetch the contents */

struct pvboot_open_args {
	uint8_t server[4];   /* 0.0.0.0: the lease's boot server */
	uint16_t port_be;    /* 0: the scheme's own (TFTP 69) */
	uint16_t block_size; /* TFTP blksize the guest wants to see, 0: hostd chooses */
	uint32_t flags;	     /* PVBOOT_OPEN_F_* */
	uint32_t reserved;

	/* followed by the name: 1..PVBOOT_NAME_MAX bytes, a TFTP path or a URL, no NUL */
};
PVBOOT_ASSERT_LAYOUT(pvboot_open_args, server, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_open_args, port_be, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_open_args, block_size, 6);
PVBOOT_ASSERT_LAYOUT(pvboot_open_args, flags, 8);
PVBOOT_ASSERT_SIZE(pvboot_open_args, 16);

struct pvboot_open_res {
	uint32_t handle;     /* non-zero */
	uint32_t block_size; /* what PXE's TFTP_OPEN may report, at most the one asked for */
	uint64_t size;	     /* bytes, or PVBOOT_SIZE_UNKNOWN */
};
PVBOOT_ASSERT_LAYOUT(pvboot_open_res, handle, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_open_res, block_size, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_open_res, size, 8);
PVBOOT_ASSERT_SIZE(pvboot_open_res, 16);

/*
 * READ is answered when the room is full, at the end of the file, or on failure.  With PVBOOT_READ_F_PARTIAL it is
 * answered as soon as at least one byte is there, and with PVBOOT_S_AGAIN if none came within wait_ms.  The answer's
 * detail is PVBOOT_READ_EOF if the file ends with these bytes, else 0.
 */
#define PVBOOT_READ_F_PARTIAL 0x1u
#define PVBOOT_READ_WAIT_MAX 1000 /* a larger wait_ms counts as this */
#define PVBOOT_READ_EOF 1

struct pvboot_read_args {
	uint32_t handle;
	uint32_t flags; /* PVBOOT_READ_F_* */
	uint64_t offset;
	uint32_t wait_ms;
	uint32_t reserved;
};
PVBOOT_ASSERT_LAYOUT(pvboot_read_args, handle, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_read_args, flags, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_read_args, offset, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_read_args, wait_ms, 16);
PVBOOT_ASSERT_SIZE(pvboot_read_args, 24);

struct pvboot_file_args { /* CLOSE, PROGRESS */
	uint32_t handle;
	uint32_t reserved;
};
PVBOOT_ASSERT_LAYOUT(pvboot_file_args, handle, 0);
PVBOOT_ASSERT_SIZE(pvboot_file_args, 8);

struct pvboot_progress_res {
	uint64_t size;	    /* bytes, or PVBOOT_SIZE_UNKNOWN */
	uint64_t available; /* bytes fetched so far, contiguous from 0 */
};
PVBOOT_ASSERT_LAYOUT(pvboot_progress_res, size, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_progress_res, available, 8);
PVBOOT_ASSERT_SIZE(pvboot_progress_res, 16);

/* ---- PLAN ------------------------------------------------------------------------------------------------------ */

#define PVBOOT_PLAN_NONE 0  /* boot the lease's boot program; text: the reason, or empty if it is configured so */
#define PVBOOT_PLAN_LINUX 1 /* a Linux kernel; text: its command line */
#define PVBOOT_PLAN_LOCAL 2 /* boot nothing: go on to the BIOS's next boot device */
#define PVBOOT_PLAN_LIST 3  /* the user must choose: the result is a struct pvboot_plan_list */

#define PVBOOT_PLAN_TEXT 7976	   /* bytes of names and text in struct pvboot_plan */
#define PVBOOT_PLAN_LIST_TEXT 8168 /* bytes of strings in struct pvboot_plan_list */

#define PVBOOT_PLAN_F_LIST 0x1u /* the driver can show a list; without it, a list becomes PVBOOT_PLAN_NONE */

struct pvboot_plan_args {
	uint32_t flags;	 /* PVBOOT_PLAN_F_* */
	uint32_t choice; /* the choice from a list (first + n of struct pvboot_plan_list), 0: none yet */
};
PVBOOT_ASSERT_LAYOUT(pvboot_plan_args, flags, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_args, choice, 4);
PVBOOT_ASSERT_SIZE(pvboot_plan_args, 8);

struct pvboot_plan_file { /* for PVBOOT_OP_OPEN */
	uint8_t server[4];
	uint16_t port_be;
	uint16_t name_at;  /* in bytes[] */
	uint16_t name_len; /* 1..PVBOOT_NAME_MAX */
	uint16_t reserved;
};
PVBOOT_ASSERT_LAYOUT(pvboot_plan_file, server, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_file, port_be, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_file, name_at, 6);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_file, name_len, 8);
PVBOOT_ASSERT_SIZE(pvboot_plan_file, 12);

struct pvboot_plan {
	uint32_t kind;	       /* PVBOOT_PLAN_* */
	uint16_t n_files;      /* the kernel, then its initrds */
	uint16_t video_mode;   /* for the kernel's header, 0: leave it */
	uint64_t memory_limit; /* the driver loads nothing at or above it, 0: no limit */
	uint16_t text_at;      /* in bytes[]; a NUL follows the text */
	uint16_t text_len;
	uint32_t reserved;
	struct pvboot_plan_file file[PVBOOT_FILES_MAX];
	char bytes[PVBOOT_PLAN_TEXT];
};
PVBOOT_ASSERT_LAYOUT(pvboot_plan, kind, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_plan, n_files, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_plan, video_mode, 6);
PVBOOT_ASSERT_LAYOUT(pvboot_plan, memory_limit, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_plan, text_at, 16);
PVBOOT_ASSERT_LAYOUT(pvboot_plan, text_len, 18);
PVBOOT_ASSERT_LAYOUT(pvboot_plan, file, 24);
PVBOOT_ASSERT_LAYOUT(pvboot_plan, bytes, 216);
PVBOOT_ASSERT_SIZE(pvboot_plan, 8192);

/* If hostd no longer knows the choice, it answers with a list again. */
struct pvboot_plan_list {
	uint32_t kind;	     /* PVBOOT_PLAN_LIST */
	uint16_t n_entries;  /* at least 1 */
	uint16_t selected;   /* the entry to begin at, from 0 */
	uint32_t timeout_ms; /* the time is up after this, unless the user presses a key; 0: never */
	uint32_t total_ms;   /* the time is up after this, even if the user presses keys; 0: never */
	uint32_t first;	     /* the choice for entry 0; entry n is first + n; first + n_entries: the time is up */
	uint32_t reserved;
	char bytes[PVBOOT_PLAN_LIST_TEXT]; /* n_entries + 1 strings, each ended by a NUL: a title (may be empty), then
					      the entries */
};
PVBOOT_ASSERT_LAYOUT(pvboot_plan_list, kind, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_list, n_entries, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_list, selected, 6);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_list, timeout_ms, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_list, total_ms, 12);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_list, first, 16);
PVBOOT_ASSERT_LAYOUT(pvboot_plan_list, bytes, 24);
PVBOOT_ASSERT_SIZE(pvboot_plan_list, 8192);

/* ---- datagrams ------------------------------------------------------------------------------------------------- */

struct pvboot_dgram_open_args {
	uint8_t address[4]; /* the guest's address, as given to PXE's UDP_OPEN */
	uint32_t reserved;
};
PVBOOT_ASSERT_SIZE(pvboot_dgram_open_args, 8);

/*
 * The device answers DGRAM_SEND when it has taken the datagram over, not when hostd has sent it.  While there is no
 * host, the device takes datagrams and drops them, as on an unplugged cable.
 */
struct pvboot_dgram_args {
	uint8_t dest[4];
	uint8_t gateway[4]; /* 0.0.0.0: on-link; a hint only, the host uses its own routes */
	uint16_t src_port_be;
	uint16_t dst_port_be;
	uint32_t reserved;

	/* followed by the payload, at most PVBOOT_DGRAM_MAX bytes */
};
PVBOOT_ASSERT_LAYOUT(pvboot_dgram_args, dest, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_dgram_args, gateway, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_dgram_args, src_port_be, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_dgram_args, dst_port_be, 10);
PVBOOT_ASSERT_SIZE(pvboot_dgram_args, 16);

/* ---- Ethernet frames -------------------------------------------------------------------------------------------- */

#define PVBOOT_FRAME_MIN 14   /* bytes of a frame: a header only; hostd pads frames shorter than 60 */
#define PVBOOT_FRAME_MAX 1514 /* no VLAN tag, no checksum */
#define PVBOOT_FRAME_MCASTS 8 /* multicast addresses a guest may listen to */

#define PVBOOT_FRAME_F_BROADCAST 0x1u
#define PVBOOT_FRAME_F_ALL_MULTICAST 0x2u

/*
 * Which frames the guest receives, besides those for its own MAC.  hostd answers, with PVBOOT_S_DENIED if the VM may
 * not have frames.  A second FRAME_OPEN replaces the first.
 */
struct pvboot_frame_open_args {
	uint32_t flags; /* PVBOOT_FRAME_F_* */
	uint16_t n_mcasts;
	uint16_t reserved;
	uint8_t mcast[PVBOOT_FRAME_MCASTS][6];
};
PVBOOT_ASSERT_LAYOUT(pvboot_frame_open_args, n_mcasts, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_frame_open_args, mcast, 8);
PVBOOT_ASSERT_SIZE(pvboot_frame_open_args, 56);

/*
 * The device answers FRAME_SEND when it has taken the frame over.  hostd drops a frame whose source is not the guest's
 * MAC.
 */
struct pvboot_frame_args {
	uint32_t flags; /* none yet */
	uint32_t reserved;

	/* followed by the frame, PVBOOT_FRAME_MIN..PVBOOT_FRAME_MAX bytes */
};
PVBOOT_ASSERT_SIZE(pvboot_frame_args, 8);

/* ---- packets to the guest (queue 0) ---------------------------------------------------------------------------- */

#define PVBOOT_PKT_DGRAM 1 /* a UDP datagram's payload */
#define PVBOOT_PKT_FRAME 2 /* an Ethernet frame; addresses and ports are 0 */

struct pvboot_pkt {
	uint16_t type;	 /* PVBOOT_PKT_* */
	uint16_t flags;	 /* 0 */
	uint32_t length; /* payload bytes that follow */
	uint8_t src[4];
	uint8_t dst[4];
	uint16_t src_port_be;
	uint16_t dst_port_be;
	uint32_t reserved;
};
PVBOOT_ASSERT_LAYOUT(pvboot_pkt, type, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_pkt, flags, 2);
PVBOOT_ASSERT_LAYOUT(pvboot_pkt, length, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_pkt, src, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_pkt, dst, 12);
PVBOOT_ASSERT_LAYOUT(pvboot_pkt, src_port_be, 16);
PVBOOT_ASSERT_LAYOUT(pvboot_pkt, dst_port_be, 18);
PVBOOT_ASSERT_SIZE(pvboot_pkt, 24);

/* ---- LOG, PHASE, CANCEL ---------------------------------------------------------------------------------------- */

struct pvboot_log_args {
	uint32_t level; /* 0 error, 1 warning, 2 notice, 3 debug */
	uint32_t reserved;

	/* followed by the text, at most PVBOOT_LOG_MAX bytes, no NUL or newline */
};
PVBOOT_ASSERT_SIZE(pvboot_log_args, 8);

#define PVBOOT_PHASE_ROM 1    /* the BIOS started the ROM */
#define PVBOOT_PHASE_LEASE 2  /* the ROM has a lease */
#define PVBOOT_PHASE_NBP 3    /* the ROM enters the boot program */
#define PVBOOT_PHASE_UNLOAD 4 /* the boot program unloaded the PXE stack: a kernel is next */
#define PVBOOT_PHASE_FAILED 5 /* the ROM gave up and returns to the BIOS */
#define PVBOOT_PHASE_KERNEL 6 /* the ROM enters a kernel that it loaded itself */
#define PVBOOT_PHASE_LAST PVBOOT_PHASE_KERNEL

struct pvboot_phase_args {
	uint32_t phase;	   /* PVBOOT_PHASE_* */
	uint32_t guest_ms; /* milliseconds since PVBOOT_PHASE_ROM of this boot, by the guest's clock */
};
PVBOOT_ASSERT_SIZE(pvboot_phase_args, 8);

struct pvboot_cancel_args {
	uint16_t head; /* index of the first descriptor of the request to give up */
	uint16_t reserved[3];
};
PVBOOT_ASSERT_SIZE(pvboot_cancel_args, 8);

#endif /* PVBOOT_REQ_H */
