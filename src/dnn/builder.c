/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/builder.h"

#include "src/base/parallel.h"
#include "src/dnn/constant.h"
#include "src/dnn/primitive.h"

/* Where a value lies: its homes, the first of them where it was defined, the others reordered
 * copies. */
typedef GPtrArray Homes;

struct _LatentBuilder {
  LatentSchedule *schedule;
  GHashTable *homes;   /* LatentValue * -> Homes of LatentOperand * */
  GHashTable *inputs;  /* LatentValue *: inputs without a layout yet */
  GHashTable *holders; /* buffer -> GPtrArray of LatentValue *: values that have a home there */
  GHashTable *reads;   /* LatentValue * -> how many of its uses are behind us */
};

static void
free_operand (gpointer operand)
{
  latent_operand_clear (operand);
  g_free (operand);
}

LatentBuilder *
latent_builder_new (void)
{
  LatentBuilder *self = g_new0 (LatentBuilder, 1);
  self->schedule = latent_schedule_new ();
  self->homes = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
  self->inputs = g_hash_table_new (NULL, NULL);
  self->holders = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
  self->reads = g_hash_table_new (NULL, NULL);
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
  g_hash_table_unref (self->holders);
  g_hash_table_unref (self->reads);
  g_free (self);
}

LatentSchedule *
latent_builder_finish (LatentBuilder *self)
{
  return g_steal_pointer (&self->schedule);
}

void
latent_builder_add_input (LatentBuilder *self, const LatentValue *value)
{
  g_hash_table_add (self->inputs, (gpointer)value);
}

static GPtrArray *
get_list (GHashTable *table, gconstpointer key, GDestroyNotify free_func)
{
  GPtrArray *list = g_hash_table_lookup (table, key);

  if (list == NULL) {
    list = g_ptr_array_new_with_free_func (free_func);
    g_hash_table_insert (table, (gpointer)key, list);
  }
  return list;
}

/* Takes the operand. */
static const LatentOperand *
add_home (LatentBuilder *self, const LatentValue *value, LatentOperand operand)
{
  Homes *homes = get_list (self->homes, value, free_operand);
  GPtrArray *holders = get_list (self->holders, GUINT_TO_POINTER (operand.buffer + 1), NULL);

  g_ptr_array_add (homes, g_memdup2 (&operand, sizeof operand));
  if (!g_ptr_array_find (holders, value, NULL))
    g_ptr_array_add (holders, (gpointer)value);
  return g_ptr_array_index (homes, homes->len - 1);
}

LatentOperand
latent_builder_new_operand (LatentBuilder *self, LatentLayout *layout)
{
  return (LatentOperand){.buffer = latent_schedule_add_buffer (self->schedule, layout->size),
      .layout = latent_layout_ref (layout)};
}

static void
release_tensor (gpointer tensor)
{
  latent_tensor_unref (tensor);
}

static void
release_constant (gpointer constant)
{
  latent_constant_unref (constant);
}

static const LatentOperand *
add_constant (LatentBuilder *self, const LatentValue *value, LatentLayout *layout,
    gconstpointer data, gpointer owner, GDestroyNotify release)
{
  LatentOperand operand = latent_builder_new_operand (self, layout);
  LatentBuffer *buffer = latent_schedule_get_buffer (self->schedule, operand.buffer);

  buffer->data = data;
  buffer->owner = owner;
  buffer->release = release;
  return add_home (self, value, operand);
}

/* The tensor's own memory as a constant. */
static const LatentOperand *
add_tensor (LatentBuilder *self, const LatentValue *value, const LatentShape *shape)
{
  g_autoptr (LatentLayout) layout = latent_layout_new (value->type, shape);
  return add_constant (
      self, value, layout, value->data->data, latent_tensor_ref (value->data), release_tensor);
}

/* Settles the layout of an input: the wanted one where it has plain strides and no gaps. */
static const LatentOperand *
settle_input (LatentBuilder *self, const LatentValue *value, LatentLayout *wanted)
{
  g_autoptr (LatentLayout) dense = latent_layout_new (value->type, &value->shape);
  g_autoptr (LatentLayout) own = wanted != NULL ? latent_layout_reshape (wanted, &value->shape)
                                                : NULL;
  g_autoptr (LatentLayout) typed = own != NULL ? latent_layout_retype (own, value->type) : NULL;
  LatentOperand operand = latent_builder_new_operand (
      self, typed != NULL && typed->size == dense->size ? typed : dense);

  g_hash_table_remove (self->inputs, value);
  latent_schedule_get_buffer (self->schedule, operand.buffer)->persistent = TRUE;
  return add_home (self, value, operand);
}

gboolean
latent_builder_is_open (LatentBuilder *self, const LatentValue *value)
{
  return g_hash_table_contains (self->inputs, value);
}

