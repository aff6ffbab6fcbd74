# SPDX-License-Identifier: BSD-2-Clause
# make install: programs, the ROM, man pages, examples and a systemd unit.  Nothing is enabled or started.

INSTALL ?= install
INST_BIN := $(B)/pvboot $(B)/pvboot-device
INST_SBIN := $(B)/pvboot-hostd
INST_SHARE := $(B)/pvboot.rom $(B)/pvboot-1af4-1000.rom $(B)/pvboot-1af4-1041.rom
INST_MAN := $(wildcard docs/*.1 docs/*.5 docs/*.8)
INST_DOC := $(wildcard README.md LICENSE docs/*.md examples/*.conf examples/*.cfg examples/palacios/*.xml)
INST_UNITS := $(wildcard examples/*.service examples/*.socket)
INST_LIBVIRT := $(wildcard examples/libvirt/*.xml)
DEST = $(DESTDIR)$(PREFIX)

install: all
	$(call say,INSTALL,$(DEST))
	$(Q)$(INSTALL) -d $(DEST)/bin $(DEST)/sbin $(DEST)/share/pvboot $(DEST)/share/doc/pvboot $(DEST)/lib/systemd/system
	$(Q)$(INSTALL) -m 755 $(INST_BIN) $(DEST)/bin
	$(Q)$(INSTALL) -m 755 $(INST_SBIN) $(DEST)/sbin
	$(Q)$(INSTALL) -m 644 $(INST_SHARE) $(DEST)/share/pvboot
	$(Q)$(INSTALL) -m 644 $(INST_DOC) $(DEST)/share/doc/pvboot
	$(Q)for page in $(INST_MAN); do \
		$(INSTALL) -D -m 644 $$page $(DEST)/share/man/man$${page##*.}/$${page##*/} || exit; \
	done
	$(Q)$(INSTALL) -d $(DEST)/share/doc/pvboot/libvirt
	$(Q)for xml in $(INST_LIBVIRT); do \
		sed 's|/usr/local/|$(PREFIX)/|g' $$xml > $(DEST)/share/doc/pvboot/libvirt/$${xml##*/} && \
		chmod 644 $(DEST)/share/doc/pvboot/libvirt/$${xml##*/} || exit; \
	done
	$(Q)for unit in $(INST_UNITS); do \
		sed 's|/usr/local/|$(PREFIX)/|g' $$unit > $(DEST)/lib/systemd/system/$${unit##*/} && \
		chmod 644 $(DEST)/lib/systemd/system/$${unit##*/} || exit; \
	done

uninstall:
	$(call say,REMOVE,$(DEST))
	$(Q)rm -f $(patsubst $(B)/%,$(DEST)/bin/%,$(INST_BIN)) $(patsubst $(B)/%,$(DEST)/sbin/%,$(INST_SBIN)) \
		$(foreach page,$(INST_MAN),$(DEST)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
		$(addprefix $(DEST)/lib/systemd/system/,$(notdir $(INST_UNITS)))
	$(Q)rm -rf $(DEST)/share/pvboot $(DEST)/share/doc/pvboot
