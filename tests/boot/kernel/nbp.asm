; SPDX-License-Identifier: BSD-2-Clause
; A boot program of real-mode code only: it has the ROM load payload.bin to 2 MiB with PXENV_TFTP_READ_FILE, so that a
; test can compare guest memory with the file.  On COM1: PVBOOT-NBP-START, then PVBOOT-NBP-DONE <exit code> <status>
; <size>.
	bits 16
	org 7c00h

COM1		equ 3f8h
DESTINATION	equ 200000h
ROOM		equ 1000000h

	mov bp, sp
	les bx, [bp + 4]	; !PXE (PXE 2.1, 4.4.5: above the return address)
	mov eax, [es:bx + 10h]
	xor dx, dx
	mov ds, dx
	mov es, dx
	mov [entry], eax
	mov si, start_line
	call print
	mov bx, 71h		; GET_CACHED_INFO, DHCPACK
	mov di, cached
	call pxe
	les bx, [cached + 6]
	mov eax, [es:bx + 20]	; siaddr
	mov [file_server], eax
	xor dx, dx
	mov es, dx
	mov bx, 23h		; TFTP_READ_FILE
	mov di, file
	call pxe
	mov si, done_line
	call print
	call hex
	movzx eax, word [file]
	call hex
	mov eax, [file_size]
	call hex
	mov si, crlf
	call print
.stay:
	hlt
	jmp .stay

; Call the PXE service BX with the block at DI; EAX = what it returned in AX.
pxe:
	push ds
	push di
	push bx
	call far [entry]
	add sp, 6
	movzx eax, ax
	ret

print:
	lodsb
	test al, al
	jz .end
	call putc
	jmp print
.end:
	ret

; EAX in eight digits, and a space.
hex:
	mov cx, 8
.digit:
	rol eax, 4
	push eax
	and al, 15
	cmp al, 10
	sbb al, 69h
	das
	or al, 20h
	call putc
	pop eax
	loop .digit
	mov al, ' '
putc:
	push dx
	push ax
	mov dx, COM1 + 5
.busy:
	in al, dx
	test al, 20h
	jz .busy
	pop ax
	mov dx, COM1
	out dx, al
	pop dx
	ret

start_line: db 13, 10, "PVBOOT-NBP-START", 13, 10, 0
done_line: db 13, 10, "PVBOOT-NBP-DONE ", 0
crlf:	db 13, 10, 0

	align 4
entry:	dd 0
cached:	dw 0, 2, 0, 0, 0, 0
file:	dw 0
	db "payload.bin"
	times 128 - 11 db 0
file_size: dd ROOM
	dd DESTINATION
file_server: dd 0
	dd 0, 0
	dw 0, 0, 0, 0
