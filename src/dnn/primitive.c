/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/primitive.h"

#include <string.h>

/* LatentStep.data: the primitive, and for each operand its argument index. */
typedef struct {
  dnnl_primitive_t primitive;
  LatentLayout *scratchpad;   /* NULL where it needs none */
  GArray *arguments;          /* int */
  dnnl_primitive_desc_t bare; /* NULL where there is no roof to measure */
} Primitive;

typedef struct {
  dnnl_primitive_t primitive; /* borrowed */
  dnnl_stream_t stream;       /* borrowed */
  int n;
  dnnl_exec_arg_t arguments[]; /* memory objects are owned */
} BoundPrimitive;

dnnl_primitive_attr_t
latent_attr_new (void)
{
  dnnl_primitive_attr_t attr = NULL;

  if (dnnl_primitive_attr_create (&attr) == dnnl_success)
    dnnl_primitive_attr_set_scratchpad_mode (attr, dnnl_scratchpad_mode_user);
  return attr;
}

LatentLayout *
latent_pd_get_layout (const_dnnl_primitive_desc_t pd, dnnl_query_t what, int index)
{
  LatentConstMd md = dnnl_primitive_desc_query_md (pd, what, index);
  return md != NULL ? latent_layout_new_md (md) : NULL;
}

const char *
latent_pd_get_kernel (const_dnnl_primitive_desc_t pd)
{
  const char *name = NULL;
  dnnl_primitive_desc_query (pd, dnnl_query_impl_info_str, 0, &name);
  return name != NULL ? name : "";
}

gboolean
latent_pd_is_worth_fusing (const_dnnl_primitive_desc_t pd, const LatentNode *node)
{
  return node->fused->len == 0 || strncmp (latent_pd_get_kernel (pd), "ref", 3) != 0;
}

const LatentProductTypes latent_product_floats = {
    LATENT_DATA_TYPE_FLOAT32, LATENT_DATA_TYPE_FLOAT32, LATENT_DATA_TYPE_FLOAT32};

LatentProductTypes
latent_product_get_types (const LatentNode *node)
{
  const LatentValue *src = latent_node_get_input (node, 0), *dst = latent_node_get_output (node, 0);

  if (latent_node_is_quantized (node))
    return (LatentProductTypes){src->type, LATENT_DATA_TYPE_INT8, dst->type};
  if (node->compute == LATENT_DATA_TYPE_NONE)
    return latent_product_floats;
  return (LatentProductTypes){node->compute, node->compute, latent_value_get_storage (dst)};
}

gboolean
latent_pd_is_worth_its_types (
    const_dnnl_primitive_desc_t pd, const LatentNode *node, const LatentProductTypes *types)
{
  if (types->src != LATENT_DATA_TYPE_FLOAT32 && strncmp (latent_pd_get_kernel (pd), "ref", 3) == 0)
    return FALSE;
  return latent_pd_is_worth_fusing (pd, node);
}

static void
unbind_primitive (const LatentStep *self, gpointer data)
{
  BoundPrimitive *bound = data;

  if (bound == NULL)
    return;
  for (int i = 0; i < bound->n; i++)
    dnnl_memory_destroy (bound->arguments[i].memory);
  g_free (bound);
}

static gboolean
bind_argument (BoundPrimitive *bound, int argument, gpointer md, gpointer address, GError **error)
{
  dnnl_exec_arg_t *slot = &bound->arguments[bound->n];

  slot->arg = argument;
  if (!latent_dnnl_check (dnnl_memory_create (&slot->memory, md, latent_engine_get (), address),
          "creating a memory object", error))
    return FALSE;
  bound->n++;
  return TRUE;
}

static gpointer
bind_primitive (const LatentStep *self, const LatentFrame *frame, GError **error)
{
  const Primitive *primitive = self->data;
  guint n = self->operands->len + 1;
  BoundPrimitive *bound = g_malloc0 (sizeof (BoundPrimitive) + (gsize)n * sizeof (dnnl_exec_arg_t));
  gboolean good = TRUE;

  bound->primitive = primitive->primitive;
  bound->stream = frame->stream;
  for (guint i = 0; good && i < self->operands->len; i++) {
    const LatentOperand *operand = latent_step_get_operand (self, i);
    int argument = g_array_index (primitive->arguments, int, i);
    if (argument != 0)
      good = bind_argument (
          bound, argument, operand->layout->md, latent_frame_get_address (frame, operand), error);
  }
  if (good && primitive->scratchpad != NULL)
    good = bind_argument (
        bound, DNNL_ARG_SCRATCHPAD, primitive->scratchpad->md, frame->scratch, error);
  if (good)
    return bound;
  unbind_primitive (self, bound);
  return NULL;
}

