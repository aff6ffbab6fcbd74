; SPDX-License-Identifier: BSD-2-Clause
; rom.asm - the image: headers, the stubs that stay in the ROM area, init, and after them the resident part.
;
; Init runs at POST, in the image and on the BIOS's stack.  It lowers 0:413h to get base memory, copies the resident
; part there, and shrinks the image to the bytes before `kept`.  At boot the ROM area is read-only: the BEV stub writes
; nothing there, and finds the resident part by its magic.
; A VMM that puts the image in RAM may not do so again at a reset.  The BIOS then finds the shrunk image, with the rest
; still after it, and calls init again.  So init changes only the lengths and the sum, and checks the rest by a sum of
; its own.  mkrom fills in lengths and sums.

%include "consts.inc"
%include "version.inc"

%define	LEAST_KIB	256		; the least base memory

	cpu	386
	bits	16
	org	0

header:
	db	0x55, 0xaa
rom_blocks:
	db	0			; mkrom
	jmp	near init
rom_sum:
	db	0			; mkrom
	times	0x16 - ($ - $$) db 0
	dw	undi_id
	dw	pcir
	dw	pnp
	times	0x20 - ($ - $$) db 0

	align	4, db 0
pcir:					; PCI Firmware Specification 3.0, 5.1.2
	db	"PCIR"
	dw	PCI_VENDOR
	dw	PCI_DEVICE
	dw	0			; no device list
	dw	pcir_end - pcir
	db	3
	db	PCI_PROGIF, PCI_SUBCLASS, PCI_CLASS
pcir_blocks:
	dw	0			; mkrom
	dw	1			; revision of the code
	db	0			; PC-AT
	db	0x80			; the last image
	dw	KEPT_BLOCKS		; runtime size
	dw	0, 0			; no configuration utility, no DMTF entry
pcir_end:

	align	16, db 0
pnp:					; Plug and Play BIOS Specification 1.0A, 3.2
	db	"$PnP"
	db	1, 2
	dw	0
	db	0
	db	0			; mkrom
	dd	0
	dw	manufacturer
	dw	product
	db	0x02, 0x00, 0x00	; network, Ethernet
	db	0xf4			; needs shadow RAM, may be cached, IPL, initialises through the DDIM
	dw	0, 0
	dw	bev
	dw	0
	dw	0

	align	16, db 0
%define	UNDI_ID_SIZE	0x16
%define	UNDI_STACK	256
%define	UNDI_NOTHING	16		; bytes of data and of code that a caller of the loader sets aside: not used
%define	LOADER_AT	(loader - header)
%define	UNDI_ID_SUM	('U' + 'N' + 'D' + 'I' + UNDI_ID_SIZE + 1 + 2 + LOADER_AT + (LOADER_AT >> 8) + \
				 (UNDI_STACK >> 8) + \
			2 * UNDI_NOTHING + 'P' + 'C' + 'I' + 'R')
undi_id:				; PXE 2.1, 4.3.1: UNDI ROM ID
	db	"UNDI"
	db	UNDI_ID_SIZE
	db	(0x1000 - UNDI_ID_SUM) & 0xff
	db	0			; revision of the structure
	db	0, 1, 2			; of the UNDI: 2.1.0
	dw	loader
	dw	UNDI_STACK, UNDI_NOTHING, UNDI_NOTHING
	db	"PCIR"

manufacturer:
	db	"pvboot project", 0
product:
	db	"pvboot ", VERSION, " (network boot)", 0

; ---- boot ------------------------------------------------------------------------------------------------------------

bev:
	pushf
	pushad
	push	ds
	push	es
	call	find
	jc	.lost
	push	cs
	push	word .back
	push	es
	push	word [es:RESIDENT_O_BEV]
	retf
.lost:	mov	si, lost_text
	mov	ah, 0x0e
	mov	bx, 7
.char:	lodsb
	test	al, al
	jz	.back
	push	si
	push	bx
	mov	ah, 0x0e
	int	0x10
	pop	bx
	pop	si
	jmp	.char
.back:	pop	es
	pop	ds
	popad
	popf
	retf

; The UNDI loader (PXE 2.1, 3.1).  Called far, with a far pointer to its block on the stack; AX and Status are 0 if it
; succeeds.  The PXE stack has been in base memory since POST, so the segments that the caller offers stay unused.
loader:
	push	ebp
	mov	bp, sp
	pushf
	pushad
	push	ds
	push	es
	call	find
	push	word [bp + 10]
	push	word [bp + 8]
	push	ax			; for an opcode
	jc	.lost
	push	cs
	push	word .back
	push	es
	push	word [es:RESIDENT_O_LOADER]
	retf
.lost:	lds	bx, [bp + 8]
	mov	ax, PXE_FAILURE
	mov	[bx], ax
.back:	add	sp, 6
	pop	es
	pop	ds
	mov	[bp - 2 - 4], ax	; AX of pushad's frame
	popad
	popf
	pop	ebp
	retf

; Find the resident part, from the end of free base memory upwards in steps of a KiB: another ROM may have taken more
; memory since.  Out: ES, or carry if there is none; DS = CS, DF clear.  Trashes AX, BX, CX, DX, SI, DI.
find:
	cld
	xor	ax, ax
	mov	ds, ax
	mov	ax, [BDA_FBM]
	push	cs
	pop	ds
