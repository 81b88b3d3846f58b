/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/optimiser.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"

/* Elements that are worked on at a time: all arrays of a tile are in a core's nearest cache while
 * several loops go over them. */
#define TILE 2048
/* Tiles that are worth a thread of their own. */
#define GRAIN 8
/* Arrays of states begin at a cache line for each part: so many floats. */
#define ALIGNMENT 16
/* Sums that run side by side, so that they vectorise. */
#define LANES 16

#define MAX_STATES 3 /* two moments and the average */

typedef struct {
  guint part;
  gsize begin; /* in the part */
  gsize n;
} Tile;

/* What a step multiplies by: the same for all elements, but for `shrink` and `decay`. */
typedef struct {
  float clip;
  float decay;  /* of what is added to the gradient */
  float shrink; /* of the parameter itself */
  float rate;
  float beta1, rest1; /* rest: 1 - beta */
  float beta2, rest2;
  float root; /* 1 / sqrt (1 - beta2^t) */
  float epsilon;
} Factors;

typedef void (*RuleFunc) (
    const Factors *f, gsize n, float *w, const float *gradient, float *m, float *v);

struct _LatentOptimiser {
  LatentOptimiserSettings settings;
  guint threads;
  guint64 steps;
  GArray *parts;   /* LatentOptimiserPart */
  gsize *offsets;  /* of each part in the states */
  GArray *tiles;   /* Tile */
  double *squares; /* of each tile */
  guint n_states;  /* moments, then the average where there is one */
  LatentTensor *states[MAX_STATES];
  Factors factors[2]; /* of this step: of what does not decay, and of what does */
  float keep, take;   /* of this step: factors of the average and of the parameter in it */
};

/* Moments that fade would otherwise end at the least number that there is, times beta of which is
 * rounded up to itself; and arithmetic with such numbers takes a hundred times as long. */
static inline float
flush (float x)
{
  return fabsf (x) < FLT_MIN ? 0 : x;
}

#define RULE LATENT_FOR_EACH_CPU static void

RULE
step_sgd (const Factors *f, gsize n, float *restrict w, const float *restrict gradient,
    float *restrict m, float *restrict v)
{
  const Factors k = *f;

  for (gsize i = 0; i < n; i++)
    w[i] -= k.rate * (k.clip * gradient[i] + k.decay * w[i]);
}

RULE
step_momentum (const Factors *f, gsize n, float *restrict w, const float *restrict gradient,
    float *restrict m, float *restrict v)
{
  const Factors k = *f;

  for (gsize i = 0; i < n; i++) {
    m[i] = flush (k.beta1 * m[i] + (k.clip * gradient[i] + k.decay * w[i]));
    w[i] -= k.rate * m[i];
  }
}

RULE
step_adam (const Factors *f, gsize n, float *restrict w, const float *restrict gradient,
    float *restrict m, float *restrict v)
{
  const Factors k = *f;

  for (gsize i = 0; i < n; i++) {
    float g = k.clip * gradient[i] + k.decay * w[i];
    m[i] = flush (k.beta1 * m[i] + k.rest1 * g);
    v[i] = flush (k.beta2 * v[i] + k.rest2 * g * g);
    w[i] = k.shrink * w[i] - k.rate * m[i] / (sqrtf (v[i]) * k.root + k.epsilon);
  }
}

LATENT_FOR_EACH_CPU
static void
average (float keep, float take, gsize n, float *restrict mean, const float *restrict w)
{
  for (gsize i = 0; i < n; i++)
    mean[i] = keep * mean[i] + take * w[i];
}

LATENT_FOR_EACH_CPU
static double
sum_squares (const float *x, gsize n)
{
  float lanes[LANES] = {0};
  double sum = 0;
  gsize i = 0;

  for (; i + LANES <= n; i += LANES)
    for (guint j = 0; j < LANES; j++)
      lanes[j] += x[i + j] * x[i + j];
  for (; i < n; i++)
    sum += (double)x[i] * x[i];
  for (guint j = 0; j < LANES; j++)
    sum += lanes[j];
  return sum;
}