static gboolean
run_primitive (const LatentStep *self, gpointer data, GError **error)
{
  const BoundPrimitive *bound = data;
  dnnl_status_t status = dnnl_primitive_execute (
      bound->primitive, bound->stream, bound->n, bound->arguments);

  if (G_LIKELY (status == dnnl_success))
    return TRUE;
  latent_dnnl_check (status, "executing a primitive", error);
  if (self->node != NULL) {
    g_autofree char *name = latent_node_describe (self->node);
    g_prefix_error (error, "%s: ", name);
  }
  return FALSE;
}

static void
clear_primitive (LatentStep *self)
{
  Primitive *primitive = self->data;

  if (primitive->primitive != NULL)
    dnnl_primitive_destroy (primitive->primitive);
  if (primitive->bare != NULL)
    dnnl_primitive_desc_destroy (primitive->bare);
  latent_layout_unref (primitive->scratchpad);
  g_array_unref (primitive->arguments);
  g_free (primitive);
}

static const LatentStepClass primitive_class = {
    bind_primitive, run_primitive, unbind_primitive, clear_primitive};

LatentStep *
latent_primitive_step_new (const LatentNode *node, const_dnnl_primitive_desc_t pd, GError **error)
{
  g_autoptr (LatentStep) self = latent_step_new (&primitive_class, node, latent_pd_get_kernel (pd));
  Primitive *primitive = g_new0 (Primitive, 1);

  self->data = primitive;
  primitive->arguments = g_array_new (FALSE, FALSE, sizeof (int));
  if (!latent_dnnl_create (&primitive->primitive, pd, error))
    return NULL;
  primitive->scratchpad = latent_pd_get_layout (pd, dnnl_query_scratchpad_md, 0);
  if (primitive->scratchpad != NULL && primitive->scratchpad->shape.n == 0)
    g_clear_pointer (&primitive->scratchpad, latent_layout_unref);
  if (primitive->scratchpad != NULL)
    self->scratch_size = primitive->scratchpad->size;
  return g_steal_pointer (&self);
}

void
latent_primitive_step_set_bare (LatentStep *self, dnnl_primitive_desc_t bare)
{
  Primitive *primitive = self->data;

  if (primitive->bare != NULL)
    dnnl_primitive_desc_destroy (primitive->bare);
  primitive->bare = bare;
}

const_dnnl_primitive_desc_t
latent_primitive_step_get_bare (const LatentStep *self)
{
  return self->klass == &primitive_class ? ((const Primitive *)self->data)->bare : NULL;
}

guint
latent_primitive_step_add (
    LatentStep *self, int argument, LatentOperand operand, LatentAccess access)
{
  const Primitive *primitive = self->data;

  g_array_append_val (primitive->arguments, argument);
  return latent_step_add_operand (self, operand, access);
}

gboolean
latent_primitive_step_read (LatentStep *self, LatentBuilder *builder,
    const_dnnl_primitive_desc_t pd, int argument, dnnl_query_t what, int index,
    const LatentValue *value, GError **error)
{
  g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, what, index);
  LatentOperand operand;

  if (!latent_builder_get (builder, value, layout, &operand, error))
    return FALSE;
  latent_primitive_step_add (self, argument, operand, LATENT_ACCESS_READ);
  return TRUE;
}

guint
latent_primitive_step_write (LatentStep *self, LatentBuilder *builder,
    const_dnnl_primitive_desc_t pd, int argument, dnnl_query_t what, int index,
    const LatentValue *value)
{
  g_autoptr (LatentLayout) layout = latent_pd_get_layout (pd, what, index);

  return latent_primitive_step_add (
      self, argument, latent_builder_define (builder, value, layout), LATENT_ACCESS_WRITE);
}
