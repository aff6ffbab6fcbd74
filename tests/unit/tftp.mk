# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of TFTP: messages, the client, and what answers the guest.

TFTP_CLIENT_TESTS := test_tftp test_tftp_silence test_tftp_network test_tftp_path
TFTP_SERVE_TESTS := test_tftp_serve test_tftp_serve_refuse test_tftp_serve_restore
TFTP_TESTS := test_tftp_msg test_tftp_socket $(TFTP_CLIENT_TESTS) $(TFTP_SERVE_TESTS)
TFTP_TESTS := $(filter $(TFTP_TESTS),$(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_tftp*.c)))
UNIT_TESTS += $(TFTP_TESTS:%=$(B)/tests/unit/%)

$(TFTP_TESTS:%=$(B)/tests/unit/%.o) $(addprefix $(B)/tests/unit/,fake_file.o log_capture.o tftp_world.o serve_world.o): \
	CPPFLAGS += -Ihostd -Itests/unit

$(B)/tests/unit/test_tftp_msg: $(B)/hostd/tftp/tftp_msg.o
$(TFTP_CLIENT_TESTS:%=$(B)/tests/unit/%): $(addprefix $(B)/,hostd/tftp/tftp_client.o hostd/tftp/tftp_transfer.o hostd/tftp/tftp_blocks.o hostd/tftp/tftp_msg.o hostd/tftp/tftp_path.o hostd/log.o tests/unit/tftp_world.o tests/unit/log_capture.o)
$(B)/tests/unit/test_tftp_socket: $(B)/libhostd.a
$(TFTP_SERVE_TESTS:%=$(B)/tests/unit/%): $(addprefix $(B)/,hostd/tftp/tftp_serve.o hostd/tftp/tftp_session.o hostd/tftp/tftp_keep.o hostd/tftp/tftp_msg.o hostd/log.o \
	tests/unit/fake_clock.o tests/unit/fake_file.o tests/unit/serve_world.o)

$(TFTP_TESTS:%=$(B)/tests/unit/%): %: %.o $(BASE_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(HOSTD_LIBS) -lcmocka
