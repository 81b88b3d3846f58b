/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/fidelity.h"

#include <math.h>
#include <string.h>

#include "src/cli/analysis.h"
#include "src/cli/rebuild.h"
#include "src/codec/grid.h"

/* Sums over the latents of a channel. */
typedef struct {
  double n;
  double sum, squares; /* of those in f32 */
  double differences;  /* squared */
} Channel;

struct _LatentFidelity {
  const LatentSelection *selection;
  guint threads;
  gboolean has_reference;
  GArray *reference; /* float: latents of the first model, in the grid's order */
  gsize position;    /* in there */
  GArray *channels;  /* Channel */
  LatentModel *model;
  const LatentSample *sample; /* at work */
};

LatentFidelity *
latent_fidelity_new (const LatentSelection *selection, guint threads)
{
  LatentFidelity *self = g_new0 (LatentFidelity, 1);
  self->selection = selection;
  self->threads = threads;
  self->reference = g_array_new (FALSE, FALSE, sizeof (float));
  self->channels = g_array_new (FALSE, TRUE, sizeof (Channel));
  return self;
}

void
latent_fidelity_free (LatentFidelity *self)
{
  if (!self)
    return;
  g_array_unref (self->reference);
  g_array_unref (self->channels);
  g_free (self);
}

/* Latents in the order of channels; those that are no grid are one channel. */
static float *
sort_latents (const LatentFidelity *self, const float *latents, const LatentShape *shape, gsize n,
    guint *channels)
{
  guint width = 0, height = 0;
  LatentGrid grid;
  LatentShape dims = {.n = shape->n + 1, .dims = {1}};
  float *planes;

  if (self->sample->kind == LATENT_MEDIA_VIDEO) {
    width = self->sample->picture.width;
    height = self->sample->picture.height;
  }
  for (guint i = 0; i + 1 < LATENT_MAX_DIMS && i < shape->n; i++)
    dims.dims[i + 1] = shape->dims[i];
  *channels = 1;
  if (!latent_grid_init_for_model (&grid, self->model, dims.n, dims.dims, width, height, NULL) &&
      !latent_grid_init_for_model (&grid, self->model, shape->n, shape->dims, width, height, NULL))
    return g_memdup2 (latents, n * sizeof *latents);
  planes = g_new (float, n);
  latent_grid_gather (&grid, latents, planes);
  *channels = grid.channels;
  return planes;
}

/* A LatentLatentsFunc. */
static gboolean
compare (const float *latents, const LatentShape *shape, gpointer data, GError **error)
{
  LatentFidelity *self = data;
  gsize n = latent_shape_product (shape, 0, shape->n);
  guint n_channels;
  g_autofree float *planes = sort_latents (self, latents, shape, n, &n_channels);

  if (!self->has_reference) {
    g_array_append_vals (self->reference, planes, (guint)n);
    g_array_set_size (self->channels, MAX (self->channels->len, n_channels));
  }
  const float *reference = (const float *)(gpointer)self->reference->data + self->position;
  for (gsize i = 0; i < n; i++) {
    Channel *channel = &g_array_index (self->channels, Channel, i / (n / n_channels));
    double difference = (double)planes[i] - reference[i];
    channel->n++;
    channel->sum += reference[i];
    channel->squares += (double)reference[i] * reference[i];
    channel->differences += difference * difference;
  }
  self->position += n;
  return TRUE;
}

static double
get_variance (const Channel *self)
{
  double mean = self->sum / self->n;
  return fmax (self->squares / self->n - mean * mean, 0);
}

/* Root mean square in steps. */
static double
get_shift (const LatentFidelity *self)
{
  g_autoptr (GArray) steps = latent_model_get_steps (self->model);
  double sum = 0, n = 0;

  for (guint i = 0; i < self->channels->len; i++) {
    const Channel *channel = &g_array_index (self->channels, Channel, i);
    double unit = get_variance (channel);
    if (steps)
      unit = pow (g_array_index (steps, float, i < steps->len ? i : 0), 2);
    if (channel->differences > 0)
      sum += channel->differences / fmax (unit, 1e-12);
    n += channel->n;
  }
  return n > 0 ? sqrt (sum / n) : NAN;
}

/* Stretches of sound do not follow on one another. */
static gboolean
starts_anew (const LatentSample *sample)
{
  return sample->kind == LATENT_MEDIA_AUDIO;
}

static gboolean
measure_latents (LatentFidelity *self, LatentQuality *quality, GError **error)
{
  self->position = 0;
  if (self->channels->len > 0)
    memset (self->channels->data, 0, self->channels->len * sizeof (Channel));
  g_autoptr (LatentAnalysis) encoder = NULL;
  for (guint i = 0; (self->sample = latent_selection_get_held (self->selection, i)); i++) {
    g_autoptr (LatentAnalysis) before = NULL;
    if (starts_anew (self->sample)) /* the one before lives on so long: it has the program */
      before = g_steal_pointer (&encoder);
    if (!encoder)
      encoder = latent_analysis_new (self->model, self->threads, compare, self);
    if (!latent_analysis_put (encoder, self->sample, error) ||
        !latent_analysis_finish (encoder, error))
      return FALSE;
  }
  self->has_reference = TRUE;
  quality->shift = get_shift (self);
  return TRUE;
}

static void
add_measure (const LatentRebuilder *rebuilder, double *squares, guint64 *elements)
{
  const LatentMeasure *measure = latent_rebuilder_get_measure (rebuilder);
  *squares += measure->squares;
  *elements += measure->elements;
}

static gboolean
measure_output (LatentFidelity *self, LatentQuality *quality, GError **error)
{
  g_autoptr (LatentRebuilder) rebuilder = NULL;
  const LatentSample *sample;
  double squares = 0;
  guint64 elements = 0;

  for (guint i = 0; (sample = latent_selection_get_held (self->selection, i)); i++) {
    g_autoptr (LatentRebuilder) before = NULL;
    if (starts_anew (sample) && (before = g_steal_pointer (&rebuilder)))
      add_measure (before, &squares, &elements);
    if (!rebuilder)
      rebuilder = latent_rebuilder_new (self->model, self->threads, NULL, NULL);
    if (!latent_rebuilder_put (rebuilder, sample, error) ||
        !latent_rebuilder_finish (rebuilder, error))
      return FALSE;
  }
  if (rebuilder)
    add_measure (rebuilder, &squares, &elements);
  quality->psnr = latent_measure_get_psnr (squares / (double)elements);
  return TRUE;
}

gboolean
latent_fidelity_measure (LatentModel *model, LatentQuality *quality, gpointer data, GError **error)
{
  LatentFidelity *self = data;

  self->model = model;
  *quality = (LatentQuality){NAN, NAN};
  return (!latent_model_supports_mode (model, LATENT_MODE_ENCODE) ||
             measure_latents (self, quality, error)) &&
         (!latent_model_supports_mode (model, LATENT_MODE_RECONSTRUCT) ||
             measure_output (self, quality, error));
}
