# SPDX-License-Identifier: BSD-2-Clause
# hostd: the program pvboot-hostd, and all of it but main.o as a library for tests and `pvboot probe`.

HOSTD_OBJS := $(patsubst %.c,$(B)/%.o,$(filter-out hostd/main.c,$(sort $(wildcard hostd/*.c hostd/*/*.c))))
# What every part of hostd may use, and each of its tests links.
BASE_SRCS := $(sort $(wildcard hostd/base/*.c))
BASE_OBJS := $(BASE_SRCS:%.c=$(B)/%.o)
HOSTD_LIBS := -levent_core -linih -lcap-ng -lseccomp -lcrypto

$(B)/hostd/%.o: CPPFLAGS += -Ihostd

$(B)/libhostd.a: $(HOSTD_OBJS)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/pvboot-hostd: $(B)/hostd/main.o $(B)/libhostd.a
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ $(HOST_LDFLAGS) $(HOSTD_LIBS)

ALL += $(B)/pvboot-hostd
PROGRAMS += $(B)/pvboot-hostd
