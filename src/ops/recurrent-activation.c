/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/ops/recurrent.h"

static float
relu (float x, float alpha, float beta)
{
  return x > 0 ? x : 0;
}

static float
hyperbolic_tangent (float x, float alpha, float beta)
{
  return tanhf (x);
}

static float
sigmoid (float x, float alpha, float beta)
{
  return 1 / (1 + expf (-x));
}

static float
affine (float x, float alpha, float beta)
{
  return alpha * x + beta;
}

static float
leaky_relu (float x, float alpha, float beta)
{
  return x >= 0 ? x : alpha * x;
}

static float
thresholded_relu (float x, float alpha, float beta)
{
  return x > alpha ? x : 0;
}

static float
scaled_tanh (float x, float alpha, float beta)
{
  return alpha * tanhf (beta * x);
}

static float
hard_sigmoid (float x, float alpha, float beta)
{
  return CLAMP (alpha * x + beta, 0, 1);
}

static float
elu (float x, float alpha, float beta)
{
  return x >= 0 ? x : alpha * expm1f (x);
}

static float
softsign (float x, float alpha, float beta)
{
  return x / (1 + fabsf (x));
}

static float
softplus (float x, float alpha, float beta)
{
  return x > 0 ? x + log1pf (expf (-x)) : log1pf (expf (x));
}

static float
get_relu_slope (float y)
{
  return y > 0;
}

static float
get_sigmoid_slope (float y)
{
  return y * (1 - y);
}

static float
get_tanh_slope (float y)
{
  return 1 - y * y;
}

/* Names are compared without case; parameters are taken from the lists in turn, by those that have
 * them. */
static const struct {
  LatentActivation defaults;
  gboolean has_alpha;
  gboolean has_beta;
} activations[] = {
    {{"Affine", affine, 1, 0, NULL},                     TRUE,  TRUE },
    {{"Elu", elu, 1, 0, NULL},                           TRUE,  FALSE},
    {{"HardSigmoid", hard_sigmoid, 0.2f, 0.5f, NULL},    TRUE,  TRUE },
    {{"LeakyRelu", leaky_relu, 0.01f, 0, NULL},          TRUE,  FALSE},
    {{"Relu", relu, 0, 0, get_relu_slope},               FALSE, FALSE},
    {{"ScaledTanh", scaled_tanh, 1, 1, NULL},            TRUE,  TRUE },
    {{"Sigmoid", sigmoid, 0, 0, get_sigmoid_slope},      FALSE, FALSE},
    {{"Softplus", softplus, 0, 0, NULL},                 FALSE, FALSE},
    {{"Softsign", softsign, 0, 0, NULL},                 FALSE, FALSE},
    {{"Tanh", hyperbolic_tangent, 0, 0, get_tanh_slope}, FALSE, FALSE},
    {{"ThresholdedRelu", thresholded_relu, 1, 0, NULL},  TRUE,  FALSE},
};

/* A list of floats that is taken from the front. */
typedef struct {
  const float *values;
  guint left;
} Queue;

static float
take (Queue *queue, float fallback)
{
  if (queue->left == 0)
    return fallback;
  queue->left--;
  return *queue->values++;
}

static gboolean
read_activation (
    const char *name, Queue *alphas, Queue *betas, LatentActivation *activation, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (activations); i++) {
    if (g_ascii_strcasecmp (activations[i].defaults.name, name) != 0)
      continue;
    *activation = activations[i].defaults;
    if (activations[i].has_alpha)
      activation->alpha = take (alphas, activation->alpha);
    if (activations[i].has_beta)
      activation->beta = take (betas, activation->beta);
    return TRUE;
  }
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "activation '%s' is not supported", name);
  return FALSE;
}

gboolean
latent_recurrent_get_activations (
    const LatentNode *node, LatentRecurrentParams *params, GError **error)
{
  static const char *const lstm[] = {"Sigmoid", "Tanh", "Tanh"};
  static const char *const rnn[] = {"Tanh"};
  const char *const *usual = params->gates == 1 ? rnn : lstm; /* GRU has LSTM's first two */
  guint n = params->gates == 1 ? 1 : params->gates == 3 ? 2 : 3;
  guint wanted = n * (guint)params->directions;
  const LatentAttribute *attribute = latent_node_find_attribute (node, "activations");
  Queue alphas = {0};
  Queue betas = {0};

  alphas.values = latent_node_get_floats (node, "activation_alpha", &alphas.left);
  betas.values = latent_node_get_floats (node, "activation_beta", &betas.left);
  if (attribute != NULL && attribute->n != wanted) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "activations wants %u names, has %u",
        wanted, attribute->n);
    return FALSE;
  }
  for (guint i = 0; i < wanted; i++) {
    const char *name = attribute != NULL ? attribute->strings[i] : usual[i % n];
    if (!read_activation (name, &alphas, &betas, &params->activations[i / n][i % n], error))
      return FALSE;
  }
  return TRUE;
}
