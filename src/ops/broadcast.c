/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/broadcast.h"

#include "src/base/parallel.h"

#define GRAIN 16384 /* elements that are worth a thread */

/* Dimensions that all arrays walk alike are one. Strides in elements: 0 repeats. */
typedef struct {
  guint n;
  gint64 dims[LATENT_MAX_DIMS];
  gint64 strides[LATENT_MAX_DIMS][LATENT_BROADCAST_SRC];
} Walk;

typedef struct {
  Walk walk;
  guint n_src;
  guint8 *dst;
  const guint8 *src[LATENT_BROADCAST_SRC];
  gsize dst_size; /* bytes of an element */
  gsize src_size[LATENT_BROADCAST_SRC];
  LatentRowFunc func;
  gconstpointer data;
} Broadcast;

static void
add_dim (Walk *self, gint64 dim, const gint64 *strides, guint n_src)
{
  gboolean merges = self->n > 0;

  if (dim == 1)
    return;
  for (guint s = 0; merges && s < n_src; s++)
    merges = self->strides[self->n - 1][s] == dim * strides[s];
  if (!merges)
    self->dims[self->n++] = 1;
  self->dims[self->n - 1] *= dim;
  for (guint s = 0; s < n_src; s++)
    self->strides[self->n - 1][s] = strides[s];
}

static void
init_walk (Walk *self, const LatentShape *dst, const LatentView *const *src, guint n_src)
{
  gint64 dense[LATENT_BROADCAST_SRC][LATENT_MAX_DIMS];

  for (guint s = 0; s < n_src; s++)
    latent_shape_get_strides (&src[s]->shape, dense[s]);
  for (guint d = 0; d < dst->n; d++) {
    gint64 strides[LATENT_BROADCAST_SRC] = {0};
    for (guint s = 0; s < n_src; s++) {
      guint lead = dst->n - src[s]->shape.n; /* dimensions that src lacks */
      if (d >= lead && src[s]->shape.dims[d - lead] != 1)
        strides[s] = dense[s][d - lead];
    }
    add_dim (self, dst->dims[d], strides, n_src);
  }
  if (self->n == 0) { /* a single element */
    self->dims[0] = 1;
    self->n = 1;
  }
}

/* Elements [begin, end) of dst. */
static void
run_part (gsize begin, gsize end, gpointer data)
{
  const Broadcast *self = data;
  const Walk *walk = &self->walk;
  guint inner = walk->n - 1;

  for (gsize i = begin; i < end;) {
    gsize rest = i / (gsize)walk->dims[inner];
    gint64 column = (gint64)(i % (gsize)walk->dims[inner]);
    LatentRow row = {
        MIN ((gsize)(walk->dims[inner] - column), end - i), self->dst + i * self->dst_size};
    gint64 offset[LATENT_BROADCAST_SRC];

    for (guint s = 0; s < self->n_src; s++)
      offset[s] = column * walk->strides[inner][s];
    for (guint d = inner; d-- > 0; rest /= (gsize)walk->dims[d])
      for (guint s = 0; s < self->n_src; s++)
        offset[s] += (gint64)(rest % (gsize)walk->dims[d]) * walk->strides[d][s];
    for (guint s = 0; s < self->n_src; s++) {
      row.src[s] = self->src[s] + offset[s] * (gint64)self->src_size[s];
      row.step[s] = walk->strides[inner][s] != 0;
    }
    self->func (&row, self->data);
    i += row.n;
  }
}

void
latent_broadcast (const LatentView *dst, const LatentView *const *src, guint n_src, guint threads,
    LatentRowFunc func, gconstpointer data)
{
  Broadcast self = {.n_src = n_src, .dst = dst->data, .func = func, .data = data};

  if (dst->n == 0)
    return;
  init_walk (&self.walk, &dst->shape, src, n_src);
  self.dst_size = latent_data_type_get_size (dst->type);
  for (guint s = 0; s < n_src; s++) {
    self.src[s] = src[s]->data;
    self.src_size[s] = latent_data_type_get_size (src[s]->type);
  }
  latent_parallel (threads, dst->n, GRAIN, run_part, &self);
}
