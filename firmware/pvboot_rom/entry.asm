; SPDX-License-Identifier: BSD-2-Clause
; entry.asm - the head of the resident segment, its entries from the ROM's stubs, and the entry of the boot program.

%include "consts.inc"

%define	STACK_CHECKED	256		; bytes

	cpu	386
	bits	16

	extern	_image_size, _resident_kib, _boot_stack_top
	extern	boot_init, boot_main, pxenv_entry, loader_entry, api_busy, int19_old

	global	resident, resident_base, nbp_enter, nbp_restart, int19_entry, int19_over

	section	.head progbits alloc exec write align=16

; struct resident
resident:
	jmp	near pxenv_entry
	times	RESIDENT_O_MAGIC - ($ - resident) db 0
	db	RESIDENT_MAGIC
	dw	_image_size
	dw	_resident_kib
	dw	init_entry
	dw	bev_entry
	dw	0, 0, 0, 0, 0
	dw	loader_entry
	dw	0, 0
%if ($ - resident) != RESIDENT_SIZE
%error "struct resident"
%endif

	section	.text progbits alloc exec nowrite align=16

; Set the segment registers as every C function expects them.  Trashes AX.
%macro	c_segments 0
	mov	ax, cs
	mov	ds, ax
	mov	es, ax
	xor	ax, ax
	mov	fs, ax
	mov	gs, ax
	cld
%endmacro

; Called far by the ROM's init, on the BIOS's stack.  Out: AX 0 if the device is there.  Trashes all registers but
; SS:SP.
init_entry:
	mov	[cs:bios_stack], esp
	mov	[cs:bios_stack + 4], ss
	mov	ax, cs
	mov	ss, ax			; no interrupt comes between these two
	mov	esp, _boot_stack_top
	c_segments
	call	set_base
	call	dword boot_init
	lss	esp, [cs:bios_stack]
	retf

; Called far by the ROM's BEV stub.  Returns if nothing was booted: the BIOS goes on to the next device.
bev_entry:
	pushf
	pushad
	push	ds
	push	es
	push	fs
	push	gs
	cli
	mov	[cs:bios_stack], esp
	mov	[cs:bios_stack + 4], ss
	mov	ax, cs
	mov	ss, ax
	mov	esp, _boot_stack_top
	c_segments
	call	set_base
	call	stack_sum
	mov	[bios_stack_sum], eax
	sti
	call	dword boot_main
	cli
	call	stack_sum
	cmp	[bios_stack_sum], eax
	jne	.lost
	lss	esp, [bios_stack]
	pop	gs
	pop	fs
	pop	es
	pop	ds
	popad
	popf
	retf
.lost:	; The boot program, or its loading, has overwritten the BIOS's stack: go on by INT 18h.
	sti
	int	18h
.dead:	hlt
	jmp	.dead

; INT 19h, hooked at POST.  Boot programs are loaded where the BIOS's stack may be, so the handler does not return to
; it.  If nothing was booted, it jumps to the BIOS's own INT 19h, which sets up a stack of its own in every BIOS.
int19_entry:
	cli
	cmp	byte [cs:int19_over], 0
	jne	.chain
	mov	ax, cs
	mov	ss, ax
	mov	esp, _boot_stack_top
	c_segments
	call	set_base
	sti
	call	dword boot_main
	cli
	xor	eax, eax
	mov	ds, ax
	mov	es, ax
	mov	ss, ax
	mov	esp, NBP_ADDRESS	; below the boot sector that it will load
	push	word 0x202		; as by INT 19h: rombios returns by this frame, with its flags
	push	cs
	push	word bev_entry.lost	; should it return
.chain:	jmp	far [cs:int19_old]

; Sum up the BIOS's stack from its stack pointer at the call: EAX.  pxelinux clears most of that stack, but not its
; bottom.
stack_sum:
	mov	bx, [bios_stack]
	mov	es, [bios_stack + 4]
	mov	cx, STACK_CHECKED
	xor	ax, ax
	sub	ax, bx			; up to the segment's end
	jz	.whole
	cmp	ax, cx
	jae	.whole
	mov	cx, ax
.whole:	shr	cx, 1
	xor	eax, eax
.next:	rol	eax, 3
	add	ax, [es:bx]
	add	bx, 2
	loop	.next
	push	cs
	pop	es
	ret

set_base:
	xor	eax, eax
	mov	ax, cs
	shl	eax, 4
	mov	[resident_base], eax
	ret

; uint16_t nbp_enter(uint32_t bang_pxe, uint32_t pxenv): EAX and EDX are far pointers.
nbp_enter:
	push	ebx
	push	esi
	push	edi
	push	ebp
	mov	[nbp_pxenv], edx
	mov	[nbp_bang_pxe], eax
	mov	[nbp_sp], esp
.again:
	push	dword [nbp_bang_pxe]	; SS:[SP+4] at entry
	les	bx, [nbp_pxenv]		; ES:BX
	movzx	edx, bx
	add	edx, [resident_base]	; EDX: its physical address
	xor	eax, eax
	mov	ecx, eax
	mov	esi, eax
	mov	edi, eax
	mov	ebp, eax
	mov	ds, ax
	mov	fs, ax
	mov	gs, ax
	sti
	cld
	call	0:NBP_ADDRESS		; SS:[SP]
	cli
	mov	bx, cs
	mov	ss, bx
	mov	esp, [cs:nbp_sp]
	mov	[cs:nbp_ax], ax
	c_segments
	sti
	movzx	eax, word [nbp_ax]
	pop	ebp
	pop	edi
	pop	esi
	pop	ebx
	retd

; void nbp_restart(void): from within an API call.
nbp_restart:
	cli
	mov	esp, [nbp_sp]		; the boot stack; SS is ours already
	mov	byte [api_busy], 0
	jmp	nbp_enter.again

	section	.bss nobits alloc write align=4
resident_base:	resd 1
bios_stack:	resd 2
bios_stack_sum:	resd 1
nbp_pxenv:	resd 1
nbp_bang_pxe:	resd 1
nbp_sp:		resd 1
nbp_ax:		resd 1
int19_over:	resb 1
