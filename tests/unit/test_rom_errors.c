/* SPDX-License-Identifier: BSD-2-Clause */
/* test_rom_errors.c - what the ROM prints of each failure, with and without words of the host's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "console.h"
#include "errors.h"
#include "request.h"
#include "virtio.h"

/* ---- what errors.c stands on ------------------------------------------------------------------------------------ */

static char screen[1024];
static const char *host_words; /* LAST_ERROR's */
static unsigned int asked;

bool virtio_running;
uint32_t resident_base;

void print(const char *format, ...)
{
	char plain[256];
	size_t at = strlen(screen);
	va_list ap;
	const char *x;

	/* the ROM's %X has two digits at least */
	x = strstr(format, "%X");
	if (x)
		snprintf(plain, sizeof(plain), "%.*s%%02X%s", (int)(x - format), format, x + 2);
	else
		snprintf(plain, sizeof(plain), "%s", format);
	va_start(ap, format);
	vsnprintf(screen + at, sizeof(screen) - at, plain, ap);
	va_end(ap);
}

void print_text(const char *text, uint32_t len)
{
	snprintf(screen + strlen(screen), sizeof(screen) - strlen(screen), "%.*s", (int)len, text);
}

uint32_t strlen_linear(uint32_t src, uint32_t max)
{
	return (uint32_t)strlen(host_words); /* of the words that were passed */
}

uint32_t request_last_error(const char **text)
{
	asked++;
	*text = host_words;
	return (uint32_t)strlen(host_words);
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

#define HOST "see pvboot-hostd's log on the host"
#define SERVER "see the file server's log"

/* Each failure: its first line, and what is to be done where nobody has words for it (NULL: there always are some). */
static const struct {
	uint32_t status;
	const char *line, *to_do;
} rows[] = {
	{PVBOOT_S_FAILED, "PXE-E7F: failed", HOST},
	{PVBOOT_S_UNSUPPORTED, "PXE-E7F: the host does not support that", HOST},
	{PVBOOT_S_BAD_REQUEST, "PXE-E7F: failed", HOST},
	{PVBOOT_S_NOT_FOUND, "PXE-E3B: file not found", "check the file name and the server's directory"},
	{PVBOOT_S_ACCESS, "PXE-E3C: the file is refused", "check what it is, and its permissions"},
	{PVBOOT_S_TIMEOUT, "PXE-E32: the file server does not answer",
	 "check that it runs and that no firewall is between"},
	{PVBOOT_S_TIMEOUT | ERROR_READ, "PXE-E35: the file server fell silent", SERVER},
	{PVBOOT_S_NO_OFFER, "PXE-E51: no DHCP or proxyDHCP offers were received",
	 "check that a DHCP server serves the boot interface and knows this MAC"},
	{PVBOOT_S_NO_BOOTFILE, "PXE-E53: no boot filename received",
	 "name one: filename and next-server in the DHCP server, or a file in --root"},
	{PVBOOT_S_UNREACHABLE, "PXE-E11: the file server cannot be reached",
	 "give the host an address or a route in its network"},
	{PVBOOT_S_BAD_HANDLE, "PXE-E7F: failed", HOST},
	{PVBOOT_S_CHANGED, "PXE-E39: the file changed while it was read", "boot again"},
	{PVBOOT_S_NO_RESOURCES, "PXE-E06: the host is out of room", HOST},
	{PVBOOT_S_DENIED, "PXE-E3C: the host refuses that", HOST},
	{PVBOOT_S_TFTP_ERROR, "PXE-E36: the file server sent an error", SERVER},
	{PVBOOT_S_CANCELLED, "PXE-E7F: failed", HOST},
	{PVBOOT_S_NAK, "PXE-E51: the DHCP server withdrew its offer", "see the DHCP server's log"},
	{PVBOOT_S_TRUNCATED, "PXE-E39: the file ended before its announced size", SERVER},
	{PVBOOT_S_TRUNCATED | ERROR_READ, "PXE-E39: the file ended before its announced size", SERVER},
	{REQUEST_NO_HOST, "PXE-E61: no boot host: pvboot-hostd does not run on the host",
	 "start pvboot-hostd and boot again"},
	{REQUEST_REFUSED, "PXE-E61: pvboot-hostd refuses this virtual machine", HOST},
	{REQUEST_ESCAPED, "PXE-EA0: network boot canceled by keystroke", NULL},
	{REQUEST_NO_DEVICE, "PXE-E61: the pvboot device does not answer", "see whether its process still runs"},
	{REQUEST_BROKEN, "PXE-E0B: the pvboot device has failed",
	 "see pvboot-device's log; does it see the guest's memory (share=on)?"},
	{REQUEST_UNSEEN, "PXE-E0B: the device cannot reach this guest's memory, or hangs",
	 "share it: memory-backend-memfd,share=on; libvirt: <memoryBacking>"},
	{ERROR_TOO_BIG, "PXE-E79: the boot program does not fit base memory", "name a smaller one"},
	{ERROR_EMPTY, "PXE-E39: the boot program is empty", "check the file on the server"},
	{ERROR_NO_PCI, "PXE-E01: no pvboot device found", "give the virtual machine one"},
	{ERROR_START, "PXE-E0A: the pvboot device does not start", NULL},
	{ERROR_KERNEL, "PXE-E7E: the kernel cannot be booted", NULL},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_every_status_has_a_row(void **state)
{
	for (uint32_t status = PVBOOT_S_OK + 1; status <= PVBOOT_S_LAST; status++) {
		bool found = status == PVBOOT_S_AGAIN; /* no failure */

		for (size_t i = 0; i < N_ROWS; i++)
			found |= rows[i].status == status;
		assert_true(found);
	}
}

static void test_failure_without_words(void **state)
{
	char expected[512];

	for (size_t i = 0; i < N_ROWS; i++) {
		screen[0] = '\0';
		errors_print(rows[i].status, NULL, 0);
		snprintf(expected, sizeof(expected), "\n%s\n%s%s%s", rows[i].line, rows[i].to_do ? "  to do: " : "",
			 rows[i].to_do ? rows[i].to_do : "", rows[i].to_do ? "\n" : "");
		assert_string_equal(screen, expected);
	}
}

/* Whatever the words are, nothing of the ROM's own is put beside what they say is to be done. */
static void test_failure_with_words(void **state)
{
	static const char *const words[] = {
		"the machine has too little memory for this kernel: give it more",
		"\"https://10.0.0.2/k\": the server is not whom its certificate should say: see tls_ca",
		"127.0.0.1 is no server that a guest may ask for \"k\": give the server's address in the guest's "
		"network",
		"x",
	};
	char expected[512];

	for (size_t i = 0; i < N_ROWS; i++) {
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
			screen[0] = '\0';
			errors_print(rows[i].status, words[w], (uint32_t)strlen(words[w]));
			snprintf(expected, sizeof(expected), "\n%s\n  cause: %s\n", rows[i].line, words[w]);
			assert_string_equal(screen, expected);
		}
	}
}

static void test_host_is_asked_for_words_of_what_failed_there(void **state)
{
	static const struct {
		uint32_t status;
		bool asked;
	} cases[] = {
		{PVBOOT_S_DENIED, true},  {PVBOOT_S_TIMEOUT | ERROR_READ, true},
		{REQUEST_REFUSED, true},  {REQUEST_NO_HOST, false},
		{REQUEST_ESCAPED, false}, {ERROR_TOO_BIG, false},
		{ERROR_KERNEL, false},
	};

	host_words = "words";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		asked = 0;
		screen[0] = '\0';
		virtio_running = true;
		errors_explain(cases[i].status, NULL);
		assert_int_equal(asked, cases[i].asked);
		assert_int_equal(strstr(screen, "cause: words") != NULL, cases[i].asked);
		virtio_running = false; /* nobody is there to be asked */
		errors_explain(cases[i].status, NULL);
		assert_int_equal(asked, cases[i].asked);
	}
	errors_explain(ERROR_KERNEL, "words");
	assert_non_null(strstr(screen, "PXE-E7E: the kernel cannot be booted\n  cause: words\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status_has_a_row),
		cmocka_unit_test(test_failure_without_words),
		cmocka_unit_test(test_failure_with_words),
		cmocka_unit_test(test_host_is_asked_for_words_of_what_failed_there),
	};

	return cmocka_run_group_tests_name("rom_errors", tests, NULL, NULL);
}
