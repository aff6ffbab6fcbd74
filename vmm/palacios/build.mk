# SPDX-License-Identifier: BSD-2-Clause
# The Palacios plugin.  Half of it, with device and link, compiles here as for a kernel; the other half only against a
# Palacios tree (make palacios-compile) or stand-in headers (tests/palacios).

PVBOOT_GLUE_FREE := $(B)/vmm/freestanding/palacios/pvboot_glue.o

$(PVBOOT_GLUE_FREE): vmm/palacios/pvboot_glue.c
	$(call say,CC-FREE,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FREESTANDING_CFLAGS) -Ivmm/pvboot_backend -Ivmm/palacios $(WARNINGS) -MMD -MP -c $< -o $@

ALL += $(PVBOOT_GLUE_FREE)

$(B)/vmm/palacios/%.o: CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Ivmm/palacios

#: make palacios-install   PALACIOS=TREE: put the plugin into a Palacios source tree (may be repeated)
#: make palacios-uninstall PALACIOS=TREE: take it out again
#: make palacios-compile   PALACIOS=TREE: compile it against the tree's headers and check what it needs
PALACIOS ?=
.PHONY: palacios-install palacios-uninstall palacios-compile
palacios-install:
	@tools/palacios_tree install "$(PALACIOS)"

palacios-uninstall:
	@tools/palacios_tree uninstall "$(PALACIOS)"

palacios-compile:
	@CC="$(CC)" tools/palacios_tree compile "$(PALACIOS)" $(B)/palacios
