# SPDX-License-Identifier: BSD-2-Clause
# Programs that tests drive: a TFTP client around hostd's, and a network that loses, doubles and reorders.

$(B)/tests/tools/%.o: CPPFLAGS += -Ihostd

$(B)/tests/tftp_get: $(addprefix $(B)/,tests/tools/tftp_get.o hostd/tftp.o hostd/tftp_client.o hostd/tftp_blocks.o hostd/tftp_msg.o hostd/log.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(HOST_LDFLAGS) -levent_core

$(B)/tests/middlebox: $(B)/tests/tools/middlebox.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ $(HOST_LDFLAGS)

ALL += $(B)/tests/tftp_get $(B)/tests/middlebox
