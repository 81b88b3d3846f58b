/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/packet.h"
#include "src/codec/predictor.h"
#include "src/codec/sequence.h"
#include "src/codec/symbols.h"

/* What both ends of a stream remember from frame to frame. */
typedef struct {
  LatentSequence sequence;
  LatentPrior *prior;
  guint threads;
  gsize n_symbols; /* of a frame */
  guint n_frames;  /* of a packet, at most */

  guint n_slices;
  LatentSymbolCoder **coders; /* of each slice */
  LatentSlice *slices;        /* bytes of each in the packet at work */

  gint16 *symbols; /* of the packet's frames at work, one behind the other */
  gint16 *held;    /* of the last packet's */
  guint n_held;    /* frames of it */
  gint16 *scaled;  /* the last frame's at this frame's quality */
  float *steps;    /* of each channel at this frame's quality */
  float *planes;   /* latents in the grid's order, of a packet's frames */

  gboolean foretells; /* frames of video that follow on another */
  LatentPredictor predictor;

  gboolean has_held;
  guint held_quality;
  guint number; /* of the packet at work in the encoder, of the held one in the decoder */
} LatentStream;

/* Takes the sequence and the basis (the model's, or NULL), error or not. The model's prior must be
 * that of sequence->prior, which latent_stream_load_prior() gave. */
gboolean latent_stream_init (LatentStream *self, LatentSequence *sequence, LatentPrior *prior,
    LatentMotionBasis *basis, guint threads, GError **error);
void latent_stream_clear (LatentStream *self);

/* The model's latent.prior for grids of so many channels, or the built-in one. */
LatentPrior *latent_stream_load_prior (const LatentModel *model, guint channels, GError **error);

/* The model's basis of motion, where places of a grid of video are its tiles; NULL, and TRUE, where
 * there is none. */
gboolean latent_stream_load_motion (const LatentModel *model, const LatentSequence *sequence,
    LatentMotionBasis **basis, GError **error);

/* The first row of a slice; that of slice n_slices is the grid's height. */
guint latent_stream_get_row (const LatentStream *self, guint slice);

/* Before the symbols of a packet are coded: sets the coders back where the packet stands alone.
 * Returns the symbols that are its context, or NULL where it has none or is foretold. */
const gint16 *latent_stream_begin (LatentStream *self, gboolean key, guint quality);
/* Whether a packet that is no key packet is foretold. */
static inline gboolean
latent_stream_is_foretold (const LatentStream *self, gboolean key)
{
  return self->foretells && !key;
}
/* After it: the symbols of its n frames are held. */
void latent_stream_end (LatentStream *self, gboolean key, guint quality, guint n);

/* Latents of one of the held packet's frames, in the grid's order. planes: the same at each call,
 * of which what has not changed is left as it is. */
void latent_stream_get_held (LatentStream *self, guint frame, float *planes);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LatentStream, latent_stream_clear)
