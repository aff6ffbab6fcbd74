# SPDX-License-Identifier: BSD-2-Clause
# `make check-palacios`: the plugin of vmm/palacios, unmodified, in a Palacios of the tests' own (README.md).

PALT := $(B)/tests/palacios
PALT_FLAGS := -fgnu89-inline -ffreestanding -fno-strict-aliasing -fno-common -fstack-protector-strong -fPIE
PALT_V3_WARNINGS := -Wall -Werror -Wno-pointer-sign -Wno-unused-but-set-variable
# Both halves of the plugin, and the device and link they bring: not vmm/build.mk's lists, which are made after this.
PALT_V3_OBJS := $(PALT)/plugin/palacios/pvboot_v3.o
PALT_GLUE_OBJS := $(patsubst vmm/%.c,$(PALT)/plugin/%.o,$(wildcard vmm/pvboot_*.c) vmm/palacios/pvboot_glue.c \
	$(addprefix vmm/pvboot_backend/,link.c link_conn.c link_file.c link_keep.c))
PALT_HOST_OBJS := $(addprefix $(PALT)/,mem.o os.o)
PALT_STANDIN_OBJS := $(addprefix $(PALT)/,v3_cfg.o v3_chkpt.o v3_pci.o v3_stream.o v3_vm.o)

# What sees Palacios's headers, and no others.
$(PALT_V3_OBJS) $(PALT_STANDIN_OBJS): CC_V3 = $(CC) -std=gnu11 -m64 -D__V3_64BIT__ -D__V3VEE__ -DV3_CONFIG_STREAM=1 \
	-DV3_CONFIG_CHECKPOINT=1 -Itests/palacios/include $(PALT_FLAGS) $(PALT_V3_WARNINGS) $(SANFLAGS) $(CFLAGS)
$(PALT_V3_OBJS): $(PALT)/plugin/%.o: vmm/%.c
	$(call say,CC-V3,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_V3) -MMD -MP -c $< -o $@
$(PALT_STANDIN_OBJS): $(PALT)/%.o: tests/palacios/%.c
	$(call say,CC-V3,$<)
	@mkdir -p $(@D)
	$(Q)$(CC_V3) -Itests/palacios -MMD -MP -c $< -o $@

$(PALT_GLUE_OBJS): $(PALT)/plugin/%.o: vmm/%.c
	$(call say,CC-FREE,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -mgeneral-regs-only -Wframe-larger-than=512 $(PALT_FLAGS) $(WARNINGS) $(if $(SAN),-Wno-frame-larger-than) \
		$(SANFLAGS) $(CFLAGS) -Iprotocol -Ivmm -Ivmm/pvboot_backend -Ivmm/palacios -MMD -MP -c $< -o $@

# One object, with nothing to see but what Palacios sees, and its memory functions counted by os.c.
$(PALT)/plugin.o: $(PALT_V3_OBJS) $(PALT_GLUE_OBJS)
	$(call say,LD-V3,$@)
	$(Q)$(LD) -r -o $@.all $^
	$(Q)$(if $(OBJCOPY),$(OBJCOPY),objcopy) --wildcard --localize-symbol='pvboot_*' --localize-symbol='link_*' \
		--redefine-sym memcpy=plugin_memcpy --redefine-sym memmove=plugin_memmove \
		--redefine-sym memset=plugin_memset $@.all $@
	@rm -f $@.all

PALT_TESTS := test_plugin test_stream test_free
$(addprefix $(PALT)/,mem.o os.o drive.o $(PALT_TESTS:%=%.o)): CPPFLAGS += -Itests/palacios

$(PALT_TESTS:%=$(PALT)/%): %: %.o $(PALT)/drive.o $(PALT_HOST_OBJS) $(PALT_STANDIN_OBJS) $(PALT)/plugin.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lpthread -lcmocka

UNIT_TESTS += $(PALT_TESTS:%=$(PALT)/%)

# The same host under a guest of QEMU's, and the device that hostd opens.
PALT_ATTACH_OBJS := $(addprefix $(PALT)/,attach.o v3dev.o proxy.o) $(B)/vmm/qemu/receive.o
$(addprefix $(PALT)/,attach.o v3dev.o): CPPFLAGS += -Ivmm -Ivmm/qemu -Itests/palacios

$(PALT)/palacios-host: $(PALT_ATTACH_OBJS) $(PALT_HOST_OBJS) $(PALT_STANDIN_OBJS) $(PALT)/plugin.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lpthread

# pvboot-device, but behind x-pci-proxy-dev: our own PCI device, for QEMUs before 10.0.
PALT_PROXY := $(addprefix $(PALT)/,proxy.o proxy_ram.o)
PALT_PROXY_NOT := $(addprefix vmm/qemu/,attach_vfio_user.c attach_vhost_user.c attachments.c vfio_user.c vfio_user_info.c \
	vfio_user_version.c vhost_user.c)
PALT_PROXY_OBJS := $(PALT)/attach_proxy.o $(PALT_PROXY) $(patsubst %.c,$(B)/%.o,$(filter-out $(PALT_PROXY_NOT),$(wildcard \
	vmm/qemu/*.c)) $(wildcard vmm/pvboot_*.c vmm/pvboot_backend/*.c))
$(PALT)/attach_proxy.o $(PALT_PROXY) $(PALT)/test_proxy.o: CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu -Itests/unit \
	-Itests/palacios

$(PALT)/proxy-device: $(PALT_PROXY_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -levent_core -lseccomp -lcap-ng

$(PALT)/test_proxy: $(PALT)/test_proxy.o $(B)/tests/unit/fake_qemu.o $(PALT_PROXY) $(B)/vmm/qemu/receive.o $(B)/vmm/qemu/ram.o \
	$(patsubst %.c,$(B)/%.o,$(wildcard vmm/pvboot_*.c vmm/pvboot_backend/*.c))
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -levent_core -lcmocka

UNIT_TESTS += $(PALT)/test_proxy

$(PALT)/v3dev_preload.so: tests/palacios/v3dev_preload.c tests/palacios/v3dev.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -fPIC -shared -Itests/palacios -o $@ $< -ldl

ALL += $(PALT)/palacios-host $(PALT)/proxy-device $(PALT)/v3dev_preload.so

#: make check-palacios    the Palacios plugin in a Palacios of the tests' own, unit tests and whole boots
.PHONY: check-palacios check-palacios-built
check-palacios:
	@tools/deps.sh check
	@+$(MAKE_QUIET) check-palacios-built

check-palacios-built: all $(PALT_TESTS:%=$(PALT)/%) $(PALT)/test_proxy
	@tests/run $(PALT_TESTS:%=--unit $(PALT)/%) --unit $(PALT)/test_proxy --pytest tests/palacios $(if $(K),-k '$(K)')
