/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/limits.h"
#include "src/onnx/proto.h"

#define IR_LISTS_INITIALISERS 3 /* the last that wants every initialiser among the inputs too */

/* The oldest IR version that goes with an opset: what a model made here says it is. */
static gint64
get_ir_version (guint opset)
{
  return opset >= 21 ? 10 : opset >= 19 ? 9 : 8;
}

typedef struct {
  const LatentGraph *graph;
  const LatentOnnxExtra *extra; /* may be NULL */
  Onnx__ModelProto *old;        /* what extra kept, or NULL */
  GHashTable *old_ports;        /* name -> Onnx__ValueInfoProto *, inputs and outputs of old */
  GPtrArray *old_nodes;         /* messages to be freed */
  GPtrArray *tensors;           /* LatentTensor *: data in memory */
  GPtrArray *garbage;
} Saver;

static void
free_message (gpointer message)
{
  protobuf_c_message_free_unpacked (message, NULL);
}

static void
init_saver (Saver *self, const LatentGraph *graph, const LatentOnnxExtra *extra)
{
  *self = (Saver){.graph = graph, .extra = extra};
  self->old = extra != NULL ? latent_onnx_extra_unpack_model (extra) : NULL;
  self->old_ports = g_hash_table_new (g_str_hash, g_str_equal);
  self->old_nodes = g_ptr_array_new_with_free_func (free_message);
  self->tensors = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_tensor_unref);
  self->garbage = g_ptr_array_new_with_free_func (g_free);
  for (size_t i = 0; self->old != NULL && i < self->old->graph->n_output; i++)
    g_hash_table_insert (
        self->old_ports, self->old->graph->output[i]->name, self->old->graph->output[i]);
  for (size_t i = 0; self->old != NULL && i < self->old->graph->n_input; i++)
    g_hash_table_insert (
        self->old_ports, self->old->graph->input[i]->name, self->old->graph->input[i]);
}

static void
clear_saver (Saver *self)
{
  g_ptr_array_unref (self->garbage);
  g_ptr_array_unref (self->tensors);
  g_ptr_array_unref (self->old_nodes);
  g_hash_table_unref (self->old_ports);
  if (self->old != NULL)
    free_message (self->old);
}

static gpointer
new_array (Saver *self, gsize n)
{
  gpointer array = g_new0 (gpointer, n + 1);

  g_ptr_array_add (self->garbage, array);
  return array;
}

static char **
put_names (Saver *self, const GPtrArray *values)
{
  char **names = new_array (self, values->len);

  for (guint i = 0; i < values->len; i++)
    names[i] = values->pdata[i] != NULL ? ((LatentValue *)values->pdata[i])->name : (char *)"";
  return names;
}

static Onnx__NodeProto *
put_node (Saver *self, const LatentNode *node)
{
  Onnx__NodeProto *proto = g_new (Onnx__NodeProto, 1);
  const LatentValue *output = latent_node_get_output (node, 0);
  Onnx__NodeProto *old = self->extra != NULL && output != NULL
                             ? latent_onnx_extra_unpack_node (self->extra, output->name)
                             : NULL;

  g_ptr_array_add (self->garbage, proto);
  onnx__node_proto__init (proto);
  if (old != NULL) {
    g_ptr_array_add (self->old_nodes, old);
    *proto = *old;
  }
  proto->op_type = node->op_type;
  proto->name = node->name[0] != '\0' ? node->name : NULL;
  proto->domain = node->domain[0] != '\0' ? node->domain : NULL;
  proto->n_input = node->inputs->len;
  proto->input = put_names (self, node->inputs);
  proto->n_output = node->outputs->len;
  proto->output = put_names (self, node->outputs);
  proto->n_attribute = node->attributes->len;
  proto->attribute = new_array (self, node->attributes->len);
  for (guint i = 0; i < node->attributes->len; i++)
    proto->attribute[i] = latent_onnx_put_attribute (node->attributes->pdata[i], self->garbage);
  return proto;
}

static gboolean
equals (const LatentValue *value, const Onnx__ValueInfoProto *proto)
{
  LatentValue old = {NULL};
  gboolean equal = latent_onnx_get_value_info (&old, proto, NULL) && old.type == value->type &&
                   old.has_shape == value->has_shape &&
                   latent_shape_equal (&old.shape, &value->shape);

  for (guint i = 0; i < LATENT_MAX_DIMS; i++) {
    equal &= g_strcmp0 (old.symbols[i], value->symbols[i]) == 0;
    g_free (old.symbols[i]);
  }
  return equal;
}

/* The old message where it still says the truth, else a new one that keeps the old one's
 * doc_string. */
static Onnx__ValueInfoProto *
put_port (Saver *self, const LatentValue *value)
{
  Onnx__ValueInfoProto *old = g_hash_table_lookup (self->old_ports, value->name);
  Onnx__ValueInfoProto *proto;

  if (old != NULL && (value->type == LATENT_DATA_TYPE_NONE || equals (value, old)))
    return old;
  proto = latent_onnx_put_value_info (value, self->garbage);
  proto->doc_string = old != NULL ? old->doc_string : NULL;
  return proto;
}

/* Inputs, and behind them the initialisers that the file listed or its IR version wants listed. */
static void
put_inputs (Saver *self, Onnx__GraphProto *graph, gint64 ir_version)
{
  const GPtrArray *values = self->graph->values;

  graph->n_input = 0;
  graph->input = new_array (self, self->graph->inputs->len + values->len);
  for (guint i = 0; i < self->graph->inputs->len; i++)
    graph->input[graph->n_input++] = put_port (self, self->graph->inputs->pdata[i]);
  for (guint i = 0; i < values->len; i++) {
    const LatentValue *value = values->pdata[i];
    if (value->data != NULL && (ir_version <= IR_LISTS_INITIALISERS ||
                                   g_hash_table_contains (self->old_ports, value->name)))
      graph->input[graph->n_input++] = put_port (self, value);
  }
}

