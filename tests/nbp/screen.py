# SPDX-License-Identifier: BSD-2-Clause
"""What a guest's screen shows, as text: VGA text memory, or a dump of the picture read by tesseract."""
import re
import subprocess
from pathlib import Path

from lib.netns import wait_for

TEXT_MEMORY = 0xB8000
COLUMNS, ROWS = 80, 25
VGA_BIOS = Path("/usr/share/seabios/vgabios-stdvga.bin")
LETTER_A = bytes([0, 0, 0x10, 0x38, 0x6C, 0xC6, 0xC6, 0xFE, 0xC6, 0xC6, 0xC6, 0xC6, 0, 0, 0, 0])
SAME_INK = 40  # how far a colour may be from the letter's, which is blended with the background
SCALE = 2  # tesseract wants letters of about 30 pixels; those of a console are 16 high


def text_screen(vm):
    """The 25 lines of VGA text mode."""
    cells = vm.qmp_connect().memory(TEXT_MEMORY, COLUMNS * ROWS * 2, vm.dir / "text-memory")
    text = cells[0::2].decode("cp437").replace("\0", " ")
    return "\n".join(text[at : at + COLUMNS].rstrip() for at in range(0, COLUMNS * ROWS, COLUMNS))


def read_ppm(path):
    """(width, height, RGB bytes) of a binary PPM."""
    data = path.read_bytes()
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not header:
        raise ValueError(f"{path} is no binary PPM")
    width, height = int(header[1]), int(header[2])
    return width, height, data[header.end() : header.end() + 3 * width * height]


def dump(vm):
    path = vm.dir / "screen.ppm"
    vm.qmp_connect().execute("screendump", filename=str(path))
    return read_ppm(path)


def picture_text(vm):
    """What tesseract reads on the screen."""
    width, height, rgb = dump(vm)
    if not width or not height:
        return ""
    grey = bytes(map(max, rgb[0::3], rgb[1::3], rgb[2::3]))
    rows = [grey[at : at + width] for at in range(0, width * height, width)]
    large = b"".join(bytes(p for pixel in row for p in (pixel,) * SCALE) * SCALE for row in rows)
    pgm = b"P5 %d %d 255\n" % (width * SCALE, height * SCALE) + large
    environment = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin"}
    read = subprocess.run(
        ["tesseract", "-", "-", "--psm", "11"], input=pgm, capture_output=True, check=True, env=environment
    )
    return read.stdout.decode("utf-8", "replace")


# ---- text drawn with the VGA BIOS's own letters ----------------------------------------------------------------------


def vga_font():
    """The 8x16 letters of QEMU's VGA BIOS: {rows of a letter: its character}."""
    rom = VGA_BIOS.read_bytes()
    at = rom.index(LETTER_A) - 16 * ord("A")
    return {rom[at + 16 * c : at + 16 * c + 16]: chr(c) for c in range(0x21, 0x7F)}


def read_letter(font, pixels):
    """The character in a cell of 8x16 pixels (each an RGB triple), of one colour on whatever background, or None."""
    for rank in (sum, lambda p: p[0], lambda p: p[2]):
        for ink in (max(pixels, key=rank), min(pixels, key=rank)):
            bits = [all(abs(a - b) <= SAME_INK for a, b in zip(p, ink)) for p in pixels]
            rows = bytes(sum(bits[y * 8 + x] << (7 - x) for x in range(8)) for y in range(16))
            if rows in font:
                return font[rows]
    return None


def drawn_text(vm):
    """Text in 8x16 cells of a picture, in the VGA BIOS's font, as vesamenu.c32 draws it (its grid begins 8 lines from
    the top)."""
    font = vga_font()
    width, height, rgb = dump(vm)
    grey = rgb[1::3]
    lines = []
    for top in range(8, height - 15, 16):
        line = ""
        for left in range(0, width - 7, 8):
            starts = [(top + y) * width + left for y in range(16)]
            shades = b"".join(grey[at : at + 8] for at in starts)
            letter = None
            if max(shades) - min(shades) > SAME_INK:
                pixels = [tuple(rgb[3 * at : 3 * at + 3]) for start in starts for at in range(start, start + 8)]
                letter = read_letter(font, pixels)
            line += letter or " "
        lines.append(line.rstrip())
    return "\n".join(lines)


def wait_screen(vm, pattern, timeout, read=text_screen, interval=0.5):
    """Wait until the regular expression is on the screen; returns the match.  Fails at once if QEMU ends."""
    text = ""
    match = None

    def seen():
        nonlocal text, match
        assert vm.process.alive(), f"QEMU ended before {pattern!r} was on the screen; {vm.console.tail()}"
        text = read(vm)
        match = re.search(pattern, text)
        return match

    wait_for(seen, timeout, lambda: f"{pattern!r} on the screen:\n{text}", interval=interval)
    return match


def wait_picture(vm, pattern, timeout):
    return wait_screen(vm, pattern, timeout, read=picture_text, interval=2)


def wait_drawn_text(vm, pattern, timeout):
    return wait_screen(vm, pattern, timeout, read=drawn_text, interval=1)


def press(vm, *keys):
    """Press keys by QEMU's names (`ret`, `down`, `ctrl-b`)."""
    for key in keys:
        vm.qmp_connect().human(f"sendkey {key}")


def type_text(vm, text):
    names = {" ": "spc", "-": "minus", ".": "dot", "/": "slash", ":": "shift-semicolon", "=": "equal", "\n": "ret"}
    for letter in text:
        press(vm, names.get(letter) or (f"shift-{letter.lower()}" if letter.isupper() else letter))
