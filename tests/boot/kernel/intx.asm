; SPDX-License-Identifier: BSD-2-Clause
; A boot sector that brings the pvboot device to DRIVER_OK without a queue, and says on COM1 which interrupts it gets.
;
; R   the device runs; from here each change of its status interrupts
; i   an interrupt, not acknowledged at the device: its level stays, so another is to follow at once
; In  that other one; n is what the ISR register said, which acknowledges it
	bits 16
	org 7c00h

	cli
	xor ax, ax
	mov ds, ax
	mov ss, ax
	mov sp, 7c00h
	mov ax, 0b102h		; find the device: BX
	mov cx, 10f0h
	mov dx, 1af4h
	xor si, si
	int 1ah
	jc fail
	mov ax, 0b10ah		; BAR 0
	mov di, 10h
	int 1ah
	and cl, 0fch
	mov [base], cx
	mov ax, 0b10ch		; command: I/O and bus master
	mov di, 4
	mov cx, 5
	int 1ah
	mov ax, 0b108h		; the interrupt line: 8 to 15
	mov di, 3ch
	int 1ah
	movzx bx, cl
	add bx, 70h - 8
	shl bx, 2
	mov word [bx], interrupt
	mov word [bx + 2], 0
	sub cl, 8
	mov ah, 1
	shl ah, cl
	not ah
	mov al, ah		; this interrupt and the cascade, nothing else: the BIOS's console prints from its timer
	out 0a1h, al
	mov al, 0fbh
	out 21h, al

	mov dx, [base]
	add dx, 20		; device_status: reset, DRIVER, features, DRIVER_OK
	mov al, 0
	out dx, al
	mov al, 3
	out dx, al
	sub dx, 12		; driver_feature_select, driver_feature
	mov eax, 1
	out dx, eax
	add dx, 4
	out dx, eax
	add dx, 8
	mov al, 0bh
	out dx, al
	mov al, 0fh
	out dx, al
	mov al, 'R'
	call print
	sti
.idle:
	hlt
	jmp .idle

fail:
	mov al, 'F'
	call print
	jmp $

print:
	mov dx, 3f8h
	out dx, al
	ret

interrupt:
	push ax
	push dx
	xor byte [second], 1
	jz .acknowledge
	mov al, 'i'
	call print
	jmp .end
.acknowledge:
	mov al, 'I'
	call print
	mov dx, [base]
	add dx, 44h		; ISR
	in al, dx
	add al, '0'
	call print
.end:
	mov al, 20h
	out 0a0h, al
	out 20h, al
	pop dx
	pop ax
	iret

base:	dw 0
second:	db 0
	times 510 - ($ - $$) db 0
	dw 0aa55h
