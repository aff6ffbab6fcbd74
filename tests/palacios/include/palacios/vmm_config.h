/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_CONFIG_H
#define STANDIN_VMM_CONFIG_H

#include <palacios/vmm.h>

typedef struct v3_xml v3_cfg_tree_t;

/* Attribute or child's text, in any case of letters; NULL where both are there, or nothing, or an empty text. */
char *v3_cfg_val(v3_cfg_tree_t *tree, char *tag);
v3_cfg_tree_t *v3_cfg_subtree(v3_cfg_tree_t *tree, char *tag);
v3_cfg_tree_t *v3_cfg_next_branch(v3_cfg_tree_t *tree);

#endif
