/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Matrix products and sums of products; values of ONNX Runtime 1.30. */
/* clang-format off */
static const OpsCase cases[] = {
    {"Gemm", 13, "", {"f[2,3]:-3 2 0 -2 3 1", "f[3,2]:-3 2 0 -2 3 1"}, {"f[2,2]:9 -10 9 -9"}},
    {"Gemm", 13, "transA:i=1 transB:i=1 alpha:f=0.5 beta:f=2", {"f[3,2]:-3 2 0 -2 3 1",
     "f[2,3]:-3 2 0 -2 3 1", "f[2,1]:-3 2"}, {"f[2,2]:-1.5 -1.5 -1 -0.5"}},
    {"Gemm", 7, "", {"f[2,3]:-3 2 0 -2 3 1", "f[3,2]:-3 2 0 -2 3 1", "f[2]:-3 2"},
     {"f[2,2]:6 -8 6 -7"}},
    {"MatMul", 13, "", {"f[2,3]:-3 2 0 -2 3 1", "f[3,2]:-3 2 0 -2 3 1"}, {"f[2,2]:9 -10 9 -9"}},
    {"MatMul", 13, "", {"f[3]:-3 2 0", "f[3]:-3 2 0"}, {"f[]:13"}},
    {"MatMul", 13, "", {"f[3]:-3 2 0", "f[2,3,2]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3"},
     {"f[2,2]:9 -10 7 9"}},
    {"MatMul", 13, "", {"f[2,1,2,2]:-3 2 0 -2 3 1 -1 -3", "f[2,2,1]:-3 2 0 -2"},
     {"f[2,2,2,1]:13 -4 -4 4 -7 -3 -2 6"}},
    {"Einsum", 12, "equation:s=ij,jk->ik", {"f[2,3]:-3 2 0 -2 3 1", "f[3,2]:-3 2 0 -2 3 1"},
     {"f[2,2]:9 -10 9 -9"}},
    {"Einsum", 12, "equation:s=ii", {"f[2,2]:-3 2 0 -2"}, {"f[]:-5"}},
    {"Einsum", 12, "equation:s=ba", {"f[2,3]:-3 2 0 -2 3 1"}, {"f[3,2]:-3 -2 2 3 0 1"}},
    {"Einsum", 12, "equation:s=...ij,jk->...ik", {"f[2,2,3]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3",
     "f[3,2]:-3 2 0 -2 3 1"}, {"f[2,2,2]:9 -10 9 -9 9 6 9 7"}},
    {"Einsum", 12, "equation:s=i,j,i->j", {"f[2]:-3 2", "f[3]:-3 2 0", "f[2]:-3 2"},
     {"f[3]:-39 26 0"}},
    /* by hand: corner cases, and what is refused */
    {"Gemm", 6, "broadcast:i=1", {"f[1,2]:1 2", "f[2,2]:1 2 3 4", "f[2]:10 20"}, {"f[1,2]:17 30"}},
    {"Gemm", 6, "", {"f[2,1]:1 2", "f[1,2]:1 2", "f[2]:10 20"}, {NULL},
     "C wants 2x2, is offered 2"},
    {"Gemm", 13, "", {"f[1,2]:1 2", "f[2,2]:1 2 3 4", "f[3]:1 2 3"}, {NULL},
     "C wants 1x2, is offered 3"},
    {"Gemm", 13, "transB:i=1", {"f[1,2]:1 2", "f[2,1]:1 2"}, {NULL},
     "B wants 2 columns as transB = 1, is offered 2x1"},
    {"Gemm", 13, "", {"f[2]:1 2", "f[2,1]:1 2"}, {NULL}, "A wants 2 dimensions, is offered 2"},
    {"Gemm", 13, "", {"f[2,0]:", "f[0,1]:"}, {"f[2,1]:0 0"}},
    {"MatMul", 13, "", {"f[1,2]:1 2", "f[3,1]:1 2 3"}, {NULL}, "B wants 2 rows"},
    {"MatMul", 13, "", {"f[2,1,1]:1 2", "f[3,1,1]:1 2 3"}, {NULL}, "a batch like A's"},
    {"MatMul", 13, "", {"f[]:1", "f[1]:1"}, {NULL}, "A wants 1 to 12 dimensions"},
    {"MatMul", 13, "", {"f[0,2]:", "f[2,1]:1 2"}, {"f[0,1]:"}},
    {"Einsum", 12, "equation:s=ij,jk", {"f[1,2]:1 2"}, {NULL},
     "more terms than the node has inputs"},
    {"Einsum", 12, "equation:s=ij", {"f[1,2]:1 2", "f[1]:1"}, {NULL},
     "fewer terms than the node has inputs"},
    {"Einsum", 12, "equation:s=ij->ik", {"f[1,2]:1 2"}, {NULL}, "a label that no operand has"},
    {"Einsum", 12, "equation:s=ij->ii", {"f[1,2]:1 2"}, {NULL}, "a label twice"},
    {"Einsum", 12, "equation:s=ijk", {"f[1,2]:1 2"}, {NULL},
     "operand 0 wants 3 dimensions, is offered 1x2"},
    {"Einsum", 12, "equation:s=i,i->i", {"f[2]:1 2", "f[3]:1 2 3"}, {NULL}, "different sizes"},
    {"Einsum", 12, "equation:s=i.j", {"f[1,2]:1 2"}, {NULL}, "wants letters"},
    {"Einsum", 12, "equation:s=......i", {"f[1,2]:1 2"}, {NULL}, "wants letters"},
    {"Einsum", 12, "equation:s=...i->i", {"f[1,2]:1 2"}, {NULL}, "the output lacks"},
    {"Einsum", 12, "equation:s=i->i,", {"f[1]:1"}, {NULL}, "something stands behind the output"},
    {"Einsum", 12, "", {"f[1]:1"}, {NULL}, "attribute 'equation' is missing"},
    {"Einsum", 12, "equation:s=ij,jk->ik", {"d[1,2]:1 2", "d[2,1]:3 4"}, {"d[1,1]:11"}},
    {"Einsum", 12, "equation:s=ij->i", {"f[2,0]:"}, {"f[2]:0 0"}},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_product_suite (void)
{
  Suite *suite = suite_create ("ops product");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_product)
