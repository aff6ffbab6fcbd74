# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets of the cache and of HTTP: a meta file of a damaged disk, a URL from anywhere, the head of a server's answer.

FUZZERS += fuzz_cache_meta fuzz_http_head fuzz_url
fuzz_cache_meta_SRCS := hostd/cache/cache_meta.c
fuzz_cache_meta_CPPFLAGS := -Ihostd
fuzz_cache_meta_LDLIBS := -lcrypto
fuzz_http_head_SRCS := hostd/http/http_head.c
fuzz_http_head_CPPFLAGS := -Ihostd
fuzz_url_CPPFLAGS := -Ihostd
