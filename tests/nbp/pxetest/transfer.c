// SPDX-License-Identifier: BSD-2-Clause
/* transfer.c - groups tftp (the TFTP opcodes) and file (iPXE's extensions). */
#include "pxetest.h"

#define TFTP_OPEN 0x20
#define TFTP_CLOSE 0x21
#define TFTP_READ 0x22
#define TFTP_READ_FILE 0x23
#define TFTP_GET_FSIZE 0x25
#define FILE_OPEN 0xe0
#define FILE_CLOSE 0xe1
#define FILE_SELECT 0xe2
#define FILE_READ 0xe3
#define FILE_SIZE 0xe4
#define FILE_EXEC 0xe5
#define FILE_CHECK 0xe6
#define FILE_EXIT 0xe7
#define FILE_CMDLINE 0xe8
#define STILL_LOADING 0x1b
#define SMALL "small.bin"   /* 2000 bytes */
#define BLOCKS "blocks.bin" /* 2048 bytes */
#define EMPTY "empty.bin"

static void long_name(uint16_t at)
{
	for (uint8_t i = 0; i < 128; i++)
		put8(at + i, 'a');
}

static void fsize(const char *name, const char *file)
{
	if (!begin(name))
		return;
	block(0x8e);
	put32(2, SERVER_IP);
	if (file)
		put_text(0x0a, file);
	else
		long_name(0x0a);
	put32(0x8a, 0x77777777);
	if (!call("fsize", TFTP_GET_FSIZE))
		show("size", get32(0x8a));
	end();
}

static uint16_t tftp_open(const char *name, const char *file, uint16_t size)
{
	uint16_t status;

	block(0x8e);
	put32(2, SERVER_IP);
	if (file)
		put_text(0x0a, file);
	else
		long_name(0x0a);
	put16(0x8a, 0x4500);
	put16(0x8c, size);
	status = call(name, TFTP_OPEN);
	if (!status)
		show("granted", get16(0x8c));
	return status;
}

static void tftp_close(const char *name)
{
	block(2);
	call(name, TFTP_CLOSE);
}

static uint16_t tftp_read(const char *name, uint32_t at, uint16_t room)
{
	uint16_t status;

	block(0x0a);
	put16(4, 0x7777);
	put_linear(6, at);
	allow(at, room);
	status = call(name, TFTP_READ);
	if (!status) {
		show("number", get16(2));
		show("size", get16(4));
	}
	return status;
}

static void opened(const char *name, const char *file, uint16_t size)
{
	if (!begin(name))
		return;
	if (!tftp_open("open", file, size)) {
		tftp_read("read", DATA_AT, 1468);
		tftp_close("close");
	}
	end();
}

static void whole(const char *name, const char *file, uint16_t size, uint8_t reads)
{
	uint32_t total = 0;

	if (!begin(name))
		return;
	if (!tftp_open("open", file, size)) {
		while (reads--) {
			if (tftp_read("read", DATA_AT + total, size))
				break;
			total += get16(4);
			if (reads)
				allow(DATA_AT, total);
		}
		show("crc", crc(DATA_AT, total));
		allow(DATA_AT, total);
		tftp_close("close");
	}
	end();
}

static void read_file(const char *name, const char *file, uint32_t size, uint32_t at, uint32_t may)
{
	if (!begin(name))
		return;
	block(0x9e);
	if (file)
		put_text(2, file);
	else
		long_name(2);
	put32(0x82, size);
	put32(0x86, at);
	put32(0x8a, SERVER_IP);
	allow(at, may);
	if (!call("read-file", TFTP_READ_FILE)) {
		show("size", get32(0x82));
		if (at < 0xa0000)
			show("crc", crc(at, get32(0x82)));
	}
	end();
}

