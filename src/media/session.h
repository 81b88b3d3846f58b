/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

#include "src/media/geometry.h"
#include "src/media/pixel-bytes.h"
#include "src/media/pixels.h"
#include "src/media/runner.h"
#include "src/media/samples.h"

/* What the files session*.c share. */

struct _LatentSession {
  gatomicrefcount ref_count;
  LatentModel *model;
  LatentRunnerOptions options; /* mode embed is encode here */
  guint batch;                 /* slots */

  LatentRunner runner;   /* zeroed until the session is set */
  guint slot_samples;    /* of the net, in a slot: 1, or the tiles of a frame */
  LatentShape latents;   /* of a slot */
  gboolean latents_told; /* by latent_session_set_latents() */

  guint width; /* of pictures; 0 while only the tiles' number is known */
  guint height;
  LatentPixelMap picture_in;
  LatentByteMap bytes_in; /* instead, where the input is of integers */
  LatentPixelMap picture_out;
  guint64 *not_finite; /* of each slot's latents, where they become levels, which cannot tell */

  LatentSampleFormat sample_format;
  float *scale; /* of each audio channel */
  float *offset;
  LatentWindowMap window_in;
  LatentWindowMap window_out;
  LatentCutter cutter;
  LatentOverlap overlap;
};

/* How messages name the model: "model 'x.onnx'". */
char *latent_session_describe_model (const LatentSession *self);

/* LATENT_ERROR_TYPE where the model eats something else. */
gboolean latent_session_check_kind (
    const LatentSession *self, LatentMediaKind kind, GError **error);

/* Gives a runner for batch * slot_samples samples: self's own where it is that already, else a new
 * one that is also left in `fresh`. */
const LatentRunner *latent_session_prepare (LatentSession *self, const LatentShape *sample,
    guint slot_samples, LatentRunner *fresh, GError **error);

/* Makes what prepare() gave the session's own, empties `fresh`, and sets the latents' shape. Does
 * not fail. */
void latent_session_commit (
    LatentSession *self, LatentRunner *fresh, guint slot_samples, const LatentShape *latents);

/* The latents' shape of a slot as `runner` has it, or as the encoder gives it in mode reconstruct.
 */
gboolean latent_session_find_latents (const LatentSession *self, const LatentRunner *runner,
    guint slot_samples, LatentShape *latents, GError **error);

/* The input's shape of one sample in self's mode: of a picture cut up like that (video), a window,
 * a vector, or of their latents. */
gboolean latent_session_find_sample (
    const LatentSession *self, const LatentGeometry *geometry, LatentShape *sample, GError **error);

/* For audio: sets maps and empties queues after a commit. FALSE before it where the output is no
 * window. */
gboolean latent_session_check_windows (
    const LatentSession *self, const LatentRunner *runner, GError **error);
void latent_session_start_audio (LatentSession *self);

/* For video: the output as pictures. FALSE where it is none. */
gboolean latent_session_check_pictures (
    const LatentSession *self, const LatentRunner *runner, GError **error);
/* The net's own size, or 0x0 where only the number of tiles is known. */
void latent_session_start_video (LatentSession *self);
