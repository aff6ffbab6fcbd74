; SPDX-License-Identifier: BSD-2-Clause
; pxe_entry.asm - the PXE API's entry points.
;
; A caller's stack may have only a few hundred bytes left (and lie anywhere), so calls run on a stack of their own; 6 bytes
; of the caller's are used.  A call out of an interrupt that came during a call is refused (status 1): there is one stack.
; All registers but AX are the caller's again at return, upper halves, flags and segments included.

%include "consts.inc"

	cpu	386
	bits	16

	extern	pxe_call, _api_stack_top

	global	bang_pxe_entry, pxenv_entry, loader_entry, api_busy

	section	.text progbits alloc exec nowrite align=16

; After the common prologue, SS:[BP+...]:
%define	FRAME_EBP	0
%define	FRAME_FLAGS	4
%define	FRAME_RETURN	6
%define	FRAME_OPCODE	10		; !PXE only
%define	FRAME_BLOCK	12

; The UNDI loader, from the ROM's stub: as by !PXE, with any opcode.
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
