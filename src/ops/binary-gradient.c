/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/ops/broadcast.h"
#include "src/ops/private.h"

/* Derivatives of functions of two numbers, in one pass: input 0 is the loss's derivative dy by the
 * output and has its shape, inputs 1 and 2 are the function's a and b, which broadcast to it. What
 * comes out has the output's shape too; that it is summed where a or b was broadcast is another
 * node's work. */

static gboolean
infer_derivative (const LatentNode *node, GError **error)
{
  const LatentShape *dy = latent_op_get_shape (node, 0);

  for (guint i = 1; i < node->inputs->len; i++) {
    LatentShape dst;
    if (!latent_op_check_same_type (node, i, error))
      return FALSE;
    if (latent_shape_broadcast (dy, latent_op_get_shape (node, i), &dst) &&
        latent_shape_equal (dy, &dst))
      continue;
    g_autofree char *wanted = latent_shape_to_string (dy);
    latent_op_set_shape_error (
        error, "input, next to the derivative,", wanted, latent_op_get_shape (node, i));
    return FALSE;
  }
  return latent_infer_same (node, error);
}

static gboolean
run (const LatentEval *eval, LatentRowFunc func)
{
  const LatentView *src[] = {&eval->src[0], &eval->src[1], &eval->src[2]};

  latent_broadcast (&eval->dst[0], src, 3, eval->threads, func, NULL);
  return TRUE;
}

/* A loop for each way in which a and b step, so that those whose operand stands still or runs along
 * become vectors. */
#define GRADIENT(name, expression)                                                                 \
  static inline __attribute__ ((always_inline)) void name##_loop (                                 \
      const LatentRow *row, gsize a_step, gsize b_step)                                            \
  {                                                                                                \
    const float *p = row->src[0], *q = row->src[1], *r = row->src[2];                              \
    float *dst = row->dst;                                                                         \
    for (gsize i = 0; i < row->n; i++) {                                                           \
      const float dy = p[i], a = q[i * a_step], b = r[i * b_step];                                 \
      dst[i] = (expression);                                                                       \
    }                                                                                              \
  }                                                                                                \
  static void name##_row (const LatentRow *row, gconstpointer data)                                \
  {                                                                                                \
    if (row->step[1] && row->step[2])                                                              \
      name##_loop (row, 1, 1);                                                                     \
    else if (row->step[1])                                                                         \
      name##_loop (row, 1, 0);                                                                     \
    else if (row->step[2])                                                                         \
      name##_loop (row, 0, 1);                                                                     \
    else                                                                                           \
      name##_loop (row, 0, 0);                                                                     \
  }                                                                                                \
  static gboolean eval_##name (const LatentEval *eval, GError **error)                             \
  {                                                                                                \
    return run (eval, name##_row);                                                                 \
  }

/* a to the power of b, by a. The square is what nets have most; 0 to a power above 0 is no 0 / 0.
 */
GRADIENT (pow_base, b == 2 ? 2 * a * dy : b == 0 ? 0 : dy * b * powf (a, b - 1))
/* By b: of a negative a there is none, and 0 stays 0. */
GRADIENT (pow_exponent, a > 0 ? dy * powf (a, b) * logf (a) : 0)
/* b is the slope. */
GRADIENT (prelu, a < 0 ? dy * b : dy)
GRADIENT (prelu_slope, a < 0 ? dy * a : 0 * b)
/* To a where it is what was picked, b. */
GRADIENT (pick, a == b ? dy : 0)

#define ROW(name, eval)                                                                            \
  {                                                                                                \
    name, LATENT_DOMAIN_TRAINING, 1, 1, 3, 3, 1, 1, LATENT_TYPES_F32, "", infer_derivative, eval,  \
        .elementwise = TRUE                                                                        \
  }

const LatentOp latent_ops_binary_gradient[] = {
    ROW ("PowBaseGradient", eval_pow_base),
    ROW ("PowExponentGradient", eval_pow_exponent),
    ROW ("PReluGradient", eval_prelu),
    ROW ("PReluSlopeGradient", eval_prelu_slope),
    ROW ("PickGradient", eval_pick),
    {0},
};
