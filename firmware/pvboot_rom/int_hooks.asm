; SPDX-License-Identifier: BSD-2-Clause
; int_hooks.asm - handlers of the interrupts that the ROM hooks: INT 1Ah and INT 15h (INT 19h: entry.asm).
;
; Each runs on its caller's stack.  It passes other functions on to the handler before it, with flags and registers
; unchanged.

%include "consts.inc"

	cpu	386
	bits	16

	global	int1a_entry, int1a_old, int1a_pxenv, int15_entry, int15_old, int15_start, int15_end, int19_old

	section	.text progbits alloc exec nowrite align=16

; INT 1Ah, AX = 5650h: the PXE installation check.
int1a_entry:
	pushf
	cmp	ax, 0x5650
	je	.ours
	popf
	jmp	far [cs:int1a_old]
.ours:
	popf
	push	bp
	mov	bp, sp
	and	word [bp + 6], ~1	; carry clear in the caller's flags
	pop	bp
	mov	ax, cs
	mov	es, ax
	mov	bx, [cs:int1a_pxenv]
	movzx	edx, ax
	shl	edx, 4
	push	ebx
	movzx	ebx, bx
	add	edx, ebx
	pop	ebx
	mov	ax, 0x564e
	iret

; INT 15h, AX = E820h (ACPI 6.4, 15.1): cut the resident part out of the BIOS's ranges of RAM.  There is no RAM between
; the resident part and 1 MiB, so a range that reaches into it ends before it, and one that begins in it becomes
; reserved.
int15_entry:
	pushf
	cmp	ax, 0xe820
	je	.map
	popf
	jmp	far [cs:int15_old]
.map:
	popf
	pushf
	call	far [cs:int15_old]
	push	bp			; push and mov leave the carry alone
	mov	bp, sp
	jc	.refused
	and	byte [bp + 6], ~1	; carry clear in the caller's flags
	push	eax
	cmp	dword [es:di + E820_O_TYPE], E820_RAM
	jne	.good
	cmp	dword [es:di + E820_O_BASE + 4], 0
	jne	.good
	mov	eax, [es:di + E820_O_BASE]
	cmp	eax, [cs:int15_end]
	jae	.good
	mov	eax, [cs:int15_start]
	sub	eax, [es:di + E820_O_BASE]	; bytes before the resident part
	jbe	.inside
	cmp	dword [es:di + E820_O_LENGTH + 4], 0
	jne	.cut
	cmp	[es:di + E820_O_LENGTH], eax
	jbe	.good
.cut:	mov	[es:di + E820_O_LENGTH], eax
	mov	dword [es:di + E820_O_LENGTH + 4], 0
	jmp	.good
.inside:
	mov	dword [es:di + E820_O_TYPE], E820_RESERVED
.good:	pop	eax
	pop	bp
	iret
.refused:
	or	byte [bp + 6], 1
	pop	bp
	iret

	section	.bss nobits alloc write align=4
int1a_old:	resd 1
int15_old:	resd 1
int19_old:	resd 1
int15_start:	resd 1			; physical: the resident part
int15_end:	resd 1
int1a_pxenv:	resw 1
