; SPDX-License-Identifier: BSD-2-Clause
; apitest.asm - a boot program that makes each call of the PXE API and tells on the first serial port what came of it.
;
; A line is `API name ax=AX status=STATUS` and ` BAD what` where a call broke a promise: all registers but AX, the flags
; and the segments are the caller's, IF included, with at most 48 bytes of its stack; tests/boot/test_api.py knows what
; is to come.  Needs payload.bin (at most 200000 bytes) and itself as apitest.0 where it was loaded from.

	cpu	386
	bits	16
	org	0x7c00

%define	PAYLOAD_SEGMENT	0x2000		; files are read here and checked
%define	SECOND_RUN	0x600		; linear: says that RESTART_TFTP started us
%define	SECOND_MAGIC	0x32545250
%define	THIRD_MAGIC	0x33545250
%define	SMALL_STACK	96		; bytes of stack that calls get
%define	STACK_GUARD	48
%define	QUIET_TICKS	14
%define	ARP_AT		(arp - entry + 0x7c00)

%macro	run 3				; name, opcode, block
	mov	word [call_name], %%name
	mov	word [call_opcode], %2
	mov	word [call_block], %3
	call	call_api
	jmp	%%past
%%name:	db	%1, 0
%%past:
%endmacro

%macro	say 1+
	mov	si, %%text
	call	puts
	jmp	%%past
%%text:	db	%1, 0
%%past:
%endmacro

%macro	value16 2			; name, word at
	say	" ", %1, "="
	mov	ax, [%2]
	call	put16
%endmacro

%macro	value 2				; name, dword at
	say	" ", %1, "="
	mov	eax, [%2]
	call	put32
%endmacro

entry:
	cli
	mov	[cs:entry_ax], ax
	mov	[cs:entry_edx], edx
	mov	[cs:entry_pxenv], bx
	mov	[cs:entry_pxenv + 2], es
	mov	[cs:entry_sp], esp
	mov	[cs:entry_ss], ss
	mov	bp, sp
	mov	eax, [bp + 4]
	mov	[cs:entry_bang], eax
	xor	ax, ax
	mov	ds, ax
	mov	es, ax
	mov	fs, ax
	mov	gs, ax
	sti
	cld
	call	quiet
	cmp	dword [SECOND_RUN], SECOND_MAGIC
	je	second
	cmp	dword [SECOND_RUN], THIRD_MAGIC
	je	third

; ---- first run -------------------------------------------------------------------------------------------------------

	mov	si, text_start
	call	puts
	call	check_entry
	call	check_int1a
	call	check_loader
	call	cached_info

	run	"start-undi", 0x00, block_plain
	run	"undi-startup", 0x01, block_plain
	run	"undi-initialize", 0x03, block_plain
	run	"tftp-reserved", 0x24, block_plain
	run	"unknown", 0x1234, block_plain
	run	"start-base", 0x75, block_plain
	run	"stop-base", 0x76, block_plain
	run	"file-exec", 0xe5, block_plain
	run	"file-exit-hook", 0xe7, block_plain

	run	"get-nic-type", 0x12, block_nic
	value	"pci", block_nic + 3
	call	newline
	run	"get-information", 0x0c, block_info
	value	"mac", block_info + 0x0c
	call	newline
	run	"get-iface-info", 0x13, block_iface
	mov	si, block_iface + 2
	call	puts
	call	newline

	call	undi_calls

	; TFTP
	run	"tftp-read-closed", 0x22, block_tread
	run	"tftp-close-closed", 0x21, block_plain
	run	"get-fsize", 0x25, block_fsize
	value	"size", block_fsize + 0x8a
	call	newline
	run	"get-fsize-missing", 0x25, block_fsize_missing
	run	"tftp-open-missing", 0x20, block_topen_missing
	run	"tftp-open", 0x20, block_topen
	value16	"blksize", block_topen + 0x8c
	call	newline
	call	tftp_read_all
	run	"tftp-close", 0x21, block_plain
	run	"read-file", 0x23, block_rfile
	mov	eax, [block_rfile + 0x82]
	mov	[total], eax
	call	show_crc
	run	"read-file-small", 0x23, block_rfile_small
	run	"read-file-missing", 0x23, block_rfile_missing

	; FILE
	run	"file-api-check", 0xe6, block_check
	value	"magic", block_check + 4
	value	"mask", block_check + 0x0c
	call	newline
	run	"file-api-check-bad", 0xe6, block_check_bad
	run	"file-open-missing", 0xe0, block_fopen_missing
	run	"file-read-closed", 0xe3, block_fread
	run	"file-open", 0xe0, block_fopen
	mov	ax, [block_fopen + 2]
	mov	[block_fread + 2], ax
	mov	[block_fsel + 2], ax
	mov	[block_fsize32 + 2], ax
	run	"file-select", 0xe2, block_fsel
	value16	"ready", block_fsel + 4
	call	newline
	run	"file-size", 0xe4, block_fsize32
	value	"size", block_fsize32 + 4
	call	newline
	call	file_read_all
	run	"file-close", 0xe1, block_fsel
	run	"file-close-again", 0xe1, block_fsel

	; UDP
	run	"udp-read-closed", 0x32, block_uread
	run	"udp-write-closed", 0x33, block_uwrite
	run	"udp-open", 0x30, block_uopen
	run	"udp-read-nothing", 0x32, block_uread
	run	"udp-write", 0x33, block_uwrite
	call	udp_wait
	run	"udp-close", 0x31, block_plain
	run	"udp-close-again", 0x31, block_plain

	; The same with interrupts off, and by the PXENV+ entry
	mov	byte [call_masked], 1
	run	"masked-get-fsize", 0x25, block_fsize
	mov	byte [call_masked], 0
	mov	byte [call_pxenv], 1
	run	"pxenv-get-fsize", 0x25, block_fsize
	run	"pxenv-unknown", 0x99, block_plain
	mov	byte [call_pxenv], 0

	call	nested_calls

	run	"shutdown", 0x05, block_plain
	run	"shutdown-again", 0x05, block_plain
	run	"udp-read-shut", 0x32, block_uread
	run	"reopened-get-fsize", 0x25, block_fsize

	run	"restart-missing", 0x73, block_rfile_missing
	mov	dword [SECOND_RUN], SECOND_MAGIC
	run	"restart", 0x73, block_restart
	say	"RESTART RETURNED"
	call	newline
	jmp	leave_to_bios

