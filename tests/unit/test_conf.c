/* SPDX-License-Identifier: BSD-2-Clause */
/* test_conf.c - hostd's configuration: what is refused, where the error is, and which section a VM gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/addr.h"
#include "conf.h"

static struct conf conf;

static bool parse(const char *text)
{
	conf_free(&conf);
	conf_init(&conf);
	return conf_parse(&conf, "f", text, strlen(text)) && conf_check(&conf, "f");
}

static void expect_error_(const char *text, const char *words, int line)
{
	if (parse(text))
		_fail(__FILE__, line);
	if (!strstr(conf.error, words)) {
		print_error("\"%s\" does not say \"%s\"\n", conf.error, words);
		_fail(__FILE__, line);
	}
}
#define expect_error(text, words) expect_error_(text, words, __LINE__)

static void test_conf_unknown_section(void **state)
{
	expect_error("[hostd]\n[wm x]\n", "f:2: unknown section");
	expect_error("[hostd\n", "f:1:");
	expect_error("\n[vm x\nroot = /\n", "f:2: \"[vm x\" begins no section");
	expect_error("[hostd] x\n[vm y]x\n", "f:2:");
}

static void test_conf_unknown_key(void **state)
{
	expect_error("[hostd]\n\n; comment\nsokcet = /x\n", "f:4: there is no key \"sokcet\"");
	expect_error("[vm a]\nsocket = /x\n", "f:2: there is no key \"socket\"");
	expect_error("[hostd]\nmac = 52:54:00:00:00:01\n", "f:2: there is no key \"mac\"");
}

static void test_conf_no_section(void **state)
{
	expect_error("socket = /x\n", "f:1: \"socket\" stands before any section");
}

static void test_conf_no_value(void **state)
{
	expect_error("[hostd]\nsocket\n", "f:2: \"socket\" is neither a [section] nor KEY = VALUE");
	expect_error("[hostd]\nsocket =\n", "f:2:");
}

static void test_conf_long_line(void **state)
{
	char text[700];

	memset(text, 'a', sizeof(text));
	memcpy(text, "[vm a]\n", 7);
	text[sizeof(text) - 1] = '\0';
	expect_error(text, "f:2: the line is longer");
}

static void test_conf_nul_byte(void **state)
{
	conf_free(&conf);
	conf_init(&conf);
	assert_false(conf_parse(&conf, "f", "[hostd]\n\0\n", 10));
	assert_non_null(strstr(conf.error, "f:2: a NUL"));
}

static void test_conf_bad_values(void **state)
{
	expect_error("[hostd]\nsocket = x\n", "f:2: socket: \"x\" is no path from / on");
	expect_error("[hostd]\nsocket_mode = 8\n", "f:2: socket_mode");
	expect_error("[hostd]\nsocket_mode = 1777\n", "f:2: socket_mode");
	expect_error("[hostd]\nlog = file\n", "f:2: log");
	expect_error("[hostd]\nlog_level = 7\n", "f:2: log_level");
	expect_error("[hostd]\nuser = no-such-user-here\n", "f:2: user");
	expect_error("[hostd]\nmax_file = -1\n", "f:2: max_file");
	expect_error("[hostd]\nmax_file = 99999999999999999999999\n", "f:2: max_file");
	expect_error("[vm a]\nmac = 52:54:00:12:34\n", "f:2: mac");
	expect_error("[vm a]\nmac = 52:54:00:12:34:5g\n", "f:2: mac");
	expect_error("[vm a]\nmac = 53:54:00:12:34:56\n", "multicast");
	expect_error("[vm a]\nmac = cards\n", "neither card nor of the form");
	expect_error("[vm a]\nuuid = 1234\n", "f:2: uuid");
	expect_error("[vm a]\ninterface = anamethatistoolong\n", "f:2: interface");
	expect_error("[vm a]\nroot = srv\n", "f:2: root: \"srv\" is no path");
	expect_error("[vm a]\nallow_uid = no-such-user-here\n", "f:2: allow_uid");
	expect_error("[vm a]\nallow_uid = 4294967295\n", "f:2: allow_uid"); /* (uid_t)-1 */
	expect_error("[vm a]\nproxy = maybe\n", "f:2: proxy");
	expect_error("[vm a]\ntftp_blksize = 7\n", "f:2: tftp_blksize");
	expect_error("[vm a]\ntftp_blksize = 65465\n", "f:2: tftp_blksize");
	expect_error("[vm a]\ntftp_windowsize = 0\n", "f:2: tftp_windowsize");
	expect_error("[vm a]\nboot = maybe\n", "f:2: boot");
	expect_error("[vm a]\nboot_option = 223\n", "f:2: boot_option");
	expect_error("[vm a]\nboot_option = 255\n", "f:2: boot_option");
	expect_error("[vm a]\ncache = yes\n", "f:2: cache: \"yes\" is neither on nor off");
	expect_error("[vm a]\nserve_stale = on\n", "f:2: serve_stale: \"on\" is neither yes nor no");
	expect_error("[vm a]\ntftp_max_age = -1\n", "f:2: tftp_max_age");
	expect_error("[hostd]\ncache_dir = here\n", "f:2: cache_dir: \"here\" is no path");
	expect_error("[hostd]\ncache_size = 0\n", "f:2: cache_size");
	expect_error("[hostd]\ntls_ca = ca.pem\n", "f:2: tls_ca: \"ca.pem\" is no path");
}

