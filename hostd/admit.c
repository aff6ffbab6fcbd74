/* SPDX-License-Identifier: BSD-2-Clause */
/* admit.c - which devices are let in, and as whom: name, MAC, UUID and uid, and the address that each had before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "log.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/name_mac.h"
#include "vm/vm.h"

#define RIVAL_MS 60000 /* two devices of one name that take it from one another more slowly are no rivals */
#define RIVAL_TAKES 3  /* so often a guest's two devices do so while it is migrated in mid-boot */
#define MEMORIES 256   /* addresses remembered of VMs that are gone */

struct memory {
	char name[PVBOOT_LINK_NAME_MAX];
	uint8_t mac[6];
	uint8_t address[4];
};

struct admit {
	const struct conf *conf;
	struct vm *const *vms;
	struct memory memory[MEMORIES];
	unsigned int next_memory;
};

/* May a VM of this section have this MAC?  If not, fills the error text; cure is its advice. */
static bool mac_is_free(const struct admit *admit, const struct conf_vm *conf, const uint8_t mac[6], const char *cure,
			char *err, size_t err_len)
{
	const struct conf_vm *other;

	if (!conf_vm_allows_mac(conf, mac)) {
		snprintf(err, err_len, "[vm %s] does not allow the MAC %s: %s, or change mac in hostd's configuration",
			 conf->name, addr_mac_text(mac), cure);
		return false;
	}
	other = conf_find_mac(admit->conf, conf, mac);
	if (!other)
		return true;
	snprintf(err, err_len, "the MAC %s belongs to [vm %s]: %s", addr_mac_text(mac), other->name, cure);
	return false;
}

/* Fill in out->mac.  Returns false and fills err. */
static bool fill_mac(const struct admit *admit, const struct pvboot_link_identity *id, struct vm_identity *out,
		     char *err, size_t err_len)
{
	const uint8_t *own = conf_vm_own_mac(out->conf);
	bool named = id->flags & PVBOOT_LINK_ID_MAC;

	out->mac_of_card = out->conf->mac_of_card && !named;
	if (out->mac_of_card)
		return true;
	if (named)
		memcpy(out->mac, id->mac, 6);
	else if (own)
		memcpy(out->mac, own, 6);
	else
		name_mac(out->mac, out->name, out->conf->n_macs ? &out->conf->mac[0] : NULL);
	out->mac_of_name = !named && !own;
	return mac_is_free(admit, out->conf, out->mac, named ? "use another --mac, or none" : "use --mac", err,
			   err_len);
}

static bool fill_uuid(const struct pvboot_link_identity *id, struct vm_identity *out, char *err, size_t err_len)
{
	bool named = id->flags & PVBOOT_LINK_ID_UUID;

	out->has_uuid = out->conf->has_uuid || named;
	memcpy(out->uuid, out->conf->has_uuid ? out->conf->uuid : id->uuid, 16);
	if (!named || !out->conf->has_uuid || !memcmp(id->uuid, out->conf->uuid, 16))
		return true;
	snprintf(err, err_len, "[vm %s] has another uuid: leave --uuid out, or change it in hostd's configuration",
		 out->conf->name);
	return false;
}

/* The name of another VM that has this MAC now, or NULL. */
static const char *who_has(const struct admit *admit, const struct vm_identity *id, const uint8_t mac[6])
{
	for (struct vm *vm = *admit->vms; vm; vm = vm_next(vm)) {
		const struct vm_identity *who = vm_identity(vm);

		if (who && strcmp(who->name, id->name) != 0 && !memcmp(who->mac, mac, 6))
			return who->name;
	}
	return NULL;
}

/*
 * vm has the name of old.  Is it the same guest's device, reconnected or migrated?  If two guests use one name, returns
 * false and fills err.
 */
static bool is_no_rival(struct vm *vm, struct vm *old, struct vm_identity *out, char *err, size_t err_len)
{
	struct vm_identity *who = vm_identity(old);
	const pid_t mine = vm_pid(vm), other = vm_pid(old);
	const int64_t now = clock_ms();

	out->since_ms = now;
	if (!mine || !other || mine == other || vm_hung_up(old)) {
		log_msg(LOG_INFO, out->name, "connected again: the older link is ended");
		return true;
	}
	out->rival = other;
	out->took = who->rival == mine && now - who->since_ms < RIVAL_MS ? who->took + 1 : 1;
	if (out->took > RIVAL_TAKES) {
		who->since_ms = now;
		snprintf(err, err_len,
			 "two devices are named \"%s\", of process %d and of process %d: give each guest a --name of "
			 "its "
			 "own",
			 out->name, (int)other, (int)mine);
		return false;
	}
	log_msg(LOG_INFO, out->name,
		"connected again, by process %d: the link of process %d is ended (a guest that is migrated has two "
		"devices for a while)",
		(int)mine, (int)other);
	return true;
}

