# SPDX-License-Identifier: BSD-2-Clause
# What stands behind the device: the link to hostd.

# The core of the link compiles freestanding too; PVBOOT_LINK_SOCKET is its Unix socket, for hosted programs.
PVBOOT_LINK_OBJS := $(addprefix $(B)/vmm/pvboot_backend/,link.o link_conn.o link_file.o link_keep.o)
PVBOOT_LINK_SOCKET_OBJS := $(B)/vmm/pvboot_backend/link_socket.o

$(B)/vmm/pvboot_backend/%.o: CPPFLAGS += -Ivmm -Ivmm/pvboot_backend

# The same core with the device's flags for kernels, and nothing from a C library but four memory functions.
LINK_FREE_OBJS := $(PVBOOT_LINK_OBJS:$(B)/vmm/%=$(B)/vmm/freestanding/%)
LINK_FREE := $(B)/vmm/pvboot_link_freestanding.o

$(LINK_FREE_OBJS): $(B)/vmm/freestanding/%.o: vmm/%.c
	$(call say,CC-FREE,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FREESTANDING_CFLAGS) -Ivmm/pvboot_backend $(WARNINGS) -MMD -MP -c $< -o $@

$(LINK_FREE): $(LINK_FREE_OBJS)
	$(call say,LD-FREE,$@)
	$(Q)$(LD) -r -o $@ $^
	$(Q)extra=$$(nm -u $@ | awk '$$2 !~ /^(mem(cpy|move|set|cmp)|pvboot_.*)$$/ { print $$2 }'); test -z "$$extra" || \
		{ echo "vmm: the freestanding link needs more than four memory functions:" $$extra >&2; exit 1; }

ALL += $(LINK_FREE)
