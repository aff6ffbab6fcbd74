; SPDX-License-Identifier: BSD-2-Clause
; bios.asm - BIOS calls and copies across segments, for C.

%include "consts.inc"

	cpu	386
	bits	16

	global	bios_call, copy_to_linear, copy_from_linear, strlen_linear, memcpy, memset, memcmp, renew_base

	section	.text progbits alloc exec nowrite align=16

; void bios_call(uint32_t vector, struct regs *regs)
; Call the vector's far pointer, with the flags on the stack, as INT n does.
bios_call:
	push	ebx
	push	esi
	push	edi
	push	ebp
	push	fs
	push	gs
	push	edx
	mov	ebx, [gs:eax * 4]
	mov	[bios_vector], ebx
	mov	eax, [edx + REGS_O_EAX]
	mov	ebx, [edx + REGS_O_EBX]
	mov	ecx, [edx + REGS_O_ECX]
	mov	esi, [edx + REGS_O_ESI]
	mov	edi, [edx + REGS_O_EDI]
	mov	es, [edx + REGS_O_ES]
	mov	edx, [edx + REGS_O_EDX]
	pushf
	cli
	call	far [cs:bios_vector]
	cld
	mov	[cs:bios_edx], edx
	pop	edx
	push	ds			; the BIOS may have changed it
	push	cs
	pop	ds
	mov	[edx + REGS_O_EAX], eax
	mov	[edx + REGS_O_EBX], ebx
	mov	[edx + REGS_O_ECX], ecx
	mov	[edx + REGS_O_ESI], esi
	mov	[edx + REGS_O_EDI], edi
	pushf
	pop	word [edx + REGS_O_FLAGS]
	mov	eax, [bios_edx]
	mov	[edx + REGS_O_EDX], eax
	add	sp, 2
	push	cs
	pop	es
	pop	gs
	pop	fs
	pop	ebp
	pop	edi
	pop	esi
	pop	ebx
	retd

; EAX = linear address -> AX = segment, EDX = offset.  The offset is below 16, unless the address is above 1 MiB - 16.
split:
	mov	edx, eax
	shr	eax, 4
	cmp	eax, 0xffff
	jbe	.low
	mov	eax, 0xffff
	sub	edx, 0xffff0
	ret
.low:	and	edx, 15
	ret

; void copy_to_linear(uint32_t dst, const void *src, uint32_t len)
copy_to_linear:
	push	esi
	push	edi
	mov	esi, edx
	call	split
	mov	es, ax
	mov	edi, edx
	call	copy
	push	cs
	pop	es
	pop	edi
	pop	esi
	retd

; void copy_from_linear(void *dst, uint32_t src, uint32_t len)
copy_from_linear:
	push	esi
	push	edi
	mov	edi, eax
	mov	eax, edx
	call	split
	mov	esi, edx
	mov	ds, ax
	call	copy
	push	cs
	pop	ds
	pop	edi
	pop	esi
	retd

; Copy ECX bytes from DS:SI to ES:DI.  Trashes EDX.
copy:
	mov	dx, cx
	shr	cx, 2
	rep movsd
	mov	cx, dx
	and	cx, 3
	rep movsb
	ret

; void renew_base(uint32_t at, uint32_t len)
renew_base:
	push	esi
	push	edi
	shr	eax, 4
.next:	mov	ds, ax
	mov	es, ax
	xor	esi, esi
	xor	edi, edi
	mov	ecx, 1024 / 4
	rep movsd
	add	ax, 1024 / 16
	sub	edx, 1024
	ja	.next
	push	cs
	pop	ds
	push	cs
	pop	es
	pop	edi
	pop	esi
	retd

; uint32_t strlen_linear(uint32_t src, uint32_t max)
strlen_linear:
	push	edi
	mov	ecx, edx
	push	ecx
	call	split
	mov	es, ax
	mov	edi, edx
	xor	eax, eax
	pop	ecx
	mov	edx, ecx
	jcxz	.end
.next:	cmp	byte [es:di], 0
	je	.end
	inc	di
	inc	ax
	loop	.next
.end:	push	cs
	pop	es
	pop	edi
	retd

; void *memcpy(void *dst, const void *src, size_t n)
memcpy:
	push	esi
	push	edi
	push	eax
	mov	edi, eax
	mov	esi, edx
	call	copy
	pop	eax
	pop	edi
	pop	esi
	retd

; void *memset(void *dst, int c, size_t n)
memset:
	push	edi
	push	eax
	mov	edi, eax
	mov	al, dl
	rep stosb
	pop	eax
	pop	edi
	retd

; int memcmp(const void *a, const void *b, size_t n): 0 or not 0
memcmp:
	push	esi
	push	edi
	mov	esi, eax
	mov	edi, edx
	xor	eax, eax
	repe cmpsb
	setne	al
	pop	edi
	pop	esi
	retd

	section	.bss nobits alloc write align=4
bios_vector:	resd 1
bios_edx:	resd 1
