/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"

/* What the files of this folder share with one another only. */

LatentNode *latent_node_new (
    const char *op_type, const char *name, const char *domain, guint opset);
void latent_node_free (LatentNode *self);
/* `values` maps the values that self points to onto those that the copy shall point to. */
LatentNode *latent_node_copy (const LatentNode *self, GHashTable *values);

void latent_value_free (LatentValue *self);
/* A value in dst like src, under the same name, which must be free; its data are shared. */
LatentValue *latent_value_copy (LatentGraph *dst, const LatentValue *src);
