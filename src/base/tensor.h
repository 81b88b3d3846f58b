/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/tensor.h>

#include "src/base/file.h"
#include "src/base/shape.h"

struct _LatentTensor {
  gatomicrefcount ref_count;
  LatentDataType type;
  LatentShape shape;
  gsize n_elements;
  gsize size;       /* bytes */
  gpointer data;    /* NULL where they are still in a file */
  LatentFile *file; /* where data can be read, at offset; else NULL */
  guint64 offset;
  GBytes *owner;  /* owns data where it is not NULL; else data is the tensor's own, aligned to 64 */
  gpointer block; /* what calloc() gave for the tensor's own data */
  gint interned;  /* atomic; set once */
  guint hash;     /* of an interned tensor's data */
};

/* A tensor whose data stay in a file until they are wanted. Who looks at `data` of a tensor that
 * may be such a one loads or holds it before. */
LatentTensor *latent_tensor_new_in_file (LatentDataType type, const LatentShape *shape,
    LatentFile *file, guint64 offset, GError **error);
/* A tensor of the same content whose data are in memory: the same one where they are. */
LatentTensor *latent_tensor_load (LatentTensor *self, GError **error);
/* Reads the data, to stay. */
gboolean latent_tensor_hold (LatentTensor *self, GError **error);

/* Whether it is weights of a size that matters: 8-bit integers or floats of two dimensions or more.
 * Nothing that a graph's shapes or an operator's parameters come from is. */
gboolean latent_tensor_is_bulky (const LatentTensor *self);

/* A hash of 64 bits; not one that withstands whoever looks for equals. */
guint64 latent_hash_bytes (gconstpointer data, gsize size);

/* The one tensor of this type, shape and content that the process keeps while anybody holds it: the
 * given one, or an equal one that was interned before. Takes the tensor; it is not written to any
 * more. */
LatentTensor *latent_tensor_intern (LatentTensor *self);

/* A tensor that still may be written to: the only kind of writing access there is. */
gpointer latent_tensor_get_writable_data (LatentTensor *self);

LatentTensor *latent_tensor_new_shape (
    LatentDataType type, const LatentShape *shape, GError **error);

/* One-dimensional int64 and scalar helpers: what shape arithmetic is made of. */
LatentTensor *latent_tensor_new_int64s (const gint64 *values, guint n);
LatentTensor *latent_tensor_new_float (float value);

/* Element i as an integer or a float, whatever the type; i < n_elements. Floats truncate to int64,
 * float16 and bfloat16 widen. */
gint64 latent_tensor_get_int (const LatentTensor *self, gsize i);
double latent_tensor_get_double (const LatentTensor *self, gsize i);