static void
put_outputs (Saver *self, Onnx__GraphProto *graph)
{
  graph->n_output = self->graph->outputs->len;
  graph->output = new_array (self, self->graph->outputs->len);
  for (guint i = 0; i < self->graph->outputs->len; i++)
    graph->output[i] = put_port (self, self->graph->outputs->pdata[i]);
}

/* value_info of the file, but for tensors that are no more. */
static void
put_value_info (Saver *self, Onnx__GraphProto *graph)
{
  Onnx__ValueInfoProto **old = graph->value_info;
  size_t n = graph->n_value_info;

  graph->n_value_info = 0;
  graph->value_info = new_array (self, n);
  for (size_t i = 0; i < n; i++)
    if (old[i]->name != NULL && latent_graph_find_value (self->graph, old[i]->name) != NULL)
      graph->value_info[graph->n_value_info++] = old[i];
}

static gboolean
put_initialisers (Saver *self, Onnx__GraphProto *graph, GError **error)
{
  const GPtrArray *values = self->graph->values;

  graph->initializer = new_array (self, values->len);
  for (guint i = 0; i < values->len; i++) {
    const LatentValue *value = values->pdata[i];
    LatentTensor *tensor;
    if (value->data == NULL)
      continue;
    tensor = latent_tensor_load (value->data, error);
    if (tensor == NULL)
      return FALSE;
    g_ptr_array_add (self->tensors, tensor);
    graph->initializer[graph->n_initializer++] = latent_onnx_put_tensor (
        value->name, tensor, self->garbage);
  }
  return TRUE;
}

static gboolean
put_graph (Saver *self, Onnx__GraphProto *graph, gint64 ir_version, GError **error)
{

  graph->name = self->graph->name[0] != '\0' ? self->graph->name : (char *)"graph";
  graph->n_node = self->graph->nodes->len;
  graph->node = new_array (self, self->graph->nodes->len);
  for (guint i = 0; i < self->graph->nodes->len; i++)
    graph->node[i] = put_node (self, self->graph->nodes->pdata[i]);
  put_inputs (self, graph, ir_version);
  put_outputs (self, graph);
  put_value_info (self, graph);
  return put_initialisers (self, graph, error);
}

static void
put_metadata (Saver *self, Onnx__ModelProto *model)
{
  const char *key, *value;
  guint n = 0;

  while (self->extra != NULL && latent_onnx_extra_get_nth (self->extra, n, &key, &value))
    n++;
  model->n_metadata_props = n;
  model->metadata_props = new_array (self, n);
  for (guint i = 0; i < n; i++) {
    Onnx__StringStringEntryProto *entry = g_new (Onnx__StringStringEntryProto, 1);
    g_ptr_array_add (self->garbage, entry);
    onnx__string_string_entry_proto__init (entry);
    latent_onnx_extra_get_nth (self->extra, i, &key, &value);
    entry->key = (char *)key;
    entry->value = (char *)value;
    model->metadata_props[i] = entry;
  }
}

/* Opset imports of the file, the default domain's first and as the graph has it. */
static void
put_opsets (Saver *self, Onnx__ModelProto *model, Onnx__OperatorSetIdProto *own)
{
  Onnx__OperatorSetIdProto **old = model->opset_import;
  size_t n = model->n_opset_import;

  onnx__operator_set_id_proto__init (own);
  own->domain = (char *)"";
  own->has_version = TRUE;
  own->version = self->graph->opset;
  model->opset_import = new_array (self, n + 1);
  model->opset_import[0] = own;
  model->n_opset_import = 1;
  for (size_t i = 0; i < n; i++)
    if (old[i]->domain != NULL && old[i]->domain[0] != '\0' &&
        !g_str_equal (old[i]->domain, "ai.onnx"))
      model->opset_import[model->n_opset_import++] = old[i];
}

static GBytes *
pack (const Onnx__ModelProto *model, GError **error)
{
  gsize size = onnx__model_proto__get_packed_size (model);
  guint8 *data;

  if (size > LATENT_LIMIT_FILE_BYTES) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "the model takes %zu bytes, and an ONNX file can hold %u", size, LATENT_LIMIT_FILE_BYTES);
    return NULL;
  }
  data = g_try_malloc (size);
  if (data == NULL) {
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_LIMIT, "out of memory for a model of %zu bytes", size);
    return NULL;
  }
  onnx__model_proto__pack (model, data);
  return g_bytes_new_take (data, size);
}

GBytes *
latent_onnx_serialize (const LatentGraph *graph, const LatentOnnxExtra *extra, GError **error)
{
  Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
  Onnx__GraphProto graph_proto = ONNX__GRAPH_PROTO__INIT;
  Onnx__OperatorSetIdProto opset;
  Saver self;
  GBytes *bytes = NULL;

  init_saver (&self, graph, extra);
  if (self.old != NULL) {
    model = *self.old;
    graph_proto = *self.old->graph;
  } else {
    model.has_ir_version = TRUE;
    model.ir_version = get_ir_version (graph->opset);
    model.producer_name = (char *)"gst-latent";
  }
  model.graph = &graph_proto;
  if (put_graph (&self, &graph_proto, model.ir_version, error)) {
    put_metadata (&self, &model);
    put_opsets (&self, &model, &opset);
    bytes = pack (&model, error);
  }
  clear_saver (&self);
  return bytes;
}
