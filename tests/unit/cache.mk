# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of the cache, whose servers the test plays itself, and of HTTP, against servers of the test's own.

CACHE_TESTS := test_cache test_cache_disk
HTTP_TESTS := test_http test_http_head
CACHE_TESTS := $(filter $(CACHE_TESTS),$(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_cache*.c)))
HTTP_TESTS := $(filter $(HTTP_TESTS),$(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_http*.c)))
UNIT_TESTS += $(CACHE_TESTS:%=$(B)/tests/unit/%) $(HTTP_TESTS:%=$(B)/tests/unit/%)

$(CACHE_TESTS:%=$(B)/tests/unit/%.o) $(HTTP_TESTS:%=$(B)/tests/unit/%.o) $(addprefix $(B)/tests/unit/,cache_world.o http_world.o): \
	CPPFLAGS += -Ihostd -Itests/unit

$(CACHE_TESTS:%=$(B)/tests/unit/%): %: %.o $(addprefix $(B)/tests/unit/,cache_world.o fake_clock.o fake_network.o) $(B)/libhostd.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(HOSTD_LIBS) -lcmocka

$(B)/tests/unit/test_http: $(B)/tests/unit/http_world.o

$(HTTP_TESTS:%=$(B)/tests/unit/%): %: %.o $(B)/libhostd.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(HOSTD_LIBS) -lcmocka
