/* SPDX-License-Identifier: BSD-2-Clause */
/* vfio_user_version.c - "VFIO_USER_VERSION": which capabilities, as JSON, both sides have. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "vfio_user.h"

/* What this server has; each is offered only to a client that knows it.  Names it does not know are no reason to part.
 */
static const struct {
	const char *name;
	json_type type; /* JSON_TRUE: a boolean */
	json_int_t min;
	json_int_t ours; /* 0: not offered, but looked at */
} capabilities[] = {
	{"max_msg_fds", JSON_INTEGER, 0, VFIO_USER_FDS},
	{"max_data_xfer_size", JSON_INTEGER, 1, VFIO_USER_XFER},
	{"max_dma_maps", JSON_INTEGER, 1, VFIO_USER_DMA_MAPS},
	{"pgsizes", JSON_INTEGER, 1, VFIO_USER_PAGE},
	{"twin_socket", JSON_OBJECT, 0, 0},
	{"write_multiple", JSON_TRUE, 0, 0},
};

static bool type_is(const json_t *value, json_type type, json_int_t min)
{
	if (type == JSON_TRUE)
		return json_is_boolean(value);
	return json_typeof(value) == type && (type != JSON_INTEGER || json_integer_value(value) >= min);
}

/* Our half of theirs, or NULL: malformed, or no memory. */
static json_t *common(const json_t *theirs)
{
	json_t *ours = json_object();

	for (size_t i = 0; ours && i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		const json_t *value = json_object_get(theirs, capabilities[i].name);
		bool good = !value || type_is(value, capabilities[i].type, capabilities[i].min);

		if (good && value && capabilities[i].ours)
			good = json_object_set_new(ours, capabilities[i].name, json_integer(capabilities[i].ours)) == 0;
		if (!good) {
			json_decref(ours);
			ours = NULL;
		}
	}
	return ours;
}

/* The text of the answer, which is to be freed; NULL if that of the question makes no sense. */
static char *answer_to(const char *text)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_t *theirs = json_object_get(root, "capabilities"), *answer = NULL;
	char *dump = NULL;

	if (!json_is_object(root))
		goto end;
	answer = json_object();
	if (theirs && json_object_set_new(answer, "capabilities", json_is_object(theirs) ? common(theirs) : NULL))
		goto end;
	dump = json_dumps(answer, JSON_COMPACT);
end:
	json_decref(answer);
	json_decref(root);
	return dump;
}

enum vfio_user_result vfio_user_negotiate(struct vfio_user *v, const uint8_t *body)
{
	struct vfio_user_version version;
	enum vfio_user_result result;
	char *dump = NULL;

	memcpy(&version, body, sizeof(version));
	if (version.major != VFIO_USER_MAJOR)
		return vfio_user_fail(v, "QEMU speaks another version of vfio-user");
	if (v->len > sizeof(version)) {
		const char *text = (const char *)body + sizeof(version);

		if (strnlen(text, v->len - sizeof(version)) != v->len - sizeof(version) - 1)
			return vfio_user_fail(v, "QEMU sent capabilities without an end");
		dump = answer_to(text);
		if (!dump)
			return vfio_user_fail(v, "QEMU sent capabilities that make no sense");
	}
	v->negotiated = true;
	version.minor = VFIO_USER_MINOR;
	result = vfio_user_answer(v, &version, sizeof(version), dump, dump ? strlen(dump) + 1 : 0);
	free(dump);
	return result;
}
