/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/model/model.h"

/* What the files of this folder share with one another only. */

/* Takes graph (sorted) and extra, error or not. Its id is latent.id, or the key. */
LatentModel *latent_model_new_settled (
    LatentGraph *graph, LatentOnnxExtra *onnx, const char *key, GError **error);

/* SHA-256 in hex of two texts. */
char *latent_hash_two (const char *a, const char *b);

/* Works out all that follows from graph and metadata, in this order: roles (latents, parts,
 * states), media, and the scales. On error self has nothing of it. */
gboolean latent_model_settle (LatentModel *self, GError **error);
void latent_model_clear_settled (LatentModel *self);
/* Gives what was settled to dst, and leaves src with nothing of it. */
void latent_model_move_settled (LatentModel *dst, LatentModel *src);

/* settle()'s steps. */
gboolean latent_model_find_roles (LatentModel *self, GError **error);
gboolean latent_model_find_media (LatentModel *self, GError **error);
void latent_part_free (LatentPart *self);

/* Takes back an error of a trial where the graph has inputs besides media or latents and states:
 * what they are bound to may decide shapes, and is known only when a program is compiled. FALSE
 * where it has none. */
gboolean latent_model_forgive (const LatentModel *self, GError **error);

/* Where media, or a file without an encoder's latents, enter and leave the graph: names; exit is
 * NULL where the file lacks a decoder. */
const char *latent_model_get_entry (const LatentModel *self);
const char *latent_model_get_exit (const LatentModel *self);

/* Fills the unknown sizes of an entry's shape: the batch is 1, channels those of the media; height
 * and width (or the length, or any size of a vector) are given. */
LatentShape latent_model_fill_shape (
    const LatentModel *self, const LatentValue *entry, gint64 height, gint64 width);

/* A copy of the part between `inputs` and `outputs` (NULL: the graph's own) with all shapes
 * inferred. `entry` has the shape given; symbols that it binds are bound elsewhere too; what is
 * still unknown is 1. */
LatentGraph *latent_graph_infer_part (const LatentGraph *graph, const char *const *inputs,
    const char *const *outputs, const char *entry, const LatentShape *shape, GError **error);

/* Sizes that a net with unknown height and width takes, in elements of the entry. */
typedef struct {
  guint stride;
  guint min_size;
  guint exit_stride; /* likewise of what comes out */
  guint exit_min_size;
} LatentSizes;

/* Looks for them by trial: the smallest stride p such that of every multiple of p (from min_size
 * on) the output is as large as the input, or, in half an autoencoder, its size is linear in the
 * input's. */
gboolean latent_model_find_sizes (const LatentModel *self, LatentSizes *sizes, GError **error);
/* The shape of the entry where a file leaves sizes open, for what it says of itself: pictures of
 * 256x256 pixels, or the next size above that the net takes; its tile; its window; vectors of 16.
 */
LatentShape latent_model_get_default_shape (const LatentModel *self);

/* Numbers in text, separated by commas or blanks: finite floats; whole numbers of 1 or more, with a
 * given separator. NULL or FALSE where the text is something else. */
GArray *latent_parse_floats (const char *text);
gboolean latent_parse_counts (const char *text, const char *separator, guint n, guint *counts);
/* Names separated by commas. */
char **latent_parse_names (const char *text);

/* LATENT_ERROR_SETTINGS: "latent.tile is 'huge', wanted is WxH". */
gboolean latent_fail_key (GError **error, const char *key, const char *value, const char *wanted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPart, latent_part_free)
