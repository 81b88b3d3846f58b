/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"

/* What an ONNX file holds besides its graph, kept so that saving loses nothing. */
typedef struct _LatentOnnxExtra LatentOnnxExtra;

/* Reads a model. `path` is for messages and for the folder of external data (NULL: none is read).
 * The graph is sorted and every node has passed latent_op_check(). `checksum` (may be NULL) is fed
 * with the external data, in the order in which tensors name them. */
LatentGraph *latent_onnx_parse (const guint8 *data, gsize size, const char *path,
    LatentOnnxExtra **extra, GChecksum *checksum, GError **error);

/* The same of a file, `path` its name: large weights stay there until they are wanted. */
LatentGraph *latent_onnx_parse_file (LatentFile *file, const char *path, LatentOnnxExtra **extra,
    GChecksum *checksum, GError **error);

/* Writes graph and extra (NULL: none) as a model. */
GBytes *latent_onnx_serialize (
    const LatentGraph *graph, const LatentOnnxExtra *extra, GError **error);

/* A TensorProto by itself, as in the ONNX project's test data. */
LatentTensor *latent_onnx_parse_tensor (
    const guint8 *data, gsize size, char **name, GError **error);

LatentOnnxExtra *latent_onnx_extra_new (void);
LatentOnnxExtra *latent_onnx_extra_copy (const LatentOnnxExtra *self);
void latent_onnx_extra_free (LatentOnnxExtra *self);
/* metadata_props, in the order of the file. */
const char *latent_onnx_extra_get (const LatentOnnxExtra *self, const char *key);
void latent_onnx_extra_set (
    LatentOnnxExtra *self, const char *key, const char *value); /* NULL: away */
/* FALSE where there are not so many. */
gboolean latent_onnx_extra_get_nth (
    const LatentOnnxExtra *self, guint i, const char **key, const char **value);
/* Adds what src keeps of nodes, under the names that `rename` (old -> new) gives their outputs. */
void latent_onnx_extra_add_nodes (
    LatentOnnxExtra *self, const LatentOnnxExtra *src, GHashTable *rename);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentOnnxExtra, latent_onnx_extra_free)
