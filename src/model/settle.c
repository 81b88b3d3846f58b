/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/model/private.h"

void
latent_model_clear_settled (LatentModel *self)
{
  g_clear_pointer (&self->latents, g_ptr_array_unref);
  g_clear_pointer (&self->states, g_ptr_array_unref);
  for (guint i = 0; i < LATENT_N_PARTS; i++)
    g_clear_pointer (&self->parts[i], latent_part_free);
  self->media = (LatentMediaInfo){0};
  g_clear_pointer (&self->scales, g_array_unref);
  g_clear_pointer (&self->offsets, g_array_unref);
}

void
latent_model_move_settled (LatentModel *dst, LatentModel *src)
{
  latent_model_clear_settled (dst);
  dst->latents = g_steal_pointer (&src->latents);
  dst->states = g_steal_pointer (&src->states);
  for (guint i = 0; i < LATENT_N_PARTS; i++)
    dst->parts[i] = g_steal_pointer (&src->parts[i]);
  dst->media = src->media;
  dst->scales = g_steal_pointer (&src->scales);
  dst->offsets = g_steal_pointer (&src->offsets);
}

/* Channels that latent.scale may give numbers for; an I420 tensor's six are also three planes. */
static guint
count_channels (const LatentModel *self)
{
  const LatentValue *entry = latent_graph_find_value (self->graph, latent_model_get_entry (self));

  if (self->media.kind != LATENT_MEDIA_VECTOR)
    return self->media.channels;
  return entry->shape.n > 1 && entry->shape.dims[1] > 0 ? (guint)entry->shape.dims[1] : 1;
}

/* Y, U, V as one number for each of the tensor's channels: four of luma, U, V. */
static void
spread_planes (GArray *numbers)
{
  float y = g_array_index (numbers, float, 0);
  float luma[] = {y, y, y};

  g_array_prepend_vals (numbers, luma, 3);
}

/* One number, or one a channel; `fallback` where the key is absent. */
static GArray *
get_numbers (const LatentModel *self, const char *key, float fallback, GError **error)
{
  const char *text = latent_onnx_extra_get (self->onnx, key);
  guint channels = count_channels (self);
  g_autoptr (GArray) numbers = NULL;
  g_autofree char *wanted = NULL;

  if (text == NULL) {
    numbers = g_array_new (FALSE, FALSE, sizeof (float));
    g_array_append_val (numbers, fallback);
    return g_steal_pointer (&numbers);
  }
  numbers = latent_parse_floats (text);
  if (numbers != NULL && self->media.color == LATENT_COLOR_I420 && numbers->len == 3)
    spread_planes (numbers);
  if (numbers != NULL && (numbers->len == 1 || numbers->len == channels))
    return g_steal_pointer (&numbers);
  wanted = g_strdup_printf ("one number, or one for each of %u channels", channels);
  latent_fail_key (error, key, text, wanted);
  return NULL;
}

static float
get_number (const GArray *numbers, guint channel)
{
  return g_array_index (numbers, float, channel < numbers->len ? channel : 0);
}

float
latent_model_get_scale (const LatentModel *self, guint channel)
{
  return get_number (self->scales, channel);
}

float
latent_model_get_offset (const LatentModel *self, guint channel)
{
  return get_number (self->offsets, channel);
}

GArray *
latent_model_get_steps (const LatentModel *self)
{
  const char *text = latent_onnx_extra_get (self->onnx, "latent.steps");

  return text != NULL ? latent_parse_floats (text) : NULL;
}

GArray *
latent_model_get_slopes (const LatentModel *self)
{
  const char *text = latent_onnx_extra_get (self->onnx, "latent.slopes");

  return text != NULL ? latent_parse_floats (text) : NULL;
}

static gboolean
check_slopes (const LatentModel *self, GError **error)
{
  const char *text = latent_onnx_extra_get (self->onnx, "latent.slopes");
  g_autoptr (GArray) slopes = latent_model_get_slopes (self);
  gboolean ok = text == NULL || slopes != NULL;

  for (guint i = 0; slopes != NULL && i < slopes->len; i++)
    ok &= g_array_index (slopes, float, i) >= 0 && g_array_index (slopes, float, i) <= 1;
  return ok || latent_fail_key (error, "latent.slopes", text, "numbers from 0 to 1");
}

static gboolean
check_steps (const LatentModel *self, GError **error)
{
  const char *text = latent_onnx_extra_get (self->onnx, "latent.steps");
  g_autoptr (GArray) steps = latent_model_get_steps (self);
  gboolean ok = text == NULL || steps != NULL;

  for (guint i = 0; steps != NULL && i < steps->len; i++)
    ok &= g_array_index (steps, float, i) > 0;
  return ok || latent_fail_key (error, "latent.steps", text, "numbers above 0");
}

