# SPDX-License-Identifier: BSD-2-Clause
# Programs that tests drive: a TFTP client around hostd's, and a network that loses, doubles and reorders.

$(B)/tests/tools/%.o: CPPFLAGS += -Ihostd

$(B)/tests/tftp_get: $(B)/tests/tools/tftp_get.o $(B)/libhostd.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(HOST_LDFLAGS) $(HOSTD_LIBS)

$(B)/tests/middlebox: $(B)/tests/tools/middlebox.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(HOST_LDFLAGS)

ALL += $(B)/tests/tftp_get $(B)/tests/middlebox