void group_tftp(void)
{
	if (begin("tftp.read-closed")) {
		tftp_read("read", DATA_AT, 0);
		end();
	}
	if (begin("tftp.close-closed")) {
		tftp_close("close");
		end();
	}
	fsize("tftp.fsize", SMALL);
	fsize("tftp.fsize-empty", EMPTY);
	fsize("tftp.fsize-missing", "no-such-file");
	fsize("tftp.fsize-no-name", "");
	fsize("tftp.fsize-unterminated", NULL);
	opened("tftp.open-512", SMALL, 512);
	opened("tftp.open-1456", SMALL, 1456);
	opened("tftp.open-size-0", SMALL, 0);
	opened("tftp.open-size-1", SMALL, 1);
	opened("tftp.open-missing", "no-such-file", 1024);
	opened("tftp.open-no-name", "", 1024);
	opened("tftp.open-unterminated", NULL, 1024);
	opened("tftp.open-empty", EMPTY, 1024);
	whole("tftp.whole", SMALL, 1024, 2);
	whole("tftp.whole-multiple", BLOCKS, 1024, 3);
	if (begin("tftp.read-past-end")) {
		tftp_open("open", SMALL, 1024);
		tftp_read("read", DATA_AT, 1024);
		tftp_read("read", DATA_AT, 1024);
		tftp_read("past", DATA_AT, 1024);
		tftp_close("close");
		tftp_close("again");
		end();
	}
	if (begin("tftp.open-twice")) {
		tftp_open("open", SMALL, 1024);
		tftp_open("again", BLOCKS, 1024);
		tftp_read("read", DATA_AT, 1024);
		tftp_close("close");
		end();
	}
	if (begin("tftp.read-buffer-wraps")) {
		tftp_open("open", SMALL, 512);
		block(0x0a);
		put_far(6, DATA_AT / 16, 0xff00);
		allow(DATA_AT + 0xff00, 512);
		allow(DATA_AT, 0x100);
		call("read", TFTP_READ);
		show_word("end", peek8(DATA_AT + 0x10000) != FILL ? "beyond"
				 : peek8(DATA_AT) != FILL	  ? "wrapped"
								  : "none");
		allow(DATA_AT + 0xff00, 512);
		allow(DATA_AT, 0x100);
		tftp_close("close");
		end();
	}
	read_file("tftp.read-file", SMALL, 4000, DATA_AT, 2000);
	read_file("tftp.read-file-exact", SMALL, 2000, DATA_AT + 1, 2000);
	read_file("tftp.read-file-too-small", SMALL, 1999, DATA_AT, 1999);
	read_file("tftp.read-file-size-0", SMALL, 0, DATA_AT, 0);
	read_file("tftp.read-file-empty", EMPTY, 4000, DATA_AT, 0);
	read_file("tftp.read-file-missing", "no-such-file", 4000, DATA_AT, 0);
	read_file("tftp.read-file-no-name", "", 4000, DATA_AT, 0);
	read_file("tftp.read-file-unterminated", NULL, 4000, DATA_AT, 0);
	read_file("tftp.read-file-above-1-mib", SMALL, 4000, 0x200000, 0);
}

/* ---- FILE
 * ----------------------------------------------------------------------------------------------------------------- */

static const char *const names[] = {SMALL, "no-such-file", ""};

static uint16_t file_open(const char *name, const char *file)
{
	uint32_t at = (uint32_t)file;

	block(0x0c);
	put_far(4, 0, at);
	return call(name, FILE_OPEN) ? 0xffff : get16(2);
}

static uint16_t on_handle(const char *name, uint16_t opcode, uint16_t handle, uint16_t len)
{
	block(len);
	put16(2, handle);
	return call(name, opcode);
}

/* Reads until it would block no more: at most 5 s. */
static uint16_t file_read(const char *name, uint16_t handle, uint16_t size, uint32_t at)
{
	uint32_t start = ticks();
	uint16_t status;

	do {
		block(0x0a);
		put16(2, handle);
		put16(4, size);
		put_linear(6, at);
		allow(at, size);
		status = quiet(FILE_READ);
	} while (status == STILL_LOADING && ticks() - start < 91);
	show(name, status);
	if (!status)
		show("size", get16(4));
	return status;
}

