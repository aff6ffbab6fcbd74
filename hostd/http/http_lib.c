/* SPDX-License-Identifier: BSD-2-Clause */
/* http_lib.c - load libcurl when it is first needed. */
#include "http/http_lib.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"

static struct http_lib lib;

#define FUNCTION(name)                                                                                                 \
	{                                                                                                              \
		"curl_" #name, offsetof(struct http_lib, name)                                                         \
	}
static const struct {
	const char *name;
	size_t at;
} functions[] = {
	FUNCTION(global_init),	       FUNCTION(easy_init),	      FUNCTION(easy_setopt),
	FUNCTION(easy_getinfo),	       FUNCTION(easy_cleanup),	      FUNCTION(easy_strerror),
	FUNCTION(multi_init),	       FUNCTION(multi_setopt),	      FUNCTION(multi_add_handle),
	FUNCTION(multi_remove_handle), FUNCTION(multi_socket_action), FUNCTION(multi_assign),
	FUNCTION(multi_info_read),     FUNCTION(multi_cleanup),	      FUNCTION(slist_append),
	FUNCTION(slist_free_all),
};

const struct http_lib *http_lib_load(char *err, size_t err_len)
{
	static bool loaded;
	void *library;

	if (loaded)
		return &lib;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(err, err_len, "no HTTP: %s: install Debian's package libcurl4", dlerror());
		return NULL;
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function) {
			snprintf(err, err_len, "no HTTP: " LIBRARY " has no %s", functions[i].name);
			return NULL;
		}
		memcpy((char *)&lib + functions[i].at, &function, sizeof(function));
	}
	if (lib.global_init(CURL_GLOBAL_DEFAULT)) {
		snprintf(err, err_len, "no HTTP: " LIBRARY " does not start");
		return NULL;
	}
	loaded = true;
	return &lib;
}
