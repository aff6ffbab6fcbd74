; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that says on COM1 that the BIOS came to it, and powers off: the next boot device of the tests.
	bits 16
	org 7c00h

	cli
	cld
	xor ax, ax
	mov ds, ax
	mov si, line
.print:
	lodsb
	test al, al
	jz .printed
	mov ah, al
.busy:
	mov dx, 3f8h + 5
	in al, dx
	test al, 20h
	jz .busy
	mov al, ah
	mov dx, 3f8h
	out dx, al
	jmp .print
.printed:
	mov ax, 2000h
	mov dx, 604h
	out dx, ax
	mov dx, 0b004h
	out dx, ax
.hang:
	hlt
	jmp .hang

line:	db 13, 10, "PVBOOT-NEXT-DEVICE", 13, 10, 0
	times 510 - ($ - $$) db 0
	dw 0aa55h
	times 65536 - ($ - $$) db 0
