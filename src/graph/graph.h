/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/tensor.h"

/* The intermediate form: nodes, attributes, values; nothing of ONNX's encoding and nothing of
 * oneDNN.
 *
 * A graph owns its values and nodes; nodes point to values. Names of values are unique. Nodes stand
 * in topological order once latent_graph_sort() was called, as the loader does. */

typedef struct _LatentNode LatentNode;
typedef struct _LatentGraph LatentGraph;

typedef enum {
  LATENT_ATTRIBUTE_FLOAT = 1, /* the values are ONNX's AttributeType */
  LATENT_ATTRIBUTE_INT = 2,
  LATENT_ATTRIBUTE_STRING = 3,
  LATENT_ATTRIBUTE_TENSOR = 4,
  LATENT_ATTRIBUTE_FLOATS = 6,
  LATENT_ATTRIBUTE_INTS = 7,
  LATENT_ATTRIBUTE_STRINGS = 8,
} LatentAttributeType;

typedef struct {
  char *name;
  LatentAttributeType type;
  float f;
  gint64 i;
  char *s; /* NUL-terminated; length in n */
  LatentTensor *tensor;
  guint n; /* entries of floats, ints, strings */
  float *floats;
  gint64 *ints;
  char **strings;
} LatentAttribute;

/* How integers stand for reals: real = scale * (integer - zero_point), per tensor (n = 1) or per
 * slice along axis (n = its size). A value of integers that has one is an array of reals to the
 * nodes around it; a float32 constant that has one holds such reals, of 8 bits. */
typedef struct {
  guint n;
  guint axis;
  float *scales;
  gint32 *zero_points;
} LatentQuantization;

typedef struct {
  char *name;
  LatentDataType type;
  LatentDataType storage; /* what a float32 between steps is kept as; NONE: as it is */
  gboolean has_shape;     /* else even the number of dimensions is unknown */
  LatentShape shape;
  char *symbols[LATENT_MAX_DIMS]; /* name of a symbolic dimension (its size is -1), or NULL */
  LatentTensor *data;             /* value of a constant: an initialiser, or what was folded */
  gboolean is_parameter;          /* an initialiser of the file: training may change it */
  LatentQuantization *quantization;
  LatentNode *producer; /* NULL for inputs and constants; set by latent_graph_index() */
  guint n_uses;         /* by nodes' inputs and graph outputs; set by latent_graph_index() */
} LatentValue;

struct _LatentNode {
  char *name; /* may be "" */
  char *op_type;
  char *domain;           /* "" for ONNX's own */
  guint opset;            /* version of the domain under which the file wrote it */
  LatentDataType compute; /* what float32 inputs are rounded to, sums are float32; NONE: nothing */
  GPtrArray *inputs;      /* LatentValue *, borrowed; NULL for one left out */
  GPtrArray *outputs;     /* likewise */
  GPtrArray *attributes;
  GPtrArray *fused; /* LatentNode *, owned: elementwise nodes that a pass made part of this one, in
                       order; the node's first output is then the last one's */
};

struct _LatentGraph {
  char *name;
  guint opset; /* of the default domain */
  GPtrArray *values;
  GPtrArray *nodes;
  GPtrArray
      *inputs; /* LatentValue *, borrowed; initialisers that are listed as inputs are left out */
  GPtrArray *outputs; /* LatentValue *, borrowed */
  GHashTable *names;  /* of values; what latent_graph_find_value() looks in */
  guint n_suffixes;   /* given out so far, so that unique names are found at once */
};

/* Scales and zero points are 0. */
LatentQuantization *latent_quantization_new (guint n, guint axis);
LatentQuantization *latent_quantization_copy (const LatentQuantization *self); /* NULL of NULL */
void latent_quantization_free (LatentQuantization *self);
gboolean latent_quantization_equal (const LatentQuantization *a, const LatentQuantization *b);
/* Which scale and zero point element i of an array of that shape has. */
guint latent_quantization_find (const LatentQuantization *self, const LatentShape *shape, gsize i);
/* Takes the quantization, which may be NULL. */
void latent_value_set_quantization (LatentValue *value, LatentQuantization *quantization);
/* Whether a value, which may be NULL, holds integers of 8 bits that stand for reals. */
gboolean latent_value_is_integer (const LatentValue *value);
/* Whether a node multiplies such a value with a constant one, its first two inputs. */
gboolean latent_node_is_quantized (const LatentNode *node);