/* It stands in caps and file names. */
static gboolean
check_id (const LatentModel *self, GError **error)
{
  const char *text = latent_onnx_extra_get (self->onnx, "latent.id");
  gsize n = text != NULL ? strlen (text) : 0;

  if (text == NULL)
    return TRUE;
  if (n >= 1 && n <= 128 &&
      strspn (text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-") == n)
    return TRUE;
  return latent_fail_key (error, "latent.id", text, "1 to 128 letters, digits, '.', '_' or '-'");
}

static gboolean
find_scales (LatentModel *self, GError **error)
{
  static const float defaults[] = {
      [LATENT_MEDIA_VECTOR] = 1.0f,
      [LATENT_MEDIA_VIDEO] = 1.0f / 255,
      [LATENT_MEDIA_AUDIO] = 1.0f / 32768,
  };

  self->scales = get_numbers (self, "latent.scale", defaults[self->media.kind], error);
  if (self->scales == NULL)
    return FALSE;
  self->offsets = get_numbers (self, "latent.offset", 0, error);
  return self->offsets != NULL && check_steps (self, error) && check_slopes (self, error) &&
         check_id (self, error);
}

/* All outputs and latents, at the default shape or with unknown sizes larger than that. */
static LatentGraph *
infer_all (const LatentModel *self, const LatentShape *shape, GError **error)
{
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();

  for (guint i = 0; i < self->graph->outputs->len; i++)
    g_ptr_array_add (outputs, ((LatentValue *)self->graph->outputs->pdata[i])->name);
  for (guint i = 0; i < self->latents->len; i++)
    g_ptr_array_add (outputs, self->latents->pdata[i]);
  g_ptr_array_add (outputs, NULL);
  return latent_graph_infer_part (self->graph, NULL, (const char *const *)outputs->pdata,
      latent_model_get_entry (self), shape, error);
}

/* A shape one stride larger where sizes are open: what differs then is open too. */
static LatentShape
grow (const LatentModel *self, LatentShape shape)
{
  const LatentValue *entry = latent_graph_find_value (self->graph, latent_model_get_entry (self));

  for (guint i = 1; i < shape.n; i++)
    if (entry->shape.dims[i] < 0 && (i > 1 || self->media.kind == LATENT_MEDIA_VECTOR))
      shape.dims[i] *= 2;
  return shape;
}

static gboolean
says (const LatentValue *value, const LatentShape *shape)
{
  if (!value->has_shape || value->shape.n != shape->n)
    return FALSE;
  for (guint i = 0; i < shape->n; i++)
    if (value->shape.dims[i] >= 0 && value->shape.dims[i] != shape->dims[i])
      return FALSE;
  return TRUE;
}

/* Writes type and shape of a latent into the graph, where its declaration does not say them: cuts
 * begin there. */
static void
note_latent (
    const LatentModel *self, const char *name, const LatentGraph *part, const LatentGraph *grown)
{
  LatentValue *value = latent_graph_find_value (self->graph, name);
  const LatentValue *entry = latent_graph_find_value (self->graph, latent_model_get_entry (self));
  const LatentValue *found = latent_graph_find_value (part, name);
  const LatentValue *other = grown != NULL ? latent_graph_find_value (grown, name) : NULL;
  LatentShape shape = found->shape;

  if (g_ptr_array_find (self->graph->inputs, value, NULL))
    return;
  for (guint i = 0; other != NULL && other->shape.n == shape.n && i < shape.n; i++)
    if (other->shape.dims[i] != shape.dims[i])
      shape.dims[i] = -1;
  if (shape.n > 0 && entry->shape.n > 0 && entry->shape.dims[0] < 0 && shape.dims[0] == 1)
    shape.dims[0] = -1;
  value->type = found->type;
  if (!says (value, &shape)) {
    value->shape = shape;
    value->has_shape = TRUE;
  }
}

/* That all shapes fit is found out here, before anything is compiled; what outputs do not say of
 * themselves is noted. */
static gboolean
note_shapes (LatentModel *self, GError **error)
{
  LatentShape shape = latent_model_get_default_shape (self);
  LatentShape large = grow (self, shape);
  g_autoptr (LatentGraph) part = infer_all (self, &shape, error);
  g_autoptr (LatentGraph) grown = part != NULL && !latent_shape_equal (&large, &shape)
                                      ? infer_all (self, &large, NULL)
                                      : NULL;

  if (part == NULL)
    return latent_model_forgive (self, error);
  for (guint i = 0; i < self->latents->len; i++)
    note_latent (self, self->latents->pdata[i], part, grown);
  for (guint i = 0; i < self->graph->outputs->len; i++) {
    LatentValue *value = self->graph->outputs->pdata[i];
    if (value->type == LATENT_DATA_TYPE_NONE)
      value->type = latent_graph_find_value (part, value->name)->type;
  }
  return TRUE;
}

gboolean
latent_model_settle (LatentModel *self, GError **error)
{
  if (latent_model_find_roles (self, error) && latent_model_find_media (self, error) &&
      find_scales (self, error) && note_shapes (self, error))
    return TRUE;
  latent_model_clear_settled (self);
  return FALSE;
}