/* Where the value was defined. */
static const LatentOperand *
find_first_home (LatentBuilder *self, const LatentValue *value, LatentLayout *wanted)
{
  Homes *homes = g_hash_table_lookup (self->homes, value);

  if (homes != NULL)
    return g_ptr_array_index (homes, 0);
  if (value->data != NULL)
    return add_tensor (self, value, &value->shape);
  if (g_hash_table_contains (self->inputs, value))
    return settle_input (self, value, wanted);
  return NULL;
}

static const LatentOperand *
find_home (LatentBuilder *self, const LatentValue *value, const LatentLayout *layout)
{
  Homes *homes = g_hash_table_lookup (self->homes, value);

  for (guint i = 0; homes != NULL && i < homes->len; i++) {
    const LatentOperand *home = g_ptr_array_index (homes, i);
    if (latent_layout_equal (home->layout, layout))
      return home;
  }
  return NULL;
}

gboolean
latent_value_is_constant (const LatentValue *value)
{
  return value->data != NULL && !value->is_parameter;
}

static const LatentOperand *
reorder_constant (
    LatentBuilder *self, const LatentValue *value, LatentLayout *layout, GError **error)
{
  g_autoptr (LatentLayout) view = latent_layout_new (value->type, &layout->shape);
  LatentConstant *constant;

  if (latent_layout_is_row_major (layout) && layout->type == value->type)
    return add_tensor (self, value, &layout->shape);
  constant = latent_constant_get (value->data, view, layout, error);
  if (constant == NULL)
    return NULL;
  return add_constant (
      self, value, layout, latent_constant_get_data (constant), constant, release_constant);
}

static const LatentOperand *get_home (
    LatentBuilder *self, const LatentValue *value, LatentLayout *layout, GError **error);

/* The first home as memory of another shape: where strides cannot say that, by way of row-major
 * order. Takes no reference to `home`. */
static gboolean
get_view (LatentBuilder *self, const LatentValue *value, const LatentOperand *home,
    const LatentShape *shape, LatentOperand *view, GError **error)
{
  g_autoptr (LatentLayout) dense = NULL;
  LatentLayout *layout;

  if (latent_shape_equal (&home->layout->shape, shape)) {
    *view = latent_operand_copy (home);
    return TRUE;
  }
  layout = latent_layout_reshape (home->layout, shape);
  if (layout == NULL) {
    dense = latent_layout_new (home->layout->type, &home->layout->shape);
    home = get_home (self, value, dense, error);
    if (home == NULL)
      return FALSE;
    layout = latent_layout_reshape (home->layout, shape);
  }
  *view = *home;
  view->layout = layout;
  return TRUE;
}

gboolean
latent_builder_reorder (LatentBuilder *self, const LatentOperand *src, LatentLayout *layout,
    LatentOperand *dst, GError **error)
{
  g_auto (LatentOperand) from = latent_operand_copy (src);
  LatentStep *step;

  if (latent_layout_needs_detour (src->layout, layout)) {
    g_autoptr (LatentLayout) dense = latent_layout_new (src->layout->type, &src->layout->shape);
    LatentOperand between = latent_builder_new_operand (self, dense);
    latent_builder_add_step (self,
        latent_step_new_copy (NULL, latent_operand_copy (&from), latent_operand_copy (&between)));
    latent_operand_clear (&from);
    from = between;
  }
  *dst = latent_builder_new_operand (self, layout);
  step = latent_reorder_step_new (
      NULL, latent_operand_copy (&from), latent_operand_copy (dst), error);
  if (step != NULL)
    latent_builder_add_step (self, step);
  else
    latent_operand_clear (dst);
  return step != NULL;
}

static const LatentOperand *
get_home (LatentBuilder *self, const LatentValue *value, LatentLayout *layout, GError **error)
{
  const LatentOperand *home = find_home (self, value, layout);
  g_auto (LatentOperand) view = {0};
  LatentOperand dst;

  if (home != NULL)
    return home;
  if (latent_value_is_constant (value))
    return reorder_constant (self, value, layout, error);
  home = find_first_home (self, value, layout);
  if (!get_view (self, value, home, &layout->shape, &view, error))
    return NULL;
  if (latent_layout_equal (view.layout, layout))
    return add_home (self, value, latent_operand_copy (&view));
  return latent_builder_reorder (self, &view, layout, &dst, error) ? add_home (self, value, dst)
                                                                   : NULL;
}

gboolean
latent_builder_get (LatentBuilder *self, const LatentValue *value, LatentLayout *layout,
    LatentOperand *operand, GError **error)
{
  const LatentOperand *home = find_first_home (self, value, layout);

  if (home == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED, "value '%s' is read before it is made",
        value->name);
    return FALSE;
  }
  if (layout != NULL)
    home = get_home (self, value, layout, error);
  if (home == NULL)
    return FALSE;
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
latent_builder_get_tensor (LatentBuilder *self, LatentTensor *tensor, LatentLayout *view,
    LatentLayout *layout, LatentOperand *operand, GError **error)
{
  LatentConstant *constant = latent_constant_get (tensor, view, layout, error);
  LatentBuffer *buffer;

  if (constant == NULL)
    return FALSE;
  *operand = latent_builder_new_operand (self, layout);
  buffer = latent_schedule_get_buffer (self->schedule, operand->buffer);
  buffer->data = latent_constant_get_data (constant);
  buffer->owner = constant;
  buffer->release = release_constant;
  return TRUE;
}

