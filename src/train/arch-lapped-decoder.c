/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-lapped.h"

#include <math.h>

#include "src/base/random.h"

#define HISS_RANGE  7.f
#define INPUT_SCALE .1f  /* of latents, for the decoder's hidden layers */
#define PERIOD      4093 /* windows after which noise begins anew; a prime */
#define SHAKE       4.f
#define GAIN_MEAN   -1.5f /* the decoder's bands: exp (-15) ... */
#define GAIN_RANGE  6.f   /* ... to exp (-3) */

/* Rows [begin, end) of src, counted from the end where negative. */
static LatentValue *
take_rows (LatentArch *self, const char *path, LatentValue *src, gint64 begin, gint64 end)
{
  const gint64 zero = 0;
  const struct {
    const char *name;
    const gint64 *value;
  } inputs[] = {
      {"begin", &begin},
      {"end",   &end  },
      {"axes",  &zero }
  };
  LatentNode *node = latent_layers_node (&self->layers, "Slice", path, src, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++) {
    g_autofree char *full = g_strdup_printf ("%s/%s", path, inputs[i].name);
    g_autoptr (LatentTensor) tensor = latent_tensor_new_int64s (inputs[i].value, 1);
    latent_node_add_input (node, latent_graph_add_constant (self->layers.graph, full, tensor));
  }
  return latent_node_get_output (node, 0);
}

/* What goes from window to window: an input that is what the output NAME_next was. */
static LatentValue *
add_state (LatentArch *self, const char *name, LatentShape shape)
{
  self->states[self->n_states].name = name;
  self->states[self->n_states].shape = shape;
  return latent_layers_input (&self->layers, name, &shape, NULL);
}

static void
set_next (LatentArch *self, LatentValue *value)
{
  self->states[self->n_states++].next = value;
}

/* How many windows there were, up to each row: 1, 2, 3 ... and after PERIOD from 0 again. */
static LatentValue *
count_rows (LatentArch *self, LatentValue *latent)
{
  LatentLayers *layers = &self->layers;
  g_autoptr (LatentTensor) one = latent_tensor_new_int64s ((const gint64[]){1}, 1);
  g_autoptr (LatentTensor) zero = latent_tensor_new_int64s ((const gint64[]){0}, 1);
  g_autoptr (LatentTensor)
      start = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 1, (const gint64[]){1}, NULL);
  LatentValue *count = add_state (self, "count",
      (LatentShape){
          2, {1, 1}
  });
  LatentValue *shape = latent_layers_apply (layers, "Shape", "decoder/noise/shape", latent, NULL);

  shape = take_rows (self, "decoder/noise/batch", shape, 0, 1);
  shape = latent_lapped_join (self, "decoder/noise/rows", shape,
      latent_graph_add_constant (layers->graph, "decoder/noise/one", one), 0);
  LatentNode *ones = latent_layers_node (
      layers, "ConstantOfShape", "decoder/noise/ones", shape, NULL, NULL);
  *(float *)latent_tensor_get_writable_data (start) = 1;
  latent_node_set_tensor (ones, "value", start);
  LatentValue *rows = latent_layers_apply (layers, "CumSum", "decoder/noise/sum",
      latent_node_get_output (ones, 0),
      latent_graph_add_constant (layers->graph, "decoder/noise/axis", zero));
  rows = latent_layers_apply (layers, "Add", "decoder/noise/after", rows, count);
  LatentNode *mod = latent_layers_node (layers, "Mod", "decoder/noise/count", rows,
      latent_layers_constant (layers, "decoder/noise/period", latent_tensor_new_float (PERIOD)),
      NULL);
  latent_node_set_int (mod, "fmod", 1);
  rows = latent_node_get_output (mod, 0);
  set_next (self, take_rows (self, "decoder/noise/next", rows, -1, G_MAXINT64));
  return rows;
}

/* sin (turn[k] src) + nothing learned: [n, 1] to [n, hop]. */
static LatentValue *
add_turns (LatentArch *self, const char *path, LatentValue *src, guint64 stream)
{
  gint64 hop = latent_lapped_get_hop (self);
  g_autofree char *turns = g_strdup_printf ("%s/turns", path);
  g_autofree char *angle = g_strdup_printf ("%s/angle", path);
  g_autoptr (LatentTensor) tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32,
      &(LatentShape){
          2, {1, hop}
  },
      NULL);
  float *data = latent_tensor_get_writable_data (tensor);
  LatentRandom random;

  latent_random_init (&random, stream, LATENT_RANDOM_WEIGHTS, G_MAXUINT32);
  latent_random_fill_uniform (&random, data, (gsize)hop, 1, (float)(PERIOD - 1));
  for (gint64 k = 0; k < hop; k++)
    data[k] = (float)(2 * G_PI * floor ((double)data[k]) / PERIOD);
  return latent_layers_apply (&self->layers, "MatMul", angle, src,
      latent_layers_constant (&self->layers, turns, g_steal_pointer (&tensor)));
}

/* Numbers that are as good as random, for each coefficient its own, and the same on every machine:
 * a sine whose phase another one shakes. */
static LatentValue *
add_noise (LatentArch *self, LatentValue *latent)
{
  LatentLayers *layers = &self->layers;
  LatentValue *rows = count_rows (self, latent);
  LatentValue *shake = latent_layers_apply (
      layers, "Sin", "decoder/noise/shake", add_turns (self, "decoder/noise/first", rows, 1), NULL);

  shake = latent_lapped_affine (self, "decoder/noise/shaken", shake, 0, SHAKE);
  shake = latent_layers_apply (layers, "Add", "decoder/noise/phase", shake,
      add_turns (self, "decoder/noise/second", rows, 2));
  return latent_layers_apply (layers, "Sin", "decoder/noise", shake, NULL);
}

