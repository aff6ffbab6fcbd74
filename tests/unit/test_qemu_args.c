/* SPDX-License-Identifier: BSD-2-Clause */
/* test_qemu_args.c - what pvboot makes of a user's own QEMU arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu_args.h"

#define ARGS(...) (const char *const[]){__VA_ARGS__}, (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static struct qemu_user user;
static const char *bus; /* --bus of the next command line */

static const char *scan(const char *const argv[], int argc)
{
	return qemu_args_scan(&user, argc, argv);
}

/* The whole command line as one string, blanks between. */
static const char *built_as(enum attach attach, const char *const argv[], int argc, bool terminal)
{
	static char text[4096];
	const struct qemu_conf conf = {.program = "qemu",
				       .rom = "/r,om",
				       .name = "vm",
				       .uuid = NULL,
				       .attach = attach,
				       .socket = "/run/vm.sock",
				       .bus = bus,
				       .mac = "52:54:00:00:00:09",
				       .reconnect_ms = attach == ATTACH_VHOST_USER && bus,
				       .terminal = terminal};
	struct argv out = {0};

	assert_null(scan(argv, argc));
	qemu_args_build(&out, &conf, &user, argc, argv);
	text[0] = '\0';
	for (size_t i = 0; i < out.n; i++) {
		strcat(text, out.v[i]);
		strcat(text, " ");
	}
	argv_free(&out);
	return text;
}

static const char *built(const char *const argv[], int argc, bool terminal)
{
	return built_as(ATTACH_VHOST_USER, argv, argc, terminal);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in \"%s\"", part, text);
}

static void test_daemonize_is_refused(void **state)
{
	assert_non_null(scan(ARGS("-m", "1G", "-daemonize")));
	assert_non_null(scan(ARGS("--daemonize")));
}

static void test_incoming_is_refused(void **state)
{
	assert_non_null(scan(ARGS("-incoming", "tcp::1")));
}

static void test_value_missing_at_end_is_refused(void **state)
{
	assert_non_null(scan(ARGS("-nographic", "-m")));
	assert_null(scan(ARGS("-nographic")));
}

static void test_value_is_not_taken_for_an_option(void **state)
{
	/* the value of -serial here reads like an option: it is not one */
	assert_null(scan(ARGS("-serial", "-daemonize")));
	assert_null(scan(ARGS("-name", "-incoming")));
}

