# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets of TFTP: messages, the client against a hostile server, the responder against a hostile guest and device.

FUZZERS += fuzz_tftp_msg fuzz_tftp fuzz_tftp_serve
fuzz_tftp_msg_SRCS := hostd/tftp/tftp_msg.c
fuzz_tftp_msg_CPPFLAGS := -Ihostd
fuzz_tftp_SRCS := hostd/tftp/tftp_client.c hostd/tftp/tftp_transfer.c hostd/tftp/tftp_blocks.c hostd/tftp/tftp_msg.c hostd/tftp/tftp_path.c hostd/log.c
fuzz_tftp_CPPFLAGS := -Ihostd
fuzz_tftp_serve_SRCS := hostd/tftp/tftp_serve.c hostd/tftp/tftp_session.c hostd/tftp/tftp_keep.c hostd/tftp/tftp_msg.c hostd/log.c tests/unit/fake_file.c
fuzz_tftp_serve_CPPFLAGS := -Ihostd -Itests/unit
fuzz_tftp_serve_LDLIBS := -levent_core
