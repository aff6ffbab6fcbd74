; SPDX-License-Identifier: BSD-2-Clause
; linux_jump.asm - enter protected mode and a Multiboot kernel (Multiboot 0.6.96, 3.2); there is no way back.

	cpu	486
	bits	16

	global	linux_multiboot_jump

	section	.text progbits alloc exec nowrite align=4

CODE	equ 8
DATA	equ 10h
A20_PORT equ 92h
LOADED_BY equ 2badb002h

; _Noreturn void linux_multiboot_jump(uint32_t entry, uint32_t info, uint32_t zeros)
linux_multiboot_jump:
	cli
	mov	esi, eax
	mov	ebx, edx
	mov	ebp, ecx
	in	al, A20_PORT		; enable A20: a BIOS may leave it disabled
	or	al, 2
	and	al, ~1
	out	A20_PORT, al
	xor	eax, eax
	mov	ax, cs
	shl	eax, 4
	add	[gdt + 2], eax
	add	[flat_pointer], eax
	o32 lgdt [gdt]
	mov	eax, cr0
	or	al, 1
	mov	cr0, eax
	jmp	far dword [flat_pointer]

	bits	32
flat:
	mov	ax, DATA
	mov	ds, ax
	mov	es, ax
	mov	fs, ax
	mov	gs, ax
	mov	ss, ax
	cld
	xor	eax, eax
.zeros:
	mov	edi, [ebp]
	mov	ecx, [ebp + 4]
	test	edi, edi
	jz	.enter
	rep stosb
	add	ebp, 8
	jmp	.zeros
.enter:
	mov	eax, LOADED_BY
	jmp	esi

	align	4
gdt:	; the processor never reads entry 0, so it holds the pointer to the table
	dw	3 * 8 - 1
	dd	gdt			; and where the segment begins
	dw	0
	dq	00cf9a000000ffffh	; flat code
	dq	00cf92000000ffffh	; flat data
flat_pointer:
	dd	flat			; likewise
	dw	CODE
