/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/limits.h"
#include "src/onnx/proto.h"
#include "src/onnx/scan.h"
#include "src/ops/op.h"

/* What of ONNX is read. */
#define IR_MIN 3
#define IR_MAX 10

typedef struct {
  Onnx__ModelProto *model;
  LatentGraph *graph;
  GHashTable *opsets; /* domain -> version */
  LatentOnnxExternal *external;
  LatentFile *file;      /* borrowed; NULL where all is in memory */
  const GArray *in_file; /* LatentRawData of each initialiser, or NULL */
} Loader;

static gboolean fail (GError **error, LatentError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, LatentError code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_clear_error (error);
  if (error != NULL)
    *error = g_error_new_valist (LATENT_ERROR, (gint)code, format, args);
  va_end (args);
  return FALSE;
}

static const char *
or_empty (const char *text)
{
  return text != NULL ? text : "";
}

/* "ai.onnx" is another name of the default domain. */
static const char *
get_domain (const char *domain)
{
  return g_strcmp0 (domain, "ai.onnx") == 0 ? "" : or_empty (domain);
}

static gboolean
read_opsets (Loader *self, GError **error)
{
  const Onnx__ModelProto *model = self->model;
  guint opset;

  for (size_t i = 0; i < model->n_opset_import; i++) {
    const char *domain = get_domain (model->opset_import[i]->domain);
    gint64 version = model->opset_import[i]->version;
    if (version < 1 || version > G_MAXINT)
      return fail (
          error, LATENT_ERROR_FORMAT, "opset %" G_GINT64_FORMAT " of domain '%s'", version, domain);
    if (!g_hash_table_insert (self->opsets, (gpointer)domain, GUINT_TO_POINTER (version)))
      return fail (error, LATENT_ERROR_FORMAT, "the opset of domain '%s' is given twice", domain);
  }
  opset = GPOINTER_TO_UINT (g_hash_table_lookup (self->opsets, ""));
  if (opset == 0)
    return fail (error, LATENT_ERROR_UNSUPPORTED, "no opset of ONNX's own domain is imported");
  if (opset < LATENT_OPSET_MIN || opset > LATENT_OPSET_MAX)
    return fail (error, LATENT_ERROR_UNSUPPORTED, "opset %u; %d to %d are supported", opset,
        LATENT_OPSET_MIN, LATENT_OPSET_MAX);
  self->graph = latent_graph_new (model->graph->name, opset);
  return TRUE;
}

static gboolean
check_model (const Onnx__ModelProto *model, GError **error)
{
  const Onnx__GraphProto *graph = model->graph;
  const Onnx__SparseTensorProto *sparse;

  if (graph == NULL)
    return fail (error, LATENT_ERROR_FORMAT, "there is no graph");
  if (model->ir_version < IR_MIN || model->ir_version > IR_MAX)
    return fail (error, LATENT_ERROR_UNSUPPORTED,
        "IR version %" G_GINT64_FORMAT "; %d to %d are supported", model->ir_version, IR_MIN,
        IR_MAX);
  if (model->n_functions > 0)
    return fail (error, LATENT_ERROR_UNSUPPORTED, "function '%s': functions are not supported",
        or_empty (model->functions[0]->name));
  if (graph->n_sparse_initializer > 0) {
    sparse = graph->sparse_initializer[0];
    return fail (error, LATENT_ERROR_UNSUPPORTED,
        "initialiser '%s': sparse initialisers are not supported",
        sparse->values != NULL ? or_empty (sparse->values->name) : "");
  }
  if (model->n_metadata_props > LATENT_LIMIT_METADATA)
    return fail (error, LATENT_ERROR_LIMIT, "%zu metadata_props; the limit is %d",
        model->n_metadata_props, LATENT_LIMIT_METADATA);
  if (graph->n_node > LATENT_LIMIT_NODES)
    return fail (
        error, LATENT_ERROR_LIMIT, "%zu nodes; the limit is %d", graph->n_node, LATENT_LIMIT_NODES);
  return TRUE;
}

