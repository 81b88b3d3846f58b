/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/base/numeric.h"
#include "tests/ops-case.h"

/* Every row of the table with random inputs and attributes, many of them absurd: it must compute or
 * refuse. Built with sanitizers, this test sees what goes out of bounds or overflows. */

#define ROUNDS     400 /* for each row */
#define MAX_SRC    8
#define MAX_DST    4
#define MAX_OUTPUT (1 << 16) /* elements; what is larger is only inferred */
#define MAX_WORK   (1 << 20) /* multiply-adds, and bytes of scratch */

static const gint64 integers[] = {0, 1, 2, 3, 4, -1, -2, -3, 5, 7, 100, -100, 65536, G_MAXINT32,
    G_MININT32, G_MAXINT64, G_MININT64, G_GINT64_CONSTANT (1) << 33};
static const double reals[] = {0, 1, -1, 0.5, 2, 3, -0.25, 1e30, -1e30, 1e-30, INFINITY, NAN, 4};
static const char *const strings[] = {"", "constant", "reflect", "edge", "wrap", "SAME_UPPER",
    "SAME_LOWER", "VALID", "NOTSET", "DCR", "CRD", "nearest", "linear", "cubic", "half_pixel",
    "align_corners", "asymmetric", "tf_crop_and_resize", "pytorch_half_pixel", "floor", "ceil",
    "round_prefer_ceil", "add", "max", "tanh", "none", "forward", "reverse", "bidirectional",
    "ij,jk->ik", "...i,i", "ii->i", "i->", "->", "bij,bjk", "Relu", "not_largest"};

#define PICK(rand, array) (array)[g_rand_int_range (rand, 0, G_N_ELEMENTS (array))]

/* Small ones most of the time: absurd ones are refused at once, and test no more. */
static gint64
pick_integer (GRand *rand)
{
  return g_rand_boolean (rand) ? g_rand_int_range (rand, -1, 4) : PICK (rand, integers);
}

static LatentShape
pick_shape (GRand *rand)
{
  LatentShape shape = {(guint)g_rand_int_range (rand, 0, 6), {0}};

  for (guint i = 0; i < shape.n; i++)
    shape.dims[i] = g_rand_int_range (rand, 0, 24) % 5 + (g_rand_int_range (rand, 0, 5) > 0);
  return shape;
}

static LatentTensor *
new_tensor (GRand *rand, LatentDataType type, const LatentShape *shape)
{
  LatentTensor *tensor = latent_tensor_new_shape (type, shape, NULL);

  for (gsize i = 0; i < tensor->n_elements; i++) {
    double real = PICK (rand, reals);
    gint64 integer = pick_integer (rand);
    if (latent_data_type_is_real (type))
      latent_store_doubles (type, latent_tensor_get_writable_data (tensor), i, 1, &real);
    else
      latent_store_ints (type, latent_tensor_get_writable_data (tensor), i, 1, &integer);
  }
  return tensor;
}

static LatentDataType
pick_type (GRand *rand, guint32 types)
{
  LatentDataType type;

  do
    type = (LatentDataType)g_rand_int_range (rand, 1, 17);
  while ((types & LATENT_TYPE_BIT (type)) == 0);
  return type;
}

/* Like the first input, a list of integers that may decide a shape, or anything. */
static LatentTensor *
pick_tensor (GRand *rand, guint32 types, LatentDataType first_type, const LatentShape *first)
{
  LatentShape shape = *first;
  LatentShape list = {
      1, {g_rand_int_range (rand, 0, 2) ? (gint64)first->n : g_rand_int_range (rand, 0, 6)}};

  switch (g_rand_int_range (rand, 0, 6)) {
  case 0:
    return NULL;
  case 1:
    return new_tensor (rand, LATENT_DATA_TYPE_INT64, &list);
  case 2:
    return new_tensor (rand, LATENT_DATA_TYPE_FLOAT32, &list);
  case 3:
    shape = pick_shape (rand);
    return new_tensor (rand, first_type, &shape);
  case 4:
    list.n = 0;
    return new_tensor (rand, g_rand_boolean (rand) ? LATENT_DATA_TYPE_INT64 : first_type, &list);
  default:
    for (guint i = 0; i < shape.n; i++)
      shape.dims[i] = g_rand_int_range (rand, 0, 3) > 0 ? shape.dims[i] : 1;
    return new_tensor (
        rand, g_rand_int_range (rand, 0, 4) > 0 ? first_type : pick_type (rand, types), &shape);
  }
}

