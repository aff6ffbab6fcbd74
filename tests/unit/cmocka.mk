# SPDX-License-Identifier: BSD-2-Clause
# cmocka 2 (Debian sid) deprecates assert_in_range() in favour of two functions that cmocka 1 (Debian 12 and 13) does not have.

$(B)/tests/unit/%.o: CPPFLAGS += -DCMOCKA_DISABLE_DEPRECATION_WARNINGS