/* Every message about a value says which one it is about. */
static void test_conf_bad_value_is_quoted(void **state)
{
	static const char *const hostd[] = {"socket",	  "socket_mode", "socket_group", "user",       "log",
					    "log_level",  "pid_file",	 "max_file",	 "max_memory", "cache_dir",
					    "cache_size", "http_proxy",	 "tls_ca"};
	static const char *const vm[] = {
		"mac",		"uuid",	    "interface",       "root",	       "allow_uid",   "proxy",
		"dhcp_timeout", "palacios", "tftp_windowsize", "tftp_blksize", "host_wait",   "source",
		"frames",	"boot",	    "boot_option",     "cache",	       "serve_stale", "pxelinux",
		"tftp_max_age"};
	char text[128];

	for (size_t i = 0; i < sizeof(hostd) / sizeof(hostd[0]); i++) {
		snprintf(text, sizeof(text), "[hostd]\n%s = no such value\n", hostd[i]);
		expect_error(text, "\"no such value\"");
	}
	for (size_t i = 0; i < sizeof(vm) / sizeof(vm[0]); i++) {
		snprintf(text, sizeof(text), "[vm a]\n%s = nosuchvaluehere!\n", vm[i]);
		expect_error(text, "\"nosuchvaluehere!\"");
	}
}

/* What a guest would be refused when it asks for the file is refused here. */
static void test_conf_bad_url(void **state)
{
	static const char *const keys[] = {"kernel", "boot_file", "kernel = k\ninitrd"};
	static const struct {
		const char *url, *words;
	} urls[] = {
		{"http://", "\"http://\" names no server"},
		{"http://b:99999/k", "\"http://b:99999/k\" names no good port"},
		{"https://me:secret@b/k", "names a user"},
		{"http://[::1]/k", "\"http://[::1]/k\" names no server"},
		{"ftp://b/k", "\"ftp://b/k\": this host fetches by TFTP and HTTP"},
		{"tftp://b/k", "\"tftp://b/k\": the server has to be an IPv4 address"},
		{"tftp://10.0.0.2:0/k", "\"tftp://10.0.0.2:0/k\" has no good port"},
		{"tftp://10.0.0.2", "\"tftp://10.0.0.2\" names no file"},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			snprintf(text, sizeof(text), "[vm a]\ninterface = x\n%s = %s\n", keys[k], urls[i].url);
			expect_error(text, urls[i].words);
		}
	}
	expect_error("[hostd]\nhttp_proxy = 10.0.0.9:3128\n",
		     "http_proxy: \"10.0.0.9:3128\" is no http: or https: URL");
	expect_error("[hostd]\nhttp_proxy = http://:3128\n", "http_proxy: \"http://:3128\" names no server");
	expect_error("[hostd]\nhttp_proxy = http://p:port\n", "names no good port: give one as http://");
	assert_true(parse("[vm a]\ninterface = x\nkernel = tftp://10.0.0.2:70/k\ninitrd = HTTPS://b:8/i?x\n"));
}