static const struct {
  RuleFunc step;
  guint n_moments;
} rules[] = {
    [LATENT_RULE_SGD] = {step_sgd,      0},
    [LATENT_RULE_MOMENTUM] = {step_momentum, 1},
    [LATENT_RULE_ADAM] = {step_adam,     2},
    [LATENT_RULE_ADAMW] = {step_adam,     2},
};

static const char *const rule_names[] = {"sgd", "momentum", "adam", "adamw"};

void
latent_optimiser_settings_init (LatentOptimiserSettings *self, const LatentRecipe *recipe)
{
  *self = (LatentOptimiserSettings){
      .momentum = latent_recipe_get_double (recipe, "momentum"),
      .beta1 = latent_recipe_get_double (recipe, "beta1"),
      .beta2 = latent_recipe_get_double (recipe, "beta2"),
      .epsilon = latent_recipe_get_double (recipe, "epsilon"),
      .weight_decay = latent_recipe_get_double (recipe, "weight-decay"),
      .clip = latent_recipe_get_double (recipe, "clip"),
      .ema = latent_recipe_get_double (recipe, "ema"),
  };
  for (guint i = 0; i < G_N_ELEMENTS (rule_names); i++)
    if (latent_recipe_is (recipe, "optimiser", rule_names[i]))
      self->rule = (LatentRule)i;
}