void group_file(void)
{
	uint16_t handle;

	if (begin("file.api-check")) {
		block(0x14);
		put16(2, 0x14);
		put32(4, 0x91d447b2);
		call("check", FILE_CHECK);
		show("magic", get32(4));
		show("mask", get32(0x0c) & 0x4b);
		show("flags", get32(0x10));
		end();
	}
	if (begin("file.api-check-magic")) {
		block(0x14);
		put16(2, 0x14);
		put32(4, 0x12345678);
		call("check", FILE_CHECK);
		end();
	}
	if (begin("file.api-check-short")) {
		block(0x08);
		put16(2, 0x08);
		put32(4, 0x91d447b2);
		call("check", FILE_CHECK);
		end();
	}
	if (begin("file.closed")) {
		on_handle("close", FILE_CLOSE, 0, 4);
		on_handle("select", FILE_SELECT, 1, 6);
		on_handle("size", FILE_SIZE, 0xffff, 8);
		file_read("read", 77, 100, DATA_AT);
		end();
	}
	if (begin("file.open-missing")) {
		handle = file_open("open", names[1]);
		if (handle != 0xffff) { /* told later */
			file_read("read", handle, 100, DATA_AT);
			on_handle("close", FILE_CLOSE, handle, 4);
		}
		end();
	}
	if (begin("file.open-null-name")) { /* the name is what the vectors look like */
		handle = file_open("open", NULL);
		if (handle != 0xffff)
			on_handle("close", FILE_CLOSE, handle, 4);
		end();
	}
	if (begin("file.open-no-name")) {
		handle = file_open("open", names[2]);
		if (handle != 0xffff)
			on_handle("close", FILE_CLOSE, handle, 4);
		end();
	}
	if (begin("file.whole")) {
		handle = file_open("open", names[0]);
		file_read("read", handle, 1000, DATA_AT);
		on_handle("size", FILE_SIZE, handle, 8);
		show("size", get32(4));
		allow(DATA_AT, 1000);
		file_read("read", handle, 1000, DATA_AT + 1000);
		show("crc", crc(DATA_AT, 2000));
		allow(DATA_AT, 2000);
		file_read("end", handle, 1000, DATA_AT + 2000);
		allow(DATA_AT, 3000);
		on_handle("close", FILE_CLOSE, handle, 4);
		on_handle("again", FILE_CLOSE, handle, 4);
		end();
	}
	if (begin("file.select")) {
		handle = file_open("open", names[0]);
		wait_ticks(9);
		on_handle("select", FILE_SELECT, handle, 6);
		show("ready", get16(4));
		on_handle("close", FILE_CLOSE, handle, 4);
		end();
	}
	if (begin("file.read-0")) {
		handle = file_open("open", names[0]);
		file_read("read", handle, 0, DATA_AT);
		file_read("read", handle, 10, DATA_AT);
		on_handle("close", FILE_CLOSE, handle, 4);
		end();
	}
	if (begin("file.many")) { /* until there are no more: all can be closed */
		uint16_t open[20], n = 0;

		while (n < 20) {
			block(0x0c);
			put_far(4, 0, (uint32_t)names[0]);
			if (quiet(FILE_OPEN))
				break;
			open[n++] = get16(2);
		}
		show("at-least-3", n >= 3);
		while (n--) {
			block(4);
			put16(2, open[n]);
			expect(!quiet(FILE_CLOSE), "close");
		}
		handle = file_open("then", names[0]);
		on_handle("close", FILE_CLOSE, handle, 4);
		end();
	}
	if (begin("file.exec-null")) {
		block(6);
		put_far(2, 0, (uint32_t)names[2]);
		call("exec", FILE_EXEC);
		end();
	}
	if (begin("file.exit-hook-null")) {
		block(6);
		call("hook", FILE_EXIT);
		end();
	}
	if (begin("file.cmdline")) {
		block(8);
		put16(2, 0);
		call("cmdline", FILE_CMDLINE);
		end();
	}
}
