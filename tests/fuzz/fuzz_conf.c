/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_conf.c - any bytes as hostd's configuration. */
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf;

	conf_init(&conf);
	if (conf_parse(&conf, "f", (const char *)data, size))
		conf_check(&conf, "f");
	conf_free(&conf);
	return 0;
}
