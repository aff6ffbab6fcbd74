# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of TFTP: messages, the client, and what answers the guest.

TFTP_TESTS := test_tftp_msg test_tftp test_tftp_socket test_tftp_serve
TFTP_TESTS := $(filter $(TFTP_TESTS),$(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_tftp*.c)))
UNIT_TESTS += $(TFTP_TESTS:%=$(B)/tests/unit/%)

$(TFTP_TESTS:%=$(B)/tests/unit/%.o) $(B)/tests/unit/fake_file.o: CPPFLAGS += -Ihostd -Itests/unit

$(B)/tests/unit/test_tftp_msg: $(B)/hostd/tftp_msg.o
$(B)/tests/unit/test_tftp: $(addprefix $(B)/hostd/,tftp_client.o tftp_blocks.o tftp_msg.o)
$(B)/tests/unit/test_tftp_socket: $(addprefix $(B)/hostd/,tftp.o tftp_client.o tftp_blocks.o tftp_msg.o log.o)
$(B)/tests/unit/test_tftp_serve: $(addprefix $(B)/,hostd/tftp_serve.o hostd/tftp_session.o hostd/tftp_keep.o hostd/tftp_msg.o hostd/log.o \
	tests/unit/fake_file.o)

$(TFTP_TESTS:%=$(B)/tests/unit/%): %: %.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -levent_core -lcmocka
