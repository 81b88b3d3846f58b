/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Small models whose outputs can be written down, made in a temporary folder by test_models_init().
 */
typedef enum {
  TEST_MODEL_RGB,  /* latent: 4x4 blocks of pixels / 255 as 48 channels; output: the input; any size
                    */
  TEST_MODEL_GRAY, /* the same for GRAY8: 16 channels */
  TEST_MODEL_I420, /* the same for I420 at half the size, so 8x8 blocks of luma: 96 channels */
  TEST_MODEL_OTHER,   /* as RGB; another latent id */
  TEST_MODEL_FIXED,   /* as RGB; 96x64 pixels only */
  TEST_MODEL_ENCODER, /* the encoder of RGB alone */
  TEST_MODEL_NAN,     /* as RGB; all latents are NaN */
  TEST_MODEL_TILED,   /* as RGB, in tiles of 16x8, which the latent's first dimension counts */
  TEST_MODEL_STATE,   /* RGB, 8x8 pixels; latent: what changed since the frame before; output: the
                         input, summed up */
  TEST_MODEL_AUDIO,   /* 16000 Hz, mono; windows of 320, hop 160; latent: the window; output: the
                         input */
  TEST_MODEL_STEREO,  /* the same with two channels */
  TEST_MODEL_VECTOR,  /* four numbers; latent: the numbers; output: the input */
  TEST_N_MODELS,
} TestModel;

/* Latents are quantised in steps of 2^-15 at the best quality: what is coded then comes back as it
 * was, pixel by pixel and (S16) sample by sample. */

/* The latent id (64 digits) of all but TEST_MODEL_OTHER. */
#define TEST_ID       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TEST_OTHER_ID "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

/* Aborts where a model cannot be written. */
void test_models_init (void);
void test_models_clear (void);
const char *test_models_get_path (TestModel model);
const char *test_models_get_folder (void);