/* The latents of a window behind one another with those of the `context` windows before. What is a
 * batch in training is one window after the other in use: the last rows are the state. */
static LatentValue *
add_context (LatentArch *self, LatentValue *latent, gint64 context)
{
  if (context == 0)
    return latent;
  LatentValue *past = add_state (self, "past",
      (LatentShape){
          2, {context, self->k}
  });
  LatentValue *all = latent_lapped_join (self, "decoder/rows", past, latent, 0), *joined = latent;

  for (gint64 i = 1; i <= context; i++) {
    g_autofree char *before = g_strdup_printf ("decoder/before%" G_GINT64_FORMAT, i);
    g_autofree char *path = g_strdup_printf ("decoder/context%" G_GINT64_FORMAT, i);
    joined = latent_lapped_join (
        self, path, joined, take_rows (self, before, all, context - i, -i), 1);
  }
  set_next (self, take_rows (self, "decoder/next", all, -context, G_MAXINT64));
  return joined;
}

/* exp (range (tanh (level) + mean)) of each coefficient's band: [n, LATENT_LAPPED_BANDS] to [n,
 * hop]. */
static LatentValue *
add_gain (LatentArch *self, const char *path, LatentValue *level, float mean, float range)
{
  LatentLayers *layers = &self->layers;
  g_autofree char *loudness = g_strdup_printf ("%s/loudness", path);
  g_autofree char *bands = g_strdup_printf ("%s/bands", path);
  g_autofree char *spread = g_strdup_printf ("%s/spread", path);
  g_autofree char *gain = g_strdup_printf ("%s/gain", path);

  level = latent_layers_activate (layers, path, level, "tanh");
  level = latent_lapped_affine (self, loudness, level, mean, range);
  level = latent_layers_apply (
      layers, "MatMul", spread, level, latent_lapped_bands (self, bands, TRUE));
  return latent_layers_apply (layers, "Exp", gain, level, NULL);
}

/* As loud as the levels say and the hidden layers correct. */
static LatentValue *
add_hiss (LatentArch *self, LatentValue *latent, LatentValue *hidden, gint64 n)
{
  LatentLayers *layers = &self->layers;
  LatentValue *level = latent_lapped_affine (self, "decoder/hiss/loud", latent, 0,
      .5f / (HISS_RANGE * LATENT_LAPPED_LEVEL_SCALE * LATENT_LAPPED_LOUD_SCALE));
  level = latent_layers_apply (layers, "MatMul", "decoder/hiss/direct", level,
      latent_lapped_levels (self, "decoder/hiss/direct", FALSE, 1));
  LatentValue *correction = latent_layers_dense (
      layers, "decoder/hiss/dense", hidden, n, LATENT_LAPPED_BANDS, NULL);

  correction = latent_lapped_affine (
      self, "decoder/hiss/correction", correction, 0, 1 / HISS_RANGE);
  return add_gain (self, "decoder/hiss",
      latent_layers_apply (layers, "Add", "decoder/hiss/level", level, correction),
      -(LATENT_LAPPED_LOUD_MEAN / 2 + 1) / HISS_RANGE, HISS_RANGE);
}

/* What the hidden layers make beside the latents themselves: what they know, and noise as loud as
 * what they do not. */
static LatentValue *
add_detail (LatentArch *self, LatentValue *latent, LatentValue *hidden, gint64 n)
{
  LatentLayers *layers = &self->layers;
  LatentValue *shape = latent_layers_dense (
      layers, "decoder/shape", hidden, n, latent_lapped_get_hop (self), NULL);
  LatentValue *level = latent_layers_dense (
      layers, "decoder/level", hidden, n, LATENT_LAPPED_BANDS, NULL);
  LatentValue *known = latent_layers_apply (layers, "Mul", "decoder/known", shape,
      add_gain (self, "decoder/loud", level, GAIN_MEAN, GAIN_RANGE));
  LatentValue *unknown = latent_layers_apply (layers, "Mul", "decoder/unknown",
      add_noise (self, latent), add_hiss (self, latent, hidden, n));

  return latent_layers_apply (layers, "Add", "decoder/detail", known, unknown);
}

LatentValue *
latent_lapped_decode (LatentArch *self, LatentValue *places)
{
  LatentLayers *layers = &self->layers;
  LatentValue *latent = latent_layers_flatten (layers, "decoder/flatten",
      latent_layers_transpose (layers, "decoder/places", places, (gint64[]){0, 2, 1}, 3));
  gint64 context = latent_recipe_get_int (self->recipe, "context");
  gint64 n_dst;
  LatentValue *joined = latent_lapped_affine (
      self, "decoder/input", add_context (self, latent, context), 0, INPUT_SCALE);
  LatentValue *hidden = latent_arch_add_mirrored (self, joined, self->k * (context + 1), &n_dst);
  LatentValue *direct = latent_lapped_affine (
      self, "decoder/scaled", latent, 0, 1 / LATENT_LAPPED_SCALE);

  direct = latent_layers_apply (layers, "MatMul", "decoder/direct", direct,
      latent_lapped_diagonal (self, "decoder/direct", FALSE, 1));
  LatentValue *sum = latent_layers_apply (
      layers, "Add", "decoder/coefficients", direct, add_detail (self, latent, hidden, n_dst));

  sum = latent_lapped_affine (self, "decoder/unit", sum, 0, latent_lapped_get_unit (self));
  sum = latent_layers_apply (
      layers, "MatMul", "decoder/window", sum, latent_lapped_basis (self, "decoder/window", FALSE));
  return latent_layers_reshape (layers, "decoder/reshape", sum, (gint64[]){-1, 1, self->d}, 3);
}
