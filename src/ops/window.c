/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/window.h"

static const char *const auto_pad_names[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", NULL};

/* Both 0 or more, b positive. */
static gint64
divide_up (gint64 a, gint64 b)
{
  return a <= 0 ? 0 : (a - 1) / b + 1;
}

gboolean
latent_window_get_list (const LatentNode *node, const char *name, guint n, gint64 fallback,
    gint64 min, gint64 *values, GError **error)
{
  guint count = 0;
  const gint64 *list = latent_node_get_ints (node, name, &count);
  gboolean present = latent_node_find_attribute (node, name) != NULL;

  if (present && count != n) {
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_SHAPE, "%s wants %u entries, has %u", name, n, count);
    return FALSE;
  }
  for (guint i = 0; i < n; i++) {
    values[i] = present ? list[i] : fallback;
    if (values[i] >= min && values[i] <= G_MAXINT32)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "%s wants numbers from %" G_GINT64_FORMAT " to %d, has %" G_GINT64_FORMAT, name, min,
        G_MAXINT32, values[i]);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_kernel (const LatentNode *node, const LatentShape *weights, LatentWindow *self, GError **error)
{
  g_autofree char *wanted = NULL;
  LatentShape offered = {.n = self->n};

  if (weights == NULL)
    return latent_op_check_attribute (node, "kernel_shape", error) &&
           latent_window_get_list (node, "kernel_shape", self->n, 1, 1, self->kernel, error);
  if (weights->n != self->n + 2) {
    wanted = g_strdup_printf ("%u dimensions", self->n + 2);
    latent_op_set_shape_error (error, "weights", wanted, weights);
    return FALSE;
  }
  for (guint i = 0; i < self->n; i++) {
    self->kernel[i] = weights->dims[i + 2];
    if (self->kernel[i] >= 1 && self->kernel[i] <= G_MAXINT32)
      continue;
    latent_op_set_shape_error (error, "weights", "a kernel of one sample or more", weights);
    return FALSE;
  }
  if (latent_node_find_attribute (node, "kernel_shape") == NULL)
    return TRUE;
  if (!latent_window_get_list (node, "kernel_shape", self->n, 1, 1, offered.dims, error))
    return FALSE;
  for (guint i = 0; i < self->n; i++) {
    if (offered.dims[i] == self->kernel[i])
      continue;
    wanted = latent_shape_to_string (weights);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "kernel_shape %" G_GINT64_FORMAT " of spatial dimension %u is not that of the weights, %s",
        offered.dims[i], i, wanted);
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_pads (const LatentNode *node, LatentWindow *self, GError **error)
{
  gint64 pads[2 * LATENT_MAX_SPATIAL] = {0};
  guint choice = 0;

  if (!latent_op_get_choice (node, "auto_pad", "NOTSET", auto_pad_names, &choice, error))
    return FALSE;
  self->auto_pad = (LatentAutoPad)choice;
  if (!latent_window_get_list (node, "pads", 2 * self->n, 0, 0, pads, error))
    return FALSE;
  for (guint i = 0; i < self->n && self->auto_pad == LATENT_AUTO_PAD_NOTSET; i++) {
    self->pads_begin[i] = pads[i];
    self->pads_end[i] = pads[self->n + i];
  }
  return TRUE;
}

gboolean
latent_window_read (const LatentNode *node, const LatentShape *src, const LatentShape *weights,
    LatentWindow *self, GError **error)
{
  *self = (LatentWindow){0};
  if (src->n < 3 || src->n > 2 + LATENT_MAX_SPATIAL) {
    latent_op_set_shape_error (error, "input", "3 to 5 dimensions", src);
    return FALSE;
  }
  self->n = src->n - 2;
  for (guint i = 0; i < self->n; i++)
    self->src[i] = src->dims[i + 2];
  return read_kernel (node, weights, self, error) &&
         latent_window_get_list (node, "strides", self->n, 1, 1, self->strides, error) &&
         latent_window_get_list (node, "dilations", self->n, 1, 1, self->dilations, error) &&
         read_pads (node, self, error);
}

gint64
latent_window_get_extent (const LatentWindow *self, guint i)
{
  return (self->kernel[i] - 1) * self->dilations[i] + 1;
}

void
latent_window_split_pads (LatentWindow *self, guint i, gint64 total, gboolean upper)
{
  gint64 less = MAX (total, 0) / 2;
  gint64 more = MAX (total, 0) - less;

  self->pads_begin[i] = upper ? less : more;
  self->pads_end[i] = upper ? more : less;
}

static gint64
count_positions (const LatentWindow *self, guint i, gboolean ceil_mode)
{
  gint64 room = self->src[i] + self->pads_begin[i] + self->pads_end[i] -
                latent_window_get_extent (self, i);
  gint64 n = 0;

  if (room < 0)
    return 0;
  n = (ceil_mode ? divide_up (room, self->strides[i]) : room / self->strides[i]) + 1;
  if (ceil_mode && (n - 1) * self->strides[i] >= self->src[i] + self->pads_begin[i])
    n--;
  return n;
}

gboolean
latent_window_resolve (LatentWindow *self, gboolean ceil_mode, GError **error)
{
  for (guint i = 0; i < self->n; i++) {
    gint64 extent = latent_window_get_extent (self, i);
    gint64 same = divide_up (self->src[i], self->strides[i]);
    if (self->auto_pad == LATENT_AUTO_PAD_SAME_UPPER ||
        self->auto_pad == LATENT_AUTO_PAD_SAME_LOWER)
      latent_window_split_pads (self, i, (same - 1) * self->strides[i] + extent - self->src[i],
          self->auto_pad == LATENT_AUTO_PAD_SAME_UPPER);
    self->dst[i] = count_positions (self, i, ceil_mode);
    if (self->src[i] > 0 && self->dst[i] > 0)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "spatial dimension %u wants %" G_GINT64_FORMAT
        " samples or more for its kernel, has %" G_GINT64_FORMAT
        " with padding of %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
        i, extent, self->src[i], self->pads_begin[i], self->pads_end[i]);
    return FALSE;
  }
  return TRUE;
}

LatentWindow
latent_window_expand (const LatentWindow *self)
{
  LatentWindow full = {.n = LATENT_MAX_SPATIAL, .auto_pad = self->auto_pad};
  guint added = LATENT_MAX_SPATIAL - self->n;

  for (guint i = 0; i < LATENT_MAX_SPATIAL; i++) {
    gboolean is_new = i < added;
    guint from = is_new ? 0 : i - added;
    full.src[i] = is_new ? 1 : self->src[from];
    full.dst[i] = is_new ? 1 : self->dst[from];
    full.kernel[i] = is_new ? 1 : self->kernel[from];
    full.strides[i] = is_new ? 1 : self->strides[from];
    full.dilations[i] = is_new ? 1 : self->dilations[from];
    full.pads_begin[i] = is_new ? 0 : self->pads_begin[from];
    full.pads_end[i] = is_new ? 0 : self->pads_end[from];
  }
  return full;
}

void
latent_window_get_taps (
    const LatentWindow *self, guint i, gint64 position, gint64 *begin, gint64 *end)
{
  gint64 start = position * self->strides[i] - self->pads_begin[i];

  *begin = divide_up (-start, self->dilations[i]);
  *end = MIN (self->kernel[i], divide_up (self->src[i] - start, self->dilations[i]));
}

void
latent_window_get_positions (
    const LatentWindow *self, guint i, gint64 k, gint64 *begin, gint64 *end)
{
  gint64 shift = self->pads_begin[i] - k * self->dilations[i];

  *begin = divide_up (shift, self->strides[i]);
  *end = MIN (self->dst[i], divide_up (self->src[i] + shift, self->strides[i]));
}

LatentStencil
latent_window_get_stencil (const LatentWindow *self)
{
  return (LatentStencil){
      self->n, self->kernel, self->strides, self->dilations, self->pads_begin, self->pads_end};
}

void
latent_window_set_attributes (const LatentWindow *self, LatentNode *node)
{
  gint64 pads[2 * LATENT_MAX_SPATIAL];

  for (guint i = 0; i < self->n; i++) {
    pads[i] = self->pads_begin[i];
    pads[self->n + i] = self->pads_end[i];
  }
  latent_node_set_ints (node, "kernel_shape", self->kernel, self->n);
  latent_node_set_ints (node, "strides", self->strides, self->n);
  latent_node_set_ints (node, "dilations", self->dilations, self->n);
  latent_node_set_ints (node, "pads", pads, 2 * self->n);
}