/* Neither could connect: each would be told that the address is the other's. */
static void test_conf_mac_of_two(void **state)
{
	expect_error("[vm a]\nroot = /\nmac = 52:54:00:00:00:01\n[vm b]\nroot = /\nmac = 52:54:00:00:00:02, "
		     "52:54:00:00:00:01\n",
		     "f:1: [vm a] has the MAC 52:54:00:00:00:01, as [vm b] at line 4 has");
	/* A pattern's list gives way to a machine's own section. */
	assert_true(parse("[vm a]\nroot = /\nmac = 52:54:00:00:00:01\n"
			  "[vm *]\nroot = /\nmac = 52:54:00:00:00:02, 52:54:00:00:00:01\n"));
	assert_true(parse("[vm a]\nroot = /\nmac = 52:54:00:00:00:01\n[vm b]\nroot = /\nmac = 52:54:00:*\n"));
}

/* # and ; begin a comment at the beginning of a line, and after a blank or a tab. */
static void test_conf_comments(void **state)
{
	char text[1024] = "[vm a]\nroot = /c\t# ";

	assert_true(parse("# x\n;x\n \t# x\n[vm a] # the first\n\troot = /b#c;d\t# a root\n  mac = 52:54:00:*\t; x\n"
			  "append = a#b c;d # e\nboot = direct #f\n[vm b]\t;x\nroot = /x ;y # z\n"));
	assert_string_equal(conf_find_vm(&conf, "a")->root, "/b#c;d");
	assert_int_equal(conf_find_vm(&conf, "a")->n_macs, 1);
	assert_string_equal(conf_find_vm(&conf, "a")->append, "a#b c;d");
	assert_true(conf_find_vm(&conf, "a")->direct);
	assert_string_equal(conf_find_vm(&conf, "b")->root, "/x");
	expect_error("[vm a]\nroot = # none\n", "f:2: root: \"\" is no path");
	memset(text + strlen(text), 'x', 900); /* a comment may be as long as it likes */
	assert_true(parse(text));
}

/* An indented line is no more of the one before. */
static void test_conf_indented(void **state)
{
	assert_true(parse("[vm a]\n  root = /a\n\tmac = 52:54:00:*\n  [vm b]\n  root = /b\n"));
	assert_string_equal(conf_find_vm(&conf, "a")->root, "/a");
	assert_string_equal(conf_find_vm(&conf, "b")->root, "/b");
}

static void test_conf_vm_without_source(void **state)
{
	expect_error("[hostd]\n[vm a]\n", "f:2: [vm a] needs interface");
	expect_error("[vm a]\ninterface = e\nroot = /\n", "both");
}

static void test_conf_plan_without_what_it_needs(void **state)
{
	expect_error("[vm a]\nroot = /\ninitrd = i\n", "has an initrd without a kernel");
	expect_error("[vm a]\nroot = /\nappend = x\n", "has append, and neither a kernel nor boot = direct");
	expect_error("[vm a]\nroot = /\nboot_option = 224\n", "has a boot_option, and no interface");
}

static void test_conf_vm_twice(void **state)
{
	expect_error("[vm a]\nroot = /\n[vm a]\n", "f:3: [vm a] is there already, at line 1");
}

static void test_conf_vm_name_too_long(void **state)
{
	char text[128];

	snprintf(text, sizeof(text), "[vm %064d]\n", 0);
	expect_error(text, "must have 1 to 63 bytes to be a VM's name");
	expect_error("[vm ]\n", "f:1:");
}

static void test_conf_pattern_with_one_identity(void **state)
{
	expect_error("[vm *]\nroot = /\nuuid = 01234567-89ab-cdef-0123-456789abcdef\n", "is a pattern");
	expect_error("[vm *]\nroot = /\nmac = 52:54:00:12:34:56\n", "is a pattern");
}

