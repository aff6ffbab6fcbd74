; SPDX-License-Identifier: BSD-2-Clause
; The boot sector of a 1.44 MB floppy that memdisk serves: it reads the last sector by INT 13h, says on COM1 what stands
; there, how much base memory there is and whether INT 1Ah still answers for PXE, then powers off.
;
;   PVBOOT-FLOPPY <text of the last sector> <0:413h, 4 digits> <pxe|none>
	bits 16
	org 7c00h

BUFFER	equ 8000h

	xor ax, ax
	mov ds, ax
	mov es, ax
	cld
	mov si, begin
	call print
	mov ax, 0201h		; one sector: cylinder 79, head 1, sector 18
	mov bx, BUFFER
	mov cx, 4f12h
	mov dx, 0100h
	int 13h
	jc .failed
	mov si, BUFFER
	call print
	mov si, space
	call print
	mov dx, [413h]
	mov cx, 4
.digit:
	rol dx, 4
	mov al, dl
	and al, 15
	cmp al, 10
	sbb al, 69h
	das
	push dx
	call putc
	pop dx
	loop .digit
	mov ax, 5650h
	int 1ah
	mov si, pxe
	cmp ax, 564eh
	je .said
	mov si, none
.said:
	call print
.failed:
	mov si, line_end
	call print
	mov ax, 2000h
	mov dx, 604h
	out dx, ax
	mov dx, 0b004h
	out dx, ax
.hang:
	hlt
	jmp .hang

print:
	lodsb
	test al, al
	jz .end
	call putc
	jmp print
.end:
	ret

putc:
	mov ah, al
	mov dx, 3f8h + 5
.busy:
	in al, dx
	test al, 20h
	jz .busy
	mov al, ah
	mov dx, 3f8h
	out dx, al
	ret

begin:	db 13, 10, "PVBOOT-FLOPPY "
space:	db " ", 0
pxe:	db " pxe", 0
none:	db " none", 0
line_end: db 13, 10, 0
	times 510 - ($ - $$) db 0
	dw 0aa55h
