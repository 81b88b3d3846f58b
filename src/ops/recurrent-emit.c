/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/dnn/emit.h"
#include "src/ops/recurrent.h"

/* What oneDNN has a cell for, by the names of all activations of one direction. */
static const struct {
  gint64 gates;
  gboolean linear_before_reset;
  const char *activations[LATENT_CELL_MAX_ACTIVATIONS]; /* NULL behind the last */
  LatentCell cell;
} cells[] = {
    {1, FALSE, {"Tanh"},                    LATENT_CELL_TANH      },
    {1, FALSE, {"Relu"},                    LATENT_CELL_RELU      },
    {3, FALSE, {"Sigmoid", "Tanh"},         LATENT_CELL_GRU       },
    {3, TRUE,  {"Sigmoid", "Tanh"},         LATENT_CELL_LINEAR_GRU},
    {4, FALSE, {"Sigmoid", "Tanh", "Tanh"}, LATENT_CELL_LSTM      },
};

static gboolean
has_activations (const LatentRecurrentParams *params, const char *const *names)
{
  for (gint64 d = 0; d < params->directions; d++)
    for (guint i = 0; i < LATENT_CELL_MAX_ACTIVATIONS; i++)
      if (g_strcmp0 (params->activations[d][i].name, names[i]) != 0)
        return FALSE;
  return TRUE;
}

static gboolean
find_cell (const LatentRecurrentParams *params, LatentCell *cell)
{
  for (guint i = 0; i < G_N_ELEMENTS (cells); i++) {
    if (cells[i].gates != params->gates || !has_activations (params, cells[i].activations) ||
        (params->gates == 3 && cells[i].linear_before_reset != params->linear_before_reset))
      continue;
    *cell = cells[i].cell;
    return TRUE;
  }
  return FALSE;
}

/* Whether all sequences are known to be as long as the array. */
static gboolean
has_full_length (const LatentNode *node, const LatentRecurrentParams *params)
{
  const LatentValue *lengths = latent_node_get_input (node, 4);

  if (lengths == NULL)
    return TRUE;
  if (!latent_value_is_constant (lengths))
    return FALSE;
  for (gint64 b = 0; b < params->batch; b++)
    if (((const gint32 *)lengths->data->data)[b] != params->steps)
      return FALSE;
  return TRUE;
}

typedef LatentEmit (*EmitFunc) (LatentBuilder *builder, const LatentNode *node, LatentCell cell,
    gboolean reverse, GError **error);

static LatentEmit
emit (LatentBuilder *builder, const LatentNode *node, EmitFunc func, GError **error)
{
  LatentRecurrentParams params;
  LatentCell cell;

  if (!latent_recurrent_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  if (params.batch_first || params.input_forget || isfinite (params.clip) ||
      latent_node_get_input (node, 7) != NULL || !has_full_length (node, &params) ||
      !find_cell (&params, &cell))
    return LATENT_EMIT_FALLBACK;
  return func (builder, node, cell, params.reverse, error);
}

LatentEmit
latent_recurrent_emit (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return emit (builder, node, latent_dnn_recurrent, error);
}

LatentEmit
latent_recurrent_gradient_emit (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  return emit (builder, node, latent_dnn_recurrent_backward, error);
}
