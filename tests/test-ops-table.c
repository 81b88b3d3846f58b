/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/op.h"

#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

static const LatentOp *
get_row (gint i)
{
  guint n = 0;

  return latent_op_get_table (&n)[i];
}

static gint
count_rows (void)
{
  guint n = 0;

  latent_op_get_table (&n);
  return (gint)n;
}

GST_START_TEST (row_is_complete)
{
  const LatentOp *row = get_row (__i__);

  fail_unless (row->infer != NULL && row->eval != NULL, "%s", row->name);
  fail_unless (row->types != 0, "%s has no types", row->name);
  fail_unless (row->opset_min >= 1 && row->opset_min <= row->opset_max && row->opset_max <= 22,
      "%s: opsets %u to %u", row->name, row->opset_min, row->opset_max);
  fail_unless (row->min_inputs >= 0 && (row->max_inputs < 0 || row->max_inputs >= row->min_inputs),
      "%s: inputs", row->name);
  fail_unless (
      row->min_outputs >= 0 && (row->max_outputs < 0 || row->max_outputs >= row->min_outputs),
      "%s: outputs", row->name);
}
GST_END_TEST

/* NAME:LETTER, each name once. */
GST_START_TEST (attributes_of_row_parse)
{
  const LatentOp *row = get_row (__i__);
  g_auto (GStrv) parts = g_strsplit (row->attributes, " ", -1);

  for (guint i = 0; parts[i] != NULL && *row->attributes != '\0'; i++) {
    fail_unless (g_regex_match_simple ("^[A-Za-z_0-9]+:[fistFIS]$", parts[i], 0, 0), "%s: '%s'",
        row->name, row->attributes);
    for (guint k = 0; k < i; k++)
      fail_if (g_str_equal (parts[k], parts[i]), "%s: '%s'", row->name, row->attributes);
  }
}
GST_END_TEST

/* Rows are sorted: those of one name follow each other. */
GST_START_TEST (rows_of_a_name_follow_without_gap_or_overlap)
{
  const LatentOp *row = get_row (__i__);
  const LatentOp *next = __i__ + 1 < count_rows () ? get_row (__i__ + 1) : NULL;

  if (next != NULL && g_str_equal (row->name, next->name) &&
      g_str_equal (row->domain, next->domain))
    fail_unless (next->opset_min == row->opset_max + 1, "%s: opset %u follows %u", row->name,
        next->opset_min, row->opset_max);
}
GST_END_TEST

GST_START_TEST (row_is_found_by_its_opsets)
{
  const LatentOp *row = get_row (__i__);

  fail_unless (latent_op_find (row->name, row->domain, row->opset_min) == row);
  fail_unless (latent_op_find (row->name, row->domain, row->opset_max) == row);
}
GST_END_TEST

GST_START_TEST (unknown_attribute_is_refused_by_name)
{
  const LatentOp *row = get_row (__i__);
  LatentTensor *scalar = latent_tensor_new_float (0);
  LatentTensor *src[] = {scalar, scalar, scalar, scalar, scalar, scalar, scalar, scalar};
  g_autofree char *name = ops_case_name_row (row);
  g_autoptr (LatentGraph) graph = ops_case_build (name, row->opset_max, "nonsense:i=1", src,
      (guint)row->min_inputs, MAX ((guint)row->min_outputs, 1));
  g_autoptr (GError) error = NULL;

  fail_if (latent_op_check (g_ptr_array_index (graph->nodes, 0), &error));
  fail_unless_equals_int (error->code, LATENT_ERROR_UNSUPPORTED);
  fail_unless (strstr (error->message, "'nonsense'") != NULL, "%s", error->message);
  latent_tensor_unref (scalar);
}
GST_END_TEST

GST_START_TEST (too_few_inputs_are_refused)
{
  const LatentOp *row = get_row (__i__);
  g_autofree char *name = ops_case_name_row (row);
  g_autoptr (LatentGraph) graph = ops_case_build (name, row->opset_max, "", NULL, 0, 1);
  g_autoptr (GError) error = NULL;

  if (row->min_inputs == 0)
    return;
  fail_if (latent_op_check (g_ptr_array_index (graph->nodes, 0), &error));
  fail_unless_equals_int (error->code, LATENT_ERROR_FORMAT);
  fail_unless (strstr (error->message, "inputs, has 0") != NULL, "%s", error->message);
}
GST_END_TEST

static const OpsCase checks[] = {
    {"Nonsense",  13, "",          {"f[1]:0"},           {NULL},               "operator Nonsense is not supported"},
    {"HardSwish", 13, "",          {"f[1]:0"},           {NULL},
     "opset 13 of operator HardSwish is not supported; opsets 14 to 22 are"                                        },
    {"Add",       23, "",          {"f[1]:0", "f[1]:0"}, {NULL},
     "opset 23 of operator Add is not supported; opsets 6 to 22 are"                                               },
    {"Elu",       13, "alpha:i=1", {"f[1]:0"},           {NULL},
     "attribute 'alpha' must be a float and is an integer"                                                         },
    {"Relu",      13, "",          {"f[1]:0", "f[1]:0"}, {NULL},               "wants 1 to 1 inputs, has 2"        },
    {"Add",       13, "",          {"f[1]:0", ""},       {NULL},               "input 1 is left out"               },
    {"Relu",      13, "",          {"f[1]:0"},           {"f[1]:0", "f[1]:0"}, "wants 1 to 1 outputs, has 2"       },
    {"Relu",      13, "",          {"U[1]:0"},           {NULL},
     "Relu node 'node' (opset 13): uint64 input is not supported"                                                  },
};

GST_START_TEST (wrong_node_is_refused)
{
  g_autofree char *problem = ops_case_run (&checks[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_table_suite (void)
{
  Suite *suite = suite_create ("ops table");
  TCase *tcase = tcase_create ("table");
  gint n = count_rows ();

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, row_is_complete, 0, n);
  tcase_add_loop_test (tcase, attributes_of_row_parse, 0, n);
  tcase_add_loop_test (tcase, rows_of_a_name_follow_without_gap_or_overlap, 0, n);
  tcase_add_loop_test (tcase, row_is_found_by_its_opsets, 0, n);
  tcase_add_loop_test (tcase, unknown_attribute_is_refused_by_name, 0, n);
  tcase_add_loop_test (tcase, too_few_inputs_are_refused, 0, n);
  tcase_add_loop_test (tcase, wrong_node_is_refused, 0, G_N_ELEMENTS (checks));
  return suite;
}

GST_CHECK_MAIN (ops_table)
