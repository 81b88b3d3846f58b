/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/ops/recurrent.h"

static const char *const direction_names[] = {"forward", "reverse", "bidirectional", NULL};

/* Inputs. Sizes are given as letters: d directions, g gates x hidden, i inputs, h hidden,
 * B 2 x gates x hidden, P 3 x hidden, b batch, and x, y and s for all dimensions of X, Y and a
 * state. Gradients have those by outputs last. */
static const struct {
  const char *name;
  const char *dims;
} inputs[] = {
    {"X",             "x"  },
    {"W",             "dgi"},
    {"R",             "dgh"},
    {"B",             "dB" },
    {"sequence_lens", "b"  },
    {"initial_h",     "s"  },
    {"initial_c",     "s"  },
    {"P",             "dP" },
    {"dY",            "y"  },
    {"dY_h",          "s"  },
    {"dY_c",          "s"  },
};

static gint64
get_size (const LatentRecurrentParams *params, char letter)
{
  switch (letter) {
  case 'd':
    return params->directions;
  case 'g':
    return params->gates * params->hidden;
  case 'i':
    return params->inputs;
  case 'h':
    return params->hidden;
  case 'B':
    return 2 * params->gates * params->hidden;
  case 'P':
    return 3 * params->hidden;
  default:
    return params->batch;
  }
}

/* Dimensions of time and batch stand in this order unless layout is 1. */
static LatentShape
get_whole (const LatentRecurrentParams *params, char letter)
{
  gint64 d = params->directions, t = params->steps, b = params->batch, h = params->hidden;
  gboolean swapped = params->batch_first;

  if (letter == 'x')
    return (LatentShape){
        3, {swapped ? b : t, swapped ? t : b, params->inputs}
    };
  if (letter == 's')
    return (LatentShape){
        3, {swapped ? b : d, swapped ? d : b, h}
    };
  return swapped ? (LatentShape){4, {b, t, d, h}}
                 : (LatentShape){4, {t, d, b, h}};
}

LatentShape
latent_recurrent_get_shape (const LatentRecurrentParams *params, guint i)
{
  const char *dims = inputs[i].dims;
  LatentShape shape = {0};

  if (strchr ("xsy", *dims) != NULL)
    return get_whole (params, *dims);
  for (; *dims != '\0'; dims++)
    shape.dims[shape.n++] = get_size (params, *dims);
  return shape;
}

static gboolean
check_inputs (const LatentNode *node, const LatentRecurrentParams *params, GError **error)
{
  for (guint i = 1; i < node->inputs->len; i++) {
    LatentShape wanted = latent_recurrent_get_shape (params, i);
    g_autofree char *text = NULL;
    if (latent_node_get_input (node, i) == NULL)
      continue;
    if (!latent_op_check_type (node, i, inputs[i].name,
            i == 4 ? LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT32) : LATENT_TYPES_F32, error))
      return FALSE;
    if (latent_shape_equal (&wanted, latent_op_get_shape (node, i)))
      continue;
    text = latent_shape_to_string (&wanted);
    latent_op_set_shape_error (error, inputs[i].name, text, latent_op_get_shape (node, i));
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_sizes (const LatentNode *node, LatentRecurrentParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *recurrence = latent_op_get_shape (node, 2);
  gint64 layout = latent_node_get_int (node, "layout", 0);

  if (!latent_op_check_rank (node, 0, "X", 3, 3, error) ||
      !latent_op_check_rank (node, 2, "R", 3, 3, error))
    return FALSE;
  params->hidden = recurrence->dims[2];
  params->batch_first = layout != 0;
  params->steps = src->dims[params->batch_first ? 1 : 0];
  params->batch = src->dims[params->batch_first ? 0 : 1];
  params->inputs = src->dims[2];
  if (layout != 0 && layout != 1) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "layout wants 0 or 1, is %" G_GINT64_FORMAT, layout);
    return FALSE;
  }
  if (params->hidden >= 1 &&
      latent_node_get_int (node, "hidden_size", params->hidden) == params->hidden)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "hidden_size %" G_GINT64_FORMAT " is not the %" G_GINT64_FORMAT " of R",
      latent_node_get_int (node, "hidden_size", params->hidden), params->hidden);
  return FALSE;
}

static gboolean
read_clip (const LatentNode *node, LatentRecurrentParams *params, GError **error)
{
  params->clip = latent_node_get_float (node, "clip", INFINITY);
  if (params->clip > 0)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "clip wants a positive number, is %g",
      (double)params->clip);
  return FALSE;
}

gboolean
latent_recurrent_get_params (const LatentNode *node, LatentRecurrentParams *params, GError **error)
{
  guint direction = 0;

  *params = (LatentRecurrentParams){
      .gates = g_str_has_prefix (node->op_type, "LSTM")  ? 4
               : g_str_has_prefix (node->op_type, "GRU") ? 3
                                                         : 1,
      .linear_before_reset = latent_node_get_int (node, "linear_before_reset", 0) != 0,
      .input_forget = latent_node_get_int (node, "input_forget", 0) != 0,
  };
  if (!latent_op_get_choice (node, "direction", "forward", direction_names, &direction, error))
    return FALSE;
  params->reverse = direction == 1;
  params->directions = direction == 2 ? 2 : 1;
  return read_sizes (node, params, error) && read_clip (node, params, error) &&
         latent_recurrent_get_activations (node, params, error) &&
         check_inputs (node, params, error);
}

gboolean
latent_recurrent_check_derivable (
    const LatentNode *node, const LatentRecurrentParams *params, GError **error)
{
  const char *what = latent_node_get_input (node, 7) != NULL ? "peepholes"
                     : isfinite (params->clip)               ? "clip"
                     : params->input_forget                  ? "input_forget"
                                                             : NULL;

  for (gint64 d = 0; d < params->directions; d++)
    for (guint i = 0; i < LATENT_CELL_MAX_ACTIVATIONS; i++)
      if (params->activations[d][i].name != NULL && params->activations[d][i].slope == NULL)
        what = params->activations[d][i].name;
  if (what == NULL)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      "training with %s is not supported: it has no derivative here", what);
  return FALSE;
}

gsize
latent_recurrent_get_src (const LatentRecurrentParams *params, gint64 t, gint64 b)
{
  return (params->batch_first ? b * params->steps + t : t * params->batch + b) * params->inputs;
}

gsize
latent_recurrent_get_dst (const LatentRecurrentParams *params, gint64 t, gint64 d, gint64 b)
{
  return (params->batch_first ? (b * params->steps + t) * params->directions + d
                              : (t * params->directions + d) * params->batch + b) *
         params->hidden;
}

gsize
latent_recurrent_get_state (const LatentRecurrentParams *params, gint64 d, gint64 b)
{
  return (params->batch_first ? b * params->directions + d : d * params->batch + b) *
         params->hidden;
}
