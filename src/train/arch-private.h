/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/arch-layers.h"
#include "src/train/arch.h"

/* What the files arch*.c share with one another only. */

#define LATENT_ARCH_SIZES 64 /* halvings of a conv net, itself included */

/* Of the last layer's weights, where what it is given is not small by itself: outputs start near 0,
 * so that the first steps are not spent on unlearning noise. */
#define LATENT_ARCH_OUTPUT_GAIN .1f
/* Likewise of what is added to a path that is good already. */
#define LATENT_ARCH_BESIDE_GAIN .001f
#define LATENT_ARCH_REFINE_GAIN .02f

/* A net that is being made. The first part is the same for all; a trunk's prepare() fills in the
 * second. */
typedef struct {
  LatentLayers layers;
  const LatentRecipe *recipe;
  const LatentSampleSpec *spec;
  const char *activation; /* of hidden layers */
  gint64 k;               /* `latent` */
  gint64 d;               /* elements of a sample */

  LatentShape input;  /* batch included: -1 where the net takes any */
  LatentShape latent; /* likewise */
  LatentShape output; /* likewise */

  /* conv: channels and sizes after each halving, sizes[0] before the first; flat nets alone have
   * sizes that are fixed */
  guint n_axes;
  guint n_levels;
  gint64 patch;
  gint64 kernel;
  gint64 channels[LATENT_ARCH_SIZES];
  gint64 sizes[LATENT_ARCH_SIZES][2];
  gint64 stride;           /* elements each way for one of the latents */
  LatentValue *x;          /* what the encoder reads */
  LatentTensor *direct[4]; /* of the linear path: encoder's weights and bias, decoder's; or NULL */

  /* transformer: tokens of token_size numbers; grid[] of them where they are patches */
  gint64 n_tokens;
  gint64 token_size;
  gint64 grid[2];
  LatentValue *rows; /* the input, which a net that predicts adds its output to */

  /* lapped */
  LatentValue *coefficients;
  LatentValue *means, *shares; /* matrices between coefficients and bands, once they are made */
  double level_slope; /* latent.slopes of the first channel, where others' is 1; 0: no such */
  guint n_states;
  struct {
    const char *name; /* of the input; the output's is NAME_next */
    LatentValue *next;
    LatentShape shape;
  } states[2];
} LatentArch;

/* A kind of net in four parts: encode() gives features, project() makes latents of these (twice in
 * a variational net), decode() makes the output of latents. Encoder layers are named "encoder/...",
 * decoder layers "decoder/...". */
typedef struct {
  /* Checks keys and sizes, fills in shapes. */
  gboolean (*prepare) (LatentArch *self, GError **error);
  LatentValue *(*encode) (LatentArch *self, LatentValue *x);
  LatentValue *(*project) (LatentArch *self, const char *path, LatentValue *features);
  LatentValue *(*decode) (LatentArch *self, LatentValue *latent);
} LatentTrunk;

extern const LatentTrunk latent_trunk_dense; /* linear too */
extern const LatentTrunk latent_trunk_conv;
extern const LatentTrunk latent_trunk_lapped;
extern const LatentTrunk latent_trunk_transformer;

/* Layers of the sizes that `key` of the recipe lists, "PREFIX1" and so on, from n_src on; the last
 * one's size (n_src where there is none) is written to n_dst. */
LatentValue *latent_arch_add_hidden (LatentLayers *layers, const LatentRecipe *recipe,
    const char *key, const char *prefix, LatentValue *src, gint64 n_src, gint64 *n_dst);
/* The same, backwards: `hidden` of a decoder, from n_src on. */
LatentValue *latent_arch_add_mirrored (
    LatentArch *self, LatentValue *src, gint64 n_src, gint64 *n_dst);

/* The linear path beside a conv net, where the recipe has `direct`; without it these give back what
 * they are given. load: after sizes are known. begin: what a decoder reads instead of the latent.
 */
gboolean latent_arch_load_direct (LatentArch *self, GError **error);
void latent_arch_clear_direct (LatentArch *self);
/* Whether the encoder has no convolutions: `latent` of encode_direct is NULL then. */
gboolean latent_arch_is_tiles_alone (const LatentArch *self);
LatentValue *latent_arch_encode_direct (LatentArch *self, LatentValue *x, LatentValue *latent);
LatentValue *latent_arch_begin_direct (LatentArch *self, LatentValue *latent);
LatentValue *latent_arch_decode_direct (LatentArch *self, LatentValue *latent, LatentValue *y);
/* Where the latents are components alone: steps of the quantiser, and where their tiles are. */
gboolean latent_arch_describe_direct (const LatentArch *self, LatentModel *model, GError **error);

/* LATENT_ERROR_SETTINGS: "KEY: MESSAGE". FALSE. */
gboolean latent_arch_fail (GError **error, const char *key, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* latent.NAME = a number, where it is not 0. */
gboolean latent_arch_set_number (
    LatentModel *model, const char *key, double number, GError **error);
