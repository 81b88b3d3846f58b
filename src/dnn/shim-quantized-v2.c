/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/dnnl.h"

#if DNNL_VERSION_MAJOR < 3

#include "src/dnn/quantized.h"

/* 2.6: dst = post-operations (scale * (acc + bias)) + zero point. */

/* Whether f (k x) = k f (x) once alpha and beta are scaled; a residual that lies apart has no
 * scale.
 */
static gboolean
commutes (const LatentQuantized *self, const LatentPostOp *op)
{
  if (op->is_sum)
    return self->apart == NULL;
  return op->algorithm == dnnl_eltwise_relu || op->algorithm == dnnl_eltwise_clip ||
         op->algorithm == dnnl_eltwise_abs || op->algorithm == dnnl_eltwise_linear;
}

/* The destination's scale goes into the others' where that is the same, else it is an operation of
 * its own, the last. */
static gboolean
has_last_scale (const LatentQuantized *self)
{
  for (guint i = 0; i < self->n_ops; i++)
    if (!commutes (self, &self->ops[i]))
      return self->is_integer;
  return FALSE;
}

static float
get_factor (const LatentQuantized *self)
{
  return self->is_integer && !has_last_scale (self) ? 1 / self->dst_scale : 1;
}

static float
get_scale (const LatentQuantized *self, guint channel)
{
  return self->src_scale * self->weights->scales[self->weights->n == 1 ? 0 : channel];
}

float
latent_quantized_get_bias_factor (const LatentQuantized *self, guint channel)
{
  return 1 / get_scale (self, channel);
}

static dnnl_status_t
append (dnnl_post_ops_t ops, const LatentQuantized *self, const LatentPostOp *op)
{
  const float factor = get_factor (self);
  float beta = op->beta, alpha = op->alpha;

  if (op->is_sum && self->apart != NULL)
    return dnnl_post_ops_append_binary (ops, dnnl_binary_add, self->apart->md);
  if (op->is_sum && op->zero_point != 0)
    return dnnl_post_ops_append_sum_v3 (
        ops, op->scale * factor, op->zero_point, dnnl_data_type_undef);
  if (op->is_sum)
    return dnnl_post_ops_append_sum (ops, op->scale * factor);
  if (op->algorithm == dnnl_eltwise_clip)
    alpha *= factor;
  if (op->algorithm == dnnl_eltwise_clip || op->algorithm == dnnl_eltwise_linear)
    beta *= factor;
  return dnnl_post_ops_append_eltwise (ops, 1.0f, op->algorithm, alpha, beta);
}

/* Of which there can be one alone: see latent_quantized_init(). */
static gboolean
is_linear (const LatentPostOp *op)
{
  return !op->is_sum && op->algorithm == dnnl_eltwise_linear;
}

/* The destination's scale as the last operation. */
static dnnl_status_t
append_scale (dnnl_post_ops_t ops, const LatentQuantized *self, const LatentPostOp *linear)
{
  float scale = 1 / self->dst_scale;

  return dnnl_post_ops_append_eltwise (ops, 1.0f, dnnl_eltwise_linear,
      linear != NULL ? linear->alpha * scale : scale, linear != NULL ? linear->beta * scale : 0);
}

static gboolean
set_post_ops (const LatentQuantized *self, dnnl_primitive_attr_t attr)
{
  const gboolean scales = has_last_scale (self);
  const LatentPostOp *last = self->n_ops > 0 ? &self->ops[self->n_ops - 1] : NULL;
  const LatentPostOp *linear = scales && is_linear (last) ? last : NULL;
  g_auto (dnnl_post_ops_t) ops = NULL;

  if (dnnl_post_ops_create (&ops) != dnnl_success)
    return FALSE;
  for (const LatentPostOp *op = self->ops; op < self->ops + self->n_ops; op++)
    if (op != linear && ((scales && is_linear (op)) || append (ops, self, op) != dnnl_success))
      return FALSE;
  if (scales && append_scale (ops, self, linear) != dnnl_success)
    return FALSE;
  return dnnl_primitive_attr_set_post_ops (attr, ops) == dnnl_success;
}

static gboolean
set_zero_point (dnnl_primitive_attr_t attr, int argument, gint32 zero_point)
{
  return zero_point == 0 ||
         dnnl_primitive_attr_set_zero_points (attr, argument, 1, 0, &zero_point) == dnnl_success;
}

gboolean
latent_quantized_set_attr (const LatentQuantized *self, dnnl_primitive_attr_t attr)
{
  g_autofree float *scales = g_new (float, self->weights->n);

  for (guint i = 0; i < self->weights->n; i++)
    scales[i] = get_scale (self, i) * get_factor (self);
  return dnnl_primitive_attr_set_output_scales (attr, self->weights->n, self->dst_mask, scales) ==
             dnnl_success &&
         set_zero_point (attr, DNNL_ARG_SRC, self->src_zero_point) &&
         set_zero_point (attr, DNNL_ARG_DST, self->dst_zero_point) && set_post_ops (self, attr);
}

gboolean
latent_quantized_add_arguments (
    const LatentQuantized *self, LatentStep *step, LatentBuilder *builder, GError **error)
{
  return TRUE;
}

#endif