LatentGraph *latent_graph_new (const char *name, guint opset);
void latent_graph_free (LatentGraph *self);
/* Deep, but for tensors, which are shared. */
LatentGraph *latent_graph_copy (const LatentGraph *self);

/* A new value; its name is made unique with a suffix where it is taken or NULL. */
LatentValue *latent_graph_add_value (LatentGraph *self, const char *name);
LatentValue *latent_graph_add_constant (LatentGraph *self, const char *name, LatentTensor *data);
LatentValue *latent_graph_find_value (const LatentGraph *self, const char *name);
/* FALSE where the name is taken. Nobody may hold the old name, as parts of a model do. */
gboolean latent_graph_rename_value (LatentGraph *self, LatentValue *value, const char *name);

/* Constants whose data are in a file: reads them, for this graph alone, or to stay for all that
 * share them. */
gboolean latent_graph_load_data (LatentGraph *self, GError **error);
gboolean latent_graph_hold_data (const LatentGraph *self, GError **error);

/* Appends a node; inputs and outputs are added to it with latent_node_add_*. */
LatentNode *latent_graph_add_node (LatentGraph *self, const char *op_type, const char *name);
void latent_node_add_input (LatentNode *self, LatentValue *value); /* NULL: left out */
void latent_node_add_output (LatentNode *self, LatentValue *value);

/* Brings nodes into topological order and sets producer and n_uses. FALSE with LATENT_ERROR_FORMAT
 * for a cycle, a value made twice, or a value that nobody makes: the error names node and value. */
gboolean latent_graph_sort (LatentGraph *self, GError **error);
/* Sets producer and n_uses anew, after a pass. */
void latent_graph_index (LatentGraph *self);
/* Replaces value in all nodes' inputs and in the outputs. */
void latent_graph_replace_uses (LatentGraph *self, LatentValue *value, LatentValue *with);
/* Drops nodes that nobody needs, then values that no node, input or output names. */
void latent_graph_prune (LatentGraph *self);
/* The part between `inputs` and `outputs` (names; NULL: the graph's own) as a graph of its own.
 * FALSE names the input that would still be needed, or the name that is no value. */
LatentGraph *latent_graph_cut (
    const LatentGraph *self, const char *const *inputs, const char *const *outputs, GError **error);

/* Attributes. The getters give the default where the attribute is absent; the loader has checked
 * that an attribute's type is the one that latent_op_check() wants. */
LatentAttribute *latent_node_find_attribute (const LatentNode *self, const char *name);
gint64 latent_node_get_int (const LatentNode *self, const char *name, gint64 fallback);
float latent_node_get_float (const LatentNode *self, const char *name, float fallback);
const char *latent_node_get_string (const LatentNode *self, const char *name, const char *fallback);
const gint64 *latent_node_get_ints (
    const LatentNode *self, const char *name, guint *n); /* NULL, 0 */
const float *latent_node_get_floats (const LatentNode *self, const char *name, guint *n);
void latent_node_set_int (LatentNode *self, const char *name, gint64 value);
void latent_node_set_float (LatentNode *self, const char *name, float value);
void latent_node_set_string (LatentNode *self, const char *name, const char *value);
void latent_node_set_ints (LatentNode *self, const char *name, const gint64 *values, guint n);
void latent_node_set_floats (LatentNode *self, const char *name, const float *values, guint n);
void latent_node_set_tensor (LatentNode *self, const char *name, LatentTensor *value);
void latent_node_take_attribute (LatentNode *self, LatentAttribute *attribute); /* replaces */
void latent_attribute_free (LatentAttribute *self);
LatentAttribute *latent_attribute_copy (const LatentAttribute *self);

static inline LatentDataType
latent_value_get_storage (const LatentValue *self)
{
  return self->storage != LATENT_DATA_TYPE_NONE ? self->storage : self->type;
}

/* Input or output i, NULL where it is absent or left out. */
LatentValue *latent_node_get_input (const LatentNode *self, guint i);
LatentValue *latent_node_get_output (const LatentNode *self, guint i);

/* "Conv node 'enc/conv1' (opset 13)": how messages name a node. */
char *latent_node_describe (const LatentNode *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentGraph, latent_graph_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentQuantization, latent_quantization_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentAttribute, latent_attribute_free)
