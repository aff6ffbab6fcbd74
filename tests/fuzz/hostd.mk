# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets of hostd: a hostile device, and the configuration.
FUZZERS += fuzz_hostd_link fuzz_conf
fuzz_hostd_link_SRCS := $(addprefix hostd/,bootfile.c conf.c conf_key.c conf_value.c conf_vm.c file.c file_name.c file_root.c link.c local.c log.c name_mac.c \
	server.c ether.c vm.c vm_dgram.c vm_frame.c vm_guest.c vm_file.c vm_keep.c vm_lease.c vm_plan.c vm_pxelinux.c vm_read.c vm_source.c tftp_serve.c tftp_session.c tftp_keep.c tftp_msg.c \
	cache.c cache_disk.c cache_entry.c cache_fetch.c cache_meta.c http.c http_get.c http_head.c http_lib.c http_url.c source.c source_guest.c net_ask.c \
	dhcp_msg.c dhcp_pxe.c plan.c plan_answer.c plan_boot.c plan_fetch.c plan_keys.c plan_names.c plan_parse.c)
fuzz_hostd_link_CPPFLAGS := -Ihostd
fuzz_hostd_link_LDLIBS := -levent_core -linih -lcrypto
fuzz_conf_SRCS := $(addprefix hostd/,conf.c conf_key.c conf_value.c conf_vm.c file_name.c http_url.c)
fuzz_conf_CPPFLAGS := -Ihostd
fuzz_conf_LDLIBS := -linih
