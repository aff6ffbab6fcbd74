#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# NASM 3.01 warns of `o32 ret` (and iret, leave, pushf) in 16-bit code: "invalid operand size prefix o32, must be o16",
# and writes the very instruction that was meant, 66 C3.  With -Werror it is an error.  What the warning asks for is
# another instruction: `o16 ret` is C3, which leaves two bytes of a 32-bit return address on the stack.  `o32 retf` has
# no warning; `retd` (the same bytes) has none in 2.16 and 3.01.  2.16 (Debian 12 and 13) says nothing.
#
# Why it matters: option ROMs and boot programs return from 32-bit calls of C in 16-bit segments (gcc -m16) by this.
. "$(dirname "$0")/lib.sh"

unpack sid nasm=3.01-1
expect "version" "$(inside nasm -v | cut -d ' ' -f 1-3)" "NASM version 3.01"

# assemble INSTRUCTION OPTION...: its bytes, or what NASM says
assemble()
{
	printf 'bits 16\n%s\n' "$1" >"$root/tmp/x.asm"
	rm -f "$root/tmp/x"
	shift
	inside nasm -f bin "$@" -o /tmp/x /tmp/x.asm 2>&1 | sed 's/^[^ ]* //'
	[ ! -s "$root/tmp/x" ] || od -An -v -tx1 "$root/tmp/x"
}
warning="invalid operand size prefix o32, must be o16 [-w+prefix-opsize]"
for instruction in ret iret leave pushf; do
	expect "o32 $instruction" "$(assemble "o32 $instruction" | head -n 1)" "warning: $warning"
done
expect "o32 ret" "$(assemble "o32 ret" | tail -n 1)" " 66 c3"
expect "o32 ret, -Werror" "$(assemble "o32 ret" -Werror)" "error: ${warning/w+/w+error=}"
expect "o16 ret" "$(assemble "o16 ret" -Werror)" " c3"
expect "o32 retf" "$(assemble "o32 retf" -Werror)" " 66 cb"
expect "retd" "$(assemble retd -Werror)" " 66 c3"
verdict
