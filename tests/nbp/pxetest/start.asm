; SPDX-License-Identifier: BSD-2-Clause
; start.asm - pxetest.0's entry, and a call of the PXE API between two snapshots of everything a call must not change.
;
; Loaded at 0:7C00h; CS = DS = ES = SS = 0 in C.  C calls with 32-bit return addresses.
	cpu	386
	bits	16

	extern	pxetest_main, _bss_start, _bss_end
	global	start, api_call, bios_int1a, timer_hook, timer_chain, leave
	global	at_entry, before, after, call_stack_top, call_stack_bottom, text_end

	section	.text.start progbits alloc exec nowrite align=4

start:
	pushf
	pop	word [cs:at_entry.flags]
	cli
	mov	[cs:at_entry.eax], eax
	mov	[cs:at_entry.ebx], ebx
	mov	[cs:at_entry.ecx], ecx
	mov	[cs:at_entry.edx], edx
	mov	[cs:at_entry.esp], esp
	mov	[cs:at_entry.ss], ss
	mov	[cs:at_entry.es], es
	mov	bp, sp
	mov	eax, [bp + 4]
	mov	[cs:at_entry.bang], eax
	xor	eax, eax
	mov	ds, ax
	mov	es, ax
	mov	fs, ax
	mov	gs, ax
	mov	ss, ax
	mov	esp, c_stack_top
	cld
	mov	di, _bss_start
	mov	cx, _bss_end
	sub	cx, di
	rep stosb
	sti
	call	dword pxetest_main

; Back to whoever loaded us, with AX as it is wanted.
leave:
	cli
	lss	esp, [at_entry.esp]
	xor	ax, ax
	sti
	retf

	section	.data progbits alloc noexec write align=4
; Initialised, so that clearing bss leaves it alone.
at_entry:
.eax:	dd	0
.ebx:	dd	0
.ecx:	dd	0
.edx:	dd	0
.esp:	dd	0
.ss:	dw	0
.es:	dw	0
.bang:	dd	0
.flags:	dw	0
	dw	0

	section	.text progbits alloc exec nowrite align=4

%macro	snapshot 1
	mov	[cs:%1.eax], eax
	mov	[cs:%1.ebx], ebx
	mov	[cs:%1.ecx], ecx
	mov	[cs:%1.edx], edx
	mov	[cs:%1.esi], esi
	mov	[cs:%1.edi], edi
	mov	[cs:%1.ebp], ebp
	mov	[cs:%1.esp], esp
	mov	[cs:%1.ds], ds
	mov	[cs:%1.es], es
	mov	[cs:%1.fs], fs
	mov	[cs:%1.gs], gs
	mov	[cs:%1.ss], ss
	pushf
	pop	word [cs:%1.flags]
	sidt	[cs:%1.idt]
	smsw	[cs:%1.msw]
%endmacro

; Call [before.entry] (0: !PXE's, 1: PXENV+'s) on the stack [before.esp], with [before.opcode] and [before.block].
api_call:
	pushad
	mov	[c_stack], esp
	cli
	lss	esp, [before.stack]
	cmp	byte [before.pxenv], 0
	jne	.parameters
	push	dword [before.block]
	push	word [before.opcode]
.parameters:
	mov	ax, 0xf0f0
	mov	fs, ax
	mov	ax, 0x0f0f
	mov	gs, ax
	mov	es, [before.block + 2]
	mov	edi, 0xd1d10000
	mov	di, [before.block]
	mov	ebx, 0xb0b00000
	mov	bx, [before.opcode]
	mov	ecx, 0xc0c01234
	mov	edx, 0xd0d04321
	mov	esi, 0x51515151
	mov	ebp, 0xb9b9b9b9
	mov	eax, 0xa0a00000
	cmp	byte [before.masked], 0
	jne	.off
	sti
.off:	cmp	byte [before.down], 0
	je	.forwards
	std
.forwards:
	stc
	snapshot before
	push	cs
	push	word .back
	push	dword [before.entry]
	mov	ds, [cs:before.caller_ds]
	mov	[cs:before.ds], ds
	retf
.back:	snapshot after
	cli
	cld
	xor	ax, ax
	mov	ds, ax
	mov	es, ax
	mov	fs, ax
	mov	gs, ax
	mov	ss, ax
	mov	esp, [c_stack]
	sti
	popad
	retd

; INT 1Ah with registers from and to `before` and `after` (eax, ebx, edx, es, flags).
bios_int1a:
	pushad
	push	es
	mov	eax, [before.eax]
	mov	ebx, [before.ebx]
	mov	edx, [before.edx]
	stc
	int	0x1a
	mov	[after.eax], eax
	mov	[after.ebx], ebx
	mov	[after.edx], edx
	mov	[after.es], es
	pushf
	pop	word [after.flags]
	pop	es
	popad
	retd

	section	.bss nobits alloc write align=16

%macro	registers 1
%1:
.eax:	resd 1
.ebx:	resd 1
.ecx:	resd 1
.edx:	resd 1
.esi:	resd 1
.edi:	resd 1
.ebp:	resd 1
.esp:	resd 1
.ds:	resw 1
.es:	resw 1
.fs:	resw 1
.gs:	resw 1
.ss:	resw 1
.flags:	resw 1
.msw:	resw 1
.idt:	resb 6
.entry:	resd 1
.block:	resd 1
.stack:	resd 1
.stack_ss: resw 1
.opcode: resw 1
.caller_ds: resw 1
.pxenv:	resb 1
.masked: resb 1
.down:	resb 1
	resb 3
%endmacro

registers before
registers after
c_stack: resd 1
	alignb	16
call_stack_bottom:
	resb	2048
call_stack_top:
	resb	3072
c_stack_top:
