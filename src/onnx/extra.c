/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/proto.h"

typedef struct {
  char *key;
  char *value;
} Entry;

/* Packed messages, so that they can be shared, kept and dropped as bytes. */
struct _LatentOnnxExtra {
  GBytes *model;       /* ModelProto without nodes, initialisers and metadata_props; NULL: none */
  GHashTable *nodes;   /* first output -> NodeProto of doc_string and unknown fields */
  GPtrArray *metadata; /* Entry * */
};

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  g_free (entry->key);
  g_free (entry->value);
  g_free (entry);
}

LatentOnnxExtra *
latent_onnx_extra_new (void)
{
  LatentOnnxExtra *self = g_new0 (LatentOnnxExtra, 1);

  self->nodes = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  self->metadata = g_ptr_array_new_with_free_func (free_entry);
  return self;
}

void
latent_onnx_extra_free (LatentOnnxExtra *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->model, g_bytes_unref);
  g_hash_table_unref (self->nodes);
  g_ptr_array_unref (self->metadata);
  g_free (self);
}

/* Adds src's nodes, under the names that `rename` (old -> new, may be NULL) gives their outputs. */
void
latent_onnx_extra_add_nodes (LatentOnnxExtra *self, const LatentOnnxExtra *src, GHashTable *rename)
{
  GHashTableIter iter;
  gpointer output, bytes;

  g_hash_table_iter_init (&iter, src->nodes);
  while (g_hash_table_iter_next (&iter, &output, &bytes)) {
    const char *name = rename != NULL ? g_hash_table_lookup (rename, output) : NULL;
    g_hash_table_insert (self->nodes, g_strdup (name != NULL ? name : output), g_bytes_ref (bytes));
  }
}

LatentOnnxExtra *
latent_onnx_extra_copy (const LatentOnnxExtra *self)
{
  LatentOnnxExtra *copy = latent_onnx_extra_new ();
  const char *key, *value;

  copy->model = self->model != NULL ? g_bytes_ref (self->model) : NULL;
  latent_onnx_extra_add_nodes (copy, self, NULL);
  for (guint i = 0; latent_onnx_extra_get_nth (self, i, &key, &value); i++)
    latent_onnx_extra_set (copy, key, value);
  return copy;
}

static Entry *
find_entry (const LatentOnnxExtra *self, const char *key)
{
  for (guint i = 0; i < self->metadata->len; i++) {
    Entry *entry = self->metadata->pdata[i];
    if (g_str_equal (entry->key, key))
      return entry;
  }
  return NULL;
}

const char *
latent_onnx_extra_get (const LatentOnnxExtra *self, const char *key)
{
  const Entry *entry = find_entry (self, key);

  return entry != NULL ? entry->value : NULL;
}

void
latent_onnx_extra_set (LatentOnnxExtra *self, const char *key, const char *value)
{
  Entry *entry = find_entry (self, key);

  if (value == NULL) {
    if (entry != NULL)
      g_ptr_array_remove (self->metadata, entry);
    return;
  }
  if (entry == NULL) {
    entry = g_new0 (Entry, 1);
    entry->key = g_strdup (key);
    g_ptr_array_add (self->metadata, entry);
  }
  g_free (entry->value);
  entry->value = g_strdup (value);
}

gboolean
latent_onnx_extra_get_nth (
    const LatentOnnxExtra *self, guint i, const char **key, const char **value)
{
  const Entry *entry;

  if (i >= self->metadata->len)
    return FALSE;
  entry = self->metadata->pdata[i];
  *key = entry->key;
  *value = entry->value;
  return TRUE;
}

static GBytes *
pack (const ProtobufCMessage *message)
{
  gsize size = protobuf_c_message_get_packed_size (message);
  guint8 *data = g_malloc (MAX (size, 1));

  protobuf_c_message_pack (message, data);
  return g_bytes_new_take (data, size);
}

static void
keep_node (LatentOnnxExtra *self, const Onnx__NodeProto *proto)
{
  Onnx__NodeProto kept = ONNX__NODE_PROTO__INIT;

  if (proto->n_output == 0 || (proto->doc_string == NULL && proto->base.n_unknown_fields == 0))
    return;
  kept.doc_string = proto->doc_string;
  kept.base.n_unknown_fields = proto->base.n_unknown_fields;
  kept.base.unknown_fields = proto->base.unknown_fields;
  g_hash_table_insert (self->nodes, g_strdup (proto->output[0]), pack (&kept.base));
}

/* Shallow copies of the messages, with the arrays left out that the graph holds. */
static void
keep_model (LatentOnnxExtra *self, const Onnx__ModelProto *proto)
{
  Onnx__ModelProto model = *proto;
  Onnx__GraphProto graph = *proto->graph;

  graph.n_node = 0;
  graph.n_initializer = 0;
  graph.n_sparse_initializer = 0;
  model.graph = &graph;
  model.n_metadata_props = 0;
  self->model = pack (&model.base);
}

LatentOnnxExtra *
latent_onnx_extra_new_from_proto (const Onnx__ModelProto *proto)
{
  LatentOnnxExtra *self = latent_onnx_extra_new ();

  keep_model (self, proto);
  for (size_t i = 0; i < proto->graph->n_node; i++)
    keep_node (self, proto->graph->node[i]);
  for (size_t i = 0; i < proto->n_metadata_props; i++) {
    const Onnx__StringStringEntryProto *entry = proto->metadata_props[i];
    if (entry->key != NULL)
      latent_onnx_extra_set (self, entry->key, entry->value != NULL ? entry->value : "");
  }
  return self;
}

Onnx__ModelProto *
latent_onnx_extra_unpack_model (const LatentOnnxExtra *self)
{
  gsize size;
  const guint8 *data = self->model != NULL ? g_bytes_get_data (self->model, &size) : NULL;

  return data != NULL ? onnx__model_proto__unpack (NULL, size, data) : NULL;
}

Onnx__NodeProto *
latent_onnx_extra_unpack_node (const LatentOnnxExtra *self, const char *output)
{
  GBytes *bytes = g_hash_table_lookup (self->nodes, output);
  gsize size;
  const guint8 *data = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  return data != NULL ? onnx__node_proto__unpack (NULL, size, data) : NULL;
}
