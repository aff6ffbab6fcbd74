# SPDX-License-Identifier: BSD-2-Clause
# make install: programs, the ROM, man pages, examples, systemd units, libvirt's hook, and the user that hostd
# becomes.  Nothing is enabled or started.  With DESTDIR only files are made: the package that is built so makes the
# user, by its sysusers.d file.

INSTALL ?= install
INST_BIN := $(B)/pvboot $(B)/pvboot-device
INST_SBIN := $(B)/pvboot-hostd
INST_SHARE := $(B)/pvboot.rom $(B)/pvboot-1af4-1000.rom $(B)/pvboot-1af4-1041.rom
INST_MAN := $(wildcard docs/*.1 docs/*.5 docs/*.8)
INST_DOC := $(wildcard README.md LICENSE docs/*.md examples/*.conf examples/*.cfg examples/palacios/*.xml)
INST_UNITS := $(wildcard examples/*.service examples/*.socket)
INST_LIBVIRT := $(wildcard examples/libvirt/*.xml)
DEST = $(DESTDIR)$(PREFIX)
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
HOSTD_USER := pvboot-hostd
INST_SYSUSERS = $(DEST)/lib/sysusers.d/$(HOSTD_USER).conf
INST_TMPFILES = $(DEST)/lib/tmpfiles.d/$(HOSTD_USER).conf
INST_HOOK = $(DESTDIR)$(SYSCONFDIR)/libvirt/hooks/qemu.d/pvboot

# systemd-sysusers needs no running systemd; the others are for systems without it.
define make_user
if getent passwd $(HOSTD_USER) >/dev/null; then \
	:; \
elif [ "$$(id -u)" != 0 ]; then \
	echo "install: only root can make the user $(HOSTD_USER); without it pvboot-hostd becomes nobody" >&2; \
elif command -v systemd-sysusers >/dev/null; then \
	systemd-sysusers $(INST_SYSUSERS); \
elif command -v useradd >/dev/null; then \
	useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin $(HOSTD_USER); \
else \
	addgroup -S $(HOSTD_USER) && adduser -S -D -H -h / -s /sbin/nologin -G $(HOSTD_USER) $(HOSTD_USER); \
fi
endef

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
	$(Q)$(INSTALL) -D -m 644 examples/pvboot-hostd.sysusers $(INST_SYSUSERS)
	$(Q)$(INSTALL) -D -m 644 examples/pvboot-hostd.tmpfiles $(INST_TMPFILES)
	$(Q)$(INSTALL) -D -m 755 examples/libvirt/qemu-hook $(INST_HOOK)
	$(Q)$(if $(DESTDIR),:,$(make_user))

uninstall:
	$(call say,REMOVE,$(DEST))
	$(Q)rm -f $(patsubst $(B)/%,$(DEST)/bin/%,$(INST_BIN)) $(patsubst $(B)/%,$(DEST)/sbin/%,$(INST_SBIN)) \
		$(foreach page,$(INST_MAN),$(DEST)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
		$(addprefix $(DEST)/lib/systemd/system/,$(notdir $(INST_UNITS))) \
		$(INST_SYSUSERS) $(INST_TMPFILES) $(INST_HOOK)
	$(Q)rm -rf $(DEST)/share/pvboot $(DEST)/share/doc/pvboot
	$(Q)$(if $(DESTDIR),:,echo "kept, if they are there: the user $(HOSTD_USER), its /var/cache/pvboot-hostd, and /etc/pvboot")