/* The value of a name, made where it is new; NULL where there would be too many. */
static LatentValue *
get_value (Loader *self, const char *name, GError **error)
{
  LatentValue *value = latent_graph_find_value (self->graph, name);

  if (value == NULL && self->graph->values->len >= LATENT_LIMIT_VALUES)
    fail (error, LATENT_ERROR_LIMIT, "more tensors than the limit of %d", LATENT_LIMIT_VALUES);
  else if (value == NULL)
    value = latent_graph_add_value (self->graph, name);
  return value;
}

/* Data of initialiser i. */
static LatentTensor *
get_data (Loader *self, guint i, Onnx__TensorProto *proto, GError **error)
{
  const LatentRawData *raw = self->in_file != NULL && i < self->in_file->len
                                 ? &g_array_index (self->in_file, LatentRawData, i)
                                 : NULL;

  if (raw != NULL && raw->size > 0 &&
      proto->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
    return latent_onnx_get_tensor_in_file (proto, self->file, raw, error);
  return latent_onnx_get_tensor (proto, self->external, error);
}

static gboolean
read_initialiser (Loader *self, guint i, Onnx__TensorProto *proto, GError **error)
{
  const char *name = or_empty (proto->name);
  LatentValue *value;

  if (name[0] == '\0')
    return fail (error, LATENT_ERROR_FORMAT, "an initialiser has no name");
  value = get_value (self, name, error);
  if (value == NULL)
    return FALSE;
  if (value->data != NULL)
    return fail (error, LATENT_ERROR_FORMAT, "initialiser '%s' is there twice", name);
  value->data = get_data (self, i, proto, error);
  if (value->data == NULL) {
    g_prefix_error (error, "initialiser '%s': ", name);
    return FALSE;
  }
  value->type = value->data->type;
  value->shape = value->data->shape;
  value->has_shape = TRUE;
  value->is_parameter = TRUE;
  return TRUE;
}

static gboolean
fits (const LatentShape *declared, const LatentShape *actual)
{
  if (declared->n != actual->n)
    return FALSE;
  for (guint i = 0; i < actual->n; i++)
    if (declared->dims[i] >= 0 && declared->dims[i] != actual->dims[i])
      return FALSE;
  return TRUE;
}

/* An initialiser that is listed among the inputs too, as IR 3 asks for: it must be what is
 * declared. */
static gboolean
check_declaration (const LatentValue *value, const Onnx__ValueInfoProto *proto, GError **error)
{
  LatentValue declared = {0};
  gboolean ok = latent_onnx_get_value_info (&declared, proto, error);

  for (guint i = 0; i < LATENT_MAX_DIMS; i++)
    g_free (declared.symbols[i]);
  if (!ok)
    return FALSE;
  if ((declared.type != LATENT_DATA_TYPE_NONE && declared.type != value->type) ||
      (declared.has_shape && !fits (&declared.shape, &value->shape))) {
    g_autofree char *wanted = latent_shape_to_string (&declared.shape);
    g_autofree char *offered = latent_shape_to_string (&value->shape);
    return fail (error, LATENT_ERROR_SHAPE, "declared as %s %s, its initialiser is %s %s",
        latent_data_type_get_name (declared.type), wanted, latent_data_type_get_name (value->type),
        offered);
  }
  return TRUE;
}

static gboolean
read_port (Loader *self, const Onnx__ValueInfoProto *proto, gboolean is_input, GError **error)
{
  GPtrArray *ports = is_input ? self->graph->inputs : self->graph->outputs;
  LatentValue *value;

  if (or_empty (proto->name)[0] == '\0')
    return fail (error, LATENT_ERROR_FORMAT, "it has no name");
  value = get_value (self, proto->name, error);
  if (value == NULL)
    return FALSE;
  if (value->data != NULL && is_input)
    return check_declaration (value, proto, error);
  if (g_ptr_array_find (ports, value, NULL))
    return fail (error, LATENT_ERROR_FORMAT, "it is listed twice");
  g_ptr_array_add (ports, value);
  /* An output that is an input, or an initialiser, is declared already. */
  if (value->type != LATENT_DATA_TYPE_NONE)
    return TRUE;
  if (!latent_onnx_get_value_info (value, proto, error))
    return FALSE;
  if (is_input && value->type == LATENT_DATA_TYPE_NONE)
    return fail (error, LATENT_ERROR_FORMAT, "it has no type");
  return TRUE;
}

static gboolean
read_ports (
    Loader *self, Onnx__ValueInfoProto **protos, size_t n, gboolean is_input, GError **error)
{
  if (n > LATENT_LIMIT_NODE_ARGUMENTS && !is_input)
    return fail (error, LATENT_ERROR_LIMIT, "%zu graph outputs; the limit is %d", n,
        LATENT_LIMIT_NODE_ARGUMENTS);
  for (size_t i = 0; i < n; i++)
    if (!read_port (self, protos[i], is_input, error)) {
      g_prefix_error (
          error, "graph %s '%s': ", is_input ? "input" : "output", or_empty (protos[i]->name));
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_arguments (Loader *self, GPtrArray *values, char **names, size_t n, GError **error)
{
  if (n > LATENT_LIMIT_NODE_ARGUMENTS)
    return fail (error, LATENT_ERROR_LIMIT, "%zu inputs or outputs; the limit is %d", n,
        LATENT_LIMIT_NODE_ARGUMENTS);
  for (size_t i = 0; i < n; i++) {
    LatentValue *value = names[i][0] != '\0' ? get_value (self, names[i], error) : NULL;
    if (names[i][0] != '\0' && value == NULL)
      return FALSE;
    g_ptr_array_add (values, value);
  }
  return TRUE;
}

static gboolean
read_attributes (Loader *self, LatentNode *node, const Onnx__NodeProto *proto, GError **error)
{
  if (proto->n_attribute > LATENT_LIMIT_ATTRIBUTES)
    return fail (error, LATENT_ERROR_LIMIT, "%zu attributes; the limit is %d", proto->n_attribute,
        LATENT_LIMIT_ATTRIBUTES);
  for (size_t i = 0; i < proto->n_attribute; i++) {
    LatentAttribute *attribute = latent_onnx_get_attribute (
        proto->attribute[i], self->external, error);
    if (attribute == NULL)
      return FALSE;
    if (latent_node_find_attribute (node, attribute->name) != NULL) {
      fail (error, LATENT_ERROR_FORMAT, "attribute '%s' is there twice", attribute->name);
      latent_attribute_free (attribute);
      return FALSE;
    }
    latent_node_take_attribute (node, attribute);
  }
  return TRUE;
}

static gboolean
read_node (Loader *self, const Onnx__NodeProto *proto, GError **error)
{
  const char *domain = get_domain (proto->domain);
  LatentNode *node = latent_graph_add_node (self->graph, or_empty (proto->op_type), proto->name);

  g_free (node->domain);
  node->domain = g_strdup (domain);
  if (g_str_equal (domain, LATENT_DOMAIN_TRAINING)) {
    g_autofree char *text = latent_node_describe (node);
    fail (error, LATENT_ERROR_UNSUPPORTED, "%s: domain %s is for training alone, not for files",
        text, domain);
    return FALSE;
  }
  node->opset = GPOINTER_TO_UINT (g_hash_table_lookup (self->opsets, domain));
  if (!read_arguments (self, node->outputs, proto->output, proto->n_output, error) ||
      !read_arguments (self, node->inputs, proto->input, proto->n_input, error) ||
      !read_attributes (self, node, proto, error)) {
    g_autofree char *text = latent_node_describe (node);
    g_prefix_error (error, "%s: ", text);
    return FALSE;
  }
  return latent_op_check (node, error);
}

/* Frees each message as soon as it is read: what protobuf-c made and the graph are never there
 * both. */
static gboolean
read_graph (Loader *self, GError **error)
{
  Onnx__GraphProto *graph = self->model->graph;

  for (size_t i = 0; i < graph->n_initializer; i++) {
    if (!read_initialiser (self, (guint)i, graph->initializer[i], error))
      return FALSE;
    onnx__tensor_proto__free_unpacked (g_steal_pointer (&graph->initializer[i]), NULL);
  }
  if (!read_ports (self, graph->input, graph->n_input, TRUE, error))
    return FALSE;
  for (size_t i = 0; i < graph->n_node; i++) {
    if (!read_node (self, graph->node[i], error))
      return FALSE;
    onnx__node_proto__free_unpacked (g_steal_pointer (&graph->node[i]), NULL);
  }
  return read_ports (self, graph->output, graph->n_output, FALSE, error) &&
         latent_graph_sort (self->graph, error);
}

/* Reads self->model, which it frees. */
static LatentGraph *
load (Loader *self, const char *path, LatentOnnxExtra **extra, GChecksum *checksum, GError **error)
{
  g_autoptr (LatentGraph) graph = NULL;
  g_autoptr (LatentOnnxExtra) kept = NULL;
  gboolean ok;

  if (self->model == NULL) {
    fail (error, LATENT_ERROR_FORMAT, "no ONNX model: a field has another type than ONNX's");
    return NULL;
  }
  self->opsets = g_hash_table_new (g_str_hash, g_str_equal);
  self->external = latent_onnx_external_new (path, checksum);
  ok = check_model (self->model, error) && read_opsets (self, error);
  if (ok) {
    kept = latent_onnx_extra_new_from_proto (self->model);
    ok = read_graph (self, error);
  }
  graph = self->graph;
  latent_onnx_external_free (self->external);
  g_hash_table_unref (self->opsets);
  onnx__model_proto__free_unpacked (self->model, NULL);
  if (!ok)
    return NULL;
  if (extra != NULL)
    *extra = g_steal_pointer (&kept);
  return g_steal_pointer (&graph);
}

static Onnx__ModelProto *
unpack (const guint8 *data, gsize size)
{
  return onnx__model_proto__unpack (NULL, size, data);
}

LatentGraph *
latent_onnx_parse (const guint8 *data, gsize size, const char *path, LatentOnnxExtra **extra,
    GChecksum *checksum, GError **error)
{
  LatentGraph *graph = NULL;

  if (size > LATENT_LIMIT_FILE_BYTES)
    fail (error, LATENT_ERROR_LIMIT, "%zu bytes; the limit is %u", size, LATENT_LIMIT_FILE_BYTES);
  else if (latent_onnx_scan (&onnx__model_proto__descriptor, data, size, error))
    graph = load (&(Loader){.model = unpack (data, size)}, path, extra, checksum, error);
  if (graph == NULL)
    g_prefix_error (error, "%s: ", path != NULL ? path : "model");
  return graph;
}

LatentGraph *
latent_onnx_parse_file (LatentFile *file, const char *path, LatentOnnxExtra **extra,
    GChecksum *checksum, GError **error)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, TRUE, sizeof (LatentRawData));
  GByteArray *slim = latent_onnx_slim (file, ranges);
  Loader self = {.file = file, .in_file = ranges};
  LatentGraph *graph = NULL;

  if (slim == NULL) {
    g_autoptr (GBytes) bytes = latent_file_read_all (file, error);
    return bytes != NULL ? latent_onnx_parse (g_bytes_get_data (bytes, NULL),
                               g_bytes_get_size (bytes), path, extra, checksum, error)
                         : NULL;
  }
  if (latent_onnx_scan (&onnx__model_proto__descriptor, slim->data, slim->len, error)) {
    self.model = unpack (slim->data, slim->len);
    g_clear_pointer (&slim, g_byte_array_unref);
    graph = load (&self, path, extra, checksum, error);
  }
  if (slim != NULL)
    g_byte_array_unref (slim);
  if (graph == NULL)
    g_prefix_error (error, "%s: ", path);
  return graph;
}
