/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/stream.h"

#include <latent/error.h>

#include "src/codec/quantiser.h"

LatentPrior *
latent_stream_load_prior (const LatentModel *model, guint channels, GError **error)
{
  const char *text = latent_model_get_metadata (model, "latent.prior");
  LatentPrior *prior;

  if (text == NULL)
    return latent_prior_new_default (channels);
  prior = latent_prior_new_from_text (text, channels, error);
  if (prior == NULL)
    g_prefix_error (error, "latent.prior: ");
  return prior;
}

gboolean
latent_stream_load_motion (const LatentModel *model, const LatentSequence *sequence,
    LatentMotionBasis **basis, GError **error)
{
  const LatentGrid *grid = &sequence->grid;
  const LatentStreamInfo *info = &sequence->info;
  LatentMotionBasis *found;

  *basis = NULL;
  if (info->kind != LATENT_MEDIA_VIDEO || info->resilient)
    return TRUE;
  if (!latent_motion_basis_load (model, &found, error))
    return FALSE;
  if (found == NULL)
    return TRUE;
  if (found->k == grid->channels &&
      grid->width == (info->width + found->tile_width - 1) / found->tile_width &&
      grid->height == (info->height + found->tile_height - 1) / found->tile_height)
    *basis = found;
  else
    latent_motion_basis_free (found);
  return TRUE;
}

guint
latent_stream_get_row (const LatentStream *self, guint slice)
{
  return (guint)((guint64)self->sequence.grid.height * slice / self->n_slices);
}

static void
make_coders (LatentStream *self)
{
  const LatentGrid *grid = &self->sequence.grid;

  self->coders = g_new0 (LatentSymbolCoder *, self->n_slices);
  self->slices = g_new0 (LatentSlice, self->n_slices);
  for (guint i = 0; i < self->n_slices; i++)
    self->coders[i] = latent_symbol_coder_new (self->prior, grid->channels, grid->height,
        grid->width, latent_stream_get_row (self, i), latent_stream_get_row (self, i + 1));
}

/* The sizes are those of the grid, whose limit holds; but that may be more than there is. */
static gboolean
make_frames (LatentStream *self)
{
  const gsize n = self->n_symbols * self->n_frames;

  self->symbols = g_try_new0 (gint16, n);
  self->held = g_try_new0 (gint16, n);
  self->scaled = g_try_new0 (gint16, self->n_symbols);
  self->planes = g_try_new0 (float, n);
  self->steps = g_new0 (float, self->sequence.grid.channels);
  return self->symbols != NULL && self->held != NULL && self->scaled != NULL &&
         self->planes != NULL;
}

/* Takes the basis. */
static gboolean
make_predictor (LatentStream *self, LatentMotionBasis *basis)
{
  if (self->foretells)
    return latent_predictor_init (
        &self->predictor, &self->sequence.grid, self->sequence.steps, basis, self->threads);
  latent_motion_basis_free (basis);
  return TRUE;
}

gboolean
latent_stream_init (LatentStream *self, LatentSequence *sequence, LatentPrior *prior,
    LatentMotionBasis *basis, guint threads, GError **error)
{
  *self = (LatentStream){.sequence = *sequence,
      .prior = latent_prior_ref (prior),
      .threads = MAX (threads, 1),
      .n_symbols = latent_grid_count (&sequence->grid),
      .n_frames = MAX (sequence->info.frames, 1),
      .n_slices = sequence->info.slices};
  *sequence = (LatentSequence){0};
  self->foretells = self->sequence.info.kind == LATENT_MEDIA_VIDEO &&
                    !self->sequence.info.resilient;
  if (!make_predictor (self, basis) || !make_frames (self)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "no memory for frames of %" G_GSIZE_FORMAT " symbols", self->n_symbols);
    latent_stream_clear (self);
    return FALSE;
  }
  make_coders (self);
  return TRUE;
}

void
latent_stream_clear (LatentStream *self)
{
  for (guint i = 0; self->coders != NULL && i < self->n_slices; i++)
    latent_symbol_coder_free (self->coders[i]);
  g_free (self->coders);
  g_free (self->slices);
  g_free (self->symbols);
  g_free (self->held);
  g_free (self->scaled);
  g_free (self->planes);
  g_free (self->steps);
  g_clear_pointer (&self->prior, latent_prior_unref);
  latent_predictor_clear (&self->predictor);
  latent_sequence_clear (&self->sequence);
  *self = (LatentStream){0};
}

const gint16 *
latent_stream_begin (LatentStream *self, gboolean key, guint quality)
{
  const LatentSequence *sequence = &self->sequence;
  const gint16 *held = self->held + (MAX (self->n_held, 1) - 1) * self->n_symbols;

  latent_quantiser_get_steps (sequence->steps, sequence->grid.channels, quality, self->steps);
  if (key) {
    for (guint i = 0; i < self->n_slices; i++)
      latent_symbol_coder_reset (self->coders[i]);
    return NULL;
  }
  if (self->foretells)
    return NULL;
  if (quality == self->held_quality)
    return held;
  latent_symbols_rescale_all (
      &sequence->grid, sequence->steps, held, self->held_quality, quality, self->scaled);
  return self->scaled;
}

void
latent_stream_end (LatentStream *self, gboolean key, guint quality, guint n)
{
  gint16 *symbols = self->held;

  if (self->foretells && key)
    latent_predictor_set (&self->predictor, self->symbols, quality);
  else if (self->foretells)
    latent_predictor_end (&self->predictor, self->symbols);

  self->held = self->symbols;
  self->symbols = symbols;
  self->n_held = n;
  self->held_quality = quality;
  self->has_held = TRUE;
}

void
latent_stream_get_held (LatentStream *self, guint frame, float *planes)
{
  if (self->foretells)
    latent_predictor_get (&self->predictor, planes);
  else
    latent_quantiser_get (&self->sequence.grid, self->held + frame * self->n_symbols, self->steps,
        self->threads, planes);
}