/* Other links with this name or MAC: *older is one of the same VM, to be ended; anything else is in the way. */
static bool is_only_one(struct admit *admit, struct vm *vm, struct vm_identity *out, struct vm **older, char *why,
			size_t room)
{
	const char *holder = out->mac_of_card ? NULL : who_has(admit, out, out->mac);

	*older = NULL;
	for (struct vm *other = *admit->vms; other; other = vm_next(other)) {
		const struct vm_identity *who = other == vm ? NULL : vm_identity(other);

		if (!who || strcmp(who->name, out->name) != 0)
			continue;
		if (vm_uid(other) != vm_uid(vm)) {
			snprintf(why, room,
				 "a VM of this name is running for another user (uid %u, process %d): use another "
				 "--name",
				 (unsigned int)vm_uid(other), (int)vm_pid(other));
			return false;
		}
		*older = other;
	}
	if (holder) {
		snprintf(why, room, "the VM \"%s\" has this MAC already: use another --mac", holder);
		return false;
	}
	return !*older || is_no_rival(vm, *older, out, why, room);
}

/* What is remembered of this VM with this MAC.  False: nothing. */
static bool recall(const struct admit *admit, struct vm_identity *out)
{
	for (size_t i = 0; i < MEMORIES; i++) {
		if (strcmp(admit->memory[i].name, out->name) != 0 || memcmp(admit->memory[i].mac, out->mac, 6) != 0)
			continue;
		memcpy(out->previous, admit->memory[i].address, 4);
		return true;
	}
	return false;
}

bool admit_vm(struct admit *admit, struct vm *vm, const struct pvboot_link_identity *id, struct vm_identity *out,
	      struct vm **older, char *err, size_t err_len)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", id->name);
	if (!out->name[0]) {
		snprintf(err, err_len, "the VM has no name: give it one with --name");
		return false;
	}
	out->conf = conf_find_vm(admit->conf, out->name);
	if (!out->conf) {
		snprintf(err, err_len,
			 "hostd's configuration allows no VM named \"%s\": add a section [vm %s] to it, or start hostd "
			 "with --interface or --root",
			 out->name, out->name);
		return false;
	}
	if (out->conf->palacios[0] && !vm_stream_conf(vm)) {
		snprintf(err, err_len, "[vm %s] is a Palacios machine, by its stream: use another name",
			 out->conf->name);
		return false;
	}
	if (!conf_vm_allows_uid(out->conf, vm_uid(vm))) {
		snprintf(err, err_len, "uid %u may not connect as \"%s\": add it to allow_uid of [vm %s]",
			 (unsigned int)vm_uid(vm), out->name, out->conf->name);
		return false;
	}
	if (!fill_mac(admit, id, out, err, err_len) || !fill_uuid(id, out, err, err_len) ||
	    !is_only_one(admit, vm, out, older, err, err_len))
		return false;
	if (!recall(admit, out) && out->mac_of_name)
		log_msg(LOG_INFO, out->name,
			"MAC %s is made from the name \"%s\"; earlier versions made another one from it, which `mac =` "
			"keeps for servers that know it",
			addr_mac_text(out->mac), out->name);
	log_msg(LOG_INFO, out->name, "connected: uid %u, MAC %s, served from %s %s", (unsigned int)vm_uid(vm),
		out->mac_of_card ? "that of its card" : addr_mac_text(out->mac),
		conf_vm_has_directory(out->conf) ? "directory" : "interface",
		conf_vm_has_directory(out->conf) ? out->conf->root : out->conf->ifname);
	return true;
}

bool admit_card(struct admit *admit, struct vm_identity *id, const uint8_t mac[6], char *err, size_t err_len)
{
	const char *holder;

	if (addr_mac_none(mac)) {
		snprintf(err, err_len,
			 "[vm %s] has the MAC of its machine's card (mac = card), which tells none: attach the device "
			 "by "
			 "vhost-user, or give it --mac",
			 id->conf->name);
		return false;
	}
	if (!mac_is_free(admit, id->conf, mac, "give the machine's card another", err, err_len))
		return false;
	holder = who_has(admit, id, mac);
	if (holder) {
		snprintf(err, err_len,
			 "the VM \"%s\" has the MAC of this machine's card already: give the card another", holder);
		return false;
	}
	if (!memcmp(id->mac, mac, 6))
		return true;
	memcpy(id->mac, mac, 6);
	memset(id->previous, 0, sizeof(id->previous));
	recall(admit, id);
	log_msg(LOG_INFO, id->name, "MAC %s, its card's", addr_mac_text(mac));
	return true;
}

void admit_note_address(struct admit *admit, const struct vm_identity *id, const uint8_t address[4])
{
	struct memory *to = NULL;

	for (size_t i = 0; i < MEMORIES && !to; i++)
		if (!strcmp(admit->memory[i].name, id->name))
			to = &admit->memory[i];
	if (!to) {
		to = &admit->memory[admit->next_memory];
		admit->next_memory = (admit->next_memory + 1) % MEMORIES;
	}
	memcpy(to->name, id->name, sizeof(to->name));
	memcpy(to->mac, id->mac, 6);
	memcpy(to->address, address, 4);
}

struct admit *admit_new(const struct conf *conf, struct vm *const *vms)
{
	struct admit *admit = calloc(1, sizeof(*admit));

	if (!admit)
		return NULL;
	admit->conf = conf;
	admit->vms = vms;
	return admit;
}

void admit_free(struct admit *admit)
{
	free(admit);
}
