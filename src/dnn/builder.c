/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/builder.h"

/* Where a value lies: its homes, the first of them where it was defined, the others reordered
 * copies. */
typedef GPtrArray Homes;

struct _LatentBuilder {
  const LatentGraph *graph;
  LatentBuilderOptions options;
  LatentSchedule *schedule;
  GHashTable *homes;  /* LatentValue * -> Homes of LatentOperand * */
  GHashTable *inputs; /* LatentValue *: inputs without a layout yet */
};

static void
free_operand (gpointer operand)
{
  latent_operand_clear (operand);
  g_free (operand);
}

LatentBuilder *
latent_builder_new (const LatentGraph *graph, const LatentBuilderOptions *options)
{
  LatentBuilder *self = g_new0 (LatentBuilder, 1);
  self->graph = graph;
  self->options = *options;
  self->schedule = latent_schedule_new ();
  self->homes = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
  self->inputs = g_hash_table_new (NULL, NULL);
  return self;
}

void
latent_builder_free (LatentBuilder *self)
{
  if (self == NULL)
    return;
  latent_schedule_free (self->schedule);
  g_hash_table_unref (self->homes);
  g_hash_table_unref (self->inputs);
  g_free (self);
}

LatentSchedule *
latent_builder_finish (LatentBuilder *self)
{
  return g_steal_pointer (&self->schedule);
}

const LatentBuilderOptions *
latent_builder_get_options (const LatentBuilder *self)
{
  return &self->options;
}

void
latent_builder_add_input (LatentBuilder *self, const LatentValue *value)
{
  g_hash_table_add (self->inputs, (gpointer)value);
}

/* Takes the operand. */
static const LatentOperand *
add_home (LatentBuilder *self, const LatentValue *value, LatentOperand operand)
{
  Homes *homes = g_hash_table_lookup (self->homes, value);

  if (homes == NULL) {
    homes = g_ptr_array_new_with_free_func (free_operand);
    g_hash_table_insert (self->homes, (gpointer)value, homes);
  }
  g_ptr_array_add (homes, g_memdup2 (&operand, sizeof operand));
  return g_ptr_array_index (homes, homes->len - 1);
}

static LatentOperand
new_operand (LatentBuilder *self, LatentLayout *layout)
{
  return (LatentOperand){.buffer = latent_schedule_add_buffer (self->schedule, layout->size),
      .layout = latent_layout_ref (layout)};
}

static void
release_tensor (gpointer tensor)
{
  latent_tensor_unref (tensor);
}

/* The tensor's own memory as a constant. */
static const LatentOperand *
add_constant (LatentBuilder *self, const LatentValue *value)
{
  g_autoptr (LatentLayout) layout = latent_layout_new (value->type, &value->shape);
  LatentOperand operand = new_operand (self, layout);
  LatentBuffer *buffer = latent_schedule_get_buffer (self->schedule, operand.buffer);

  buffer->data = value->data->data;
  buffer->owner = latent_tensor_ref (value->data);
  buffer->release = release_tensor;
  return add_home (self, value, operand);
}

/* Settles the layout of an input: the wanted one where it has plain strides and no gaps. */
static const LatentOperand *
settle_input (LatentBuilder *self, const LatentValue *value, LatentLayout *wanted)
{
  g_autoptr (LatentLayout) layout = latent_layout_new (value->type, &value->shape);
  LatentOperand operand;

  g_hash_table_remove (self->inputs, value);
  if (wanted != NULL && wanted->is_strided && wanted->size == layout->size) {
    latent_layout_unref (layout);
    layout = latent_layout_ref (wanted);
  }
  operand = new_operand (self, layout);
  latent_schedule_get_buffer (self->schedule, operand.buffer)->persistent = TRUE;
  return add_home (self, value, operand);
}

/* Where the value was defined. */
static const LatentOperand *
find_first_home (LatentBuilder *self, const LatentValue *value, LatentLayout *wanted)
{
  Homes *homes = g_hash_table_lookup (self->homes, value);

  if (homes != NULL)
    return g_ptr_array_index (homes, 0);
  if (value->data != NULL)
    return add_constant (self, value);
  if (g_hash_table_contains (self->inputs, value))
    return settle_input (self, value, wanted);
  return NULL;
}

static const LatentOperand *
find_home (LatentBuilder *self, const LatentValue *value, const LatentLayout *layout)
{
  Homes *homes = g_hash_table_lookup (self->homes, value);

  for (guint i = 0; i < homes->len; i++) {
    const LatentOperand *home = g_ptr_array_index (homes, i);
    if (latent_layout_equal (home->layout, layout))
      return home;
  }
  return NULL;
}

gboolean
latent_builder_get (LatentBuilder *self, const LatentValue *value, LatentLayout *layout,
    LatentOperand *operand, GError **error)
{
  const LatentOperand *first = find_first_home (self, value, layout);
  const LatentOperand *home = first;

  if (first == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED, "value '%s' is read before it is made",
        value->name);
    return FALSE;
  }
  if (layout != NULL)
    home = find_home (self, value, layout);
  if (home == NULL) {
    LatentOperand src = latent_operand_copy (first);
    LatentOperand dst = new_operand (self, layout);
    home = add_home (self, value, latent_operand_copy (&dst));
    latent_builder_add_step (self, latent_step_new_copy (NULL, src, dst));
  }
  *operand = latent_operand_copy (home);
  return TRUE;
}

gboolean
latent_builder_get_row_major (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error)
{
  g_autoptr (LatentLayout) layout = latent_layout_new (value->type, &value->shape);
  return latent_builder_get (self, value, layout, operand, error);
}

gboolean
latent_builder_get_strided (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error)
{
  const LatentLayout *layout = latent_builder_get_layout (self, value);

  if (layout != NULL && layout->is_strided)
    return latent_builder_get (self, value, NULL, operand, error);
  return latent_builder_get_row_major (self, value, operand, error);
}

const LatentLayout *
latent_builder_get_layout (LatentBuilder *self, const LatentValue *value)
{
  const LatentOperand *home = find_first_home (self, value, NULL);
  return home != NULL ? home->layout : NULL;
}

LatentOperand
latent_builder_define (LatentBuilder *self, const LatentValue *value, LatentLayout *layout)
{
  LatentOperand operand = new_operand (self, layout);
  add_home (self, value, latent_operand_copy (&operand));
  return operand;
}

LatentOperand
latent_builder_define_row_major (LatentBuilder *self, const LatentValue *value)
{
  g_autoptr (LatentLayout) layout = latent_layout_new (value->type, &value->shape);
  return latent_builder_define (self, value, layout);
}

void
latent_builder_alias (LatentBuilder *self, const LatentValue *value, LatentOperand operand)
{
  add_home (self, value, operand);
}

void
latent_builder_add_step (LatentBuilder *self, LatentStep *step)
{
  self->schedule->scratch_size = MAX (self->schedule->scratch_size, step->scratch_size);
  g_ptr_array_add (self->schedule->steps, step);
}

gboolean
latent_builder_get_output (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error)
{
  LatentBuffer *buffer;

  if (!latent_builder_get_strided (self, value, operand, error))
    return FALSE;
  buffer = latent_schedule_get_buffer (self->schedule, operand->buffer);
  if (buffer->persistent) {
    LatentOperand dst = new_operand (self, operand->layout);
    latent_builder_add_step (
        self, latent_step_new_copy (NULL, *operand, latent_operand_copy (&dst)));
    *operand = dst;
    buffer = latent_schedule_get_buffer (self->schedule, dst.buffer);
  }
  buffer->kept = TRUE;
  return TRUE;
}
