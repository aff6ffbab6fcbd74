/* SPDX-License-Identifier: BSD-2-Clause */
/* vm.h - one connected VM: its identity, its requests, its files and its lease. */
#ifndef HOSTD_VM_H
#define HOSTD_VM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct conf_vm;
struct vm;
struct vm_env;
struct vm_identity;

/* Begin to talk to a device on fd, which becomes the VM's; uid and pid are the peer's, env stays the caller's.  NULL if
 * memory ran out (fd is closed). */
struct vm *vm_new(const struct vm_env *env, int fd, uid_t uid, pid_t pid);
/*
 * The same on a stream that tells of no end (docs/spec.md 5.6), one end of a socket pair here: the VM is the one of
 * that section, whatever its device says.
 */
struct vm *vm_new_stream(const struct vm_env *env, int fd, const struct conf_vm *conf);
/* The section that named the VM's stream; NULL: it connected by itself. */
const struct conf_vm *vm_stream_conf(const struct vm *vm);
/* End the link and free everything; not to be called from within the VM's own callbacks. */
void vm_free(struct vm *vm);

uid_t vm_uid(const struct vm *vm);
pid_t vm_pid(const struct vm *vm);
/* Has the device closed its end, which nobody has looked at yet? */
bool vm_hung_up(const struct vm *vm);
/* NULL until the device was let in. */
struct vm_identity *vm_identity(struct vm *vm);

/* The VMs of a server form a list that is the server's. */
struct vm *vm_next(const struct vm *vm);
void vm_set_next(struct vm *vm, struct vm *next);

#endif /* HOSTD_VM_H */
