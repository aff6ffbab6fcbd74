# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets of hostd: a hostile device, and the configuration.
FUZZERS += fuzz_hostd_link fuzz_conf
fuzz_hostd_link_SRCS := $(wildcard hostd/conf*.c hostd/cache/*.c hostd/file/*.c hostd/http/*.c hostd/pxelinux/*.c hostd/vm/*.c) \
	$(addprefix hostd/,admit.c log.c server.c dhcp/dhcp_edit.c dhcp/dhcp_local.c dhcp/dhcp_msg.c dhcp/dhcp_pxe.c dhcp/boot_info.c dhcp/dhcp_select.c dhcp/dhcp_result.c dhcp/dhcp_say.c net/ether.c net/source.c net/source_guest.c \
	net/net_ask.c tftp/tftp_serve.c tftp/tftp_session.c tftp/tftp_keep.c tftp/tftp_msg.c)
fuzz_hostd_link_CPPFLAGS := -Ihostd
fuzz_hostd_link_LDLIBS := -levent_core -linih -lcrypto
fuzz_conf_SRCS := $(addprefix hostd/,conf.c conf_data.c conf_key.c conf_value.c conf_vm.c vm/vm_conf.c)
fuzz_conf_CPPFLAGS := -Ihostd
fuzz_conf_LDLIBS := -linih
