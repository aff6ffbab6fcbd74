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

/*
 * Start a VM for the device on fd, which the VM owns. uid and pid are the peer's; env stays the caller's.  Returns
 * NULL, with fd closed, if memory ran out.
 */
struct vm *vm_new(const struct vm_env *env, int fd, uid_t uid, pid_t pid);
/*
 * The same for a stream, which never reports that the other side has closed (docs/spec.md 5.6). fd is one end of a
 * socket pair.  The VM is the one of section conf, whatever name its device sends.
 */
struct vm *vm_new_stream(const struct vm_env *env, int fd, const struct conf_vm *conf);
/* The section that names the VM's stream; NULL if the device connected to hostd's socket. */
const struct conf_vm *vm_stream_conf(const struct vm *vm);
/* End the link and free the VM.  Must not be called from the VM's own callbacks. */
void vm_free(struct vm *vm);

uid_t vm_uid(const struct vm *vm);
pid_t vm_pid(const struct vm *vm);
/* Has the device closed its end, even if the loop has not seen it yet? */
bool vm_hung_up(const struct vm *vm);
/* The VM's identity; NULL until hostd has admitted the device. */
struct vm_identity *vm_identity(struct vm *vm);

/* The server links its VMs into a list; the list belongs to the server. */
struct vm *vm_next(const struct vm *vm);
void vm_set_next(struct vm *vm, struct vm *next);

#endif /* HOSTD_VM_H */