static void test_memory_follows_m(void **state)
{
	static const struct {
		const char *m;
		const char *size;
	} cases[] = {
		{"1G", "size=1G,"},
		{"640", "size=640M,"},
		{"size=2g,slots=2,maxmem=4G", "size=2g,"},
		{"slots=2,size=300", "size=300M,"},
		{"1.5G", "size=1.5G,"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = built(ARGS("-m", cases[i].m), false);

		assert_has(text, cases[i].size);
		assert_lacks(text, "-m 512M");
	}
}

static void test_memory_default_is_said_twice(void **state)
{
	const char *text = built(NULL, 0, false);

	assert_has(text, "memory-backend-memfd,id=pvboot-ram,size=512M,share=on ");
	assert_has(text, "-m 512M ");
}

static void test_memory_backend_of_the_user_is_left_alone(void **state)
{
	assert_lacks(built(ARGS("-machine", "q35,memory-backend=mine"), false), "pvboot-ram");
	assert_lacks(built(ARGS("-numa", "node,memdev=mine"), false), "pvboot-ram");
	/* a value that only looks like it */
	assert_has(built(ARGS("-machine", "q35,xmemory-backend=mine"), false), "pvboot-ram");
}

static void test_nic_mac_is_taken(void **state)
{
	assert_null(scan(ARGS("-nic", "user,model=virtio,mac=52:54:00:AB:cd:EF")));
	assert_string_equal(user.mac, "52:54:00:ab:cd:ef");
	assert_int_equal(user.nics, 1);
	assert_null(scan(ARGS("-netdev", "user,id=n", "-device", "e1000,netdev=n,mac=52:54:00:00:00:01")));
	assert_string_equal(user.mac, "52:54:00:00:00:01");
	assert_null(scan(ARGS("-net", "nic,macaddr=52:54:00:00:00:02")));
	assert_string_equal(user.mac, "52:54:00:00:00:02");
}

static void test_nic_mac_too_long_is_ignored(void **state)
{
	assert_null(scan(ARGS("-nic", "user,mac=52:54:00:12:34:56:78:9a:bc:de")));
	assert_string_equal(user.mac, "");
}

static void test_nic_rom_never_boots(void **state)
{
	const char *text = built(ARGS("-nic", "user,model=rtl8139"), false);

	assert_has(text, "-global rtl8139.romfile= ");
	assert_has(text, "-global e1000.romfile= ");
	assert_lacks(text, "vmxnet3");
	assert_lacks(text, "-nic none");
}

static void test_nic_is_none_by_default(void **state)
{
	assert_has(built(NULL, 0, false), "-nic none ");
	assert_null(scan(ARGS("-nic", "none")));
	assert_int_equal(user.nics, 0);
}

static void test_boot_order_of_the_user_wins(void **state)
{
	assert_lacks(built(ARGS("-boot", "c"), false), "order=n");
	assert_lacks(built(ARGS("-boot", "menu=on,order=dc"), false), "order=n");
	assert_lacks(built(ARGS("-boot", "once=d"), false), "order=n");
	assert_has(built(ARGS("-boot", "menu=on"), false), "order=n");
}

static void test_console_without_terminal_survives_closed_stdin(void **state)
{
	const char *text = built(NULL, 0, false);

	assert_has(text, "-display none -serial stdio ");
	assert_has(text, "graphics=off");
	assert_lacks(text, "-nographic");
	assert_has(built(NULL, 0, true), "-nographic ");
}

static void test_console_of_the_user_is_left_alone(void **state)
{
	assert_lacks(built(ARGS("-serial", "file:x"), false), "stdio");
	assert_has(built(ARGS("-serial", "file:x"), true), "-display none ");
	assert_lacks(built(ARGS("-nographic"), false), "stdio");
	assert_lacks(built(ARGS("-display", "gtk"), false), "graphics=off");
	assert_has(built(ARGS("-display", "none"), false), "-serial stdio ");
	assert_lacks(built(ARGS("-monitor", "stdio"), false), "-serial");
}

static void test_device_path_has_its_comma_doubled(void **state)
{
	assert_has(built(NULL, 0, false), "-device virtio-net-pci,id=pvboot0,");
	assert_has(built(NULL, 0, false), ",romfile=/r,,om ");
}

static void test_device_of_vfio_user(void **state)
{
	const char *text = built_as(ATTACH_VFIO_USER, ARGS("-M", "q35", "-smp", "2", "-device", "edu"), false);

	assert_has(text, "-device {\"driver\":\"vfio-user-pci\",\"id\":\"pvboot0\","
			 "\"socket\":{\"type\":\"unix\",\"path\":\"/run/vm.sock\"}} ");
	assert_has(text, "share=on"); /* it maps the guest's memory, too */
	assert_has(text, "-M q35 -smp 2 -device edu ");
	assert_lacks(text, "romfile=/");
}

static void test_device_of_vhost_user(void **state)
{
	const char *text = built_as(ATTACH_VHOST_USER, ARGS("-nic", "user,model=virtio"), false);

	assert_has(text,
		   "-chardev socket,id=pvboot0-socket,path=/run/vm.sock,reconnect=1 "
		   "-netdev vhost-user,id=pvboot0-net,chardev=pvboot0-socket "
		   "-device "
		   "virtio-net-pci,id=pvboot0,disable-legacy=off,mac=52:54:00:00:00:09,netdev=pvboot0-net,vectors=0,"
		   "romfile=/r,,om ");
	assert_has(text, "-global virtio-net-pci.romfile= "); /* the user's own card; ours says its ROM itself */
	bus = "rp0";
	text = built_as(ATTACH_VHOST_USER, ARGS("-device", "pcie-root-port,id=rp0"), false);
	assert_has(text, "path=/run/vm.sock,reconnect-ms=200 ");
	assert_has(text, "-device virtio-net-pci,id=pvboot0,bus=rp0,disable-legacy=on,mac=");
	bus = NULL;
}

static void test_device_on_a_bus_follows_it(void **state)
{
	const char *text;

	bus = "rp0";
	text = built(ARGS("-device", "pcie-root-port,id=rp0"), false);
	assert_has(text, "-device pcie-root-port,id=rp0 -chardev socket,id=pvboot0-socket,");
	assert_has(text, "-device virtio-net-pci,id=pvboot0,bus=rp0,");
	text = built_as(ATTACH_VFIO_USER, ARGS("-device", "pcie-root-port,id=rp0"), false);
	assert_has(text, "-device pcie-root-port,id=rp0 -device {\"driver\":\"vfio-user-pci\",\"id\":\"pvboot0\","
			 "\"bus\":\"rp0\",\"socket\"");
	bus = NULL;
}

/* ---- what is sure not to boot (qemu_check.c) --------------------------------------------------------------------- */

static void assert_refused(const char *words, const char *const argv[], int argc)
{
	const char *why = scan(argv, argc);

	if (!why || !strstr(why, words))
		fail_msg("\"%s\" is not in \"%s\"", words, why ? why : "(nothing)");
}

static void test_machine_without_a_bios_is_refused(void **state)
{
	assert_refused("-M microvm cannot boot by pvboot", ARGS("-M", "microvm"));
	assert_refused("-M none", ARGS("-machine", "none,accel=tcg"));
	assert_refused("-M isapc", ARGS("-machine", "type=isapc"));
	assert_null(scan(ARGS("-M", "pc")));
	assert_null(scan(ARGS("-machine", "q35,graphics=off")));
	assert_null(scan(ARGS("-machine", "accel=tcg")));
}

static void test_memory_not_shared_is_refused(void **state)
{
	assert_refused("-object memory-backend-ram,id=m is memory that is not shared",
		       ARGS("-object", "memory-backend-ram,id=m,size=1G", "-machine", "memory-backend=m"));
	assert_refused("memory-backend-file,id=m", ARGS("-machine", "q35,memory-backend=m", "-object",
							"memory-backend-file,id=m,size=1G,mem-path=/x,share=off"));
	assert_refused("memory-backend-memfd,id=b", ARGS("-object", "memory-backend-memfd,id=a,size=1G", "-object",
							 "memory-backend-memfd,id=b,size=1G,share=off", "-numa",
							 "node,memdev=a", "-numa", "node,memdev=b"));
	assert_refused("mem-path=/dev/hugepages,share=on", ARGS("-mem-path", "/dev/hugepages"));
	assert_null(scan(ARGS("-object", "memory-backend-memfd,id=m,size=1G", "-machine", "memory-backend=m")));
	assert_null(scan(ARGS("-object", "memory-backend-file,id=m,size=1G,mem-path=/x,share=on", "-machine",
			      "memory-backend=m")));
	/* one that is not the guest's memory, and one that is made elsewhere */
	assert_null(scan(ARGS("-object", "memory-backend-ram,id=m,size=1G")));
	assert_null(scan(ARGS("-machine", "memory-backend=m")));
	assert_null(scan(ARGS("-object", "secret,id=m,data=x", "-machine", "memory-backend=m")));
}

static void make_firmware(char path[32], const char *magic)
{
	char bytes[64] = "";
	int fd;

	strcpy(path, "/tmp/test_qemu_args-XXXXXX");
	fd = mkstemp(path);
	memcpy(bytes + 40, magic, 4);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	close(fd);
}

static void test_uefi_firmware_is_refused(void **state)
{
	char uefi[32], bios[32], drive[80], node[80];

	make_firmware(uefi, "_FVH");
	make_firmware(bios, "none");
	snprintf(drive, sizeof(drive), "if=pflash,format=raw,readonly=on,file=%s", uefi);
	snprintf(node, sizeof(node), "node-name=f,driver=file,filename=%s", uefi);
	assert_refused("is UEFI firmware", ARGS("-bios", uefi));
	assert_refused("is UEFI firmware", ARGS("-pflash", uefi));
	assert_refused("is UEFI firmware", ARGS("-drive", drive));
	assert_refused("is UEFI firmware", ARGS("-machine", "q35,pflash0=f", "-blockdev", node));
	assert_null(scan(ARGS("-bios", bios)));
	assert_null(scan(ARGS("-blockdev", node)));
	unlink(uefi);
	unlink(bios);
	/* what cannot be read goes by its name */
	assert_refused("is UEFI firmware", ARGS("-bios", "/nonexistent/OVMF_CODE.fd"));
	assert_null(scan(ARGS("-bios", "/nonexistent/bios-256k.bin")));
	assert_null(scan(ARGS("-drive", "file=ovmf-disk.qcow2,if=virtio")));
}

static void test_name_of_the_user_is_read(void **state)
{
	assert_null(scan(ARGS("-name", "guest=web,,1,process=p")));
	assert_string_equal(user.name, "web,1");
	assert_lacks(built(ARGS("-name", "other"), false), "guest=vm");
	assert_has(built(NULL, 0, false), "-name guest=vm ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_daemonize_is_refused),
		cmocka_unit_test(test_incoming_is_refused),
		cmocka_unit_test(test_value_missing_at_end_is_refused),
		cmocka_unit_test(test_value_is_not_taken_for_an_option),
		cmocka_unit_test(test_memory_follows_m),
		cmocka_unit_test(test_memory_default_is_said_twice),
		cmocka_unit_test(test_memory_backend_of_the_user_is_left_alone),
		cmocka_unit_test(test_nic_mac_is_taken),
		cmocka_unit_test(test_nic_mac_too_long_is_ignored),
		cmocka_unit_test(test_nic_rom_never_boots),
		cmocka_unit_test(test_nic_is_none_by_default),
		cmocka_unit_test(test_boot_order_of_the_user_wins),
		cmocka_unit_test(test_console_without_terminal_survives_closed_stdin),
		cmocka_unit_test(test_console_of_the_user_is_left_alone),
		cmocka_unit_test(test_device_path_has_its_comma_doubled),
		cmocka_unit_test(test_device_of_vfio_user),
		cmocka_unit_test(test_device_of_vhost_user),
		cmocka_unit_test(test_device_on_a_bus_follows_it),
		cmocka_unit_test(test_machine_without_a_bios_is_refused),
		cmocka_unit_test(test_memory_not_shared_is_refused),
		cmocka_unit_test(test_uefi_firmware_is_refused),
		cmocka_unit_test(test_name_of_the_user_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