; ---- second run, by RESTART_TFTP -------------------------------------------------------------------------------------

second:
	mov	dword [SECOND_RUN], THIRD_MAGIC
	say	"API-TEST second"
	call	newline
	call	check_entry
	call	check_int1a
	run	"second-get-fsize", 0x25, block_fsize
	run	"second-udp-open", 0x30, block_uopen
	int	0x19			; with UDP open, and its buffers the device's
	say	"INT 19h RETURNED"
	call	newline
	jmp	leave_to_bios

; ---- third run, by INT 19h -------------------------------------------------------------------------------------------

third:	mov	dword [SECOND_RUN], 0
	say	"API-TEST third"
	call	newline
	call	check_entry
	call	check_int1a
	call	get_server
	run	"third-udp-read-closed", 0x32, block_uread
	run	"third-udp-open", 0x30, block_uopen
	run	"third-udp-write", 0x33, block_uwrite
	call	udp_wait
	run	"third-get-fsize", 0x25, block_fsize
	value16	"fbm", 0x413
	call	newline
	run	"unload-stack", 0x70, block_plain
	run	"stop-undi", 0x15, block_plain
	value16	"fbm", 0x413
	call	newline
	mov	ax, 0x5650
	stc
	int	0x1a
	cmp	ax, 0x564e
	jne	.gone
	say	"BAD int1a is still there"
	call	newline
.gone:
leave_to_bios:
	say	"API-TEST end"
	call	newline
	cli
	lss	esp, [entry_sp]
	sti
	xor	ax, ax
	retf

; A BIOS with its console on the serial port goes on printing, in its timer interrupt, what it was given before.
quiet:	mov	eax, [0x46c]
	add	eax, QUIET_TICKS
.wait:	cmp	eax, [0x46c]
	ja	.wait
	ret

; ---- checks ----------------------------------------------------------------------------------------------------------

check_entry:
	les	bx, [entry_bang]
	mov	eax, [es:bx + 0x10]
	mov	[bang_entry_of], eax
	les	bx, [entry_pxenv]
	mov	eax, [es:bx + 0x0a]
	mov	[env_entry_of], eax
	xor	ax, ax
	mov	es, ax
	cmp	word [entry_ax], 0
	je	.ax
	say	"BAD entry ax", 13, 10
.ax:	movzx	eax, word [entry_pxenv + 2]
	shl	eax, 4
	movzx	ebx, word [entry_pxenv]
	add	eax, ebx
	cmp	eax, [entry_edx]
	je	.edx
	say	"BAD entry edx", 13, 10
.edx:	les	bx, [entry_pxenv]
	cmp	dword [es:bx], 'PXEN'
	jne	.env
	mov	cl, [es:bx + 8]
	call	sum
	jz	.bang
.env:	say	"BAD pxenv+", 13, 10
.bang:	les	bx, [entry_bang]
	cmp	dword [es:bx], '!PXE'
	jne	.sum
	cmp	byte [es:bx + 4], 0x58
	jne	.sum
	mov	cl, 0x58
	call	sum
	jz	.segments
