# SPDX-License-Identifier: BSD-2-Clause
# What can stand behind the device: the link to hostd, and a local directory.

# The core of the link compiles freestanding too; PVBOOT_LINK_SOCKET is its Unix socket, for hosted programs.
PVBOOT_LINK_OBJS := $(addprefix $(B)/vmm/pvboot_backend/,link.o link_conn.o link_file.o link_keep.o)
PVBOOT_LINK_SOCKET_OBJS := $(B)/vmm/pvboot_backend/link_socket.o

$(B)/vmm/pvboot_backend/%.o: CPPFLAGS += -Ivmm -Ivmm/pvboot_backend