static void
add_attribute (GRand *rand, LatentNode *node, const char *name, char letter)
{
  gint64 list[6];
  guint n = (guint)g_rand_int_range (rand, 0, 7);
  LatentShape shape = {n % 2, {1}};
  LatentAttribute *attribute = NULL;
  LatentTensor *tensor = NULL;

  for (guint i = 0; i < n; i++)
    list[i] = pick_integer (rand);
  switch (letter) {
  case 'i':
    latent_node_set_int (node, name, pick_integer (rand));
    break;
  case 'f':
    latent_node_set_float (node, name, (float)PICK (rand, reals));
    break;
  case 's':
    latent_node_set_string (node, name, PICK (rand, strings));
    break;
  case 'I':
    latent_node_set_ints (node, name, list, n);
    break;
  case 't':
    tensor = new_tensor (rand, LATENT_DATA_TYPE_FLOAT32, &shape);
    latent_node_set_tensor (node, name, tensor);
    latent_tensor_unref (tensor);
    break;
  default:
    attribute = g_new0 (LatentAttribute, 1);
    attribute->name = g_strdup (name);
    attribute->type = letter == 'F' ? LATENT_ATTRIBUTE_FLOATS : LATENT_ATTRIBUTE_STRINGS;
    attribute->n = n;
    attribute->floats = g_new0 (float, n + 1);
    attribute->strings = letter == 'S' ? g_new0 (char *, n + 1) : NULL;
    for (guint i = 0; i < n; i++) {
      attribute->floats[i] = (float)PICK (rand, reals);
      if (letter == 'S')
        attribute->strings[i] = g_strdup (PICK (rand, strings));
    }
    latent_node_take_attribute (node, attribute);
  }
}

static void
add_attributes (GRand *rand, LatentNode *node, const LatentOp *row)
{
  g_auto (GStrv) parts = g_strsplit (row->attributes, " ", -1);

  for (char **part = parts; *part != NULL && **part != '\0'; part++) {
    char *colon = strchr (*part, ':');
    *colon = '\0';
    if (g_rand_int_range (rand, 0, 3) > 0)
      add_attribute (rand, node, *part, colon[1]);
  }
}

/* Whether what was inferred is small enough to be computed here. */
static gboolean
is_small (const LatentNode *node, const LatentOp *row)
{
  gsize total = 0;

  for (guint i = 0; i < node->outputs->len; i++) {
    const LatentValue *value = latent_node_get_output (node, i);
    gsize n = 0;
    fail_unless (latent_shape_count (&value->shape, value->type, &n, NULL, NULL), "%s", row->name);
    total += n;
  }
  return total <= MAX_OUTPUT && (row->macs == NULL || row->macs (node) <= MAX_WORK) &&
         (row->scratch_size == NULL || row->scratch_size (node) <= MAX_WORK);
}

static void
try_node (LatentNode *node, const LatentOp *row, LatentTensor *const *src, guint seed)
{
  g_autoptr (GError) error = NULL;
  LatentTensor *dst[MAX_DST] = {NULL};
  gboolean ok = latent_op_check (node, &error) && latent_op_infer (node, &error);

  if (ok && is_small (node, row))
    ok = ops_case_evaluate (node, src, 1 + seed % 2, dst, &error);
  fail_unless (ok == (error == NULL), "%s, seed %u", row->name, seed);
  fail_unless (ok || *error->message != '\0', "%s, seed %u", row->name, seed);
  for (guint i = 0; i < MAX_DST; i++)
    latent_tensor_unref (dst[i]);
}

static void
try_round (const LatentOp *row, guint seed)
{
  GRand *rand = g_rand_new_with_seed (seed);
  gint most = row->max_inputs < 0 ? row->min_inputs + 2 : row->max_inputs;
  guint n_src = (guint)g_rand_int_range (rand, row->min_inputs, MIN (most, MAX_SRC) + 1);
  guint n_dst = (guint)MAX (row->max_outputs < 0 ? 2 : row->max_outputs, 1);
  LatentTensor *src[MAX_SRC] = {NULL};
  LatentShape shape = pick_shape (rand);
  LatentDataType type = g_rand_boolean (rand) &&
                                row->types & LATENT_TYPE_BIT (LATENT_DATA_TYPE_FLOAT32)
                            ? LATENT_DATA_TYPE_FLOAT32
                            : pick_type (rand, row->types);
  g_autofree char *name = ops_case_name_row (row);
  g_autoptr (LatentGraph) graph = NULL;
  LatentNode *node = NULL;

  for (guint i = 0; i < n_src; i++)
    src[i] = i == 0 ? new_tensor (rand, type, &shape)
                    : pick_tensor (rand, row->types, type, &shape);
  graph = ops_case_build (name, row->opset_max, "", src, n_src, MIN (n_dst, MAX_DST));
  node = g_ptr_array_index (graph->nodes, 0);
  add_attributes (rand, node, row);
  for (guint i = 0; i < n_src; i++) { /* some are only known at run time */
    LatentValue *value = latent_node_get_input (node, i);
    if (value != NULL && g_rand_int_range (rand, 0, 4) == 0)
      g_clear_pointer (&value->data, latent_tensor_unref);
  }
  try_node (node, row, src, seed);
  for (guint i = 0; i < MAX_SRC; i++)
    latent_tensor_unref (src[i]);
  g_rand_free (rand);
}

GST_START_TEST (row_computes_or_refuses)
{
  guint n = 0;
  const LatentOp *row = latent_op_get_table (&n)[__i__];
  const char *first = g_getenv ("LATENT_TEST_SEED");
  guint seed = first != NULL ? (guint)g_ascii_strtoull (first, NULL, 10) : 1;

  for (guint i = 0; i < ROUNDS; i++)
    try_round (row, seed + i);
}
GST_END_TEST

static Suite *
ops_hostile_suite (void)
{
  Suite *suite = suite_create ("ops hostile");
  TCase *tcase = tcase_create ("all");
  guint n = 0;

  latent_op_get_table (&n);
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, row_computes_or_refuses, 0, (gint)n);
  return suite;
}

GST_CHECK_MAIN (ops_hostile)
