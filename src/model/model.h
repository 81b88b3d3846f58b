/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

#include "src/exec/exec.h"
#include "src/onnx/onnx.h"

/* The part of the graph that a mode runs: where it begins and ends, and what it carries from run to
 * run. Names are borrowed from the graph. */
typedef struct {
  GPtrArray *inputs;  /* char *, NULL-terminated: media or latents first, those of states last */
  GPtrArray *outputs; /* char *, NULL-terminated: latents, or the reconstruction */
  GArray *states;     /* LatentStatePair */
  gboolean complete;  /* nothing has to be fed but media or latents, and states */
} LatentPart;

typedef enum {
  LATENT_PART_WHOLE, /* input to latent to output */
  LATENT_PART_ENCODER,
  LATENT_PART_DECODER,
  LATENT_N_PARTS,
} LatentPartKind;

struct _LatentModel {
  gatomicrefcount ref_count;
  gboolean cached; /* in the process's table of live models: not to be changed */
  char *path;
  char *id;
  gboolean id_is_given; /* by latent_model_set_metadata(): it stays whatever else is set */
  char *key;            /* SHA-256 of the content: names the graph in the process */
  LatentGraph *graph;
  LatentOnnxExtra *onnx; /* metadata, and what saving needs besides the graph */

  /* What follows from the graph and its metadata: see latent_model_settle(). */
  GPtrArray
      *latents;      /* names (char *) of the latent tensors, in order; empty where none is known */
  GPtrArray *states; /* LatentStatePair *, names borrowed from the graph */
  LatentPart *parts[LATENT_N_PARTS]; /* NULL where the file lacks the part */
  LatentMediaInfo media;
  GArray *scales;  /* latent.scale per channel (float), see latent_model_get_scale() */
  GArray *offsets; /* likewise */
};

/* Names (NULL-terminated, borrowed from the model) where a mode's part begins and ends; NULL where
 * the file lacks that part. Inputs of the net that belong to latent.state follow the media or
 * latent input; where their new values come out is not among the outputs. */
const char *const *latent_model_get_cut_inputs (const LatentModel *self, LatentMode mode);
const char *const *latent_model_get_cut_outputs (const LatentModel *self, LatentMode mode);
/* The pairs that a mode's part carries over. */
const LatentStatePair *latent_model_get_states (
    const LatentModel *self, LatentMode mode, guint *n_states);

/* x = sample * scale + offset for channel c, sample in 8-bit levels (0..255), S16 levels
 * (-32768..32767), or as they are (vector, F32 audio scaled by 32768 first). Defaults map 8-bit to
 * [0,1] and audio to [-1,1]. Channels are the tensor's: 6 for I420. */
float latent_model_get_scale (const LatentModel *self, guint channel);
float latent_model_get_offset (const LatentModel *self, guint channel);

/* latent.steps, floats above 0: one, or one for each channel; NULL where the file says none. The
 * caller's. */
GArray *latent_model_get_steps (const LatentModel *self);
/* latent.slopes, likewise, from 0 to 1: the power of a quality's step that a channel's steps go by.
 */
GArray *latent_model_get_slopes (const LatentModel *self);

/* The part from latents to media as an .onnx file of its own, with the same latent id. */
GBytes *latent_model_serialize_decoder (const LatentModel *self, GError **error);
/* An .onnx file in memory; external data are not read. `name` is for messages. */
LatentModel *latent_model_new_from_bytes (GBytes *bytes, const char *name, GError **error);
/* A model made in memory, by PCA or training: takes the graph, error or not; metadata is set with
 * latent_model_set_metadata(). */
LatentModel *latent_model_new_from_graph (LatentGraph *graph, GError **error);
/* `model` with another graph: a changed copy of its own, which is taken, error or not. Metadata
 * stay, but for latent.id where the latent space is not the same. */
LatentModel *latent_model_new_changed (
    const LatentModel *model, LatentGraph *graph, gboolean same_space, GError **error);

/* A copy in which what depends on constants alone is folded. */
LatentGraph *latent_graph_fold_constants (const LatentGraph *graph, GError **error);
