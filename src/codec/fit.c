/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/fit.h"

#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "src/codec/prior.h"
#include "src/codec/quantiser.h"
#include "src/codec/search.h"
#include "src/codec/stream.h"
#include "src/media/strided.h"

/* Rows and columns of a patch at most. */
#define PATCH 48
/* Every so-many-th frame of a stream is looked at as a key frame too. */
#define KEYS 8

struct _LatentFit {
  const LatentModel *model;
  guint quality;
  guint channels; /* 0 before the first frame */
  float *steps;   /* of each channel, at the best quality; NULL before it is known */
  LatentStep *model_steps;
  guint64 frames;

  LatentPriorFit *prior;
  guint patch_height, patch_width;
  gint16 *patch, *held_patch;

  LatentGrid grid; /* of the frame at work */
  float *planes;
  float *now; /* steps at the quality */
  guint8 *changes;
  gint16 *symbols, *held, *zeros;
  gboolean has_held;

  /* of video, whose frames are foretold */
  LatentSequence sequence;
  LatentPredictor predictor;
  LatentSearch search;
  gboolean begins; /* a key frame was held */
};

LatentFit *
latent_fit_new (const LatentModel *model, guint quality)
{
  LatentFit *self = g_new0 (LatentFit, 1);

  self->model = model;
  self->quality = quality;
  return self;
}

static void
clear_frame (LatentFit *self)
{
  g_clear_pointer (&self->planes, g_free);
  g_clear_pointer (&self->now, g_free);
  g_clear_pointer (&self->changes, g_free);
  g_clear_pointer (&self->symbols, g_free);
  g_clear_pointer (&self->held, g_free);
  g_clear_pointer (&self->zeros, g_free);
  self->has_held = FALSE;
  if (self->sequence.steps == NULL)
    return;
  latent_search_clear (&self->search);
  latent_predictor_clear (&self->predictor);
  latent_sequence_clear (&self->sequence);
}

void
latent_fit_free (LatentFit *self)
{
  if (self == NULL)
    return;
  clear_frame (self);
  g_clear_pointer (&self->prior, latent_prior_fit_free);
  g_free (self->patch);
  g_free (self->held_patch);
  g_free (self->steps);
  g_free (self->model_steps);
  g_free (self);
}

void
latent_fit_set_steps (LatentFit *self, guint channels, const float *steps)
{
  g_free (self->steps);
  self->steps = g_memdup2 (steps, channels * sizeof *steps);
  self->channels = channels;
}

/* The model's own, but for those that were set. */
static gboolean
load_steps (LatentFit *self, guint channels, GError **error)
{
  g_free (self->model_steps);
  self->model_steps = latent_sequence_load_steps (self->model, channels, error);
  if (self->model_steps == NULL || self->steps != NULL)
    return self->model_steps != NULL;
  self->channels = channels;
  self->steps = g_new (float, channels);
  for (guint c = 0; c < channels; c++)
    self->steps[c] = (float)exp2 ((double)self->model_steps[c].step / LATENT_STEP_ONE);
  return TRUE;
}

static void
make_frame (LatentFit *self)
{
  gsize n = latent_grid_count (&self->grid);
  double lost = (LATENT_QUALITY_MAX - (double)self->quality) / 8;

  clear_frame (self);
  self->planes = g_new (float, n);
  self->changes = g_new (guint8, n);
  self->symbols = g_new (gint16, n);
  self->held = g_new (gint16, n);
  self->zeros = g_new0 (gint16, n);
  self->now = g_new (float, self->grid.channels);
  for (guint c = 0; c < self->grid.channels; c++)
    self->now[c] = self->steps[c] *
                   (float)exp2 (lost * self->model_steps[c].slope / LATENT_SLOPE_ONE);
}

static gboolean
is_video (const LatentFit *self)
{
  return self->model->media.kind == LATENT_MEDIA_VIDEO;
}

/* What an encoder holds of frames of this size. */
static gboolean
make_predictor (LatentFit *self, guint width, guint height, GError **error)
{
  LatentMotionBasis *basis;

  self->sequence = (LatentSequence){
      .info = {.kind = LATENT_MEDIA_VIDEO, .width = width, .height = height},
      .grid = self->grid,
      .steps = g_memdup2 (self->model_steps, self->channels * sizeof (LatentStep))
  };
  for (guint c = 0; c < self->channels; c++) {
    const double step = rint (log2 ((double)self->steps[c]) * LATENT_STEP_ONE);
    self->sequence.steps[c].step = (gint16)CLAMP (step, LATENT_STEP_MIN, LATENT_STEP_MAX);
  }
  if (!latent_stream_load_motion (self->model, &self->sequence, &basis, error))
    return FALSE;
  if (latent_predictor_init (
          &self->predictor, &self->sequence.grid, self->sequence.steps, basis, 1) &&
      latent_search_init (&self->search, &self->predictor, 1))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "no memory for frames of %u channels",
      self->channels);
  return FALSE;
}