.next:	cmp	ax, 640
	cmc
	jb	.end
	mov	bx, ax
	shl	bx, 6
	mov	es, bx
	mov	si, magic
	mov	di, RESIDENT_O_MAGIC
	mov	cx, 4
	repe cmpsw
	jne	.other
	mov	dx, cs
	cmp	[es:RESIDENT_O_ROM_SEGMENT], dx
	je	.end			; carry is clear
.other:	inc	ax
	jmp	.next
.end:	ret

magic:
	db	RESIDENT_MAGIC

; ---- POST ------------------------------------------------------------------------------------------------------------

init:
	pushf
	pushad
	mov	bp, sp			; AX at [bp + 28], DI at [bp]
	push	ds
	push	es
	cld
	push	cs
	pop	ds
	mov	si, KEPT_BLOCKS * 512
	mov	cx, [rest_dwords]
	xor	edx, edx
.sum:	lodsd
	add	edx, eax
	loop	.sum
	cmp	edx, [rest_sum]
	je	post
	mov	si, damaged_text
.char:	lodsb
	test	al, al
	jz	.back
	push	si
	push	bp
	mov	ah, 0x0e
	mov	bx, 7
	int	0x10
	pop	bp
	pop	si
	jmp	.char
.back:	pop	es
	pop	ds
	popad
	popf
	xor	ax, ax
	retf

rest_dwords:
	dw	0			; mkrom: the length of the image after the kept part
rest_sum:
	dd	0			; mkrom
damaged_text:
	db	13, 10, "PXE-E02: pvboot's ROM was overwritten after an earlier start"
	db	13, 10, "  to do: switch the machine off and on", 13, 10, 0
lost_text:
	db	13, 10, "PXE-E00: pvboot found no device at start, or has booted already"
	db	13, 10, "  to do: reset the machine", 13, 10, 0

kept:
KEPT_BLOCKS	equ	(kept - header + 511) / 512
%if KEPT_BLOCKS > 8
%error "more than 4096 bytes stay in the ROM area"
%endif

	align	512, db 0
; Init goes on here, outside the kept part: its frame is on the stack, DS = CS, DF clear.
post:
	xor	bp, bp			; BP = 1 if "$PnP" is at ES:DI
	cmp	di, 0xfffc
	ja	.no_pnp
	cmp	dword [es:di], "$PnP"
	jne	.no_pnp
	inc	bp
.no_pnp:
	xor	ax, ax
	mov	es, ax
	mov	bx, [es:BDA_FBM]
	cmp	bx, LEAST_KIB
	jb	.shrink			; too little memory for a boot program below the resident part
	mov	dx, bx
	sub	dx, [image + RESIDENT_O_KIB]
	mov	ax, bx
	sub	ax, BASE_KIB_MAX
	mov	cx, dx
	and	cl, ~3			; at a 4 KiB page's boundary (runtime.ld)
	cmp	cx, ax
	jb	.anywhere
	mov	dx, cx
.anywhere:
	mov	[es:BDA_FBM], dx
	mov	ax, dx
	shl	ax, 6
	mov	es, ax
	mov	si, image
	xor	di, di
	mov	cx, [image + RESIDENT_O_IMAGE_SIZE]
	shr	cx, 2
	rep movsd
	mov	cx, [image + RESIDENT_O_KIB]
	shl	cx, 10
	sub	cx, di
	xor	ax, ax
	rep stosb
	mov	[es:RESIDENT_O_ROM_SEGMENT], cs
	mov	[es:RESIDENT_O_OLD_FBM], bx
	mov	[es:RESIDENT_O_NEW_FBM], dx
	mov	[es:RESIDENT_O_PNP_BIOS], bp
	mov	bp, sp
	mov	ax, [bp + 4 + 28]	; AX at entry; 4 skips ES and DS
	mov	[es:RESIDENT_O_PCI_HINT], ax
	push	bx
	push	es
	push	cs
	push	word .there
	push	es
	push	word [es:RESIDENT_O_INIT]
	retf
.there:	pop	es
	pop	bx
	test	ax, ax
	jz	.shrink
	; No device: give the memory back, and clear the magic, so that the BEV stub does not find the resident part.
	mov	byte [es:RESIDENT_O_MAGIC], 0
	xor	ax, ax
	mov	ds, ax
	mov	[BDA_FBM], bx

.shrink:
	push	cs
	pop	ds
	mov	al, KEPT_BLOCKS
	mov	[rom_blocks], al
	cmp	[rom_blocks], al
	jne	.done			; read-only memory: the image keeps its length
	mov	byte [pcir_blocks], al
	mov	byte [rom_sum], 0
	xor	si, si
	mov	cx, KEPT_BLOCKS * 512
	xor	ah, ah
.sum:	lodsb
	sub	ah, al
	loop	.sum
	mov	[rom_sum], ah
.done:
	pop	es
	pop	ds
	popad
	popf
	mov	ax, 0x20		; an IPL device is attached
	retf

	align	16, db 0
image:
	incbin	"runtime.bin"
image_end:

; The trailer tells mkrom where the fields are.  mkrom removes it.
	dw	pcir_blocks, pnp, KEPT_BLOCKS, rest_dwords
