/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/model/model.h"

/* A program at work on a batch of samples: all in one run where the net takes that batch, else one
 * after the other through a program of batch 1, which this hides. */
typedef struct {
  LatentProgram *program;
  LatentContext *context;
  guint samples;        /* of the batch */
  LatentShape shape;    /* what was asked for: of one sample's input */
  const LatentPort *in; /* of the program, whose batch may be 1 */
  const LatentPort *out;
  gsize in_size;  /* bytes of an element of the input: 4, or 1 of integers that stand for reals */
  gsize out_size; /* likewise of the output */
  gpointer input; /* the first sample's first element; strides are the ports' */
  gconstpointer output;
  gint64 input_stride; /* from sample to sample, in elements */
  gint64 output_stride;
  gpointer staging_in; /* the batch, where samples run one after the other; else NULL */
  gpointer staging_out;
} LatentRunner;

typedef struct {
  LatentMode mode;
  LatentPrecision precision;
  guint threads;
  gboolean leaves_depth;   /* latent_program_get_output_block() may be more than 1 */
  gboolean takes_integers; /* the input may be of 8-bit integers that stand for reals */
  float level; /* over 0: the output may be of uint8 that stand for reals in such steps */
  guint8 level_zero_point;
} LatentRunnerOptions;

/* Compiles. `sample` is the input's shape for one sample. Its first dimension is the batch where it
 * is 1 and not the only one; else the net has no batch, and samples run one after the other. On
 * failure self is zeroed. */
gboolean latent_runner_init (LatentRunner *self, LatentModel *model,
    const LatentRunnerOptions *options, const LatentShape *sample, guint samples, GError **error);
void latent_runner_clear (LatentRunner *self);

gboolean latent_runner_run (LatentRunner *self, GError **error);

/* Of float32, or of what latent_runner_get_quantization(), which is NULL else, says. */
gpointer latent_runner_get_input (const LatentRunner *self, guint sample);
const LatentQuantization *latent_runner_get_quantization (const LatentRunner *self);
/* Of float32, or of uint8 as latent_runner_gives_levels() says. */
gconstpointer latent_runner_get_output (const LatentRunner *self, guint sample);
gboolean latent_runner_gives_levels (const LatentRunner *self);

/* latent_program_get_output_block(). */
guint latent_runner_get_block (const LatentRunner *self);

/* Whether neighbouring samples of a port can be told apart by its first dimension. */
gboolean latent_runner_has_batch (const LatentRunner *self, const LatentPort *port);

/* The shape of `samples` neighbouring samples of a port. A port without a batch dimension has that
 * of one. */
LatentShape latent_runner_get_shape (
    const LatentRunner *self, const LatentPort *port, guint samples);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LatentRunner, latent_runner_clear)