gboolean
latent_builder_get_view (LatentBuilder *self, const LatentValue *value, LatentLayout *view,
    LatentLayout *layout, LatentOperand *operand, GError **error)
{
  g_autoptr (LatentLayout) dense = NULL;
  g_auto (LatentOperand) src = {0};

  if (layout != NULL && latent_layout_equal (view, layout))
    layout = NULL;
  if (layout != NULL && latent_value_is_constant (value))
    return latent_builder_get_tensor (self, value->data, view, layout, operand, error);
  dense = latent_layout_new (view->type, &value->shape);
  if (!latent_builder_get (self, value, dense, &src, error))
    return FALSE;
  latent_layout_unref (src.layout);
  src.layout = latent_layout_ref (view);
  if (layout == NULL) {
    *operand = latent_operand_copy (&src);
    return TRUE;
  }
  return latent_builder_reorder (self, &src, layout, operand, error);
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
  LatentOperand operand = latent_builder_new_operand (self, layout);
  add_home (self, value, latent_operand_copy (&operand));
  return operand;
}

LatentOperand
latent_builder_define_row_major (LatentBuilder *self, const LatentValue *value)
{
  g_autoptr (LatentLayout) layout = latent_layout_new (value->type, &value->shape);
  return latent_builder_define (self, value, layout);
}

gboolean
latent_builder_define_view (LatentBuilder *self, const LatentValue *value, LatentLayout *view,
    const LatentOperand *src, GError **error)
{
  LatentOperand dst = latent_builder_define_row_major (self, value);
  LatentStep *step;

  latent_layout_unref (dst.layout);
  dst.layout = latent_layout_ref (view);
  step = latent_reorder_step_new (NULL, latent_operand_copy (src), dst, error);
  if (step == NULL)
    return FALSE;
  latent_builder_add_step (self, step);
  return TRUE;
}

void
latent_builder_alias (LatentBuilder *self, const LatentValue *value, LatentOperand operand)
{
  add_home (self, value, operand);
}

void
latent_builder_add_step (LatentBuilder *self, LatentStep *step)
{
  step->threads = latent_parallel_get_threads ();
  self->schedule->scratch_size = MAX (self->schedule->scratch_size, step->scratch_size);
  g_ptr_array_add (self->schedule->steps, step);
}

static void
count_reads (LatentBuilder *self, const GPtrArray *values)
{
  for (guint i = 0; i < values->len; i++) {
    gpointer value = g_ptr_array_index (values, i);
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->reads, value));
    g_hash_table_insert (self->reads, value, GUINT_TO_POINTER (n + 1));
  }
}

void
latent_builder_end_node (LatentBuilder *self, const LatentNode *node, guint64 macs)
{
  const GPtrArray *steps = self->schedule->steps;

  if (macs > 0 && steps->len > 0)
    ((LatentStep *)g_ptr_array_index (steps, steps->len - 1))->macs = macs;
  count_reads (self, node->inputs);
  for (guint i = 0; i < node->fused->len; i++)
    count_reads (self, ((LatentNode *)g_ptr_array_index (node->fused, i))->inputs);
}

static guint
count_in (const GPtrArray *values, const LatentValue *value)
{
  guint n = 0;

  for (guint i = 0; i < values->len; i++)
    n += g_ptr_array_index (values, i) == value;
  return n;
}

gboolean
latent_builder_dies (LatentBuilder *self, const LatentOperand *operand, const LatentNode *node)
{
  const LatentBuffer *buffer = latent_schedule_get_buffer (self->schedule, operand->buffer);
  GPtrArray *holders = g_hash_table_lookup (self->holders, GUINT_TO_POINTER (operand->buffer + 1));

  if (buffer->persistent || buffer->data != NULL)
    return FALSE;
  for (guint i = 0; holders != NULL && i < holders->len; i++) {
    const LatentValue *value = g_ptr_array_index (holders, i);
    guint reads = GPOINTER_TO_UINT (g_hash_table_lookup (self->reads, value));
    reads += count_in (node->inputs, value);
    for (guint j = 0; j < node->fused->len; j++)
      reads += count_in (((LatentNode *)g_ptr_array_index (node->fused, j))->inputs, value);
    if (reads < value->n_uses)
      return FALSE;
  }
  return TRUE;
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
    LatentOperand dst = latent_builder_new_operand (self, operand->layout);
    latent_builder_add_step (
        self, latent_step_new_copy (NULL, *operand, latent_operand_copy (&dst)));
    *operand = dst;
    buffer = latent_schedule_get_buffer (self->schedule, dst.buffer);
  }
  buffer->kept = TRUE;
  return TRUE;
}
