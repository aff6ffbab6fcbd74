; SPDX-License-Identifier: BSD-2-Clause
; linux_renew.asm - renew_base() for code above 1 MiB: INT 15h AH = 87h copies it onto itself.

	cpu	386
	bits	16

	extern	renew_base
	global	linux_renew

	section	.text progbits alloc exec nowrite align=4

MOVE_BLOCK equ 87h			; INT 15h: CX words, as the table at ES:SI says
PIECE	equ 10000h			; the most that it moves
SOURCE	equ gdt + 2 * 8
DESTINATION equ gdt + 3 * 8
DATA	equ 93h

; void linux_renew(uint32_t phys, uint32_t len, bool needed)
; A failure of the BIOS is ignored: the BIOSes of emulators that translate code have the function.
linux_renew:
	cmp	eax, 100000h
	jb	renew_base
	test	cl, cl			; not needed at a machine's first boot
	je	.end
	pushad
	push	fs
	push	gs
.next:
	mov	ecx, PIECE
	cmp	ecx, edx
	jbe	.piece
	mov	ecx, edx
.piece:
	sub	edx, ecx
	mov	ebx, eax
	shr	ebx, 16
	mov	si, SOURCE
	mov	word [si], 0ffffh	; its limit
	mov	[si + 2], ax
	mov	[si + 4], bl
	mov	byte [si + 5], DATA
	mov	[si + 7], bh
	mov	di, DESTINATION
	movsd
	movsd
	add	eax, ecx
	inc	ecx
	shr	ecx, 1
	mov	si, gdt
	pushad
	mov	ah, MOVE_BLOCK
	int	15h
	cld
	push	cs
	pop	ds
	push	cs
	pop	es
	popad
	jc	.out
	test	edx, edx
	jnz	.next
.out:
	pop	gs
	pop	fs
	popad
.end:	retd

	section	.bss nobits alloc write align=4
gdt:	resb	6 * 8			; null, the table itself, from, to, and two of the BIOS's