.sum:	say	"BAD !pxe", 13, 10
.segments:
	; UNDI code and data tile what was taken from base memory.
	movzx	eax, word [0x413]
	shl	eax, 10
	cmp	[es:bx + 0x32], eax
	jne	.tile
	movzx	ecx, word [es:bx + 0x36]
	add	eax, ecx
	cmp	[es:bx + 0x2a], eax
	jne	.tile
	movzx	ecx, word [es:bx + 0x2e]
	add	eax, ecx
	cmp	eax, 639 * 1024
	je	.done
.tile:	say	"BAD segments", 13, 10
.done:	xor	ax, ax
	mov	es, ax
	ret

; ES:BX, CL bytes: Z if they sum to 0
sum:	push	bx
	xor	al, al
.next:	add	al, [es:bx]
	inc	bx
	dec	cl
	jnz	.next
	pop	bx
	test	al, al
	ret

check_int1a:
	mov	ax, 0x5650
	xor	bx, bx
	stc
	int	0x1a
	jc	.bad
	cmp	ax, 0x564e
	jne	.bad
	cmp	edx, [entry_edx]
	jne	.bad
	mov	ax, es
	cmp	ax, [entry_pxenv + 2]
	jne	.bad
	cmp	bx, [entry_pxenv]
	jne	.bad
	mov	ah, 0			; others chain: ticks since midnight
	int	0x1a
	cmp	edx, [entry_edx]
	jne	.done
.bad:	say	"BAD int1a", 13, 10
.done:	xor	ax, ax
	mov	es, ax
	ret

; The UNDI group; the rest of it if frames can be opened.
undi_calls:
	mov	eax, [block_info + 0x0c]	; current address
	mov	[arp_sha], eax
	mov	[frame_source], eax
	mov	[block_station + 2], eax
	mov	ax, [block_info + 0x10]
	mov	[arp_sha + 4], ax
	mov	[frame_source + 4], ax
	mov	[block_station + 6], ax
	mov	eax, [my_ip]
	mov	[arp_spa], eax
	mov	eax, [block_uwrite + 2]		; the server
	mov	[arp_tpa], eax
	run	"undi-get-mcast", 0x11, block_getmcast
	value	"mac", block_getmcast + 6
	value16	"low", block_getmcast + 10
	call	newline
	run	"undi-force-interrupt", 0x10, block_plain
	run	"undi-diags", 0x0f, block_plain
	run	"undi-transmit-closed", 0x08, block_transmit
	mov	word [block_isr + 2], 1
	run	"undi-isr-start", 0x14, block_isr
	value16	"function", block_isr + 2
	call	newline
	mov	word [block_isr + 2], 3
	run	"undi-isr-closed", 0x14, block_isr
	value16	"function", block_isr + 2
	call	newline
	mov	word [block_isr + 2], 4
	run	"undi-isr-bad", 0x14, block_isr
	run	"undi-set-station", 0x0a, block_station
	inc	byte [block_station + 7]
	run	"undi-set-station-other", 0x0a, block_station
	run	"undi-set-mcast", 0x09, block_mcast
	mov	word [block_mcast + 2], 9
	run	"undi-set-mcast-9", 0x09, block_mcast
	run	"undi-reset-9", 0x04, block_mcast
	mov	word [block_mcast + 2], 1
	mov	byte [call_quiet], 1
	run	"undi-open", 0x06, block_open
	mov	byte [call_quiet], 0
	call	quiet			; the ROM may have said something
	call	call_report
	cmp	word [block_open], 0
	jne	.none
	call	frame_calls
.none:	run	"undi-close", 0x07, block_plain
	run	"undi-close-again", 0x07, block_plain
	run	"undi-cleanup", 0x02, block_plain
	ret

