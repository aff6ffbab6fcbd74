# SPDX-License-Identifier: BSD-2-Clause
# The device's end of the link, against a hostile hostd.

FUZZERS += fuzz_link
fuzz_link_SRCS := $(addprefix vmm/pvboot_backend/,link.c link_conn.c link_file.c link_keep.c) tests/unit/fake_dev.c
fuzz_link_CPPFLAGS := -Ivmm -Ivmm/pvboot_backend -Itests/unit

# The device's end of x-pci-proxy-dev, which is the tests' own, against a hostile QEMU.
FUZZERS += fuzz_proxy
fuzz_proxy_SRCS := tests/fuzz/attach_fuzz.c tests/palacios/proxy.c tests/palacios/proxy_ram.c vmm/qemu/ram.c vmm/qemu/receive.c vmm/pvboot_backend/link_socket.c \
	$(addprefix vmm/pvboot_backend/,link.c link_conn.c link_file.c link_keep.c) $(wildcard vmm/pvboot_*.c)
fuzz_proxy_CPPFLAGS := -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu -Itests/palacios
fuzz_proxy_LDLIBS := -levent_core

# The same of vfio-user.
FUZZERS += fuzz_vfio_user
fuzz_vfio_user_SRCS := tests/fuzz/attach_fuzz.c \
	$(addprefix vmm/qemu/,vfio_user.c vfio_user_info.c vfio_user_version.c ram.c receive.c) vmm/pvboot_backend/link_socket.c \
	$(addprefix vmm/pvboot_backend/,link.c link_conn.c link_file.c link_keep.c) $(wildcard vmm/pvboot_*.c)
fuzz_vfio_user_CPPFLAGS := -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu
fuzz_vfio_user_LDLIBS := -levent_core -ljansson

# The same of vhost-user, and of a guest behind it.
FUZZERS += fuzz_vhost_user
fuzz_vhost_user_SRCS := tests/fuzz/attach_fuzz.c \
	$(addprefix vmm/qemu/,vhost_user.c ram.c receive.c) vmm/pvboot_backend/link_socket.c \
	$(addprefix vmm/pvboot_backend/,link.c link_conn.c link_file.c link_keep.c) $(wildcard vmm/pvboot_*.c)
fuzz_vhost_user_CPPFLAGS := -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu
fuzz_vhost_user_LDLIBS := -levent_core
