; SPDX-License-Identifier: BSD-2-Clause
;
; Code that says who it is, at the same addresses whoever it is.  WHO, a character, stands in the instructions and
; nowhere else, and nothing is ever stored into a page of the code: so an emulator that goes on with what it made of
; other code at these addresses gives itself away.  On COM1 come words, and WHO once for each of the places from which
; it is said, which lie apart, and across borders of pages and pieces:
;
;   as it is		a boot program of 100 KiB		PVBOOT-NBP AAAA-END
;   RESTART		the same; then PXE's RESTART_TFTP of the file "other"
;   LINUX		a bzImage, whose loader puts its set-up code at 10000h:
;			PVBOOT-SETUP AAAA  PVBOOT-KERNEL AAAAAAAAA-END
;   MULTIBOOT		a Multiboot kernel						PVBOOT-KERNEL AAAAAAAAA-END
;
; It stays for good.

	cpu 386

COM1		equ 3f8h
SETUP_AT	equ 10000h
SETUP_SECTS	equ 31
KERNEL_AT	equ 100000h
KERNEL_LEN	equ 40001h
NBP_AT		equ 7c00h
NBP_LEN		equ 19000h

; A character, by what is in the code only: AX and DX are lost.
%macro say 1
	mov ah, %1		; its last byte is what differs
	mov dx, COM1 + 5
%%busy:
	in al, dx
	test al, 20h
	jz %%busy
	mov al, ah
	mov dx, COM1
	out dx, al
%endmacro

%macro say_text 1
%strlen %%len %1
%assign %%i 1
%rep %%len
%substr %%c %1 %%i
	say %%c
%assign %%i %%i + 1
%endrep
%endmacro

; Up to %1 from the section's beginning; the place before it jumps there.  In real mode the section begins at linear
; address %2.
%macro place16 2
	jmp (((%1) + (%2)) >> 8) << 4:((%1) + (%2)) & 0ffh
	times (%1) - ($ - $$) db 0
	say WHO
%endmacro

%macro place32 1
	jmp near $$ + (%1)
	times (%1) - ($ - $$) db 0
	say WHO
%endmacro

%macro stay 0
	say_text "-END"
	say 13
	say 10
	cli
%%stay:
	hlt
	jmp %%stay
%endmacro

; ---- a boot program --------------------------------------------------------------------------------------------------

%ifndef LINUX
%ifndef MULTIBOOT
	bits 16
	org NBP_AT

	cli			; a BIOS that mirrors its screen on COM1 does so by the timer's interrupt
	mov bp, sp
	les bx, [bp + 4]	; !PXE (PXE 2.1, 4.4.5: above the return address)
	push dword [es:bx + 10h]
	say_text `\r\nPVBOOT-NBP `
	say WHO
	place16 8000h - 1, NBP_AT
	place16 10000h - NBP_AT - 1, NBP_AT
	place16 NBP_LEN - 1 - 512, NBP_AT
%ifdef RESTART
	say 13
	say 10
	mov bp, sp
	push word (NBP_AT + NBP_LEN - 256) >> 4
	push word 0
	push word 73h		; RESTART_TFTP
	call far [bp]
%endif
	stay
	times NBP_LEN - 256 - ($ - $$) db 0
	dw 0
	db "other"
	times 128 - 5 db 0
	times NBP_LEN - ($ - $$) db 0
%endif
%endif

; ---- a bzImage: Linux, Documentation/arch/x86/boot.rst, protocol 2.10 ------------------------------------------------

%ifdef LINUX
	bits 16
	section setup vstart=0

	times 1f1h - ($ - $$) db 0
	db SETUP_SECTS
	dw 1
	dd (KERNEL_LEN + 15) / 16
	dw 0, 0ffffh, 0
	dw 0aa55h
	jmp short start
	db "HdrS"
	dw 20ah
	dd 0
	dw 0, 0
	db 0, 1			; type_of_loader, loadflags: LOADED_HIGH
	dw 8000h
	dd KERNEL_AT
	dd 0, 0, 0
	dw 0
	db 0, 0
	dd 0			; cmd_line_ptr
	dd 7fffffffh		; initrd_addr_max
	dd 1000h
	db 0, 0
	dw 0
	dd 2047			; cmdline_size
	dd 0
	dq 0
	dd 0, 0
	dq 0
	dq KERNEL_AT		; pref_address
	dd KERNEL_LEN + 10000h	; init_size

start:
	cli
	say_text `\r\nPVBOOT-SETUP `
	say WHO
	place16 400h - 1, SETUP_AT	; where the loader's two READs of this part meet
	place16 2000h - 1, SETUP_AT
	place16 3f00h, SETUP_AT
	in al, 92h		; A20
	or al, 2
	and al, ~1
	out 92h, al
	mov ax, SETUP_AT >> 4
	mov ds, ax
	lgdt [gdt_pointer]
	mov eax, cr0
	or al, 1
	mov cr0, eax
	jmp dword 8:KERNEL_AT
	align 8, db 0
gdt:	dq 0
	dq 00cf9a000000ffffh	; flat code
gdt_pointer:
	dw gdt_pointer - gdt - 1
	dd gdt + SETUP_AT
	times (SETUP_SECTS + 1) * 512 - ($ - $$) db 0
	section kernel vstart=KERNEL_AT follows=setup
%elifdef MULTIBOOT
	org KERNEL_AT
%endif

; ---- either kernel's 32-bit part -------------------------------------------------------------------------------------

%ifdef LINUX
%define KERNEL
%elifdef MULTIBOOT
%define KERNEL
%endif
%ifdef KERNEL
	bits 32
kernel:
%ifdef MULTIBOOT
	jmp near words
	align 4
header:
	dd 1badb002h, 10000h, -(1badb002h + 10000h)
	dd header, kernel, kernel_end, 0, kernel
words:
%endif
	say_text `\r\nPVBOOT-KERNEL `
	say WHO
%assign n 1
%rep 7
	place32 n * 8000h - 1
%assign n n + 1
%endrep
	place32 KERNEL_LEN - 200
	stay
	times KERNEL_LEN - ($ - $$) db 0
kernel_end:
%endif