; UNDI is open: ask for the server's MAC in several ways.
frame_calls:
	run	"undi-open-again", 0x06, block_open
	run	"undi-set-filter", 0x0b, block_filter
	run	"undi-clear-statistics", 0x0e, block_plain
	mov	word [tbd_blocks], 9
	run	"undi-transmit-9-blocks", 0x08, block_transmit
	mov	word [tbd_blocks], 0
	mov	word [tbd], 1501
	run	"undi-transmit-long", 0x08, block_transmit
	mov	byte [block_transmit + 2], 0
	mov	word [tbd], 13
	run	"undi-transmit-short", 0x08, block_transmit
	mov	byte [block_transmit + 2], 4
	mov	word [tbd], 28
	run	"undi-transmit-bad-protocol", 0x08, block_transmit

	; ARP without a header, broadcast, in three pieces, one of them empty
	mov	byte [block_transmit + 2], 2
	mov	byte [block_transmit + 3], 1
	mov	word [tbd], 11
	mov	word [tbd_blocks], 3
	run	"undi-transmit-arp", 0x08, block_transmit
	call	arp_wait
	; the same to the address it told
	mov	byte [block_transmit + 3], 0
	mov	dword [arp_sha + 10], 0		; tha
	run	"undi-transmit-arp-directed", 0x08, block_transmit
	call	arp_wait
	; a whole frame
	mov	byte [block_transmit + 2], 0
	mov	word [tbd], 42
	mov	word [tbd + 2], frame
	mov	word [tbd_blocks], 0
	run	"undi-transmit-frame", 0x08, block_transmit
	call	arp_wait
	run	"undi-statistics", 0x0d, block_statistics
	value	"sent", block_statistics + 2
	value	"received", block_statistics + 6
	call	newline
	run	"undi-reset", 0x04, block_mcast
	run	"undi-transmit-after-reset", 0x08, block_transmit
	call	arp_wait
	run	"undi-shutdown", 0x05, block_plain
	run	"undi-transmit-shut", 0x08, block_transmit
	run	"undi-initialize", 0x03, block_plain
	run	"undi-open", 0x06, block_open
	run	"undi-transmit-after-shutdown", 0x08, block_transmit
	call	arp_wait
	; after the base code was unloaded, too
	run	"undi-shutdown", 0x05, block_plain
	run	"undi-unload-stack", 0x70, block_plain
	run	"undi-startup", 0x01, block_plain
	run	"undi-initialize", 0x03, block_plain
	run	"undi-open", 0x06, block_open
	run	"undi-transmit-after-unload", 0x08, block_transmit
	call	arp_wait
	ret

; Wait up to 5 s for the server's answer to the ARP request.
arp_wait:
	mov	eax, [0x46c]
	mov	[scratch], eax
	mov	byte [call_quiet], 1
.next:	mov	word [block_isr + 2], 1
	run	"undi-isr-start-quiet", 0x14, block_isr
	mov	ax, [block_isr + 2]
	mov	[scratch + 4], ax
	mov	word [block_isr + 2], 2
.more:	run	"undi-isr", 0x14, block_isr
	cmp	word [block_isr], 0
	jne	.out
	cmp	word [block_isr + 2], 3
	je	.frame
	mov	eax, [0x46c]
	sub	eax, [scratch]
	cmp	eax, 91
	jb	.next
.out:	jmp	.end
.again:	mov	word [block_isr + 2], 3
	jmp	.more
.frame:	cmp	word [scratch + 4], 0
	je	.started
	say	"BAD isr start", 13, 10
.started:
	mov	word [scratch + 4], 0
	les	bx, [block_isr + 10]
	mov	eax, [es:bx + 28]		; spa
	mov	edx, [es:bx + 38]		; tpa
	mov	cx, [es:bx + 20]		; operation
	mov	di, [es:bx + 12]
	push	dword [es:bx + 6]		; whom it comes from
	pop	dword [server_mac]
	push	word [es:bx + 10]
	pop	word [server_mac + 4]
	push	dword [es:bx]
	pop	dword [scratch + 4]
	push	es
	xor	si, si
	mov	es, si
	pop	si				; its segment
	cmp	di, 0x0608
	jne	.again
	cmp	cx, 0x0200
	jne	.again
	cmp	eax, [arp_tpa]
	jne	.again
	cmp	edx, [arp_spa]
	jne	.again
	mov	byte [call_quiet], 0
	call	call_report
	value16	"length", block_isr + 6
	value16	"header", block_isr + 8
	value16	"types", block_isr + 14
	mov	eax, [frame_source]
	xor	eax, [scratch + 4]
	mov	[scratch], eax
	value	"other", scratch
	cmp	si, 0xa000
	jb	.base
	say	" BAD place"
.base:	call	newline
	ret
.end:	mov	byte [call_quiet], 0
	say	"BAD no answer to the ARP request", 13, 10
	ret

; The UNDI loader by the ROM ID: it finds what was loaded at POST.
check_loader:
	les	bx, [entry_bang]
	les	bx, [es:bx + 8]
	cmp	dword [es:bx], 'UNDI'
	jne	.bad
	cmp	dword [es:bx + 0x12], 'PCIR'
	jne	.bad
	mov	cl, [es:bx + 4]
	cmp	cl, 0x16
	jne	.bad
	call	sum
	jnz	.bad
	mov	ax, [es:bx + 0x0a]
	mov	[scratch], ax
	mov	[scratch + 2], es
	xor	ax, ax
	mov	es, ax
	mov	bp, sp
	push	ds
	push	word block_loader
	call	far [scratch]
	add	sp, 4
	cmp	bp, sp
	jne	.bad
	or	ax, [block_loader]
	jnz	.bad
	mov	eax, [block_loader + 0x10]
	cmp	eax, [entry_bang]
	jne	.bad
	mov	eax, [block_loader + 0x14]
	cmp	eax, [entry_pxenv]
	je	.done
