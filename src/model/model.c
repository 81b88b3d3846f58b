/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/private.h"

#include <string.h>

#include "src/base/file.h"
#include "src/base/limits.h"
#include "src/base/output.h"
#include "src/model/cache.h"

/* Bytes of a file that are read at a time for its digest. */
#define PIECE (gsize)262144

G_DEFINE_BOXED_TYPE (LatentModel, latent_model, latent_model_ref, latent_model_unref)

static LatentModel *
new_model (LatentGraph *graph, LatentOnnxExtra *onnx)
{
  LatentModel *self = g_new0 (LatentModel, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->graph = graph;
  self->onnx = onnx;
  return self;
}

LatentModel *
latent_model_ref (LatentModel *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
latent_model_unref (LatentModel *self)
{
  if (self == NULL || !latent_model_cache_drop (self))
    return;
  latent_model_clear_settled (self);
  latent_graph_free (self->graph);
  latent_onnx_extra_free (self->onnx);
  g_free (self->path);
  g_free (self->id);
  g_free (self->key);
  g_free (self);
}

/* What the library would feed to the net and read from it: models of the same weights for which
 * this is the same have the same latents. */
static char *
describe_space (const LatentModel *self)
{
  const LatentMediaInfo *media = &self->media;
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->latents->len; i++)
    g_string_append_printf (text, "%s\n", (const char *)self->latents->pdata[i]);
  for (guint i = 0; i < self->states->len; i++) {
    const LatentStatePair *pair = self->states->pdata[i];
    g_string_append_printf (text, "%s:%s\n", pair->input, pair->output);
  }
  g_string_append_printf (text, "%d %d %u %u %u %u %u %u\n", (int)media->kind, (int)media->color,
      media->rate, media->channels, media->hop, media->window, media->tile_width,
      media->tile_height);
  for (guint i = 0; i < media->channels || i == 0; i++)
    g_string_append_printf (
        text, "%a %a\n", latent_model_get_scale (self, i), latent_model_get_offset (self, i));
  return g_string_free (text, FALSE);
}

char *
latent_hash_two (const char *a, const char *b)
{
  g_autofree char *text = g_strconcat (a, "\n", b, NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

LatentModel *
latent_model_new_settled (
    LatentGraph *graph, LatentOnnxExtra *onnx, const char *key, GError **error)
{
  g_autoptr (LatentModel) self = new_model (graph, onnx);
  const char *id;

  self->key = g_strdup (key);
  if (!latent_model_settle (self, error))
    return NULL;
  id = latent_onnx_extra_get (onnx, "latent.id");
  self->id = g_strdup (id != NULL ? id : key);
  return g_steal_pointer (&self);
}

/* What a parser made, or NULL, becomes a model that the process keeps. name: for messages. */
static LatentModel *
settle (LatentGraph *graph, LatentOnnxExtra *onnx, const char *path, const char *name,
    GChecksum *checksum, GError **error)
{
  LatentModel *self = NULL;

  if (graph == NULL && path != NULL)
    return NULL; /* it said which file */
  if (graph != NULL)
    self = latent_model_new_settled (graph, onnx, g_checksum_get_string (checksum), error);
  if (self == NULL) {
    g_prefix_error (error, "%s: ", name);
    return NULL;
  }
  self->path = g_strdup (path);
  return latent_model_cache_add (self);
}

/* The key of a model without external data is its file's digest. */
static LatentModel *
find_known (const GChecksum *checksum)
{
  g_autoptr (GChecksum) of_file = g_checksum_copy (checksum);

  return latent_model_cache_find (g_checksum_get_string (of_file));
}

static gboolean
sum_file (const LatentFile *file, GChecksum *checksum, GError **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE);
  gsize size = latent_file_get_size (file), n;

  for (gsize offset = 0; offset < size; offset += n) {
    n = MIN (PIECE, size - offset);
    if (!latent_file_read_part (file, piece, n, offset, error))
      return FALSE;
    g_checksum_update (checksum, piece, (gssize)n);
  }
  return TRUE;
}

LatentModel *
latent_model_load (const char *path, GError **error)
{
  g_autoptr (LatentFile) file = latent_file_open (path, LATENT_LIMIT_FILE_BYTES, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  LatentOnnxExtra *onnx = NULL;
  LatentGraph *graph;
  LatentModel *self;

  if (file == NULL || !sum_file (file, checksum, error))
    return NULL;
  self = find_known (checksum);
  if (self != NULL)
    return self;
  graph = latent_onnx_parse_file (file, path, &onnx, checksum, error);
  return settle (graph, onnx, path, path, checksum, error);
}

LatentModel *
latent_model_new_from_bytes (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  gsize size = g_bytes_get_size (bytes);
  LatentOnnxExtra *onnx = NULL;
  LatentGraph *graph;
  LatentModel *self;

  g_checksum_update (checksum, data, (gssize)size);
  self = find_known (checksum);
  if (self != NULL)
    return self;
  graph = latent_onnx_parse (data, size, NULL, &onnx, checksum, error);
  return settle (graph, onnx, NULL, name, checksum, error);
}

LatentModel *
latent_model_new_from_graph (LatentGraph *graph, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *key = NULL;

  if (latent_graph_sort (graph, error))
    bytes = latent_onnx_serialize (graph, NULL, error);
  if (bytes == NULL) {
    latent_graph_free (graph);
    return NULL;
  }
  key = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  return latent_model_new_settled (graph, latent_onnx_extra_new (), key, error);
}

LatentModel *
latent_model_new_changed (
    const LatentModel *model, LatentGraph *graph, gboolean same_space, GError **error)
{
  g_autoptr (LatentOnnxExtra) onnx = latent_onnx_extra_copy (model->onnx);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *key = NULL;

  latent_onnx_extra_set (onnx, "latent.id", same_space ? model->id : NULL);
  if (latent_graph_sort (graph, error))
    bytes = latent_onnx_serialize (graph, onnx, error);
  if (bytes == NULL) {
    latent_graph_free (graph);
    return NULL;
  }
  key = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  return latent_model_new_settled (graph, g_steal_pointer (&onnx), key, error);
}

LatentModel *
latent_model_copy (const LatentModel *self)
{
  g_autoptr (GError) error = NULL;
  LatentModel *copy = latent_model_new_settled (
      latent_graph_copy (self->graph), latent_onnx_extra_copy (self->onnx), self->key, &error);

  g_return_val_if_fail (copy != NULL, NULL); /* it was settled before */
  g_free (copy->id);
  copy->id = g_strdup (self->id);
  copy->path = g_strdup (self->path);
  return copy;
}

gboolean
latent_model_save (LatentModel *self, const char *path, GError **error)
{
  g_autoptr (LatentOnnxExtra) onnx = latent_onnx_extra_copy (self->onnx);
  g_autoptr (GBytes) bytes = NULL;
  gconstpointer data;
  gsize size;

  latent_onnx_extra_set (onnx, "latent.id", self->id);
  bytes = latent_onnx_serialize (self->graph, onnx, error);
  if (bytes == NULL) {
    g_prefix_error (error, "%s: ", path);
    return FALSE;
  }
  data = g_bytes_get_data (bytes, &size);
  return latent_output_put (path, data, size, error);
}

gboolean
latent_model_set_metadata (LatentModel *self, const char *key, const char *value, GError **error)
{
  g_autofree char *old = g_strdup (latent_onnx_extra_get (self->onnx, key));
  g_autofree char *space = describe_space (self);
  g_autofree char *new_space = NULL;
  LatentModel scratch = {.graph = self->graph, .onnx = self->onnx};

  g_return_val_if_fail (!self->cached, FALSE);
  latent_onnx_extra_set (self->onnx, key, value);
  if (!latent_model_settle (&scratch, error)) {
    latent_onnx_extra_set (self->onnx, key, old);
    return FALSE;
  }
  latent_model_move_settled (self, &scratch);
  new_space = describe_space (self);
  if (g_str_equal (key, "latent.id")) {
    self->id_is_given = value != NULL;
    g_free (self->id);
    self->id = value != NULL ? g_strdup (value) : latent_hash_two (self->key, new_space);
  } else if (!g_str_equal (space, new_space) && !self->id_is_given) {
    latent_onnx_extra_set (self->onnx, "latent.id", NULL);
    g_free (self->id);
    self->id = latent_hash_two (self->key, new_space);
  }
  return TRUE;
}

const char *
latent_model_get_id (const LatentModel *self)
{
  return self->id;
}

const char *
latent_model_get_path (const LatentModel *self)
{
  return self->path;
}

const LatentMediaInfo *
latent_model_get_media_info (const LatentModel *self)
{
  return &self->media;
}

const char *
latent_model_get_metadata (const LatentModel *self, const char *key)
{
  return latent_onnx_extra_get (self->onnx, key);
}

static const LatentPart *
get_part (const LatentModel *self, LatentMode mode)
{
  static const LatentPartKind parts[] = {
      [LATENT_MODE_RECONSTRUCT] = LATENT_PART_WHOLE,
      [LATENT_MODE_ENCODE] = LATENT_PART_ENCODER,
      [LATENT_MODE_DECODE] = LATENT_PART_DECODER,
      [LATENT_MODE_EMBED] = LATENT_PART_ENCODER,
  };

  return self->parts[parts[mode]];
}

gboolean
latent_model_supports_mode (const LatentModel *self, LatentMode mode)
{
  const LatentPart *part = get_part (self, mode);

  return part != NULL && part->complete;
}

const char *const *
latent_model_get_cut_inputs (const LatentModel *self, LatentMode mode)
{
  const LatentPart *part = get_part (self, mode);

  return part != NULL ? (const char *const *)part->inputs->pdata : NULL;
}

const char *const *
latent_model_get_cut_outputs (const LatentModel *self, LatentMode mode)
{
  const LatentPart *part = get_part (self, mode);

  return part != NULL ? (const char *const *)part->outputs->pdata : NULL;
}

const LatentStatePair *
latent_model_get_states (const LatentModel *self, LatentMode mode, guint *n_states)
{
  const LatentPart *part = get_part (self, mode);

  *n_states = part != NULL ? part->states->len : 0;
  return part != NULL ? (const LatentStatePair *)(gpointer)part->states->data : NULL;
}
