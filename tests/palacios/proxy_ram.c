/* SPDX-License-Identifier: BSD-2-Clause */
/* proxy_ram.c - guest memory as x-pci-proxy-dev shares it, in the table of ram.c. */
#include <errno.h>
#include <unistd.h>

#include "proxy.h"

bool proxy_ram(struct ram *r, unsigned int n, const uint64_t gpa[], const uint64_t size[], const uint64_t offset[],
	       const int fd[])
{
	int error = 0;

	ram_clear(r);
	for (unsigned int i = 0; i < n; i++) {
		if (!error)
			error = ram_add(r, gpa[i], size[i], offset[i], fd[i], false);
		else
			close(fd[i]);
	}
	if (error)
		ram_clear(r);
	else
		ram_settle(r);
	errno = error;
	return !error;
}