.bad:	say	"BAD loader", 13, 10
.done:	xor	ax, ax
	mov	es, ax
	ret

cached_info:
	mov	word [block_cached + 2], 1
.next:	mov	word [block_cached + 4], 0
	mov	dword [block_cached + 6], 0
	run	"cached-info", 0x71, block_cached
	value16	"size", block_cached + 4
	cmp	word [block_cached + 10], 0x5a5a
	je	.limit
	say	" BAD limit"
.limit:	les	bx, [block_cached + 6]
	mov	eax, [es:bx + 16]	; yiaddr
	mov	[scratch], eax
	mov	[my_ip], eax
	mov	al, [es:bx]
	mov	[scratch + 4], al
	mov	eax, [es:bx + 20]	; siaddr
	mov	[block_uwrite + 2], eax
	xor	ax, ax
	mov	es, ax
	value	"yiaddr", scratch
	value	"op", scratch + 4
	call	newline
	inc	word [block_cached + 2]
	cmp	word [block_cached + 2], 3
	jbe	.next
	mov	word [block_cached + 2], 2
	mov	word [block_cached + 4], 100
	mov	word [block_cached + 6], buffer
	mov	word [block_cached + 8], 0
	run	"cached-info-copy", 0x71, block_cached
	value16	"size", block_cached + 4
	value	"yiaddr", buffer + 16
	call	newline
	mov	word [block_cached + 2], 4
	run	"cached-info-type-4", 0x71, block_cached
	ret

; The server's address, without a word.
get_server:
	mov	word [block_cached + 2], 2
	mov	word [block_cached + 4], 0
	mov	byte [call_quiet], 1
	run	"cached-info-server", 0x71, block_cached
	mov	byte [call_quiet], 0
	les	bx, [block_cached + 6]
	mov	eax, [es:bx + 20]
	mov	[block_uwrite + 2], eax
	xor	ax, ax
	mov	es, ax
	ret

; Read the open TFTP file to PAYLOAD_SEGMENT, check it and count its packets.
tftp_read_all:
	mov	dword [total], 0
	mov	word [packets], 0
.next:	mov	eax, [total]
	mov	edx, eax
	shr	eax, 4
	add	ax, PAYLOAD_SEGMENT
	mov	[block_tread + 8], ax
	and	dx, 15
	mov	[block_tread + 6], dx
	mov	byte [call_quiet], 1
	run	"tftp-read", 0x22, block_tread
	mov	byte [call_quiet], 0
	inc	word [packets]
	mov	ax, [packets]
	cmp	ax, [block_tread + 2]
	je	.number
	say	"BAD packet number", 13, 10
.number:
	movzx	eax, word [block_tread + 4]
	add	[total], eax
	cmp	word [block_tread], 0
	jne	.end
	cmp	ax, [block_topen + 0x8c]
	je	.next
.end:	call	call_report
	call	show_crc
	ret

file_read_all:
	mov	dword [total], 0
.next:	mov	eax, [total]
	mov	edx, eax
	shr	eax, 4
	add	ax, PAYLOAD_SEGMENT
	mov	[block_fread + 8], ax
	and	dx, 15
	mov	[block_fread + 6], dx
	mov	word [block_fread + 4], 2048
	mov	byte [call_quiet], 1
	run	"file-read", 0xe3, block_fread
	mov	byte [call_quiet], 0
	cmp	word [block_fread], 0x1b
	je	.next			; it would block
	movzx	eax, word [block_fread + 4]
	add	[total], eax
	cmp	word [block_fread], 0
	jne	.end
	test	ax, ax
	jnz	.next
.end:	call	call_report
	call	show_crc
	ret

; Wait up to 5 s for the answer to the request that was sent, first at a wrong port.
udp_wait:
	mov	eax, [0x46c]
	mov	[scratch], eax
.next:	mov	word [block_uread + 0x0c], 0x0102
	mov	word [block_uread + 0x0e], 2048
	mov	byte [call_quiet], 1
	run	"udp-read-wrong-port", 0x32, block_uread
	cmp	word [block_uread], 0
	jne	.right
	say	"BAD datagram for another port", 13, 10