static void test_conf_uid_not_listed(void **state)
{
	assert_true(parse(
		"[vm a]\nroot = /\nallow_uid = 1000, 1001\n[vm b]\nroot = /\n[vm c]\nroot = /\nallow_uid = any\n"));
	assert_false(conf_vm_allows_uid(conf_find_vm(&conf, "a"), 1002));
	assert_true(conf_vm_allows_uid(conf_find_vm(&conf, "a"), 1001));
	assert_false(conf_vm_allows_uid(conf_find_vm(&conf, "b"), getuid() + 1));
	assert_true(conf_vm_allows_uid(conf_find_vm(&conf, "b"), getuid()));
	assert_true(conf_vm_allows_uid(conf_find_vm(&conf, "c"), 12345));
	assert_true(conf_vm_allows_uid(conf_find_vm(&conf, "a"), 0));
}

static void test_conf_mac_not_allowed(void **state)
{
	static const uint8_t in[6] = {0x52, 0x54, 0, 1, 2, 3}, out[6] = {0x52, 0x54, 1, 1, 2, 3}, zero[6],
			     multi[6] = {1};
	const struct conf_vm *vm;

	assert_true(parse(
		"[vm x*]\nroot = /\nmac = 52:54:00:*\n[vm y]\nroot = /\nmac = 52:54:00:01:02:03\n[vm z]\nroot=/\n"));
	vm = conf_find_vm(&conf, "xx");
	assert_true(conf_vm_allows_mac(vm, in));
	assert_false(conf_vm_allows_mac(vm, out));
	assert_null(conf_vm_own_mac(vm));
	assert_memory_equal(conf_vm_own_mac(conf_find_vm(&conf, "y")), in, 6);
	assert_ptr_equal(conf_find_mac(&conf, vm, in), conf_find_vm(&conf, "y"));
	assert_null(conf_find_mac(&conf, vm, out));
	vm = conf_find_vm(&conf, "z");
	assert_true(conf_vm_allows_mac(vm, out));
	assert_false(conf_vm_allows_mac(vm, zero));
	assert_false(conf_vm_allows_mac(vm, multi));
	assert_false(vm->mac_of_card);
	assert_true(parse("[vm *]\nroot = /\nmac = card, 52:54:00:*\n"));
	vm = conf_find_vm(&conf, "x");
	assert_true(vm->mac_of_card);
	assert_true(conf_vm_allows_mac(vm, in));
	assert_false(conf_vm_allows_mac(vm, out));
}

static void test_conf_vm_not_configured(void **state)
{
	assert_true(parse("[vm a*]\nroot = /\n[vm ab]\nroot = /tmp\n"));
	assert_null(conf_find_vm(&conf, "b"));
	assert_string_equal(conf_find_vm(&conf, "ab")->root, "/tmp"); /* its own section goes before a pattern */
	assert_string_equal(conf_find_vm(&conf, "ac")->root, "/");
}

