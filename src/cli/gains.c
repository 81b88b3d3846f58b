/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/gains.h"

#include <math.h>
#include <string.h>

#include "src/base/random.h"
#include "src/cli/net.h"
#include "src/model/model.h"

/* Places each way of the part that is decoded. */
#define PART 8
/* At the best quality, of pictures: levels of 255; */
#define LEVELS 2.
/* of other media: of the output's deviation. */
#define SHARE (1. / 30)
/* No channel's gain is taken for less than this part of the largest. */
#define LEAST_GAIN 1e-3

typedef struct {
  const LatentGrid *grid;
  LatentNet *net;
  float *planes;  /* of the sample, in the grid's order */
  float *latents; /* in the net's */
  float *before;  /* what it gives for the sample as it is */
  gsize n_out;
} Probe;

static void
clear_probe (Probe *self)
{
  g_clear_pointer (&self->net, latent_net_free);
  g_free (self->planes);
  g_free (self->latents);
  g_free (self->before);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Probe, clear_probe)

/* The grid's middle, where it is a whole frame of more places than a part has. */
static gboolean
cut_grid (const LatentGrid *grid, LatentGrid *part)
{
  LatentShape dims = grid->dims;

  if (dims.n != 4 || grid->tiles > 1 || (grid->height <= PART && grid->width <= PART))
    return FALSE;
  dims.dims[2] = MIN (grid->height, PART);
  dims.dims[3] = MIN (grid->width, PART);
  return latent_grid_init (part, &dims, FALSE, 1, (guint)dims.dims[3], NULL);
}

static void
cut_planes (const LatentGrid *grid, const float *planes, const LatentGrid *part, float *dst)
{
  guint top = (grid->height - part->height) / 2, left = (grid->width - part->width) / 2;

  for (guint c = 0; c < grid->channels; c++)
    for (guint y = 0; y < part->height; y++, dst += part->width)
      memcpy (dst, planes + ((gsize)c * grid->height + top + y) * grid->width + left,
          part->width * sizeof *dst);
}

static const float *
decode (Probe *self, GError **error)
{
  latent_grid_scatter (self->grid, self->planes, self->latents);
  return latent_net_run (self->net, self->latents, error);
}

static gboolean
start (Probe *self, GError **error)
{
  LatentShape shape = latent_net_get_output_shape (self->net);
  const float *out;

  self->n_out = latent_shape_product (&shape, 0, shape.n);
  self->latents = g_new (float, latent_grid_count (self->grid));
  out = decode (self, error);
  if (out == NULL)
    return FALSE;
  self->before = g_memdup2 (out, self->n_out * sizeof *out);
  return TRUE;
}

static double
get_deviation (const float *values, gsize n)
{
  double sum = 0, squares = 0;

  for (gsize i = 0; i < n; i++) {
    sum += values[i];
    squares += (double)values[i] * values[i];
  }
  return sqrt (MAX (squares / (double)n - sum / (double)n * (sum / (double)n), 0));
}

/* Moves all places of a channel, each up or down, by half of what they differ by. */
static gboolean
probe_channel (Probe *self, guint channel, double *gain, GError **error)
{
  gsize n = (gsize)self->grid->height * self->grid->width;
  float *plane = self->planes + channel * n;
  g_autofree float *kept = g_memdup2 (plane, n * sizeof *plane);
  double by = MAX (get_deviation (plane, n) / 2, 0.01), squares = 0;
  const float *out;
  LatentRandom random;

  latent_random_init (&random, 1, channel, 0);
  latent_random_fill_normal (&random, plane, n, 1);
  for (gsize i = 0; i < n; i++)
    plane[i] = kept[i] + (plane[i] < 0 ? -(float)by : (float)by);
  out = decode (self, error);
  memcpy (plane, kept, n * sizeof *plane);
  for (gsize i = 0; out != NULL && i < self->n_out; i++)
    squares += ((double)out[i] - self->before[i]) * ((double)out[i] - self->before[i]);
  *gain = sqrt (squares / ((double)n * by * by));
  return out != NULL;
}

/* What a step of a latent of gain 1 is at the best quality. */
static double
get_unit (const LatentModel *model, const Probe *probe)
{
  double scale = 0;

  if (model->media.kind != LATENT_MEDIA_VIDEO)
    return MAX (get_deviation (probe->before, probe->n_out) * SHARE, 1e-6);
  for (guint c = 0; c < model->media.channels; c++)
    scale += fabs ((double)latent_model_get_scale (model, c)) / model->media.channels;
  return LEVELS * scale;
}

static float *
find_steps (const LatentModel *model, Probe *probe, GError **error)
{
  guint channels = probe->grid->channels;
  g_autofree double *gains = g_new (double, channels);
  float *steps;
  double most = 0, unit;

  if (!start (probe, error))
    return NULL;
  for (guint c = 0; c < channels; c++) {
    if (!probe_channel (probe, c, &gains[c], error))
      return NULL;
    most = MAX (most, gains[c]);
  }
  unit = get_unit (model, probe);
  steps = g_new (float, channels);
  for (guint c = 0; c < channels; c++)
    steps[c] = (float)(unit / MAX (MAX (gains[c], most * LEAST_GAIN), 1e-9));
  return steps;
}

float *
latent_gains_find_steps (
    LatentModel *model, const LatentGrid *grid, const float *latents, guint threads, GError **error)
{
  g_auto (Probe) probe = {.grid = grid};
  g_autofree float *planes = g_new (float, latent_grid_count (grid));
  LatentGrid part;

  if (!latent_model_supports_mode (model, LATENT_MODE_DECODE)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "the model has no decoder to find steps by: set latent.steps with latent tag");
    return NULL;
  }
  latent_grid_gather (grid, latents, planes);
  if (cut_grid (grid, &part)) {
    probe.net = latent_net_new (
        model, LATENT_MODE_DECODE, LATENT_PRECISION_F32, threads, &part.dims, NULL);
    if (probe.net != NULL) {
      probe.grid = &part;
      probe.planes = g_new (float, latent_grid_count (&part));
      cut_planes (grid, planes, &part, probe.planes);
      return find_steps (model, &probe, error);
    }
  }
  probe.net = latent_net_new (
      model, LATENT_MODE_DECODE, LATENT_PRECISION_F32, threads, &grid->dims, error);
  if (probe.net == NULL)
    return NULL;
  probe.planes = g_steal_pointer (&planes);
  return find_steps (model, &probe, error);
}
