/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-lapped.h"

#include <math.h>

#include "src/base/random.h"

#define HISS_RANGE  2.f   /* of a logarithm: 17 dB */
#define HISS_PART   -.15f /* .6 of what the level says; sines have 1/sqrt (2) of noise's size */
#define HISS_MOST   .25f  /* of a step, likewise */
#define LEAST_STEP  .25f  /* below the best quality's */
#define NO_STEP     1000.f
#define CODED_FALL  3.f  /* of noise at a coefficient that is 1: exp (-3) */
#define INPUT_SCALE .1f  /* of latents, for the decoder's hidden layers */
#define PERIOD      4093 /* windows after which noise begins anew; a prime */
#define SHAKE       4.f

typedef struct {
  LatentValue *all;          /* [n, latents], band by band */
  LatentValue *levels;       /* [n, bands] */
  LatentValue *coefficients; /* [n, hop] */
  LatentValue *gain;         /* [n, hop] */
} LappedLatents;

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

  shape = latent_lapped_slice (self, "decoder/noise/batch", shape, 0, 0, 1);
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
  set_next (self, latent_lapped_slice (self, "decoder/noise/next", rows, 0, -1, G_MAXINT64));
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
        self, path, joined, latent_lapped_slice (self, before, all, 0, context - i, -i), 1);
  }
  set_next (self, latent_lapped_slice (self, "decoder/next", all, 0, -context, G_MAXINT64));
  return joined;
}

/* The quantiser's step, [n, 1]: the least of a window's coefficients that are not 0; NO_STEP where
 * all are. */
static LatentValue *
find_step (LatentArch *self, LatentValue *sizes)
{
  LatentLayers *layers = &self->layers;
  LatentValue *zero = latent_layers_activate (layers, "decoder/step/zero",
      latent_lapped_affine (self, "decoder/step/below", sizes, -LEAST_STEP, -1 / LEAST_STEP),
      "relu");
  LatentValue *sum = latent_layers_apply (layers, "Add", "decoder/step/sizes", sizes,
      latent_lapped_affine (self, "decoder/step/none", zero, 0, NO_STEP));
  LatentNode *node = latent_layers_node (layers, "ReduceMin", "decoder/step", sum, NULL, NULL);

  latent_node_set_ints (node, "axes", (const gint64[]){1}, 1);
  return latent_node_get_output (node, 0);
}

/* The logarithm of noise's size for coefficients that are 0: as loud as their band, but no louder
 * than what would not be 0. */
static LatentValue *
add_level (
    LatentArch *self, const LappedLatents *latents, LatentValue *sizes, LatentValue *loudness)
{
  LatentLayers *layers = &self->layers;
  LatentValue *level = latent_lapped_spread (self, "decoder/hiss/spread",
      latent_lapped_affine (self, "decoder/hiss/half", loudness, 2 * HISS_PART, .5f));
  LatentValue *most = latent_layers_apply (
      layers, "Mul", "decoder/hiss/steps", latents->gain, find_step (self, sizes));

  most = latent_layers_apply (layers, "Log", "decoder/hiss/most",
      latent_lapped_affine (self, "decoder/hiss/most", most, 0, HISS_MOST / LATENT_LAPPED_SCALE),
      NULL);
  LatentValue *above = latent_layers_apply (layers, "Add", "decoder/hiss/above", level,
      latent_lapped_affine (self, "decoder/hiss/less", most, 0, -1));
  above = latent_layers_activate (layers, "decoder/hiss/above", above, "relu");
  return latent_layers_apply (layers, "Add", "decoder/hiss/level", level,
      latent_lapped_affine (self, "decoder/hiss/lower", above, 0, -1));
}

/* As loud as hidden layers correct it to be. */
static LatentValue *
add_hiss (LatentArch *self, const LappedLatents *latents, LatentValue *loudness,
    LatentValue *hidden, gint64 n)
{
  LatentLayers *layers = &self->layers;
  LatentValue *sizes = latent_layers_apply (
      layers, "Abs", "decoder/sizes", latents->coefficients, NULL);
  LatentValue *correction = latent_layers_activate (layers, "decoder/hiss/bound",
      latent_layers_tokens (layers, "decoder/hiss/dense", hidden, n, latent_lapped_get_hop (self),
          NULL, LATENT_ARCH_REFINE_GAIN),
      "tanh");
  LatentValue *level = latent_layers_apply (layers, "Add", "decoder/hiss/corrected",
      add_level (self, latents, sizes, loudness),
      latent_lapped_affine (self, "decoder/hiss/correction", correction, 0, HISS_RANGE));

  level = latent_layers_apply (layers, "Add", "decoder/hiss/where", level,
      latent_lapped_affine (self, "decoder/hiss/coded", sizes, 0, -CODED_FALL));
  return latent_layers_apply (layers, "Mul", "decoder/unknown", add_noise (self, latents->all),
      latent_layers_apply (layers, "Exp", "decoder/hiss/gain", level, NULL));
}

/* What the hidden layers know. */
static LatentValue *
add_shape (LatentArch *self, LatentValue *loudness, LatentValue *hidden, gint64 n)
{
  LatentLayers *layers = &self->layers;
  LatentValue *shape = latent_layers_tokens (layers, "decoder/shape", hidden, n,
      latent_lapped_get_hop (self), NULL, LATENT_ARCH_REFINE_GAIN);
  LatentValue *loud = latent_lapped_affine (self, "decoder/loud/half", loudness, 0, .5f);
  LatentValue *gain = latent_layers_apply (layers, "Exp", "decoder/loud",
      latent_lapped_spread (self, "decoder/loud/spread", loud), NULL);

  return latent_layers_apply (layers, "Mul", "decoder/known", shape, gain);
}

static LappedLatents
split_latents (LatentArch *self, LatentValue *places)
{
  LatentLayers *layers = &self->layers;
  LatentValue *bands = latent_layers_transpose (
      layers, "decoder/places", places, (gint64[]){0, 2, 1}, 3);
  LappedLatents latents = {.all = latent_layers_flatten (layers, "decoder/flatten", bands)};
  LatentValue *levels = latent_lapped_slice (self, "decoder/split/levels", bands, 2, 0, 1);
  LatentValue *rest = latent_lapped_slice (
      self, "decoder/split/coefficients", bands, 2, 1, G_MAXINT64);

  latents.levels = latent_layers_reshape (
      layers, "decoder/levels", levels, (gint64[]){-1, LATENT_LAPPED_BANDS}, 2);
  latents.coefficients = latent_layers_reshape (
      layers, "decoder/symbols", rest, (gint64[]){-1, latent_lapped_get_hop (self)}, 2);
  latents.gain = latent_lapped_gain (self, "decoder/gain", latents.levels, FALSE);
  return latents;
}

static LatentValue *
add_direct (LatentArch *self, const LappedLatents *latents)
{
  LatentLayers *layers = &self->layers;
  LatentValue *direct = latent_layers_apply (
      layers, "Mul", "decoder/direct/gained", latents->coefficients, latents->gain);

  direct = latent_lapped_affine (self, "decoder/direct/scaled", direct, 0, 1 / LATENT_LAPPED_SCALE);
  return latent_layers_apply (
      layers, "Mul", "decoder/direct", direct, latent_lapped_scales (self, "decoder/direct"));
}

LatentValue *
latent_lapped_decode (LatentArch *self, LatentValue *places)
{
  LatentLayers *layers = &self->layers;
  LappedLatents latents = split_latents (self, places);
  gint64 context = latent_recipe_get_int (self->recipe, "context");
  gint64 n;
  LatentValue *joined = latent_lapped_affine (
      self, "decoder/input", add_context (self, latents.all, context), 0, INPUT_SCALE);
  LatentValue *hidden = latent_arch_add_mirrored (self, joined, self->k * (context + 1), &n);
  LatentValue *loudness = latent_layers_apply (layers, "MatMul", "decoder/loudness/levels",
      latents.levels, latent_lapped_levels (self, "decoder/loudness/levels"));
  LatentValue *direct = add_direct (self, &latents);

  loudness = latent_lapped_affine (self, "decoder/loudness", loudness,
      -LATENT_LAPPED_LEVEL_MEAN * LATENT_LAPPED_LEVEL_SCALE, 1 / LATENT_LAPPED_LEVEL_SCALE);
  LatentValue *sum = latent_layers_apply (
      layers, "Add", "decoder/sum", direct, add_shape (self, loudness, hidden, n));
  sum = latent_layers_apply (
      layers, "Add", "decoder/coefficients", sum, add_hiss (self, &latents, loudness, hidden, n));
  sum = latent_lapped_affine (self, "decoder/unit", sum, 0, latent_lapped_get_unit (self));
  sum = latent_layers_apply (
      layers, "MatMul", "decoder/window", sum, latent_lapped_basis (self, "decoder/window", FALSE));
  return latent_layers_reshape (layers, "decoder/reshape", sum, (gint64[]){-1, 1, self->d}, 3);
}
