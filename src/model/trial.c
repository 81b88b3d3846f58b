/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>

#include "src/base/limits.h"
#include "src/model/private.h"

/* Sizes at which trials begin, of media and of the latents of a decoder alone: the second where a
 * net takes nothing as small as the first. */
static const guint starts[2][2] = {
    {256, 1024},
    {16,  64  }
};

/* Strides are tried in steps of 1 up to 16, of 4 up to 64, of 16 up to this. */
#define STRIDE_MAX 256

/* Multiples of a stride that are tried in a row, and one more at twice the size: what rounds sizes
 * up or down cannot look linear in all of them. */
#define MULTIPLES 4

LatentShape
latent_model_fill_shape (
    const LatentModel *self, const LatentValue *entry, gint64 height, gint64 width)
{
  LatentShape shape = entry->shape;
  gboolean has_channels = self->media.kind != LATENT_MEDIA_VECTOR && shape.n > 2;

  for (guint i = 0; i < shape.n; i++) {
    if (shape.dims[i] >= 0)
      continue;
    shape.dims[i] = i == shape.n - 1 ? width : height;
    if (i == 0)
      shape.dims[i] = 1;
    else if (i == 1 && has_channels)
      shape.dims[i] = self->media.channels;
  }
  return shape;
}

/* How a trial judges the size that comes out: in pixels of the entry, or of half an autoencoder. */
typedef struct {
  const LatentModel *model;
  LatentGraph *graph; /* as the model's, constants folded that do not depend on shapes */
  const LatentValue *entry;
  const char *exit;  /* the tensor that is measured */
  gboolean is_whole; /* what comes out must be as large as what goes in */
  guint axis;        /* whose size is looked for: the last one that the file leaves open */
  clock_t began;
} Trial;

/* Whether the file says that what comes out is no media: probabilities of a classifier. */
static gboolean
has_head (const Trial *self)
{
  const LatentValue *exit = self->exit != NULL ? latent_graph_find_value (self->graph, self->exit)
                                               : NULL;

  return exit != NULL && exit->has_shape && exit->shape.n != self->entry->shape.n;
}

/* Size along the axis that comes out of a frame of size x size (or a window of that length); -1
 * where the net does not take it. */
static gint64
measure (const Trial *self, guint size, GError **error)
{
  const char *outputs[] = {self->exit, NULL};
  LatentShape shape = latent_model_fill_shape (self->model, self->entry, size, size);
  g_autoptr (LatentGraph)
      part = latent_graph_infer_part (self->graph, NULL, outputs, self->entry->name, &shape, error);
  const LatentValue *value = part != NULL ? latent_graph_find_value (part, self->exit) : NULL;

  if (value == NULL)
    return -1;
  if (!self->is_whole)
    return value->shape.n == shape.n ? value->shape.dims[self->axis] : 0;
  return latent_shape_equal (&value->shape, &shape) ? (gint64)size : -1;
}

static gboolean
is_linear (const Trial *self, guint stride, guint first)
{
  gint64 base = measure (self, first, NULL);
  gint64 step = 0;

  if (base < 0)
    return FALSE;
  for (guint i = 1; i < MULTIPLES; i++) {
    gint64 next = measure (self, first + i * stride, NULL);
    if (i == 1)
      step = next - base;
    if (next < 0 || next != base + step * i)
      return FALSE;
  }
  /* `first` is a multiple of the stride */
  return measure (self, 2 * first, NULL) == base + step * (first / stride);
}

static guint
round_up (guint size, guint stride)
{
  return (size + stride - 1) / stride * stride;
}

static guint
get_next_stride (guint stride)
{
  return stride + (stride < 16 ? 1 : stride < 64 ? 4 : 16);
}

static gboolean
is_slow (const Trial *self)
{
  return (clock () - self->began) / CLOCKS_PER_SEC >= LATENT_LIMIT_TRIAL_SECONDS;
}

/* 0 where there is none. */
static guint
find_stride (const Trial *self, guint start)
{
  for (guint stride = 1; stride <= STRIDE_MAX && !is_slow (self); stride = get_next_stride (stride))
    if (is_linear (self, stride, round_up (start, stride)))
      return stride;
  return 0;
}

/* The smallest multiple of the stride that works, given that `good` does: nets take every size
 * above one. */
static guint
find_min_size (const Trial *self, guint stride, guint good)
{
  guint low = 0; /* in strides: does not work */
  guint high = good / stride;

  while (high - low > 1) {
    guint middle = (low + high) / 2;
    if (measure (self, middle * stride, NULL) > 0)
      high = middle;
    else
      low = middle;
  }
  return high * stride;
}

/* Why the net takes no size: what it says to the first that was tried. */
static gboolean
explain (const Trial *self, guint size, GError **error)
{
  g_autoptr (GError) reason = NULL;

  measure (self, size, &reason);
  if (is_slow (self))
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "folding constants takes too long (LATENT_LIMIT_TRIAL_SECONDS)");
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "no size of input '%s' fits the net; at %ux%u: %s", self->entry->name, size, size,
        reason != NULL ? reason->message : "the output has another size than the input");
  return FALSE;
}

static guint
find_axis (const LatentShape *shape)
{
  guint axis = shape->n - 1;

  while (axis > 2 && shape->dims[axis] >= 0)
    axis--;
  return axis;
}

gboolean
latent_model_find_sizes (const LatentModel *self, LatentSizes *sizes, GError **error)
{
  gboolean is_decoder = self->parts[LATENT_PART_ENCODER] == NULL;
  g_autoptr (LatentGraph) graph = latent_graph_fold_constants (self->graph, error);
  Trial trial = {.model = self, .graph = graph, .began = clock ()};

  *sizes = (LatentSizes){1, 1, 1, 1};
  if (graph == NULL)
    return FALSE;
  if (self->latents->len == 0) /* nothing says where the latent is: nothing to measure */
    return TRUE;
  trial.entry = latent_graph_find_value (graph, latent_model_get_entry (self));
  trial.exit = latent_model_get_exit (self);
  trial.is_whole = self->parts[LATENT_PART_WHOLE] != NULL;
  trial.axis = find_axis (&trial.entry->shape);
  if (trial.exit == NULL || (trial.is_whole && has_head (&trial))) {
    trial.exit = self->latents->pdata[0];
    trial.is_whole = FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (starts[0]); i++) {
    guint stride = find_stride (&trial, starts[is_decoder][i]);
    if (stride == 0)
      continue;
    sizes->stride = stride;
    sizes->min_size = find_min_size (&trial, stride, round_up (starts[is_decoder][i], stride));
    sizes->exit_min_size = (guint)measure (&trial, sizes->min_size, NULL);
    sizes->exit_stride = (guint)measure (&trial, sizes->min_size + stride, NULL) -
                         sizes->exit_min_size;
    return TRUE;
  }
  return explain (&trial, starts[is_decoder][0], error);
}
