; SPDX-License-Identifier: BSD-2-Clause
;
; A kernel that does nothing but tell what it was given: a bzImage by the Linux x86 boot protocol 2.10 (real-mode entry,
; and the 32-bit entry for GRUB's "linux").  On COM1, without a driver:
;
;   PVBOOT-KERNEL-ENTRY               the first instructions after the boot program
;   PVBOOT-BASE <KiB of base memory, 0:413h>             these two at the real-mode entry only
;   PVBOOT-E820 <start> <length, upper and lower half> <type>     for each range below 4 GiB
;   PVBOOT-HEADER <the bytes at 1f0h to 26fh of boot_params>
;   PVBOOT-CMDLINE <text>
;   PVBOOT-KERNEL <address> <length> <crc32>      all hexadecimal, 8 digits
;   PVBOOT-INITRD <address> <length> <crc32>
;   PVBOOT-KERNEL-END
;
; then it powers off.  Words of the command line change the end: "debugexit" leaves by QEMU's isa-debug-exit with status
; 33, "reboot" resets the machine, "stay" goes on for good with a dot per second.  lib/kernel.py pads the image and sets
; syssize and init_size.
;
; With BSS=BYTES it clears that many bytes behind itself before anything else, as a kernel does with its variables;
; before protocol 2.10 (VERSION=206h) it tells nobody of them.
;
; With MOVES_ITSELF it stands in for kernels of protocol 2.06 whose set-up code is that of old: it moves itself to
; 90000h, over what lies there, and uses nothing that the loader left but its own parts.

COM1		equ 3f8h
PROT_BASE	equ 100000h
ENTERED		equ 50564254h	; in EDX at the 32-bit entry: the entry line is printed already
SETUP_SECTS	equ 3

; ---- boot sector and setup: real mode, CS = base + 20h ---------------------------------------------------------------
	bits 16
	section setup vstart=0

	times 1f1h - ($ - $$) db 0
	db SETUP_SECTS
	dw 1			; root_flags
	dd 0			; syssize, in paragraphs: set by the builder
	dw 0, 0ffffh, 0		; ram_size, vid_mode, root_dev
	dw 0aa55h
	jmp short start		; 200h
	db "HdrS"
%ifdef MOVES_ITSELF
%define VERSION 206h
%endif
%ifndef VERSION
%define VERSION 20ah
%endif
	dw VERSION
	dd 0			; realmode_swtch
	dw 1000h		; start_sys_seg
	dw version - 200h
	db 0, 1			; type_of_loader, loadflags: LOADED_HIGH
setup_move_size:
	dw 8000h
	dd PROT_BASE		; code32_start
	dd 0, 0			; ramdisk_image, ramdisk_size
	dd 0			; bootsect_kludge
	dw 0			; heap_end_ptr
	db 0, 0
	dd 0			; cmd_line_ptr
	dd 7fffffffh		; initrd_addr_max
	dd 1000h		; kernel_alignment
	db 0, 0			; relocatable_kernel, min_alignment
	dw 0			; xloadflags
	dd 2047			; cmdline_size
	dd 0
	dq 0
	dd 0, 0			; payload_offset, payload_length
	dq 0			; setup_data
	dq PROT_BASE		; pref_address
	dd 0			; init_size: set by the builder
	dd 0			; handover_offset

start:
	cli
	cld
	mov ax, cs
	sub ax, 20h
	mov ds, ax
	movzx ebp, ax
	shl ebp, 4		; EBP = where the setup stands
	mov si, entry_line
	call print16
%ifdef MOVES_ITSELF
	call move
%endif
	call memory_map
	in al, 92h		; A20, which a loader need not open
	or al, 2
	and al, ~1
	out 92h, al
	lea eax, [ebp + gdt]
	mov [gdt_pointer + 2], eax
	lgdt [gdt_pointer]
	mov esi, ebp		; boot_params: the header stands at 1f1h in both
	mov edx, ENTERED
	mov eax, cr0
	or al, 1
	mov cr0, eax
	jmp dword 8:PROT_BASE

%ifdef MOVES_ITSELF
MOVED_TO	equ 9000h

move:
	mov ax, MOVED_TO
	mov es, ax
	xor si, si
	xor di, di
	mov cx, [setup_move_size]
	rep movsb
	; What is between that and the end of base memory is nobody's, nor is what is below the loader's segment.
	xor ax, ax
	mov es, ax
	mov ax, [es:413h]
	shl ax, 6		; the end of base memory, as a segment
	mov dx, MOVED_TO
	mov cx, [setup_move_size]
	shr cx, 4
	add dx, cx
.above:
	cmp dx, ax
	jae .below
	mov es, dx
	call wipe
	inc dx
	jmp .above
.below:
	mov dx, 80h		; 800h: behind what the BIOS keeps
.next:
	mov es, dx
	call wipe
	inc dx
	cmp dx, 1000h
	jb .next
	mov ax, MOVED_TO
	mov ds, ax
	mov es, ax
	pop bx			; where we were called
	mov ss, ax
	mov esp, 0a000h
	movzx ebp, ax
	shl ebp, 4
	push word MOVED_TO + 20h
	push bx
	retf

; 16 bytes at ES:0.
wipe:
	push ax
	push cx
	xor di, di
	mov ax, 0f4f4h		; hlt
	mov cx, 8
	rep stosw
	pop cx
	pop ax
	ret
%endif

memory_map:
	push es
	xor ax, ax
	mov es, ax
	movzx eax, word [es:413h]
	mov si, base_word
	call print16
	call hex16
	push ds
	pop es
	xor ebx, ebx
.next:
	mov eax, 0e820h
	mov edx, 534d4150h
	mov ecx, 20
	mov di, e820_entry
	int 15h
	cli
	cld
	jc .end
	cmp eax, 534d4150h
	jne .end
	cmp dword [e820_entry + 4], 0
	jne .high
	mov si, e820_word
	call print16
	mov eax, [e820_entry]
	call hex16
	mov eax, [e820_entry + 12]
	call hex16
	mov eax, [e820_entry + 8]
	call hex16
	mov eax, [e820_entry + 16]
	call hex16
.high:
	test ebx, ebx
	jnz .next
.end:
	mov si, crlf16
	call print16
	pop es
	ret

; EAX in eight digits, and a space.
hex16:
	mov cx, 8
.digit:
	rol eax, 4
	push eax
	and al, 15
	cmp al, 10
	sbb al, 69h
	das
	or al, 20h
	call putc16
	pop eax
	loop .digit
	mov al, ' '
putc16:
	push ax
	mov dx, COM1 + 5
.busy:
	in al, dx
	test al, 20h
	jz .busy
	pop ax
	mov dx, COM1
	out dx, al
	ret

print16:
	push ax
.next:
	lodsb
	test al, al
	jz .end
	call putc16
	jmp .next
.end:
	pop ax
	ret

	align 8
gdt:	dq 0
	dq 00cf9a000000ffffh	; flat code
	dq 00cf92000000ffffh	; flat data
gdt_pointer:
	dw gdt_pointer - gdt - 1
	dd 0
entry_line:
	db 13, 10, "PVBOOT-KERNEL-ENTRY", 13, 10, 0
base_word:
	db "PVBOOT-BASE ", 0
e820_word:
	db 13, 10, "PVBOOT-E820 ", 0
crlf16:
	db 13, 10, 0
version:
	db "pvboot test stub", 0
	align 4, db 0
e820_entry:
	times 5 dd 0
	times (SETUP_SECTS + 1) * 512 - ($ - $$) db 0

; ---- the kernel proper: 32-bit, at 1 MiB, ESI = boot_params ----------------------------------------------------------
	section prot vstart=PROT_BASE follows=setup
	bits 32

	jmp short prot
	align 4
image_len:
	dd 0			; bytes of this section with its padding: set by the builder; scratch memory follows

; Scratch behind the image (EBX): CRC tables (4 x 1 KiB), then a stack.
prot:
	cli
	cld
	cmp edx, ENTERED
	jne .no_reload		; the loader's own flat segments are good
	mov ax, 10h
	mov ds, ax
	mov es, ax
	mov ss, ax
.no_reload:
	mov ebx, [image_len]
	add ebx, PROT_BASE + 0fffh
	and ebx, ~0fffh
	lea esp, [ebx + 4000h]
%ifdef BSS
	mov edi, ebx
	mov ecx, (BSS + 3) / 4
	xor eax, eax
	rep stosd
%endif
	cmp edx, ENTERED
	je .entered
	mov edi, entry_line32
	call print
.entered:
	mov ebp, esi
	mov edi, header_word
	call print
	lea esi, [ebp + 1f0h]
	mov ecx, 32
.header:
	lodsd
	bswap eax
	call hex
	loop .header
	call newline
	mov edi, cmdline_word
	call print
	mov edi, [ebp + 228h]
	test edi, edi
	jz .no_cmdline
	call print
.no_cmdline:
	call newline
	call crc_tables
	mov edi, kernel_word
	mov esi, PROT_BASE
	mov ecx, [image_len]
	call report
	mov edi, initrd_word
	mov esi, [ebp + 218h]
	mov ecx, [ebp + 21ch]
	call report
	mov edi, end_line
	call print

	mov edi, stay_word
	call in_cmdline
	je stay
	mov edi, reboot_word
	call in_cmdline
	je reboot
	mov edi, debugexit_word
	call in_cmdline
	jne power_off
	mov al, 10h
	mov dx, 0f4h
	out dx, al
power_off:
	mov ax, 2000h		; SLP_EN, type 0: S5 of QEMU's chipsets
	mov dx, 604h		; PM1a control where SeaBIOS puts it, pc and q35
	out dx, ax
	mov dx, 0b004h		; and where the Bochs BIOS does
	out dx, ax
.hang:
	hlt
	jmp .hang

reboot:
	mov al, 6		; reset control register, pc and q35
	mov dx, 0cf9h
	out dx, al
	jmp power_off.hang

; A dot for each second of the real-time clock, for ever.
stay:
	xor al, al
	out 70h, al
	in al, 71h
	cmp al, bl
	je stay
	mov bl, al
	mov al, '.'
	call putc
	jmp stay

; Is the word at EDI (NUL-terminated) in the command line?  ZF set if so.
in_cmdline:
	mov esi, [ebp + 228h]
	test esi, esi
	jz .no
.next:
	push esi
	push edi
.compare:
	mov al, [edi]
	test al, al
	jz .found
	cmp al, [esi]
	jne .differs
	inc esi
	inc edi
	jmp .compare
.differs:
	pop edi
	pop esi
	cmp byte [esi], 0
	je .no
	inc esi
	jmp .next
.found:
	pop edi
	pop esi
	ret			; ZF from test al, al
.no:
	or al, 1
	ret

; Print the word at EDI, then address ESI, length ECX and the CRC-32 of what is there.
report:
	call print
	mov eax, esi
	call hex
	mov eax, ecx
	call hex
	call crc
	call hex
newline:
	mov edi, crlf
print:
	mov al, [edi]
	inc edi
	test al, al
	jz .end
	call putc
	jmp print
.end:
	ret

; EAX in eight digits, and a space.
hex:
	push ecx
	mov ecx, 8
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
	pop ecx
	mov al, ' '
putc:
	push edx
	push eax
.busy:
	mov dx, COM1 + 5
	in al, dx
	test al, 20h
	jz .busy
	pop eax
	mov dx, COM1
	out dx, al
	pop edx
	ret

; Tables for CRC-32 (IEEE 802.3) by four bytes at a time: T0 at EBX, T1..T3 behind it.
crc_tables:
	xor ecx, ecx
.entry:
	mov eax, ecx
	mov edx, 8
.bit:
	shr eax, 1
	jnc .even
	xor eax, 0edb88320h
.even:
	dec edx
	jnz .bit
	mov [ebx + ecx * 4], eax
	inc cl
	jnz .entry
.slice:
	mov edi, 3
	lea esi, [ebx + ecx * 4]
	mov eax, [esi]
.shift:
	movzx edx, al
	shr eax, 8
	xor eax, [ebx + edx * 4]
	add esi, 400h
	mov [esi], eax
	dec edi
	jnz .shift
	inc cl
	jnz .slice
	ret

; EAX = CRC-32 of ECX bytes at ESI.
crc:
	push ecx
	push edx
	push edi
	push esi
	or eax, -1
	mov edi, ecx
	shr edi, 2
	jz .rest
.dword:
	xor eax, [esi]
	movzx edx, al
	mov edx, [ebx + 0c00h + edx * 4]
	movzx ecx, ah
	shr eax, 16
	xor edx, [ebx + 800h + ecx * 4]
	movzx ecx, al
	xor edx, [ebx + 400h + ecx * 4]
	movzx ecx, ah
	mov eax, [ebx + ecx * 4]
	xor eax, edx
	add esi, 4
	dec edi
	jnz .dword
.rest:
	mov ecx, [esp + 12]
	and ecx, 3
	jz .end
.byte:
	movzx edx, al
	xor dl, [esi]
	shr eax, 8
	xor eax, [ebx + edx * 4]
	inc esi
	dec ecx
	jnz .byte
.end:
	not eax
	pop esi
	pop edi
	pop edx
	pop ecx
	ret

entry_line32:
	db 13, 10, "PVBOOT-KERNEL-ENTRY", 13, 10, 0
header_word:
	db "PVBOOT-HEADER ", 0
cmdline_word:
	db "PVBOOT-CMDLINE ", 0
kernel_word:
	db "PVBOOT-KERNEL ", 0
initrd_word:
	db "PVBOOT-INITRD ", 0
end_line:
	db "PVBOOT-KERNEL-END", 13, 10, 0
stay_word:
	db "stay", 0
reboot_word:
	db "reboot", 0
debugexit_word:
	db "debugexit", 0
crlf:
	db 13, 10, 0
	align 16
