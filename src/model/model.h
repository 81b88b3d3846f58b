/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

#include "src/exec/exec.h"

struct _LatentModel {
  gatomicrefcount ref_count;
  char *path;
  char *id;
  char *key; /* SHA-256 of the content: names the graph in the process */
  LatentGraph *graph;
  GPtrArray *latents;    /* names (char *) of the latent tensors, in order */
  GPtrArray *states;     /* LatentStatePair * */
  LatentMediaInfo media;
  GPtrArray *scales;     /* latent.scale per channel (float), see latent_model_get_scale() */
  gpointer onnx;         /* what saving needs besides the graph: metadata, unknown fields; src/onnx knows it */
};

/* Names (NULL-terminated, borrowed from the model) where a mode's part begins and ends; NULL where the
 * file lacks that part. Inputs of the net that belong to latent.state follow the media or latent input. */
const char *const *latent_model_get_cut_inputs (const LatentModel *self, LatentMode mode);
const char *const *latent_model_get_cut_outputs (const LatentModel *self, LatentMode mode);

/* x = sample * scale + offset for channel c, sample in 8-bit levels (0..255), S16 levels (-32768..32767), or
 * as they are (vector, F32 audio scaled by 32768 first). Defaults map 8-bit to [0,1] and audio to [-1,1]. */
float latent_model_get_scale (const LatentModel *self, guint channel);
float latent_model_get_offset (const LatentModel *self, guint channel);

/* A model made in memory, by PCA or training: takes the graph; metadata is set with latent_model_set_metadata(). */
LatentModel *latent_model_new_from_graph (LatentGraph *graph, GError **error);