static void test_conf_uuid_as_smbios(void **state)
{
	static const uint8_t wire[16] = {0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd,
					 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
	uint8_t uuid[16];

	assert_true(addr_uuid_parse(uuid, "01234567-89AB-cdef-0123-456789abcdef"));
	assert_memory_equal(uuid, wire, 16);
	assert_false(addr_uuid_parse(uuid, "01234567-89AB-cdef-0123-456789abcdef0"));
	assert_false(addr_uuid_parse(uuid, "01234567-89AB-cdef-0123_456789abcdef"));
}

/* Without an interface and a root a kernel by its URL is all that the VM may have; HTTP is needed for that. */
static void test_conf_kernel_by_url(void **state)
{
	assert_true(parse("[hostd]\ncache_dir = none\ncache_size = 5\nhttp_proxy = http://p:1\n"
			  "[vm a]\nkernel = http://b/k\ninitrd = http://b/i\ncache = off\ntftp_max_age = 0\n"
			  "serve_stale = yes\n"));
	assert_string_equal(conf.cache_dir, "none");
	assert_int_equal(conf.cache_size, 5 << 20);
	assert_string_equal(conf.http_proxy, "http://p:1");
	assert_true(conf.vms->sealed && conf.vms->cache_off && conf.vms->serve_stale);
	assert_int_equal(conf.vms->tftp_max_age_ms, 0);
	assert_true(conf_wants_http(&conf));
	assert_true(conf_vm_names(conf.vms, "http://b/i"));
	assert_false(conf_vm_names(conf.vms, "http://b/j"));
	assert_true(parse("[vm a]\nroot = /x\n"));
	assert_int_equal(conf.vms->tftp_max_age_ms, 60000);
	assert_false(conf_wants_http(&conf));
	assert_true(parse("[vm a]\ninterface = x\n"));
	assert_true(conf_wants_http(&conf));
	assert_true(parse("[vm a]\nroot = /x\nboot_file = https://x/y\n"));
	assert_true(conf_wants_http(&conf));
	expect_error("[vm a]\nkernel = k\n", "needs interface");
}

static void test_conf_everything(void **state)
{
	const struct conf_vm *vm;

	assert_true(parse(
		"# all there is\n[hostd]\nsocket = /run/x.sock\nsocket_mode = 0666\nlog = syslog\nlog_level = debug\n"
		"user = nobody\npid_file = /run/x.pid\nmax_file = 10\nmax_memory = 20\n"
		"[vm one] ; the first\nmac = 52:54:00:12:34:57\nuuid = 01234567-89ab-cdef-0123-456789abcdef\n"
		"interface = br0\nallow_uid = root 1000\nproxy = wait\nboot_file = other.0\ndhcp_timeout = 9\n"
		"tftp_blksize = 1428\ntftp_windowsize = 16\nhost_wait = 7\n"));
	assert_string_equal(conf.socket, "/run/x.sock");
	assert_int_equal(conf.socket_mode, 0666);
	assert_int_equal(conf.max_file, 10 << 20);
	assert_int_equal(conf.max_memory, 20 << 20);
	vm = conf_find_vm(&conf, "one");
	assert_non_null(vm);
	assert_string_equal(vm->ifname, "br0");
	assert_int_equal(vm->n_uids, 2);
	assert_int_equal(vm->proxy, DHCP_PROXY_WAIT);
	assert_string_equal(vm->boot_file, "other.0");
	assert_int_equal(vm->dhcp_timeout_ms, 9000);
	assert_int_equal(vm->tftp_blksize, 1428);
	assert_int_equal(vm->tftp_windowsize, 16);
	assert_int_equal(vm->host_wait_ms, 7000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conf_unknown_section),
		cmocka_unit_test(test_conf_unknown_key),
		cmocka_unit_test(test_conf_no_section),
		cmocka_unit_test(test_conf_no_value),
		cmocka_unit_test(test_conf_long_line),
		cmocka_unit_test(test_conf_nul_byte),
		cmocka_unit_test(test_conf_bad_values),
		cmocka_unit_test(test_conf_bad_value_is_quoted),
		cmocka_unit_test(test_conf_bad_url),
		cmocka_unit_test(test_conf_mac_of_two),
		cmocka_unit_test(test_conf_comments),
		cmocka_unit_test(test_conf_indented),
		cmocka_unit_test(test_conf_vm_without_source),
		cmocka_unit_test(test_conf_plan_without_what_it_needs),
		cmocka_unit_test(test_conf_vm_twice),
		cmocka_unit_test(test_conf_vm_name_too_long),
		cmocka_unit_test(test_conf_pattern_with_one_identity),
		cmocka_unit_test(test_conf_uid_not_listed),
		cmocka_unit_test(test_conf_mac_not_allowed),
		cmocka_unit_test(test_conf_vm_not_configured),
		cmocka_unit_test(test_conf_uuid_as_smbios),
		cmocka_unit_test(test_conf_kernel_by_url),
		cmocka_unit_test(test_conf_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