.right:	mov	word [block_uread + 0x0c], 0x3412
	mov	word [block_uread + 0x0e], 2048
	run	"udp-read", 0x32, block_uread
	mov	byte [call_quiet], 0
	cmp	word [block_uread], 0
	je	.got
	mov	eax, [0x46c]
	sub	eax, [scratch]
	cmp	eax, 91
	jb	.next
.got:	call	call_report
	value16	"dport", block_uread + 0x0c
	value16	"size", block_uread + 0x0e
	value	"data", buffer
	call	newline
	ret

; Call again and again while the timer's interrupt calls too, until one of its calls came during one of ours: at most 5
; s.
nested_calls:
	mov	eax, [0x1c * 4]
	mov	[scratch + 4], eax
	mov	eax, [0x46c]
	mov	[scratch], eax
	mov	dword [0x1c * 4], tick
	mov	byte [call_hooked], 1
	mov	byte [call_quiet], 1
.next:	run	"nested-get-fsize", 0x25, block_fsize
	cmp	word [block_fsize], 0
	jne	.end
	cmp	word [nested_refused], 0
	jne	.end
	mov	eax, [0x46c]
	sub	eax, [scratch]
	cmp	eax, 91
	jb	.next
.end:	mov	eax, [scratch + 4]
	mov	[0x1c * 4], eax
	mov	byte [call_hooked], 0
	mov	byte [call_quiet], 0
	call	call_report
	value16	"refused", nested_refused
	value16	"wrong", nested_wrong
	call	newline
	ret

; INT 1Ch
tick:	pushad
	push	ds
	push	es
	xor	ax, ax
	mov	ds, ax
	mov	word [block_nested], 0xffff
	mov	word [block_nested + 2], 0x14
	mov	dword [block_nested + 4], 0x91d447b2
	push	ds
	push	word block_nested
	push	word 0xe6
	call	far [bang_entry_of]
	add	sp, 6
	cmp	ax, [block_nested]	; 0 and success, or 1 and PXENV_STATUS_FAILURE
	jne	.wrong
	cmp	ax, 1
	jb	.end
	ja	.wrong
	inc	word [nested_refused]
	jmp	.end
.wrong:	inc	word [nested_wrong]
.end:	pop	es
	pop	ds
	popad
	iret

; CRC32 of [total] bytes at PAYLOAD_SEGMENT
show_crc:
	push	es
	mov	dx, PAYLOAD_SEGMENT
	mov	es, dx
	xor	di, di
	mov	ecx, [total]
	mov	eax, 0xffffffff
.byte:	jecxz	.end
	xor	al, [es:di]
	mov	bx, 8
.bit:	shr	eax, 1
	jnc	.even
	xor	eax, 0xedb88320
.even:	dec	bx
	jnz	.bit
	inc	di
	jnz	.same
	mov	dx, es
	add	dx, 0x1000
	mov	es, dx
.same:	dec	ecx
	jmp	.byte
.end:	not	eax
	pop	es
	mov	[scratch], eax
	value	"total", total
	value	"crc", scratch
	call	newline
	ret

; ---- a call ----------------------------------------------------------------------------------------------------------

; Make the call [call_opcode] with the block at 0:[call_block]; compare everything; print unless [call_quiet].
call_api:
	mov	[call_back], esp
	mov	[call_back + 4], ss
	mov	di, stack_guard
	mov	cx, (STACK_GUARD + SMALL_STACK) / 2
	mov	ax, 0x5aa5
	rep stosw
	cli
	xor	ax, ax
	mov	ss, ax
	mov	esp, stack_small_top
	mov	word [ax_after], 0xeeee
	push	ax			; !PXE: segment, offset, opcode
	push	word [call_block]
	push	word [call_opcode]
	mov	ax, 0xf0f0
	mov	fs, ax
	mov	ax, 0x0f0f
	mov	gs, ax
	mov	edi, 0xdddd0000
	mov	di, [call_block]
	mov	ebx, 0xbbbb0000
	mov	bx, [call_opcode]
	mov	ecx, 0xcccc1234
	mov	edx, 0xdada4321
	mov	esi, 0x51515151
	mov	ebp, 0xb9b9b9b9
	mov	eax, 0xaaaa0000
	cmp	byte [call_masked], 0
	jne	.off
	sti
.off:	stc
	cmp	byte [call_pxenv], 0
	stc				; a flag to be kept
	jne	.env
	push	cs
	push	word .back
	push	dword [bang_entry_of]
	jmp	.go
.env:	push	cs
	push	word .back
	push	dword [env_entry_of]
