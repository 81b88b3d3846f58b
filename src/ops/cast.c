/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"

#define GRAIN 16384 /* elements that are worth a thread */

static gboolean
infer_to (const LatentNode *node, gint64 to, GError **error)
{
  if (to < 0 || to > 31 || (LATENT_TYPES_ALL & LATENT_TYPE_BIT (to)) == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "a cast to %s (type %" G_GINT64_FORMAT ") is not supported",
        to == LATENT_DATA_TYPE_STRING ? "strings" : "that type", to);
    return FALSE;
  }
  return latent_op_set_output (node, 0, (LatentDataType)to, latent_op_get_shape (node, 0), error);
}

static gboolean
infer_cast (const LatentNode *node, GError **error)
{
  return latent_op_check_attribute (node, "to", error) &&
         infer_to (node, latent_node_get_int (node, "to", 0), error);
}

static gboolean
infer_cast_like (const LatentNode *node, GError **error)
{
  return infer_to (node, latent_op_get_type (node, 1), error);
}

static void
convert_part (gsize begin, gsize end, gpointer data)
{
  const LatentEval *eval = data;

  latent_convert (eval->src[0].type, eval->src[0].data, eval->dst[0].type, eval->dst[0].data, begin,
      end - begin);
}

static gboolean
eval_cast (const LatentEval *eval, GError **error)
{
  latent_parallel (eval->threads, eval->dst[0].n, GRAIN, convert_part, (gpointer)eval);
  return TRUE;
}

/* Between reals; to integers nothing flows, as what an integer is made of has no derivative. */
static gboolean
derive_cast (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *back = latent_gradient_node (self, "Cast", NULL);
  LatentValue *x = latent_node_get_input (node, 0), *dx;

  latent_node_add_input (back, latent_gradient_get (self, latent_node_get_output (node, 0)));
  latent_node_set_int (back, "to", x->type);
  dx = latent_gradient_finish (self, back, 1, error);
  latent_gradient_add (self, x, dx);
  return dx != NULL;
}

#define ROW(name, since, last, n, attributes, infer)                                               \
  {                                                                                                \
    name, "", since, last, n, n, 1, 1, LATENT_TYPES_ALL, attributes, infer, eval_cast,             \
        .gradient = derive_cast                                                                    \
  }

/* saturate is about 8-bit floats only. */
const LatentOp latent_ops_cast[] = {
    ROW ("Cast", 6, 18, 1, "to:i", infer_cast),
    ROW ("Cast", 19, LATENT_OPSET_MAX, 1, "saturate:i to:i", infer_cast),
    ROW ("CastLike", 15, 18, 2, "", infer_cast_like),
    ROW ("CastLike", 19, LATENT_OPSET_MAX, 2, "saturate:i", infer_cast_like),
    {0},
};
