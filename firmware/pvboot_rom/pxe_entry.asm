; SPDX-License-Identifier: BSD-2-Clause
; pxe_entry.asm - the PXE API's entry points.
;
; Calls run on a stack of their own, because the caller's may have only a few hundred bytes left; they use 6 bytes of
; it.  There is one API stack, so a call from an interrupt handler during another call is refused (status 1).  At return
; all registers but AX have the caller's values, with upper halves, flags and segments.

%include "consts.inc"

	cpu	386
	bits	16

	extern	pxe_call, _api_stack_top

	global	bang_pxe_entry, pxenv_entry, loader_entry, api_busy

	section	.text progbits alloc exec nowrite align=16

; Offsets from SS:BP after the common prologue:
%define	FRAME_EBP	0
%define	FRAME_FLAGS	4
%define	FRAME_RETURN	6
%define	FRAME_OPCODE	10		; !PXE only
%define	FRAME_BLOCK	12

; The UNDI loader, called by the ROM's stub like the !PXE entry; the opcode on the stack is ignored.
loader_entry:
	pushf
	push	ebp
	mov	bp, sp
	cli
	cmp	byte [cs:api_busy], 0
	jne	bang_pxe_entry.nested
	mov	byte [cs:api_busy], 1
	mov	[cs:api_eax], eax
	mov	eax, PXE_LOADER
	jmp	bang_pxe_entry.go

bang_pxe_entry:
	pushf
	push	ebp
	mov	bp, sp
	cli
	cmp	byte [cs:api_busy], 0
	jne	.nested
	mov	byte [cs:api_busy], 1
	mov	[cs:api_eax], eax
	movzx	eax, word [bp + FRAME_OPCODE]
.go:	mov	[cs:api_opcode], eax
	mov	eax, [bp + FRAME_BLOCK]
	jmp	call_c
.nested:
	push	ds
	push	bx
	lds	bx, [bp + FRAME_BLOCK]
	mov	word [bx], PXE_FAILURE
	pop	bx
	pop	ds
	jmp	refuse

pxenv_entry:
	pushf
	push	ebp
	mov	bp, sp
	cli
	cmp	byte [cs:api_busy], 0
	jne	.nested
	mov	byte [cs:api_busy], 1
	mov	[cs:api_eax], eax
	movzx	eax, bx
	mov	[cs:api_opcode], eax
	mov	ax, es
	shl	eax, 16
	mov	ax, di
	jmp	call_c
.nested:
	mov	word [es:di], PXE_FAILURE
refuse:
	mov	ax, 1
	pop	ebp
	popf
	retf

; EAX = far pointer to the parameter block; SS:BP = the frame.
call_c:
	mov	[cs:api_block], eax
	mov	ax, [bp + FRAME_FLAGS]
	mov	[cs:api_flags], ax
	mov	[cs:api_caller], esp
	mov	[cs:api_caller + 4], ss
	mov	ax, cs
	mov	ss, ax
	mov	esp, _api_stack_top
	mov	eax, [cs:api_eax]
	pushad
	push	ds
	push	es
	push	fs
	push	gs
	mov	ax, cs
	mov	ds, ax
	mov	es, ax
	xor	ax, ax
	mov	gs, ax
	mov	fs, [api_block + 2]
	cld
	mov	eax, [api_opcode]
	movzx	edx, word [api_block]
	test	word [api_flags], 0x200
	jz	.masked			; a caller without interrupts stays without
	sti
.masked:
	call	dword pxe_call
	cli
	mov	[api_eax], ax		; its upper half is still the caller's
	pop	gs
	pop	fs
	pop	es
	pop	ds
	popad
	mov	ax, [cs:api_eax]
	lss	esp, [cs:api_caller]
	mov	byte [cs:api_busy], 0
	pop	ebp
	popf
	retf

	section	.bss nobits alloc write align=4
api_caller:	resd 2
api_eax:	resd 1
api_block:	resd 1
api_opcode:	resd 1
api_flags:	resw 1
api_busy:	resb 1