.go:	retf
.back:	pushfd
	cli
	mov	[cs:ax_after], ax
	shr	eax, 16
	cmp	ax, 0xaaaa
	jne	.bad
	cmp	ecx, 0xcccc1234
	jne	.bad
	cmp	edx, 0xdada4321
	jne	.bad
	cmp	esi, 0x51515151
	jne	.bad
	cmp	ebp, 0xb9b9b9b9
	jne	.bad
	mov	ax, ds
	mov	cx, es
	or	ax, cx
	jnz	.bad
	mov	ax, [call_block]
	cmp	di, ax
	jne	.bad
	mov	ax, [call_opcode]
	cmp	bx, ax
	jne	.bad
	shr	edi, 16
	cmp	di, 0xdddd
	jne	.bad
	shr	ebx, 16
	cmp	bx, 0xbbbb
	jne	.bad
	mov	ax, fs
	cmp	ax, 0xf0f0
	jne	.bad
	mov	ax, gs
	cmp	ax, 0x0f0f
	jne	.bad
	pop	eax
	test	al, 1
	jz	.bad
	shr	ax, 9
	and	al, 1
	xor	al, [cs:call_masked]
	jz	.bad
	cmp	esp, stack_small_top - 6
	jne	.bad
	mov	ax, ss
	test	ax, ax
	jnz	.bad
	xor	cx, cx
	jmp	.restore
.bad:	mov	cx, 1
.restore:
	xor	ax, ax
	mov	ds, ax
	mov	es, ax
	mov	fs, ax
	mov	gs, ax
	lss	esp, [call_back]
	sti
	cld
	mov	[call_bad], cl
	mov	di, stack_guard
	mov	cx, STACK_GUARD / 2
	mov	ax, 0x5aa5
	repe scasw
	je	.guard
	cmp	byte [call_hooked], 0	; what the BIOS runs for a tick is not ours to bound
	jne	.guard
	or	byte [call_bad], 2
.guard:	; AX and Status agree
	mov	bx, [call_block]
	cmp	word [bx], 0
	setne	al
	cmp	[ax_after], al
	je	.agree
	or	byte [call_bad], 4
.agree:	cmp	byte [call_quiet], 0
	je	call_report
	cmp	byte [call_bad], 0
	jne	call_report
	ret

call_report:
	mov	si, text_api
	call	puts
	mov	si, [call_name]
	call	puts
	mov	si, text_ax
	call	puts
	mov	ax, [ax_after]
	call	put16
	mov	si, text_status
	call	puts
	mov	bx, [call_block]
	mov	ax, [bx]
	call	put16
	cmp	byte [call_bad], 0
	je	.fine
	mov	si, text_bad
	call	puts
	mov	al, [call_bad]
	call	put8
.fine:	jmp	newline

; ---- serial port -----------------------------------------------------------------------------------------------------

puts:	lodsb
	test	al, al
	jz	.end
	call	putc
	jmp	puts
.end:	ret

newline:
	mov	al, 13
	call	putc
	mov	al, 10
putc:	push	dx
	push	ax
	mov	dx, 0x3fd
.wait:	in	al, dx
	test	al, 0x20
	jz	.wait
	pop	ax
	mov	dx, 0x3f8
	out	dx, al
	pop	dx
	ret

put32:	push	eax
	shr	eax, 16
	call	put16
	pop	eax
put16:	push	ax
	mov	al, ah
	call	put8
	pop	ax
put8:	push	ax
	shr	al, 4
	call	.digit
	pop	ax
	push	ax
	and	al, 15
	call	.digit
	pop	ax
	ret
.digit:	add	al, '0'
	cmp	al, '9'
	jbe	putc
	add	al, 'a' - '0' - 10
	jmp	putc

text_start:	db	13, 10, "API-TEST start", 13, 10, 0
text_api:	db	"API ", 0
text_ax:	db	" ax=", 0
text_status:	db	" status=", 0
text_bad:	db	" BAD ", 0

; ---- blocks ----------------------------------------------------------------------------------------------------------

%macro	name128 1
%%at:	db	%1
	times	128 - ($ - %%at) db 0
%endmacro

block_plain:	dw	0xffff
		times 16 db 0
block_cached:	dw	0xffff, 0, 0, 0, 0, 0x5a5a
block_loader:	dw	0xffff
		times 0x16 db 0
block_nic:	dw	0xffff
		times 14 db 0
block_info:	dw	0xffff
		times 0x32 db 0
block_iface:	dw	0xffff
		times 0x30 db 0
block_getmcast:	dw	0xffff
		db	239, 129, 2, 3
		times 16 db 0x77
block_station:	dw	0xffff
		times 16 db 0
block_filter:	dw	0xffff
		db	3
block_mcast:	dw	0xffff, 1
		db	0x01, 0x00, 0x5e, 0x00, 0x00, 0x01
		times 10 db 0
