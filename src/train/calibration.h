/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/model/model.h"
#include "src/train/calibration-range.h"

/* Makes a quantised model of one in f32, by what its layers see of samples: a QDQ graph, in which
 * convolutions and matrix products read 8-bit integers.
 *
 * Which layers can: Conv, ConvTranspose, Gemm and MatMul with constant weights that do a 200th of
 * the multiply-adds or more. Batch normalisation is folded into them first. What they read has one
 * scale for each tensor; what only moves numbers before them (DepthToSpace, Reshape, Concat ...)
 * reads the same integers; weights have a scale for each channel of the output. What they make is
 * in f32, unless another such layer reads it, so that activations and residual sums can be fused.
 */
typedef struct _LatentCalibration LatentCalibration;

typedef struct {
  LatentRangeMethod method;
  gboolean rounds; /* weights are rounded such that the layer's output is near, not each to the
                      nearest integer */
  guint threads;
} LatentCalibrationSettings;

typedef struct {
  char *name; /* of the node, or of what it makes where it has none */
  const char *op;
  guint64 macs;        /* for a sample of the shape given */
  gboolean in_encoder; /* latents depend on it */
} LatentCalibrationLayer;

/* What can be said before there are samples: LATENT_ERROR_SETTINGS where the model is quantised
 * already or has no encoder, LATENT_ERROR_UNSUPPORTED where its opset is below 13. */
gboolean latent_calibration_check (const LatentModel *model, GError **error);
/* shape: of the net's input, a batch in front, by which layers' work is counted. Fails as check()
 * does, and with LATENT_ERROR_SETTINGS where there is no such layer. */
LatentCalibration *latent_calibration_new (LatentModel *model,
    const LatentCalibrationSettings *settings, const LatentShape *shape, GError **error);
void latent_calibration_free (LatentCalibration *self);

guint latent_calibration_get_n_layers (const LatentCalibration *self);
const LatentCalibrationLayer *latent_calibration_get_layer (const LatentCalibration *self, guint i);

/* One run of the net: float32, row-major. `begins`: states are reset before. */
void latent_calibration_add (LatentCalibration *self, LatentTensor *sample, gboolean begins);
/* Looks at what layers see of all samples that were added, three times. */
gboolean latent_calibration_run (LatentCalibration *self, GError **error);

/* The model with those layers (one boolean for each) in integers; after run(). The same latent.id:
 * whether latents are near enough is for the caller to measure. */
LatentModel *latent_calibration_make_model (
    LatentCalibration *self, const gboolean *integer, GError **error);

/* How good a model is. */
typedef struct {
  double psnr;  /* dB; NaN where the model gives latents alone */
  double shift; /* root mean square of how far latents are from those in f32, in steps; NaN where it
                   has none */
} LatentQuality;

/* What finds it out. `model` may be the one in f32. */
typedef gboolean (*LatentQualityFunc) (
    LatentModel *model, LatentQuality *quality, gpointer data, GError **error);

typedef struct {
  double max_loss;  /* dB */
  double max_shift; /* steps */
} LatentQualityLimits;

/* What the search finds for a layer. */
typedef struct {
  gboolean excluded; /* set by the caller: stays in f32 */
  gboolean integer;
  LatentQuality cost; /* of this layer alone in integers: loss in dB (as psnr), shift */
} LatentLayerChoice;

/* Tries each layer alone, then all, and puts those that cost most back to f32 until the limits are
 * met. `quality`: of the model in f32, and of the one that is returned. LATENT_ERROR_FAILED where
 * no layer is left. */
LatentModel *latent_calibration_search (LatentCalibration *self, const LatentQualityLimits *limits,
    LatentLayerChoice *choices, LatentQuality quality[2], LatentQualityFunc func, gpointer data,
    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentCalibration, latent_calibration_free)