static gboolean
set_grid (LatentFit *self, const LatentGrid *grid, guint width, guint height, GError **error)
{
  gboolean is_same = self->planes != NULL && latent_shape_equal (&grid->dims, &self->grid.dims) &&
                     grid->width == self->grid.width;

  if (is_same)
    return TRUE;
  if (self->model_steps == NULL && !load_steps (self, grid->channels, error))
    return FALSE;
  if (grid->channels != self->channels) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "a frame of %u channels after one of %u",
        grid->channels, self->channels);
    return FALSE;
  }
  self->grid = *grid;
  make_frame (self);
  if (is_video (self) && !make_predictor (self, width, height, error))
    return FALSE;
  if (self->prior != NULL)
    return TRUE;
  self->patch_height = MIN (grid->height, PATCH);
  self->patch_width = MIN (grid->width, PATCH);
  self->patch = g_new (gint16, (gsize)self->channels * self->patch_height * self->patch_width);
  self->held_patch = g_new (gint16, (gsize)self->channels * self->patch_height * self->patch_width);
  self->prior = latent_prior_fit_new (self->channels, self->patch_height, self->patch_width);
  return TRUE;
}

static void
cut (const LatentFit *self, const gint16 *src, guint top, guint left, gint16 *dst)
{
  const LatentGrid *grid = &self->grid;

  for (guint c = 0; c < self->channels; c++)
    for (guint y = 0; y < self->patch_height; y++, dst += self->patch_width)
      memcpy (dst, src + ((gsize)c * grid->height + top + y) * grid->width + left,
          self->patch_width * sizeof *dst);
}

static void
add_patches (LatentFit *self, gboolean has_held)
{
  const LatentGrid *grid = &self->grid;

  for (guint y = 0; y + self->patch_height <= grid->height; y += self->patch_height)
    for (guint x = 0; x + self->patch_width <= grid->width; x += self->patch_width) {
      cut (self, self->symbols, y, x, self->patch);
      if (has_held)
        cut (self, self->held, y, x, self->held_patch);
      latent_prior_fit_add (self->prior, self->patch, has_held ? self->held_patch : NULL);
    }
}

/* A frame of video that follows on another, as an encoder codes it. */
static void
look_foretold (LatentFit *self)
{
  latent_predictor_begin (&self->predictor, self->quality, FALSE);
  latent_search_frame (&self->search, self->planes, 1, self->symbols);
  latent_prior_fit_resize (self->prior, self->grid.height, self->grid.width);
  latent_prior_fit_add_foretold (
      self->prior, self->symbols, &self->predictor.foretold, self->begins);
  latent_prior_fit_resize (self->prior, self->patch_height, self->patch_width);
  self->begins = FALSE;
  latent_predictor_end (&self->predictor, self->symbols);
}

/* As an encoder would. */
static void
look (LatentFit *self, gboolean has_held)
{
  gboolean is_sound = self->model->media.kind == LATENT_MEDIA_AUDIO;
  LatentRule rule = is_sound ? LATENT_RULE_SOUND : has_held ? LATENT_RULE_HELD : LATENT_RULE_KEY;

  latent_quantiser_put (&self->grid, self->planes, self->now, rule,
      rule == LATENT_RULE_HELD ? self->held : self->zeros, 1, self->changes, self->symbols);
  add_patches (self, has_held);
}

gboolean
latent_fit_add (LatentFit *self, const LatentShape *dims, const float *latents, guint width,
    guint height, gboolean follows, GError **error)
{
  LatentGrid grid;
  gint16 *symbols;

  if (!latent_grid_init_for_model (&grid, self->model, dims->n, dims->dims, width, height, error) ||
      !set_grid (self, &grid, width, height, error))
    return FALSE;
  if (latent_count_not_finite (latents, latent_grid_count (&grid)) > 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "latents of frame %" G_GUINT64_FORMAT " are NaN or infinite", self->frames);
    return FALSE;
  }
  latent_grid_gather (&self->grid, latents, self->planes);
  follows = follows && self->has_held;
  if (follows && self->frames % KEYS == 0)
    look (self, FALSE);
  if (is_video (self) && follows)
    look_foretold (self);
  else
    look (self, follows);
  if (is_video (self) && !follows) {
    latent_predictor_set (&self->predictor, self->symbols, self->quality);
    self->begins = TRUE;
  }
  symbols = self->held;
  self->held = self->symbols;
  self->symbols = symbols;
  self->has_held = TRUE;
  self->frames++;
  return TRUE;
}

guint64
latent_fit_get_frames (const LatentFit *self)
{
  return self->frames;
}

char *
latent_fit_get_steps (const LatentFit *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (self->steps == NULL)
    return NULL;
  for (guint c = 0; c < self->channels; c++) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd (number, sizeof number, "%.6g", self->steps[c]);
    g_string_append_printf (text, "%s%s", c > 0 ? "," : "", number);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
latent_fit_get_prior (LatentFit *self)
{
  g_autoptr (LatentPrior) prior = NULL;

  if (self->frames == 0)
    return NULL;
  prior = latent_prior_fit_finish (self->prior);
  return latent_prior_to_text (prior);
}