block_open:	dw	0xffff, 0, 3, 2	; the second is no multicast address: to be left out
		db	0x01, 0x00, 0x5e, 0x00, 0x00, 0x01
		times 10 db 0
		db	0x00, 0x00, 0x5e, 0x00, 0x00, 0x01
		times 10 db 0
block_statistics:
		dw	0xffff
		dd	0, 0, 0, 0
block_isr:	dw	0xffff, 0, 0, 0, 0, 0, 0
		db	0xff, 0xff
block_transmit:	dw	0xffff
		db	2, 1
		dw	server_mac, 0
		dw	tbd, 0
		dd	0, 0
tbd:		dw	28, arp, 0
tbd_blocks:	dw	0
		db	1, 0
		dw	0, 0xfff0, 0xffff
		db	1, 0
		dw	9, arp + 11, 0
		db	1, 0
		dw	8, (ARP_AT + 20) & 15, (ARP_AT + 20) >> 4
		times 5 * 8 db 0
server_mac:	times 6 db 0xff
frame:		times 6 db 0xff
frame_source:	times 6 db 0
		dw	0x0608
arp:		db	0, 1, 8, 0, 6, 4, 0, 1
arp_sha:	times 6 db 0
arp_spa:	dd	0
		times 6 db 0
arp_tpa:	dd	0
block_fsize:	dw	0xffff
		dd	0, 0
		name128	"payload.bin"
		dd	0
block_fsize_missing:
		dw	0xffff
		dd	0, 0
		name128	"no-such-file"
		dd	0
block_topen:	dw	0xffff
		dd	0, 0
		name128	"payload.bin"
		dw	0, 1024
		dw	0
block_topen_missing:
		dw	0xffff
		dd	0, 0
		name128	"no-such-file"
		dw	0, 1024
block_tread:	dw	0xffff, 0, 0, 0, PAYLOAD_SEGMENT
block_rfile:	dw	0xffff
		name128	"payload.bin"
		dd	200000, PAYLOAD_SEGMENT << 4
		dd	0, 0, 0
		dw	0, 0, 0, 0
block_rfile_small:
		dw	0xffff
		name128	"payload.bin"
		dd	1000, PAYLOAD_SEGMENT << 4
		dd	0, 0, 0
		dw	0, 0, 0, 0
block_rfile_missing:
		dw	0xffff
		name128	"no-such-file"
		dd	200000, PAYLOAD_SEGMENT << 4
		dd	0, 0, 0
		dw	0, 0, 0, 0
block_restart:	dw	0xffff
		name128	"apitest.0"
		dd	0x8000, 0x7c00
		dd	0, 0, 0
		dw	0, 0, 0, 0
block_check:	dw	0xffff, 0x14
		dd	0x91d447b2, 0, 0, 0
block_nested:	dw	0, 0
		dd	0, 0, 0, 0
block_check_bad:
		dw	0xffff, 0x14
		dd	0x12345678, 0, 0, 0
block_fopen:	dw	0xffff, 0
		dw	name_payload, 0
		dd	0
block_fopen_missing:
		dw	0xffff, 0
		dw	name_missing, 0
		dd	0
block_fread:	dw	0xffff, 99, 2048, 0, PAYLOAD_SEGMENT
block_fsel:	dw	0xffff, 0, 0, 0
block_fsize32:	dw	0xffff, 0
		dd	0
block_uopen:	dw	0xffff
		dd	0
block_uread:	dw	0xffff
		dd	0, 0
		dw	0, 0, 2048, buffer, 0
block_uwrite:	dw	0xffff
		dd	0xffffffff, 0		; the server, set below
		dw	0x3412, 0x4500
		dw	rrq_end - rrq, rrq, 0
name_payload:	db	"payload.bin", 0
name_missing:	db	"no-such-file", 0
rrq:		dw	0x0100
		db	"payload.bin", 0, "octet", 0, "blksize", 0, "600", 0
rrq_end:

bang_entry_of:	dd	0
env_entry_of:	dd	0

	align	4, db 0
entry_sp:	dd	0
entry_ss:	dw	0
entry_ax:	dw	0
entry_edx:	dd	0
entry_pxenv:	dd	0
entry_bang:	dd	0
my_ip:		dd	0
call_back:	dd	0, 0
scratch:	dd	0, 0
total:		dd	0
packets:	dw	0
nested_refused:	dw	0
nested_wrong:	dw	0
ax_after:	dw	0
call_name:	dw	0
call_opcode:	dw	0
call_block:	dw	0
call_quiet:	db	0
call_masked:	db	0
call_pxenv:	db	0
call_hooked:	db	0
call_bad:	db	0
	align	16, db 0
stack_guard:	times STACK_GUARD db 0
stack_small:	times SMALL_STACK db 0
stack_small_top:
buffer:
