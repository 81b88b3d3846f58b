/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* clang-format 14 crashes on this table. */
/* clang-format off */

/* Operators that make, move, pick and scan elements. */
static const OpsCase cases[] = {
    {"Identity", 16, "", {"h[2]:1 2"}, {"h[2]:1 2"}},
    {"Dropout", 13, "", {"f[2]:1 2"}, {"f[2]:1 2", "B[2]:1 1"}},
    {"Dropout", 7, "ratio:f=0.3", {"f[2]:1 2"}, {"f[2]:1 2", "f[2]:1 1"}},
    {"Dropout", 13, "", {"f[1]:1", "f[]:0.5", "B[]:1"}, {NULL}, "training_mode is set"},
    {"Dropout", 13, "", {"f[1]:1", "f[]:0", "B[]:1"}, {"f[1]:1"}},
    /* Reshape and its like */
    {"Reshape", 13, "", {"f[2,3]:1 2 3 4 5 6", "l[2]:3 -1"}, {"f[3,2]:1 2 3 4 5 6"}},
    {"Reshape", 13, "", {"f[2,3]:1 2 3 4 5 6", "l[3]:0 -1 1"}, {"f[2,3,1]:1 2 3 4 5 6"}},
    {"Reshape", 13, "", {"f[0,3]:", "l[2]:0 7"}, {"f[0,7]:"}},
    {"Reshape", 14, "allowzero:i=1", {"f[0,3]:", "l[2]:3 0"}, {"f[3,0]:"}},
    {"Reshape", 13, "", {"f[]:7", "l[2]:1 1"}, {"f[1,1]:7"}},
    {"Reshape", 13, "", {"f[1]:7", "l[0]:"}, {"f[]:7"}},
    {"Reshape", 13, "", {"f[4]:1 2 3 4", "l[1]:3"}, {NULL}, "shape 3 wants as many elements in the input, is offered 4"},
    {"Reshape", 13, "", {"f[4]:1 2 3 4", "l[2]:-1 -1"}, {NULL}, "as many elements"},
    {"Reshape", 13, "", {"f[4]:1 2 3 4", "l[2]:-1 3"}, {NULL}, "as many elements"},
    {"Reshape", 13, "", {"f[4]:1 2 3 4", "l[1]:-7"}, {NULL}, "Reshape"},
    {"Reshape", 13, "", {"f[1]:1", "l[2]:4294967296 4294967296"}, {NULL}, "limit"},
    {"Reshape", 13, "", {"f[1]:1", "l[13]:1 1 1 1 1 1 1 1 1 1 1 1 1"}, {NULL}, "12 entries at most"},
    {"Reshape", 13, "", {"f[1]:1", "f[1]:1"}, {NULL}, "float32 shape is not supported"},
    {"Flatten", 13, "axis:i=-1", {"b[2,1,2]:1 2 3 4"}, {"b[2,2]:1 2 3 4"}},
    {"Flatten", 13, "axis:i=0", {"b[2]:1 2"}, {"b[1,2]:1 2"}},
    {"Flatten", 13, "axis:i=3", {"b[2]:1 2"}, {NULL}, "axis 3 is outside the 1 dimensions"},
    {"Squeeze", 13, "", {"f[1,2,1]:1 2"}, {"f[2]:1 2"}},
    {"Squeeze", 13, "", {"f[1,2,1]:1 2", "l[1]:-1"}, {"f[1,2]:1 2"}},
    {"Squeeze", 11, "axes:I=0", {"f[1,2,1]:1 2"}, {"f[2,1]:1 2"}},
    {"Squeeze", 13, "", {"f[1,2]:1 2", "l[1]:1"}, {NULL}, "axis 1 wants a size of 1"},
    {"Unsqueeze", 13, "", {"f[2]:1 2", "l[2]:-1 0"}, {"f[1,2,1]:1 2"}},
    {"Unsqueeze", 11, "axes:I=1", {"f[2]:1 2"}, {"f[2,1]:1 2"}},
    {"Unsqueeze", 13, "", {"f[2]:1 2", "l[2]:0 0"}, {NULL}, "is named twice"},
    {"Unsqueeze", 13, "", {"f[2]:1 2", "l[1]:2"}, {NULL}, "axis 2 is outside of 2 dimensions"},
    /* what makes tensors */
    {"Constant", 13, "value_ints:I=1,2", {NULL}, {"l[2]:1 2"}},
    {"Constant", 13, "value_float:f=1.5", {NULL}, {"f[]:1.5"}},
    {"Constant", 13, "", {NULL}, {NULL}, "wants exactly one attribute"},
    {"ConstantOfShape", 9, "", {"l[2]:1 2"}, {"f[1,2]:0 0"}},
    {"ConstantOfShape", 9, "value:t=c[1]:7", {"l[0]:"}, {"c[]:7"}},
    {"ConstantOfShape", 9, "value:t=f[0]:", {"l[1]:1"}, {NULL}, "value wants one element, is offered 0"},
    {"ConstantOfShape", 9, "", {"l[1]:-1"}, {NULL}, "is not known"},
    {"ConstantOfShape", 9, "", {"l[1]:9223372036854775807"}, {NULL}, "limit"},
    {"Shape", 13, "", {"f[2,3]:0 0 0 0 0 0"}, {"l[2]:2 3"}},
    {"Shape", 15, "start:i=-1", {"f[2,3]:0 0 0 0 0 0"}, {"l[1]:3"}},
    {"Shape", 15, "start:i=5 end:i=-9223372036854775808", {"f[2]:0 0"}, {"l[0]:"}},
    {"Size", 13, "", {"f[2,3]:0 0 0 0 0 0"}, {"l[]:6"}},
    {"Range", 11, "", {"f[]:1", "f[]:4", "f[]:1.5"}, {"f[2]:1 2.5"}},
    {"Range", 11, "", {"l[]:10", "l[]:4", "l[]:-3"}, {"l[2]:10 7"}},
    {"Range", 11, "", {"l[]:1", "l[]:1", "l[]:1"}, {"l[0]:"}},
    {"Range", 11, "", {"l[]:1", "l[]:5", "l[]:0"}, {NULL}, "has no end"},
    {"Range", 11, "", {"f[]:0", "f[]:inf", "f[]:1"}, {NULL}, "has no end"},
    {"Range", 11, "", {"f[]:nan", "f[]:1", "f[]:1"}, {NULL}, "has no end"},
    {"Range", 11, "", {"l[]:-9223372036854775808", "l[]:9223372036854775807", "l[]:1"}, {NULL}, "limit"},
    /* orders */
    {"Transpose", 13, "", {"s[2,3]:1 2 3 4 5 6"}, {"s[3,2]:1 4 2 5 3 6"}},
    {"Transpose", 13, "perm:I=1,0,2", {"d[2,2,2]:1 2 3 4 5 6 7 8"}, {"d[2,2,2]:1 2 5 6 3 4 7 8"}},
    {"Transpose", 13, "", {"f[]:1"}, {"f[]:1"}},
    {"Transpose", 13, "perm:I=0,0", {"f[1,1]:1"}, {NULL}, "perm is no permutation"},
    {"Transpose", 13, "perm:I=0", {"f[1,1]:1"}, {NULL}, "perm wants 2 entries, has 1"},
    {"Transpose", 13, "perm:I=0,9223372036854775807", {"f[1,1]:1"}, {NULL}, "is outside of 2 dimensions"},
    {"DepthToSpace", 13, "blocksize:i=2", {"b[1,4,1,2]:1 2 3 4 5 6 7 8"}, {"b[1,1,2,4]:1 3 2 4 5 7 6 8"}},
    {"DepthToSpace", 13, "blocksize:i=2", {"b[1,8,1,1]:1 2 3 4 5 6 7 8"}, {"b[1,2,2,2]:1 3 5 7 2 4 6 8"}},
    {"DepthToSpace", 13, "blocksize:i=2 mode:s=CRD", {"b[1,8,1,1]:1 2 3 4 5 6 7 8"}, {"b[1,2,2,2]:1 2 3 4 5 6 7 8"}},
    {"SpaceToDepth", 13, "blocksize:i=2", {"b[1,2,2,2]:1 3 5 7 2 4 6 8"}, {"b[1,8,1,1]:1 2 3 4 5 6 7 8"}},
    {"SpaceToDepth", 13, "blocksize:i=2", {"b[1,1,2,3]:1 2 3 4 5 6"}, {NULL}, "multiples of blocksize"},
    {"DepthToSpace", 13, "", {"b[1,1,1,1]:1"}, {NULL}, "blocksize is 0 and must be"},
    {"DepthToSpace", 13, "blocksize:i=9223372036854775807", {"b[1,1,1,1]:1"}, {NULL}, "must be 1 to 32768"},
    {"DepthToSpace", 13, "blocksize:i=2", {"b[1,3,1,1]:1 2 3"}, {NULL}, "a multiple of blocksize squared"},
    {"Expand", 13, "", {"f[2,1]:1 2", "l[3]:2 1 2"}, {"f[2,2,2]:1 1 2 2 1 1 2 2"}},
    {"Expand", 13, "", {"f[2]:1 2", "l[1]:1"}, {"f[2]:1 2"}},
    {"Expand", 13, "", {"f[2]:1 2", "l[1]:3"}, {NULL}, "input wants 3, is offered 2"},
    {"Expand", 13, "", {"f[1]:1", "l[2]:-1 1"}, {NULL}, "Expand"},
    {"Tile", 13, "", {"f[1,2]:1 2", "l[2]:2 2"}, {"f[2,4]:1 2 1 2 1 2 1 2"}},
    {"Tile", 13, "", {"f[2]:1 2", "l[1]:0"}, {"f[0]:"}},
    {"Tile", 13, "", {"f[2]:1 2", "l[1]:-1"}, {NULL}, "repeats has -1"},
    {"Tile", 13, "", {"f[2]:1 2", "l[1]:9223372036854775807"}, {NULL}, "repeats has"},
    {"Tile", 13, "", {"f[2]:1 2", "l[2]:1 1"}, {NULL}, "repeats wants 1 entries, has 2"},
    /* parts */
    {"Slice", 13, "", {"f[4]:1 2 3 4", "l[1]:1", "l[1]:3"}, {"f[2]:2 3"}},
    {"Slice", 13, "", {"f[4]:1 2 3 4", "l[1]:-1", "l[1]:-9223372036854775808", "l[1]:0", "l[1]:-1"}, {"f[4]:4 3 2 1"}},
    {"Slice", 13, "", {"f[4]:1 2 3 4", "l[1]:0", "l[1]:9223372036854775807", "l[1]:0", "l[1]:3"}, {"f[2]:1 4"}},
    {"Slice", 13, "", {"f[4]:1 2 3 4", "l[1]:3", "l[1]:0", "l[1]:0", "l[1]:-9223372036854775808"}, {"f[1]:4"}},
    {"Slice", 13, "", {"f[2,2]:1 2 3 4", "i[1]:1", "i[1]:5", "i[1]:-1"}, {"f[2,1]:2 4"}},
    {"Slice", 13, "", {"f[4]:1 2 3 4", "l[1]:3", "l[1]:1"}, {"f[0]:"}},
    {"Slice", 9, "starts:I=1 ends:I=2 axes:I=1", {"f[2,2]:1 2 3 4"}, {"f[2,1]:2 4"}},
    {"Slice", 13, "", {"f[4]:1 2 3 4", "l[1]:0", "l[1]:1", "l[1]:0", "l[1]:0"}, {NULL}, "step along axis 0 is 0"},
    {"Slice", 13, "", {"f[4]:1 2 3 4", "l[1]:0", "l[2]:1 1"}, {NULL}, "have 1, 2, 0 and 0 entries"},
    {"Slice", 13, "", {"f[4]:1 2 3 4", "l[2]:0 0", "l[2]:1 1", "l[2]:0 -1"}, {NULL}, "is named twice"},
    {"Slice", 13, "", {"f[]:1", "l[1]:0", "l[1]:1"}, {NULL}, "is outside of 0 dimensions"},
    {"Split", 13, "", {"f[4]:1 2 3 4"}, {"f[2]:1 2", "f[2]:3 4"}},
    {"Split", 13, "axis:i=1", {"f[2,3]:1 2 3 4 5 6", "l[2]:1 2"}, {"f[2,1]:1 4", "f[2,2]:2 3 5 6"}},
    {"Split", 11, "split:I=3,1", {"f[4]:1 2 3 4"}, {"f[3]:1 2 3", "f[1]:4"}},
    {"Split", 18, "num_outputs:i=3", {"f[4]:1 2 3 4"}, {"f[2]:1 2", "f[2]:3 4", "f[0]:"}},
    {"Split", 13, "", {"f[3]:1 2 3"}, {"f[1]:1", "f[2]:2 3"}, "3 elements do not split"},
    {"Split", 13, "", {"f[4]:1 2 3 4", "l[2]:5 -1"}, {"f[1]:1", "f[1]:1"}, "4 elements do not split"},
    {"Split", 13, "", {"f[4]:1 2 3 4", "l[1]:4"}, {"f[1]:1", "f[1]:1"}, "split asks for 1 outputs of 2"},
    {"Split", 13, "", {"f[4]:1 2 3 4", "l[2]:1 -9223372036854775808"}, {"f[1]:1", "f[1]:1"}, "Split"},
    {"Concat", 13, "axis:i=-1", {"f[2,1]:1 2", "f[2,2]:3 4 5 6"}, {"f[2,3]:1 3 4 2 5 6"}},
    {"Concat", 13, "axis:i=0", {"c[0]:", "c[2]:1 2", "c[1]:3"}, {"c[3]:1 2 3"}},
    {"Concat", 13, "axis:i=0", {"f[1,2]:1 2", "f[1,3]:1 2 3"}, {NULL}, "input 1, but for axis 0, wants 1x2"},
    {"Concat", 13, "", {"f[1]:1"}, {NULL}, "attribute 'axis' is missing"},
    {"Concat", 13, "axis:i=0", {"f[]:1", "f[]:2"}, {NULL}, "axis 0 is outside the 0 dimensions"},
    /* Pad */
    {"Pad", 13, "", {"f[2]:1 2", "l[2]:1 2"}, {"f[5]:0 1 2 0 0"}},
    {"Pad", 13, "", {"l[2,2]:1 2 3 4", "l[4]:0 1 1 0", "l[]:9"}, {"l[3,3]:9 1 2 9 3 4 9 9 9"}},
    {"Pad", 6, "pads:I=1,0 value:f=2", {"f[1]:1"}, {"f[2]:2 1"}},
    {"Pad", 13, "", {"f[4]:1 2 3 4", "l[2]:-1 -2"}, {"f[1]:2"}},
    {"Pad", 13, "mode:s=edge", {"f[2,2]:1 2 3 4", "l[4]:1 0 0 2"}, {"f[3,4]:1 2 2 2 1 2 2 2 3 4 4 4"}},
    {"Pad", 13, "mode:s=reflect", {"f[3]:1 2 3", "l[2]:5 2"}, {"f[10]:2 1 2 3 2 1 2 3 2 1"}},
    {"Pad", 13, "mode:s=reflect", {"f[1]:7", "l[2]:1 1"}, {"f[3]:7 7 7"}},
    {"Pad", 13, "mode:s=reflect", {"f[4]:1 2 3 4", "l[2]:-1 1"}, {"f[4]:2 3 4 3"}},
    {"Pad", 19, "mode:s=wrap", {"f[3]:1 2 3", "l[2]:2 4"}, {"f[9]:2 3 1 2 3 1 2 3 1"}},
    {"Pad", 18, "", {"f[1,2]:1 2", "l[2]:1 0", "", "l[1]:-1"}, {"f[1,3]:0 1 2"}},
    {"Pad", 13, "mode:s=edge", {"f[0]:", "l[2]:1 0"}, {NULL}, "do not fit dimension 0 of 0 in mode edge"},
    {"Pad", 13, "", {"f[0]:", "l[2]:1 0"}, {"f[1]:0"}},
    {"Pad", 13, "", {"f[2]:1 2", "l[2]:-2 -1"}, {NULL}, "do not fit dimension 0 of 2"},
    {"Pad", 13, "", {"f[2]:1 2", "l[2]:-9223372036854775808 -9223372036854775808"}, {NULL}, "do not fit"},
    {"Pad", 13, "", {"f[2]:1 2", "l[2]:9223372036854775807 1"}, {NULL}, "do not fit"},
    {"Pad", 13, "", {"f[2]:1 2", "l[2]:4611686018427387904 1"}, {NULL}, "limit"},
    {"Pad", 13, "", {"f[2]:1 2", "l[1]:1"}, {NULL}, "pads wants two entries for each of 1 axes, has 1"},
    {"Pad", 13, "mode:s=mirror", {"f[2]:1 2", "l[2]:1 1"}, {NULL}, "mode 'mirror' is not one of"},
    /* by index */
    {"Gather", 13, "", {"f[3,2]:1 2 3 4 5 6", "l[2]:-1 0"}, {"f[2,2]:5 6 1 2"}},
    {"Gather", 13, "axis:i=1", {"f[2,2]:1 2 3 4", "i[]:1"}, {"f[2]:2 4"}},
    {"Gather", 13, "", {"f[3]:1 2 3", "l[1]:3"}, {NULL}, "index 3 (element 0) is outside of 3 elements"},
    {"Gather", 13, "", {"f[3]:1 2 3", "l[1]:-9223372036854775808"}, {NULL}, "is outside of 3 elements"},
    {"Gather", 13, "", {"f[0]:", "l[1]:0"}, {NULL}, "is outside of 0 elements"},
    {"Gather", 13, "", {"f[3]:1 2 3", "l[0]:"}, {"f[0]:"}},
    {"Gather", 13, "", {"f[]:1", "l[1]:0"}, {NULL}, "data wants 1 to 12 dimensions"},
    {"GatherElements", 13, "axis:i=1", {"f[2,2]:1 2 3 4", "l[2,1]:1 -2"}, {"f[2,1]:2 3"}},
    {"GatherElements", 13, "", {"f[2,2]:1 2 3 4", "l[1,2]:1 2"}, {NULL}, "index 2 (element 1)"},
    {"GatherElements", 13, "", {"f[2,2]:1 2 3 4", "l[1,3]:0 0 0"}, {NULL}, "within the data's sizes"},
    {"GatherND", 13, "", {"f[2,2]:1 2 3 4", "l[2,2]:0 -1 1 0"}, {"f[2]:2 3"}},
    {"GatherND", 13, "batch_dims:i=1", {"f[2,2]:1 2 3 4", "l[2,1]:1 0"}, {"f[2]:2 3"}},
    {"GatherND", 13, "", {"f[2]:1 2", "l[1,2]:0 0"}, {NULL}, "of slices of"},
    {"GatherND", 13, "batch_dims:i=-1", {"f[2]:1 2", "l[1,1]:0"}, {NULL}, "of slices of"},
    {"GatherND", 13, "", {"f[2]:1 2", "l[1,1]:2"}, {NULL}, "index 2 (element 0)"},
    {"ScatterElements", 16, "reduction:s=add", {"f[3]:1 2 3", "l[2]:1 1", "f[2]:10 20"}, {"f[3]:1 32 3"}},
    {"ScatterElements", 13, "axis:i=1", {"f[1,3]:1 2 3", "l[1,1]:-1", "f[1,1]:9"}, {"f[1,3]:1 2 9"}},
    {"ScatterElements", 13, "", {"f[3]:1 2 3", "l[1]:3", "f[1]:0"}, {NULL}, "index 3"},
    {"ScatterND", 18, "reduction:s=max", {"i[2,2]:1 2 3 4", "l[1,1]:1", "i[1,2]:0 9"}, {"i[2,2]:1 2 3 9"}},
    {"ScatterND", 13, "", {"f[2]:1 2", "l[1,1]:5", "f[1]:0"}, {NULL}, "index 5"},
    {"ScatterND", 13, "", {"f[2]:1 2", "l[1,1]:0", "f[2]:0 0"}, {NULL}, "updates wants 1, is offered 2"},
    /* along an axis */
    {"CumSum", 14, "", {"f[2,2]:1 2 3 4", "l[]:0"}, {"f[2,2]:1 2 4 6"}},
    {"CumSum", 14, "exclusive:i=1 reverse:i=1", {"i[3]:1 2 3", "i[]:-1"}, {"i[3]:5 3 0"}},
    {"CumSum", 14, "", {"f[2]:1 2", "l[]:1"}, {NULL}, "axis 1 is outside of 1 dimensions"},
    {"CumSum", 14, "", {"f[]:1", "l[]:0"}, {NULL}, "axis 0 is outside of 0 dimensions"},
    {"CumSum", 14, "", {"f[0,2]:", "l[]:1"}, {"f[0,2]:"}},
    {"ArgMax", 13, "", {"f[2,3]:1 5 5 7 5 nan"}, {"l[1,3]:1 0 1"}},
    {"ArgMax", 13, "keepdims:i=0 axis:i=1 select_last_index:i=1", {"i[2,2]:1 1 2 0"}, {"l[2]:1 0"}},
    {"ArgMin", 13, "axis:i=-1", {"l[1,3]:3 -9223372036854775808 -9223372036854775807"}, {"l[1,1]:1"}},
    {"ArgMax", 13, "axis:i=0", {"f[0,2]:"}, {NULL}, "at least one element along the axis"},
    {"Trilu", 14, "", {"b[2,3]:1 2 3 4 5 6"}, {"b[2,3]:1 2 3 0 5 6"}},
    {"Trilu", 14, "upper:i=0", {"b[2,2]:1 2 3 4", "l[]:-1"}, {"b[2,2]:0 0 3 0"}},
    {"Trilu", 14, "", {"b[2,2]:1 2 3 4", "l[]:9223372036854775807"}, {"b[2,2]:0 0 0 0"}},
    {"Trilu", 14, "upper:i=0", {"b[2,2]:1 2 3 4", "l[]:-9223372036854775808"}, {"b[2,2]:0 0 0 0"}},
    {"Trilu", 14, "", {"b[2]:1 2"}, {NULL}, "input wants 2 to 12 dimensions"},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

/* What decides a shape and is not known is asked for by name. */
GST_START_TEST (input_to_be_bound_is_named)
{
  LatentTensor *src[] = {latent_tensor_new_float (1), NULL};
  g_autoptr (LatentGraph) graph = ops_case_build ("Reshape", 13, "", src, 1, 1);
  LatentNode *node = g_ptr_array_index (graph->nodes, 0);
  LatentValue *sizes = latent_graph_add_value (graph, "sizes");
  g_autoptr (GError) error = NULL;

  sizes->type = LATENT_DATA_TYPE_INT64;
  sizes->has_shape = TRUE;
  sizes->shape = (LatentShape){1, {2}};
  latent_node_add_input (node, sizes);
  fail_if (latent_op_infer (node, &error));
  fail_unless (
      strstr (error->message, "'sizes' decides a shape (shape)") != NULL, "%s", error->message);
  latent_tensor_unref (src[0]);
}
GST_END_TEST

static gboolean
transpose (const LatentGraph *graph, LatentTensor **src, guint threads, LatentTensor **dst)
{
  const LatentNode *node = g_ptr_array_index (graph->nodes, 0);

  return latent_op_infer (node, NULL) && ops_case_evaluate (node, src, threads, dst, NULL);
}

/* A transposition of more elements than one thread's grain, there and back. */
GST_START_TEST (transposition_is_undone_by_another)
{
  gint64 dims[] = {31, 47, 53};
  g_autoptr (LatentTensor) src = latent_tensor_new (LATENT_DATA_TYPE_INT32, 3, dims, NULL);
  g_autoptr (LatentGraph) there = ops_case_build ("Transpose", 13, "perm:I=2,0,1", &src, 1, 1);
  g_autoptr (LatentTensor) middle = NULL;
  g_autoptr (LatentTensor) dst = NULL;
  g_autoptr (LatentGraph) back = NULL;

  for (gsize i = 0; i < src->n_elements; i++)
    ((gint32 *)latent_tensor_get_writable_data (src))[i] = (gint32)i;
  fail_unless (transpose (there, &src, 2, &middle));
  /* element (k, i, j) is element (i, j, k) of the source */
  fail_unless_equals_int (
      ((const gint32 *)middle->data)[(5 * 31 + 3) * 47 + 7], (3 * 47 + 7) * 53 + 5);
  back = ops_case_build ("Transpose", 13, "perm:I=1,2,0", &middle, 1, 1);
  fail_unless (transpose (back, &middle, 3, &dst));
  fail_unless (memcmp (src->data, dst->data, src->size) == 0);
}
GST_END_TEST

static Suite *
ops_movement_suite (void)
{
  Suite *suite = suite_create ("ops movement");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, input_to_be_bound_is_named);
  tcase_add_test (tcase, transposition_is_undone_by_another);
  return suite;
}

GST_CHECK_MAIN (ops_movement)
