/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-private.h"

#include <math.h>

#include "src/base/random.h"

/* Sound in windows that overlap by half, as transform codecs see it. What a window is cut into and
 * put together of is learned, from a lapped transform (MDCT: Princen and Bradley 1986) on:
 *
 *   x > basis > coefficients > evened, loudness of bands > [dense] > dense --+-> latent
 *                     \------------------------------------------> matrix --/
 *   latent, those before it > [dense] > shape x exp (loudness of bands) -----+> basis > y
 *         \           \                 noise x exp (loudness of bands) ----/
 *          \-----------------------------------------------> matrix ------/
 *
 * At first the latents are the lowest coefficients, and windows that are overlap-added give the
 * sound below their frequencies back. */

#define BANDS        32
#define LANES        8     /* latents that lie at one place: neighbours in frequency */
#define LATENT_SCALE 32.f  /* of a coefficient in a latent, at first: a step of 1 is -48 dB */
#define LEAST_POWER  1e-9f /* of a band */
#define LOUD_MEAN    10.f  /* loudness is a natural logarithm: makes it about 0 ... */
#define LOUD_SCALE   .2f   /* ... and 1 */
#define INPUT_SCALE  .1f   /* of latents, for the decoder's hidden layers */
#define PERIOD       4093  /* windows after which noise begins anew; a prime */
#define SHAKE        4.f
#define GAIN_MEAN    -1.5f /* the decoder's bands: exp (-15) ... */
#define GAIN_RANGE   6.f   /* ... to exp (-3) */

static gboolean
prepare (LatentArch *self, GError **error)
{
  const LatentMediaInfo *media = &self->spec->media;

  if (media->kind != LATENT_MEDIA_AUDIO || media->channels != 1)
    return latent_arch_fail (error, "arch", "lapped wants sound of one channel");
  if (self->d != 2 * (gint64)media->hop)
    return latent_arch_fail (error, "hop",
        "%u: lapped wants half of the window of %" G_GINT64_FORMAT, media->hop, self->d);
  if (self->k > media->hop)
    return latent_arch_fail (
        error, "latent", "%" G_GINT64_FORMAT " are more than a hop of %u", self->k, media->hop);
  if (media->hop < BANDS)
    return latent_arch_fail (error, "hop", "%u, wanted are %d at least", media->hop, BANDS);
  if (self->k % LANES != 0)
    return latent_arch_fail (
        error, "latent", "%" G_GINT64_FORMAT ", lapped wants a multiple of %d", self->k, LANES);
  self->latent = (LatentShape){
      3, {-1, LANES, self->k / LANES}
  };
  return TRUE;
}

static gint64
get_hop (const LatentArch *self)
{
  return self->d / 2;
}

/* A parameter of two dimensions, to be filled; NULL where there is an error already. */
static LatentValue *
add_matrix (
    LatentArch *self, const char *path, const char *name, gint64 rows, gint64 columns, float **data)
{
  LatentValue *value = latent_layers_parameter (&self->layers, path, name,
      &(LatentShape){
          2, {rows, columns}
  },
      &(LatentFill){0});

  *data = value->data != NULL ? latent_tensor_get_writable_data (value->data) : NULL;
  return value;
}

/* Sample i's share of coefficient k. */
static double
get_wave (gint64 hop, gint64 i, gint64 k)
{
  double n = (double)hop;

  return sqrt (2 / n) * cos (G_PI / n * ((double)i + .5 + n / 2) * ((double)k + .5));
}

/* Windows are added up with the weights sin^2; what is cut out with sin^2 / (sin^4 + cos^4) comes
 * back whole then. */
static double
get_cut (gint64 hop, gint64 i)
{
  double sine = sin (G_PI * ((double)i + .5) / (2 * (double)hop));
  double a = sine * sine, b = 1 - a;

  return a / (a * a + b * b);
}

/* [window, hop], or the other way round for the decoder. */
static LatentValue *
add_basis (LatentArch *self, const char *path, gboolean cuts)
{
  gint64 hop = get_hop (self), window = 2 * hop;
  float *data;
  LatentValue *basis = add_matrix (
      self, path, "basis", cuts ? window : hop, cuts ? hop : window, &data);

  for (gint64 i = 0; data != NULL && i < window; i++)
    for (gint64 k = 0; k < hop; k++) {
      if (cuts)
        data[i * hop + k] = (float)(get_wave (hop, i, k) * get_cut (hop, i));
      else
        data[k * window + i] = (float)get_wave (hop, i, k);
    }
  return basis;
}

/* [rows, columns], `scale` where they are equal. */
static LatentValue *
add_diagonal (LatentArch *self, const char *path, gint64 rows, gint64 columns, float scale)
{
  float *data;
  LatentValue *matrix = add_matrix (self, path, "matrix", rows, columns, &data);

  for (gint64 i = 0; data != NULL && i < MIN (rows, columns); i++)
    data[i * columns + i] = scale;
  return matrix;
}

/* Bands are narrow below and wide above: the first that coefficient k is in. */
static gint64
find_band (gint64 hop, gint64 k)
{
  double place = (double)k / (double)hop;
  double part = log1p (9 * place) / log (10);

  return MIN ((gint64)(part * BANDS), BANDS - 1);
}

/* What makes means of bands [hop, BANDS], or spreads bands over coefficients [BANDS, hop]. */
static LatentValue *
add_bands (LatentArch *self, const char *path, gboolean spreads)
{
  gint64 hop = get_hop (self), sizes[BANDS] = {0};
  g_autoptr (LatentTensor) tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32,
      &(LatentShape){
          2, {spreads ? BANDS : hop, spreads ? hop : BANDS}
  },
      NULL);
  float *data = latent_tensor_get_writable_data (tensor);

  for (gint64 k = 0; k < hop; k++)
    sizes[find_band (hop, k)]++;
  for (gint64 k = 0; k < hop; k++) {
    gint64 band = find_band (hop, k);
    if (spreads)
      data[band * hop + k] = 1;
    else
      data[k * BANDS + band] = 1 / (float)sizes[band];
  }
  return latent_layers_constant (&self->layers, path, g_steal_pointer (&tensor));
}

/* (src + offset) * factor */
static LatentValue *
add_affine (LatentArch *self, const char *path, LatentValue *src, float offset, float factor)
{
  g_autofree char *sum = g_strdup_printf ("%s/sum", path);
  g_autofree char *a = g_strdup_printf ("%s/offset", path);
  g_autofree char *b = g_strdup_printf ("%s/factor", path);
  LatentLayers *layers = &self->layers;

  src = latent_layers_apply (layers, "Add", sum, src,
      latent_layers_constant (layers, a, latent_tensor_new_float (offset)));
  return latent_layers_apply (layers, "Mul", path, src,
      latent_layers_constant (layers, b, latent_tensor_new_float (factor)));
}

static LatentValue *
join (LatentArch *self, const char *path, LatentValue *a, LatentValue *b, gint64 axis)
{
  LatentNode *node = latent_layers_node (&self->layers, "Concat", path, a, b, NULL);

  latent_node_set_int (node, "axis", axis);
  return latent_node_get_output (node, 0);
}

/* Each band's coefficients as if they were equally loud, and how loud they are. */
static LatentValue *
add_features (LatentArch *self, LatentValue *coefficients)
{
  LatentLayers *layers = &self->layers;
  LatentValue *power = latent_layers_apply (
      layers, "Mul", "encoder/square", coefficients, coefficients);
  power = latent_layers_apply (
      layers, "MatMul", "encoder/power", power, add_bands (self, "encoder/bands", FALSE));
  power = add_affine (self, "encoder/held", power, LEAST_POWER, 1);
  LatentValue *loudness = latent_layers_apply (layers, "Log", "encoder/loudness", power, NULL);
  LatentValue *root = latent_layers_apply (layers, "MatMul", "encoder/root",
      add_affine (self, "encoder/half", loudness, 0, -.5f),
      add_bands (self, "encoder/spread", TRUE));
  root = latent_layers_apply (layers, "Exp", "encoder/inverse", root, NULL);
  return join (self, "encoder/features",
      latent_layers_apply (layers, "Mul", "encoder/even", coefficients, root),
      add_affine (self, "encoder/level", loudness, LOUD_MEAN, LOUD_SCALE), 1);
}

static LatentValue *
encode (LatentArch *self, LatentValue *x)
{
  LatentLayers *layers = &self->layers;
  gint64 n_dst;
  LatentValue *flat = latent_layers_flatten (layers, "encoder/flatten", x);

  self->coefficients = latent_layers_apply (layers, "MatMul", "encoder/coefficients", flat,
      add_basis (self, "encoder/coefficients", TRUE));
  return latent_arch_add_hidden (layers, self->recipe, "hidden", "encoder/dense",
      add_features (self, self->coefficients), get_hop (self) + BANDS, &n_dst);
}

static gint64
get_last_hidden (const LatentArch *self, gint64 fallback)
{
  guint n = 0;
  const gint64 *hidden = latent_recipe_get_ints (self->recipe, "hidden", &n);

  return n > 0 ? hidden[n - 1] : fallback;
}

static LatentValue *
project (LatentArch *self, const char *path, LatentValue *features)
{
  LatentLayers *layers = &self->layers;
  gint64 n_src = get_last_hidden (self, get_hop (self) + BANDS);
  g_autofree char *dense = g_strdup_printf ("%s/dense", path);
  g_autofree char *places = g_strdup_printf ("%s/places", path);
  g_autofree char *direct = g_strdup_printf ("%s/direct", path);

  g_autofree char *sum = g_strdup_printf ("%s/sum", path);
  LatentValue *latent = latent_layers_apply (layers, "Add", sum,
      latent_layers_dense (layers, dense, features, n_src, self->k, NULL),
      latent_layers_apply (layers, "MatMul", direct, self->coefficients,
          add_diagonal (self, direct, get_hop (self), self->k, LATENT_SCALE)));
  /* The codec's places are apart in frequency, its channels are what lies between. */
  latent = latent_layers_reshape (
      layers, places, latent, (gint64[]){-1, self->k / LANES, LANES}, 3);
  return latent_layers_transpose (layers, path, latent, (gint64[]){0, 2, 1}, 3);
}

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
  shape = join (self, "decoder/noise/rows", shape,
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
  gint64 hop = get_hop (self);
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

  shake = add_affine (self, "decoder/noise/shaken", shake, 0, SHAKE);
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
  LatentValue *all = join (self, "decoder/rows", past, latent, 0), *joined = latent;

  for (gint64 i = 1; i <= context; i++) {
    g_autofree char *before = g_strdup_printf ("decoder/before%" G_GINT64_FORMAT, i);
    g_autofree char *path = g_strdup_printf ("decoder/context%" G_GINT64_FORMAT, i);
    joined = join (self, path, joined, take_rows (self, before, all, context - i, -i), 1);
  }
  set_next (self, take_rows (self, "decoder/next", all, -context, G_MAXINT64));
  return joined;
}

/* How loud each coefficient is by its band: [n, hop]. */
static LatentValue *
add_gain (LatentArch *self, const char *path, LatentValue *hidden, gint64 n)
{
  LatentLayers *layers = &self->layers;
  g_autofree char *loudness = g_strdup_printf ("%s/loudness", path);
  g_autofree char *bands = g_strdup_printf ("%s/bands", path);
  g_autofree char *spread = g_strdup_printf ("%s/spread", path);
  g_autofree char *gain = g_strdup_printf ("%s/gain", path);
  LatentValue *level = latent_layers_dense (layers, path, hidden, n, BANDS, "tanh");

  level = add_affine (self, loudness, level, GAIN_MEAN, GAIN_RANGE);
  level = latent_layers_apply (layers, "MatMul", spread, level, add_bands (self, bands, TRUE));
  return latent_layers_apply (layers, "Exp", gain, level, NULL);
}

/* What the hidden layers make beside the latents themselves: what they know, and noise as loud as
 * what they do not. */
static LatentValue *
add_detail (LatentArch *self, LatentValue *latent, LatentValue *hidden, gint64 n)
{
  LatentLayers *layers = &self->layers;
  LatentValue *shape = latent_layers_dense (
      layers, "decoder/shape", hidden, n, get_hop (self), NULL);
  LatentValue *known = latent_layers_apply (
      layers, "Mul", "decoder/known", shape, add_gain (self, "decoder/level", hidden, n));
  LatentValue *unknown = latent_layers_apply (layers, "Mul", "decoder/unknown",
      add_noise (self, latent), add_gain (self, "decoder/hiss", hidden, n));

  return latent_layers_apply (layers, "Add", "decoder/detail", known, unknown);
}

static LatentValue *
decode (LatentArch *self, LatentValue *places)
{
  LatentLayers *layers = &self->layers;
  LatentValue *latent = latent_layers_flatten (layers, "decoder/flatten",
      latent_layers_transpose (layers, "decoder/places", places, (gint64[]){0, 2, 1}, 3));
  gint64 context = latent_recipe_get_int (self->recipe, "context");
  gint64 n_dst;
  LatentValue *joined = add_affine (
      self, "decoder/input", add_context (self, latent, context), 0, INPUT_SCALE);
  LatentValue *hidden = latent_arch_add_mirrored (self, joined, self->k * (context + 1), &n_dst);
  LatentValue *direct = latent_layers_apply (layers, "MatMul", "decoder/direct", latent,
      add_diagonal (self, "decoder/direct", self->k, get_hop (self), 1 / LATENT_SCALE));
  LatentValue *sum = latent_layers_apply (
      layers, "Add", "decoder/coefficients", direct, add_detail (self, latent, hidden, n_dst));

  sum = latent_layers_apply (
      layers, "MatMul", "decoder/window", sum, add_basis (self, "decoder/window", FALSE));
  return latent_layers_reshape (layers, "decoder/reshape", sum, (gint64[]){-1, 1, self->d}, 3);
}

const LatentTrunk latent_trunk_lapped = {prepare, encode, project, decode};
