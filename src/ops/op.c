/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/op.h"

#include <string.h>

#include "src/ops/private.h"

static const struct {
  char letter; /* in LatentOp.attributes */
  LatentAttributeType type;
  const char *name;
} attribute_types[] = {
    {'f', LATENT_ATTRIBUTE_FLOAT,   "a float"           },
    {'i', LATENT_ATTRIBUTE_INT,     "an integer"        },
    {'s', LATENT_ATTRIBUTE_STRING,  "a string"          },
    {'t', LATENT_ATTRIBUTE_TENSOR,  "a tensor"          },
    {'F', LATENT_ATTRIBUTE_FLOATS,  "a list of floats"  },
    {'I', LATENT_ATTRIBUTE_INTS,    "a list of integers"},
    {'S', LATENT_ATTRIBUTE_STRINGS, "a list of strings" },
};

/* The letter that stands for an attribute in a row's list, '\0' where the row does not know it. */
static char
find_attribute_letter (const LatentOp *op, const char *name)
{
  gsize length = strlen (name);

  for (const char *p = op->attributes; p != NULL && *p != '\0';) {
    const char *end = strchrnul (p, ' ');
    if (end - p == (gssize)length + 2 && strncmp (p, name, length) == 0 && p[length] == ':')
      return p[length + 1];
    p = *end == ' ' ? end + 1 : end;
  }
  return '\0';
}

static const char *
get_type_name (LatentAttributeType type)
{
  for (guint i = 0; i < G_N_ELEMENTS (attribute_types); i++)
    if (attribute_types[i].type == type)
      return attribute_types[i].name;
  return "of a kind that is not supported";
}

static gboolean
check_attribute (const LatentOp *op, const LatentAttribute *attribute, GError **error)
{
  char letter = find_attribute_letter (op, attribute->name);

  if (letter == '\0') {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "attribute '%s' is not supported; known ones are: %s", attribute->name,
        *op->attributes != '\0' ? op->attributes : "none");
    return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (attribute_types); i++) {
    if (attribute_types[i].letter != letter || attribute_types[i].type == attribute->type)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "attribute '%s' must be %s and is %s",
        attribute->name, attribute_types[i].name, get_type_name (attribute->type));
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_count (const char *what, guint n, gint min, gint max, GError **error)
{
  if (n >= (guint)min && (max < 0 || n <= (guint)max))
    return TRUE;
  if (max < 0)
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_FORMAT, "wants %d or more %s, has %u", min, what, n);
  else
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_FORMAT, "wants %d to %d %s, has %u", min, max, what, n);
  return FALSE;
}

static gboolean
check_arguments (const LatentOp *op, const LatentNode *node, GError **error)
{
  if (!check_count ("inputs", node->inputs->len, op->min_inputs, op->max_inputs, error) ||
      !check_count ("outputs", node->outputs->len, op->min_outputs, op->max_outputs, error))
    return FALSE;
  for (guint i = 0; i < (guint)op->min_inputs; i++) {
    if (latent_node_get_input (node, i) != NULL)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "input %u is left out", i);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_row (const LatentOp *op, const LatentNode *node, GError **error)
{
  if (!check_arguments (op, node, error))
    return FALSE;
  for (guint i = 0; i < node->attributes->len; i++)
    if (!check_attribute (op, g_ptr_array_index (node->attributes, i), error))
      return FALSE;
  return TRUE;
}

/* Why no row fits: the operator is unknown, or known in other opsets. */
static void
set_unknown_error (const LatentNode *node, GError **error)
{
  guint n = 0;
  const LatentOp *const *rows = latent_op_get_rows (node->op_type, node->domain, &n);

  if (n == 0)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "operator %s%s%s is not supported",
        node->domain, *node->domain != '\0' ? "." : "", node->op_type);
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "opset %u of operator %s is not supported; opsets %u to %u are", node->opset, node->op_type,
        rows[0]->opset_min, rows[n - 1]->opset_max);
}

static void
prefix_node (const LatentNode *node, GError **error)
{
  g_autofree char *name = latent_node_describe (node);

  g_prefix_error (error, "%s: ", name);
}

gboolean
latent_op_check (const LatentNode *node, GError **error)
{
  const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);

  if (op != NULL && check_row (op, node, error))
    return TRUE;
  if (op == NULL)
    set_unknown_error (node, error);
  prefix_node (node, error);
  return FALSE;
}

static gboolean
check_input_shape (const LatentValue *value, GError **error)
{
  if (value->type != LATENT_DATA_TYPE_NONE && value->has_shape &&
      latent_shape_is_known (&value->shape))
    return TRUE;
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_SHAPE, "shape and type of '%s' are not known", value->name);
  return FALSE;
}

static gboolean
infer_row (const LatentOp *op, const LatentNode *node, GError **error)
{
  const LatentValue *first = latent_node_get_input (node, 0);

  for (guint i = 0; i < node->inputs->len; i++) {
    const LatentValue *value = latent_node_get_input (node, i);
    if (value != NULL && !check_input_shape (value, error))
      return FALSE;
  }
  if (first != NULL && !latent_op_check_type (node, 0, "input", op->types, error))
    return FALSE;
  return op->infer (node, error);
}

gboolean
latent_op_infer (const LatentNode *node, GError **error)
{
  const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);

  if (op != NULL && infer_row (op, node, error))
    return TRUE;
  if (op == NULL)
    set_unknown_error (node, error);
  prefix_node (node, error);
  return FALSE;
}