/* Cuts the parts into tiles, and gives each its place in the states; returns the states' size. */
static gsize
add_parts (LatentOptimiser *self, const LatentOptimiserPart *parts, guint n_parts)
{
  gsize size = 0;

  self->parts = g_array_new (FALSE, FALSE, sizeof (LatentOptimiserPart));
  self->tiles = g_array_new (FALSE, FALSE, sizeof (Tile));
  self->offsets = g_new (gsize, n_parts + 1);
  g_array_append_vals (self->parts, parts, n_parts);
  for (guint i = 0; i < n_parts; i++) {
    self->offsets[i] = size;
    size += (parts[i].n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    for (gsize begin = 0; parts[i].gradients != NULL && begin < parts[i].n; begin += TILE) {
      Tile tile = {i, begin, MIN (TILE, parts[i].n - begin)};
      g_array_append_val (self->tiles, tile);
    }
  }
  self->squares = g_new0 (double, self->tiles->len + 1);
  return size;
}

static gboolean
allocate_states (LatentOptimiser *self, gsize size, GError **error)
{
  LatentShape shape = {1, {(gint64)size}};

  for (guint i = 0; i < self->n_states; i++) {
    self->states[i] = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, error);
    if (self->states[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

LatentOptimiser *
latent_optimiser_new (const LatentOptimiserSettings *settings, const LatentOptimiserPart *parts,
    guint n_parts, guint threads, GError **error)
{
  g_autoptr (LatentOptimiser) self = g_new0 (LatentOptimiser, 1);
  gsize size = add_parts (self, parts, n_parts);

  self->settings = *settings;
  self->threads = threads;
  self->n_states = rules[settings->rule].n_moments + (settings->ema > 0);
  if (!allocate_states (self, size, error))
    return NULL;
  for (guint i = 0; settings->ema > 0 && i < n_parts; i++)
    memcpy (latent_optimiser_get_average (self, i), parts[i].values, parts[i].n * sizeof (float));
  return g_steal_pointer (&self);
}

void
latent_optimiser_free (LatentOptimiser *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->parts, g_array_unref);
  g_clear_pointer (&self->tiles, g_array_unref);
  g_free (self->offsets);
  g_free (self->squares);
  for (guint i = 0; i < MAX_STATES; i++)
    latent_tensor_unref (self->states[i]);
  g_free (self);
}

static float *
get_state_of (const LatentOptimiser *self, guint state, guint part)
{
  return (float *)self->states[state]->data + self->offsets[part];
}

static void
measure_tiles (gsize begin, gsize end, gpointer data)
{
  LatentOptimiser *self = data;

  for (gsize i = begin; i < end; i++) {
    const Tile *tile = &g_array_index (self->tiles, Tile, i);
    const LatentOptimiserPart *part = &g_array_index (self->parts, LatentOptimiserPart, tile->part);
    self->squares[i] = sum_squares (part->gradients + tile->begin, tile->n);
  }
}

double
latent_optimiser_measure (LatentOptimiser *self)
{
  double sum = 0;

  latent_parallel (self->threads, self->tiles->len, GRAIN, measure_tiles, self);
  for (guint i = 0; i < self->tiles->len; i++)
    sum += self->squares[i];
  return sqrt (sum);
}

static Factors
make_factors (const LatentOptimiser *self, double rate, double norm, double decay)
{
  const LatentOptimiserSettings *settings = &self->settings;
  gboolean is_adam = rules[settings->rule].n_moments == 2;
  gboolean is_apart = settings->rule == LATENT_RULE_ADAMW;
  double t = (double)self->steps;
  double clip = settings->clip > 0 ? settings->clip / (norm + 1e-6) : 1;

  return (Factors){
      .clip = (float)MIN (clip, 1),
      .decay = (float)(is_apart ? 0 : decay),
      .shrink = (float)(is_apart ? 1 - rate * decay : 1),
      .rate = (float)(is_adam ? rate / (1 - pow (settings->beta1, t)) : rate),
      .beta1 = (float)(is_adam ? settings->beta1 : settings->momentum),
      .rest1 = (float)(1 - settings->beta1),
      .beta2 = (float)settings->beta2,
      .rest2 = (float)(1 - settings->beta2),
      .root = (float)(1 / sqrt (1 - pow (settings->beta2, t))),
      .epsilon = (float)settings->epsilon,
  };
}

static void
step_tile (LatentOptimiser *self, const Tile *tile)
{
  const LatentOptimiserPart *part = &g_array_index (self->parts, LatentOptimiserPart, tile->part);
  guint n_moments = rules[self->settings.rule].n_moments;
  float *values = part->values + tile->begin;
  float *states[MAX_STATES] = {NULL};

  for (guint i = 0; i < self->n_states; i++)
    states[i] = get_state_of (self, i, tile->part) + tile->begin;
  rules[self->settings.rule].step (&self->factors[part->decays], tile->n, values,
      part->gradients + tile->begin, states[0], states[1]);
  if (self->n_states > n_moments)
    average (self->keep, self->take, tile->n, states[n_moments], values);
}

static void
step_tiles (gsize begin, gsize end, gpointer data)
{
  LatentOptimiser *self = data;

  for (gsize i = begin; i < end; i++)
    step_tile (self, &g_array_index (self->tiles, Tile, i));
}

void
latent_optimiser_step (LatentOptimiser *self, double rate, double norm)
{
  double t = (double)++self->steps;
  double keep = MIN (self->settings.ema, (1 + t) / (10 + t));

  self->factors[FALSE] = make_factors (self, rate, norm, 0);
  self->factors[TRUE] = make_factors (self, rate, norm, self->settings.weight_decay);
  self->keep = (float)keep;
  self->take = (float)(1 - keep);
  latent_parallel (self->threads, self->tiles->len, GRAIN, step_tiles, self);
}

guint64
latent_optimiser_get_steps (const LatentOptimiser *self)
{
  return self->steps;
}

void
latent_optimiser_set_steps (LatentOptimiser *self, guint64 steps)
{
  self->steps = steps;
}

guint
latent_optimiser_get_n_states (const LatentOptimiser *self)
{
  return self->n_states;
}

float *
latent_optimiser_get_state (const LatentOptimiser *self, guint i, gsize *n)
{
  g_return_val_if_fail (i < self->n_states, NULL);
  *n = self->states[i]->n_elements;
  return self->states[i]->data;
}

float *
latent_optimiser_get_average (const LatentOptimiser *self, guint i)
{
  g_return_val_if_fail (i < self->parts->len, NULL);
  return self->settings.ema > 0 ? get_state_of (self, self->n_states - 1, i) : NULL;
}
