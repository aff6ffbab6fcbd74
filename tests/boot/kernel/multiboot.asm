; SPDX-License-Identifier: BSD-2-Clause
;
; A Multiboot kernel (version 1) that tells what it was given, on COM1; all numbers are hexadecimal, 8 digits:
;
;   PVBOOT-MULTIBOOT <EAX> <flags> <CS is flat> <the sum of its bss>
;   PVBOOT-MEMORY <mem_lower> <mem_upper>
;   PVBOOT-RANGE <start> <length, upper and lower half> <type>     for each of the memory map below 4 GiB
;   PVBOOT-CMDLINE <text>
;   PVBOOT-LOADER <text>
;   PVBOOT-MODULE <start> <length> <sum of its bytes> <string>
;   PVBOOT-MULTIBOOT-END
;
; then it powers off.  With ELF it is an ELF file, whose segment is above where it is linked; else the header has its
; addresses.  BASE, ENTRY and FLAGS may be said.

COM1	equ 3f8h
%ifndef BASE
%define BASE 100000h
%endif
%ifndef FLAGS
%define FLAGS 0
%endif
BSS_LEN	equ 10007h

	bits 32
%ifdef ELF
LINKED	equ 0c0000000h
	org LINKED
file:
	db 7fh, "ELF", 1, 1, 1, 0
	times 8 db 0
	dw 2, 3
	dd 1
	dd start		; as linked: the loader finds where it is
	dd segments - file
	dd 0, 0
	dw 34h, 20h, 2, 0, 0, 0
segments:
	dd 4, 0, 0, 0, 16, 16, 4, 4	; a note: not loaded
	dd 1, 0, LINKED, BASE, end - file, end - file + BSS_LEN, 7, 1000h
%define AT(x) ((x) - LINKED + BASE)
%else
	org BASE
file:
%define AT(x) (x)
%endif
	times 100h db 0c3h
	align 4
header:
	dd 1badb002h
%ifdef ELF
	dd FLAGS
	dd -(1badb002h + FLAGS)
%else
	dd FLAGS | 10000h
	dd -(1badb002h + (FLAGS | 10000h))
%ifdef NO_END
	dd header, file, 0, end + BSS_LEN	; all of the file
%else
	dd header, file, end, end + BSS_LEN
%endif
%ifdef ENTRY
	dd ENTRY
%else
	dd start
%endif
%endif

start:
	lea esp, [AT(stack_top)]
	mov ebp, ebx
	mov edi, AT(first_word)
	call print
	call hex
	mov eax, [ebp]
	call hex
	xor eax, eax
	mov ax, cs
	lsl eax, eax		; the limit of CS
	call hex
	mov esi, AT(end)
	mov ecx, BSS_LEN
	call sum
	call hex
	mov edi, AT(memory_word)
	call print
	mov eax, [ebp + 4]
	call hex
	mov eax, [ebp + 8]
	call hex
	mov esi, [ebp + 48]
	mov edx, [ebp + 44]
	add edx, esi
.range:
	cmp esi, edx
	jae .ranges_end
	cmp dword [esi + 8], 0
	jne .next_range
	mov edi, AT(range_word)
	call print
	mov eax, [esi + 4]
	call hex
	mov eax, [esi + 16]
	call hex
	mov eax, [esi + 12]
	call hex
	mov eax, [esi + 20]
	call hex
.next_range:
	add esi, [esi]
	add esi, 4
	jmp .range
.ranges_end:
	mov edi, AT(cmdline_word)
	call print
	mov edi, [ebp + 16]
	call print
	mov edi, AT(loader_word)
	call print
	mov edi, [ebp + 64]
	call print
	mov ebx, [ebp + 24]
	mov edx, [ebp + 20]
.module:
	sub edx, 1
	jc .modules_end
	mov edi, AT(module_word)
	call print
	mov esi, [ebx]
	mov eax, esi
	call hex
	mov ecx, [ebx + 4]
	sub ecx, esi
	mov eax, ecx
	call hex
	call sum
	call hex
	mov edi, [ebx + 8]
	call print
	add ebx, 16
	jmp .module
.modules_end:
	mov edi, AT(last_word)
	call print
	mov ax, 2000h		; as in stub.asm
	mov dx, 604h
	out dx, ax
	mov dx, 0b004h
	out dx, ax
.hang:
	hlt
	jmp .hang

; EAX = the sum of ECX bytes at ESI, each times its place from 1.
sum:
	push ebx
	push edx
	xor eax, eax
	xor ebx, ebx
.next:
	cmp ebx, ecx
	jae .end
	movzx edx, byte [esi + ebx]
	inc ebx
	imul edx, ebx
	add eax, edx
	jmp .next
.end:
	pop edx
	pop ebx
	ret

print:
	push eax
.next:
	mov al, [edi]
	inc edi
	test al, al
	jz .end
	call putc
	jmp .next
.end:
	pop eax
	ret

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

first_word:	db 13, 10, "PVBOOT-MULTIBOOT ", 0
memory_word:	db 13, 10, "PVBOOT-MEMORY ", 0
range_word:	db 13, 10, "PVBOOT-RANGE ", 0
cmdline_word:	db 13, 10, "PVBOOT-CMDLINE ", 0
loader_word:	db 13, 10, "PVBOOT-LOADER ", 0
module_word:	db 13, 10, "PVBOOT-MODULE ", 0
last_word:	db 13, 10, "PVBOOT-MULTIBOOT-END", 13, 10, 0
	align 16, db 0
	times 512 db 0
stack_top:
end:
