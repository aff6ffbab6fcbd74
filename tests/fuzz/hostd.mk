# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets of hostd: a hostile device, and the configuration.
FUZZERS += fuzz_hostd_link fuzz_conf
fuzz_hostd_link_SRCS := $(addprefix hostd/,dhcp/dhcp_edit.c conf.c conf_data.c conf_key.c conf_value.c conf_vm.c file/file.c base/file_name.c file/file_root.c vm/link.c dhcp/dhcp_local.c log.c base/name_mac.c \
	server.c net/ether.c vm/vm.c vm/vm_dgram.c vm/vm_frame.c vm/vm_source.c vm/vm_file.c vm/vm_file_keep.c vm/vm_lease.c vm/vm_plan.c vm/vm_prefix.c vm/vm_file_read.c vm/vm_open.c tftp/tftp_serve.c tftp/tftp_session.c tftp/tftp_keep.c tftp/tftp_msg.c \
	cache/cache.c cache/cache_disk.c cache/cache_entry.c cache/cache_fetch.c cache/cache_meta.c http/http.c http/http_get.c http/http_head.c http/http_lib.c base/http_url.c net/source.c net/source_guest.c net/net_ask.c \
	dhcp/dhcp_msg.c dhcp/dhcp_pxe.c pxelinux/plan.c pxelinux/plan_answer.c pxelinux/plan_boot.c pxelinux/pxelinux_fetch.c pxelinux/pxelinux_keys.c pxelinux/pxelinux_names.c pxelinux/pxelinux_parse.c)
fuzz_hostd_link_CPPFLAGS := -Ihostd
fuzz_hostd_link_LDLIBS := -levent_core -linih -lcrypto
fuzz_conf_SRCS := $(addprefix hostd/,conf.c conf_data.c conf_key.c conf_value.c conf_vm.c base/file_name.c base/http_url.c)
fuzz_conf_CPPFLAGS := -Ihostd
fuzz_conf_LDLIBS := -linih
