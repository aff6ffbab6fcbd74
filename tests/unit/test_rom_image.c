/* SPDX-License-Identifier: BSD-2-Clause */
/* The option ROM's image as a BIOS reads it: headers, sums, lengths, what it says it will take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "pvboot.h"

#define FILE_SIZE 32768
#define BLOCK 512
#define SCAN_STEP 2048	/* where BIOSes look for ROMs */
#define KEPT_MAX 4096	/* bytes left in the ROM area */
#define BASE_KIB_MAX 44 /* KiB of base memory */
#define PCIR_LENGTH 0x1c
#define PNP_LENGTH 0x20
#define UNDI_ID_LENGTH 0x16
/* firmware/pvboot_rom/rom.h: struct resident */
#define RESIDENT_MAGIC "PVBOOTRM"
#define RESIDENT_O_MAGIC 16
#define RESIDENT_O_IMAGE_SIZE 24
#define RESIDENT_O_KIB 26

struct image {
	uint8_t bytes[FILE_SIZE + 1];
	size_t file_len;
	size_t len; /* by its header */
};

static struct image image;

static uint16_t get16(size_t at)
{
	assert_true(at + 2 <= image.len);
	return image.bytes[at] | image.bytes[at + 1] << 8;
}

static uint8_t sum(size_t from, size_t len)
{
	uint8_t s = 0;

	assert_true(len <= image.len && from <= image.len - len);
	while (len--)
		s += image.bytes[from++];
	return s;
}

static size_t pcir(void)
{
	size_t at = get16(0x18);

	assert_int_equal(at % 4, 0);
	assert_memory_equal(image.bytes + at, "PCIR", 4);
	return at;
}

static size_t pnp(void)
{
	size_t at = get16(0x1a);

	assert_int_equal(at % 16, 0);
	assert_memory_equal(image.bytes + at, "$PnP", 4);
	return at;
}

static size_t kept(void)
{
	return get16(pcir() + 0x16) * BLOCK;
}

static size_t resident(void)
{
	for (size_t at = 0; at + sizeof(RESIDENT_MAGIC) <= image.len; at += 16)
		if (!memcmp(image.bytes + at + RESIDENT_O_MAGIC, RESIDENT_MAGIC, sizeof(RESIDENT_MAGIC) - 1))
			return at;
	fail_msg("no resident part in the image");
	return 0;
}

static void test_file_is_no_larger_than_its_rom_bar(void **state)
{
	assert_int_equal(image.file_len, FILE_SIZE);
	for (size_t i = image.len; i < image.file_len; i++)
		assert_int_equal(image.bytes[i], 0);
}

static void test_header_has_signature_length_and_sum(void **state)
{
	assert_int_equal(image.bytes[0], 0x55);
	assert_int_equal(image.bytes[1], 0xaa);
	assert_in_range(image.len, BLOCK, FILE_SIZE);
	assert_int_equal(sum(0, image.len), 0);
}

/* It may be entered again: a VMM that put the image in RAM may leave it shrunk at a reset. */
static void test_init_is_a_jump_within_what_is_kept(void **state)
{
	assert_int_equal(image.bytes[3], 0xe9);
	assert_in_range((uint16_t)(get16(4) + 6), pnp() + PNP_LENGTH, kept() - 1);
}

static void test_no_other_rom_begins_in_the_image(void **state)
{
	for (size_t at = SCAN_STEP; at < image.len; at += SCAN_STEP)
		assert_int_not_equal(get16(at), 0xaa55);
}

static void test_pcir_names_the_device(void **state)
{
	size_t at = pcir();

	assert_int_equal(get16(at + 4), PVBOOT_PCI_VENDOR);
	assert_int_equal(get16(at + 6), PVBOOT_PCI_DEVICE);
	assert_int_equal(get16(at + 10), PCIR_LENGTH);
	assert_int_equal(image.bytes[at + 13], PVBOOT_PCI_PROGIF);
	assert_int_equal(image.bytes[at + 14], PVBOOT_PCI_SUBCLASS);
	assert_int_equal(image.bytes[at + 15], PVBOOT_PCI_CLASS);
	assert_int_equal(get16(at + 16) * BLOCK, image.len);
	assert_int_equal(image.bytes[at + 20], 0);
	assert_int_equal(image.bytes[at + 21], 0x80);
}

static void test_pnp_has_a_bev_within_what_is_kept(void **state)
{
	size_t at = pnp();

	assert_int_equal(image.bytes[at + 5] * 16, PNP_LENGTH);
	assert_int_equal(sum(at, PNP_LENGTH), 0);
	assert_int_equal(image.bytes[at + 0x12], PVBOOT_PCI_CLASS);
	assert_int_equal(get16(at + 0x16), 0);
	assert_in_range(get16(at + 0x1a), at + PNP_LENGTH, kept() - 1);
}

static void test_pnp_strings_end_within_what_is_kept(void **state)
{
	size_t product = get16(pnp() + 0x10), manufacturer = get16(pnp() + 0x0e);

	assert_non_null(memchr(image.bytes + product, 0, kept() - product));
	assert_non_null(memchr(image.bytes + manufacturer, 0, kept() - manufacturer));
	assert_memory_equal(image.bytes + product, "pvboot ", 7);
}

static void test_undi_rom_id_has_a_loader_within_what_is_kept(void **state)
{
	size_t at = get16(0x16);

	assert_memory_equal(image.bytes + at, "UNDI", 4);
	assert_int_equal(image.bytes[at + 4], UNDI_ID_LENGTH);
	assert_int_equal(sum(at, UNDI_ID_LENGTH), 0);
	assert_in_range(get16(at + 0x0a), at + UNDI_ID_LENGTH, kept() - 1);
	assert_memory_equal(image.bytes + at + 0x12, "PCIR", 4);
}

static void test_little_is_kept_in_the_rom_area(void **state)
{
	assert_in_range(kept(), BLOCK, KEPT_MAX);
}

static void test_little_base_memory_is_taken(void **state)
{
	size_t at = resident();

	assert_in_range(get16(at + RESIDENT_O_KIB), 1, BASE_KIB_MAX);
	assert_int_equal(get16(at + RESIDENT_O_IMAGE_SIZE) % 4, 0);
	assert_true(get16(at + RESIDENT_O_IMAGE_SIZE) <= image.len - at);
	assert_true(get16(at + RESIDENT_O_IMAGE_SIZE) <= get16(at + RESIDENT_O_KIB) * 1024);
}

static int read_image(void **state)
{
	FILE *f = fopen(ROM_FILE, "rb");

	if (!f)
		return -1;
	image.file_len = fread(image.bytes, 1, sizeof(image.bytes), f);
	image.len = image.bytes[2] * BLOCK;
	fclose(f);
	return image.len <= FILE_SIZE ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_is_no_larger_than_its_rom_bar),
		cmocka_unit_test(test_header_has_signature_length_and_sum),
		cmocka_unit_test(test_init_is_a_jump_within_what_is_kept),
		cmocka_unit_test(test_no_other_rom_begins_in_the_image),
		cmocka_unit_test(test_pcir_names_the_device),
		cmocka_unit_test(test_pnp_has_a_bev_within_what_is_kept),
		cmocka_unit_test(test_pnp_strings_end_within_what_is_kept),
		cmocka_unit_test(test_undi_rom_id_has_a_loader_within_what_is_kept),
		cmocka_unit_test(test_little_is_kept_in_the_rom_area),
		cmocka_unit_test(test_little_base_memory_is_taken),
	};

	return cmocka_run_group_tests(tests, read_image, NULL);
}
