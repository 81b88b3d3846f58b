/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/reduce.h"

/* What derivatives are made of: all of one rank, so that the result broadcasts to the input. */
typedef struct {
  LatentGradient *gradient;
  LatentValue *x;
  LatentValue *y;
  LatentValue *dy;
  LatentShape kept; /* the input's, but that reduced dimensions are 1 */
  float n;          /* elements that became one */
} Parts;

static gboolean
get_parts (LatentGradient *self, const LatentNode *node, Parts *parts, GError **error)
{
  LatentValue *x = latent_node_get_input (node, 0), *y = latent_node_get_output (node, 0);
  LatentReduceParams params;

  *parts = (Parts){.gradient = self, .x = x, .kept = x->shape, .n = 1};
  if (!latent_reduce_get_params (node, &params, error))
    return FALSE;
  for (guint i = 0; i < x->shape.n; i++) {
    if ((params.axes >> i & 1) == 0)
      continue;
    parts->n *= (float)x->shape.dims[i];
    parts->kept.dims[i] = 1;
  }
  parts->y = latent_gradient_reshape (self, y, &parts->kept, error);
  parts->dy = latent_gradient_reshape (self, latent_gradient_get (self, y), &parts->kept, error);
  return parts->y != NULL && parts->dy != NULL;
}

/* NULL a or b gives NULL. */
static LatentValue *
apply (const Parts *parts, const char *op_type, LatentValue *a, LatentValue *b, GError **error)
{
  return a != NULL && b != NULL ? latent_gradient_apply (parts->gradient, op_type, a, b, error)
                                : NULL;
}

static LatentValue *
apply_one (const Parts *parts, const char *op_type, LatentValue *a, GError **error)
{
  return a != NULL ? latent_gradient_apply (parts->gradient, op_type, a, NULL, error) : NULL;
}

/* Repeats what became one element for each that it was made of. */
static LatentValue *
expand (const Parts *parts, LatentValue *value, GError **error)
{
  const LatentShape *shape = &parts->x->shape;

  if (value == NULL || latent_shape_equal (&value->shape, shape))
    return value;
  return apply (
      parts, "Expand", value, latent_gradient_ints (parts->gradient, shape->dims, shape->n), error);
}

static LatentValue *
derive_sum (const Parts *parts, GError **error)
{
  return expand (parts, parts->dy, error);
}

static LatentValue *
derive_mean (const Parts *parts, GError **error)
{
  return expand (
      parts, latent_gradient_scale (parts->gradient, parts->dy, 1 / parts->n, error), error);
}

static LatentValue *
derive_sum_square (const Parts *parts, GError **error)
{
  return apply (
      parts, "Mul", parts->x, latent_gradient_scale (parts->gradient, parts->dy, 2, error), error);
}

static LatentValue *
derive_l1 (const Parts *parts, GError **error)
{
  return apply (parts, "Mul", apply_one (parts, "Sign", parts->x, error), parts->dy, error);
}

/* x / y, 0 where all is 0. */
static LatentValue *
derive_l2 (const Parts *parts, GError **error)
{
  LatentValue *least = latent_gradient_scalar (parts->gradient, G_MINFLOAT);
  LatentValue *y = apply (parts, "Max", parts->y, least, error);

  return apply (parts, "Mul", parts->x, apply (parts, "Div", parts->dy, y, error), error);
}

static LatentValue *
derive_log_sum (const Parts *parts, GError **error)
{
  LatentValue *sum = apply_one (parts, "Exp", parts->y, error);
  return expand (parts, apply (parts, "Div", parts->dy, sum, error), error);
}

static LatentValue *
derive_log_sum_exp (const Parts *parts, GError **error)
{
  LatentValue *less = apply (parts, "Sub", parts->x, parts->y, error);
  return apply (parts, "Mul", apply_one (parts, "Exp", less, error), parts->dy, error);
}

/* The largest ones, or smallest, share what flows into them. */
static LatentValue *
derive_extreme (const Parts *parts, GError **error)
{
  LatentGradient *self = parts->gradient;
  LatentValue *one = expand (parts, latent_gradient_scalar (self, 1), error);
  LatentValue *picked = one != NULL ? latent_gradient_apply_training (self, "PickGradient", NULL,
                                          one, parts->x, parts->y, error)
                                    : NULL;
  LatentValue *n = picked != NULL ? latent_gradient_unbroadcast (self, picked, &parts->kept, error)
                                  : NULL;

  return apply (parts, "Mul", picked, apply (parts, "Div", parts->dy, n, error), error);
}

/* Products have none: where two factors are 0 it would take more than division. */
static const struct {
  const char *op_type;
  LatentValue *(*derive) (const Parts *parts, GError **error);
} derivatives[] = {
    {"ReduceL1",        derive_l1         },
    {"ReduceL2",        derive_l2         },
    {"ReduceLogSum",    derive_log_sum    },
    {"ReduceLogSumExp", derive_log_sum_exp},
    {"ReduceMax",       derive_extreme    },
    {"ReduceMean",      derive_mean       },
    {"ReduceMin",       derive_extreme    },
    {"ReduceSum",       derive_sum        },
    {"ReduceSumSquare", derive_sum_square },
};

gboolean
latent_reduce_derive (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *dx = NULL;
  Parts parts;

  if (!get_parts (self, node, &parts, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (derivatives); i++)
    if (g_str_equal (derivatives[i].op_type, node->op_type))
      dx = derivatives[i].derive (&parts, error);
  latent_gradient_add (self, parts.x, dx);
  return dx != NULL;
}
