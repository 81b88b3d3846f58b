/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/model.h"
#include "src/ops/op.h"
#include "src/train/arch.h"
#include "src/train/objective-private.h"

/* Sound is heard as its windows give it together, not window by window. */

/* Spectra of short sounds, of vowels, of single tones. */
static const gint64 sizes[] = {128, 512, 2048};

/* Of what is shaped: spectra in which single tones are apart. */
#define SHAPED_SIZE  512
#define SHAPED_LOUD  1e-3f /* the power at which an error counts as it is: -30 dB */
#define SHAPED_FLOOR 1e-7f

#define FLOOR 1e-8f /* -80 dB of full scale: what is below that is silence */

static gboolean
is_sound (const LatentObjectiveMaker *maker)
{
  return latent_model_get_media_info (maker->model)->kind == LATENT_MEDIA_AUDIO;
}

static LatentValue *
overlap (LatentObjectiveMaker *maker, LatentValue *windows, const char *name, GError **error)
{
  const LatentMediaInfo *media = latent_model_get_media_info (maker->model);
  LatentNode *node = latent_objective_add_node (
      maker, "OverlapAdd", LATENT_DOMAIN_TRAINING, 1, &windows);

  latent_node_set_int (node, "hop", media->hop > 0 ? media->hop : windows->shape.dims[2]);
  latent_node_set_int (node, "sequence", maker->self->unit);
  return latent_objective_add_output (maker, node, name, error);
}

gboolean
latent_objective_overlap (LatentObjectiveMaker *maker, LatentValue **target, GError **error)
{
  if (!is_sound (maker) || maker->self->unit == 1 || maker->task != LATENT_TASK_AUTOENCODE)
    return TRUE;
  if (maker->output->shape.n != 3 || (*target)->shape.n != 3)
    return latent_objective_fail (error, "sequence",
        "a sequence of sound wants windows x channels x samples as input and output");
  maker->output = overlap (maker, maker->output, "train.sound", error);
  if (maker->output != NULL)
    *target = overlap (maker, *target, "train.clean", error);
  return maker->output != NULL && *target != NULL;
}

/* One of the sizes. */
static LatentValue *
add_size (LatentObjectiveMaker *maker, LatentValue *target, gint64 size, GError **error)
{
  LatentNode *node = latent_objective_add_node (maker, "SpectralError", LATENT_DOMAIN_TRAINING, 4,
      (LatentValue *const[]){maker->output, target, NULL, maker->count});

  latent_node_set_int (node, "size", size);
  latent_node_set_int (node, "hop", size / 2);
  latent_node_set_int (node, "sequence", maker->self->unit);
  latent_node_set_float (node, "floor", FLOOR);
  return latent_objective_add_output (maker, node, "train.spectrum", error);
}

static gboolean
check_spectral (
    const LatentObjectiveMaker *maker, const char *key, gint64 length, gint64 least, GError **error)
{
  if (!is_sound (maker) || maker->task != LATENT_TASK_AUTOENCODE || maker->output->shape.n != 3)
    return latent_objective_fail (
        error, key, "wants an autoencoder of windows x channels x samples of sound");
  return length >= least || latent_objective_fail (error, key,
                                "%" G_GINT64_FORMAT " samples are too few: %" G_GINT64_FORMAT
                                " at least (sequence makes more of them)",
                                length, least);
}

gboolean
latent_objective_add_spectral (LatentObjectiveMaker *maker, LatentValue *target, GError **error)
{
  LatentValue *inputs[2 * G_N_ELEMENTS (sizes)] = {NULL};
  float factors[G_N_ELEMENTS (sizes)];
  guint n = 0;

  if (latent_recipe_get_double (maker->recipe, "spectral") <= 0)
    return TRUE;
  gint64 length = maker->self->unit * maker->output->shape.dims[maker->output->shape.n - 1];
  if (!check_spectral (maker, "spectral", length, sizes[0], error))
    return FALSE;
  for (; n < G_N_ELEMENTS (sizes) && sizes[n] <= length; n++)
    if ((inputs[2 * n] = add_size (maker, target, sizes[n], error)) == NULL)
      return FALSE;
  for (guint i = 0; i < n; i++)
    factors[i] = 1 / (float)n;
  LatentNode *sum = latent_objective_add_node (
      maker, "WeightedSum", LATENT_DOMAIN_TRAINING, 2 * n - 1, inputs);
  latent_node_set_floats (sum, "factors", factors, n);
  maker->terms[LATENT_TERM_SPECTRAL] = latent_objective_add_output (
      maker, sum, "train.spectral", error);
  return maker->terms[LATENT_TERM_SPECTRAL] != NULL;
}

gboolean
latent_objective_add_shaped (LatentObjectiveMaker *maker, LatentValue *target, GError **error)
{
  if (latent_recipe_get_double (maker->recipe, "shaped") <= 0)
    return TRUE;
  gint64 length = maker->self->unit * maker->output->shape.dims[maker->output->shape.n - 1];
  if (!check_spectral (maker, "shaped", length, SHAPED_SIZE, error))
    return FALSE;
  LatentNode *node = latent_objective_add_node (maker, "ShapedError", LATENT_DOMAIN_TRAINING, 4,
      (LatentValue *const[]){maker->output, target, NULL, maker->count});
  latent_node_set_int (node, "size", SHAPED_SIZE);
  latent_node_set_int (node, "hop", SHAPED_SIZE / 2);
  latent_node_set_int (node, "sequence", maker->self->unit);
  latent_node_set_float (node, "floor", SHAPED_FLOOR);
  latent_node_set_float (node, "shape", (float)LATENT_SOUND_SHAPE);
  latent_node_set_float (node, "ref", SHAPED_LOUD);
  maker->terms[LATENT_TERM_SHAPED] = latent_objective_add_output (
      maker, node, "train.shaped", error);
  return maker->terms[LATENT_TERM_SHAPED] != NULL;
}
