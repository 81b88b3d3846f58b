/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "src/exec/program.h"
#include "tests/net-text.h"

#define N 6

static const float x[N] = {-4, -2, -0.5f, 0, 1, 4};
static const float gelu[N] = {-0.000126685f, -0.0455003f, -0.154269f, 0, 0.841345f, 3.999873f};
static const float hard_swish[N] = {0, -0.333333f, -0.208333f, 0, 0.666667f, 4};

/* Ways to write a function of x, of six numbers, and the operators of the steps that it compiles
 * to. */
static const struct {
  const char *text;
  const float *y;
  const char *ops[3];
} nets[] = {
    {"x:6;ka:1 1.41421354..1.41421354;kb:1 1..1;kc:1 .5..0.5;"
     "d=Div(x,ka);e=Erf(d);a=Add(e,kb);m=Mul(x,a);y=Mul(m,kc)",                                  gelu,       {"Gelu"}     },
    {"x:6;ka:1 0.70710677..0.70710677;kb:1 1..1;kc:1 0.5..0.5;"
     "h=Mul(kc,x);d=Mul(ka,x);e=Erf(d);a=Add(kb,e);y=Mul(a,h)",                                  gelu,       {"Gelu"}     },
    {"x:6;ka:1 1.41421354..1.41421354;kb:1 1..1;kc:1 0.5..0.5;"
     "d=Div(x,ka);e=Erf(d);a=Add(e,kb);m=Mul(a,kc);y=Mul(m,x)",                                  gelu,       {"Gelu"}     },
    {"x:6;ka:1 3..3;kb:1 0..0;kc:1 6..6;a=Add(x,ka);c=Clip(a,kb,kc);m=Mul(x,c);y=Div(m,kc)",
     hard_swish,                                                                                                  {"HardSwish"}},
    {"x:6;ka:1 3..3;kb:1 0..0;kc:1 6..6;a=Add(ka,x);c=Clip(a,kb,kc);d=Div(c,kc);y=Mul(d,x)",
     hard_swish,                                                                                                  {"HardSwish"}},
    {"x:6;s=HardSigmoid(x) alpha:f=0.16666667 beta:f=0.5;y=Mul(x,s)",                                 hard_swish, {"HardSwish"}},
 /* what is not quite that stays what it is */
    {"x:6;ka:1 3..3;kb:1 0..0;kc:1 6..6;kd:1 12..12;a=Add(x,ka);c=Clip(a,kb,kc);m=Mul(x,c);"
     "n=Div(m,kd);y=Add(n,n)",                                                                   hard_swish, {NULL}       },
    {"x:6;ka:1 1.41421354..1.41421354;kb:1 1..1;kc:1 0.5..0.5;"
     "d=Div(x,ka);e=Erf(d);a=Add(e,kb);h=Mul(x,kc);m=Mul(h,a);p=Sub(h,x);q=Add(p,h);y=Add(m,q)", gelu,       {NULL}       },
};

static LatentProgram *
compile (const NetText *net)
{
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (GError) error = NULL;
  LatentProgram *program = latent_exec_compile (
      net->graph, "recognise", NULL, NULL, NULL, 0, request, &error);

  fail_unless (program != NULL, "%s", error != NULL ? error->message : "");
  return program;
}

static void
assert_near (const float *y, const float *expected)
{
  for (guint i = 0; i < N; i++)
    fail_unless (ABS (y[i] - expected[i]) < 2e-6f, "%g where %g was expected, at %g", y[i],
        expected[i], x[i]);
}

GST_START_TEST (test_a_function_is_recognised)
{
  g_autoptr (NetText) net = net_text_parse (nets[__i__].text, TRUE, 1);
  g_autoptr (LatentProgram) program = compile (net);
  g_autoptr (LatentContext) context = latent_context_new (program, NULL);
  const GPtrArray *steps = program->schedule->steps;

  memcpy (latent_context_get_input_data (context, 0), x, sizeof x);
  fail_unless (latent_context_run (context, NULL));
  assert_near (latent_context_get_output_data (context, 0), nets[__i__].y);
  for (guint i = 0; nets[__i__].ops[i] != NULL; i++) {
    const LatentStep *step = g_ptr_array_index (steps, i);
    fail_unless_equals_int (steps->len, 1);
    fail_unless_equals_string (step->node->op_type, nets[__i__].ops[i]);
  }
}
GST_END_TEST

/* A number before or behind what it is added to or multiplied with becomes part of a convolution's
 * primitive: nothing but it is left. */
GST_START_TEST (test_numbers_are_fused)
{
  g_autoptr (NetText)
      net = net_text_parse ("x:1x1x2x3;kw:1x1x1x1 2..2;ka:1 3..3;kb:1 -1..-1;kc:1 4..4;"
                            "c=Conv(x,kw);r=Relu(c);m=Mul(ka,r);a=Add(m,kb);y=Div(a,kc)",
          TRUE, 1);
  g_autoptr (LatentProgram) program = compile (net);
  g_autoptr (LatentContext) context = latent_context_new (program, NULL);
  static const float expected[N] = {-0.25f, -0.25f, -0.25f, -0.25f, 1.25f, 5.75f};

  memcpy (latent_context_get_input_data (context, 0), x, sizeof x);
  fail_unless (latent_context_run (context, NULL));
  assert_near (latent_context_get_output_data (context, 0), expected);
  for (guint i = 0; i < program->schedule->steps->len; i++) {
    const LatentStep *step = g_ptr_array_index (program->schedule->steps, i);
    fail_unless (step->node == NULL || g_str_equal (step->node->op_type, "Conv"));
  }
}
GST_END_TEST

/* oneDNN 2.6 gives two functions of a kind the numbers of the first. */
GST_START_TEST (test_two_functions_of_a_kind_have_their_own_numbers)
{
  g_autoptr (NetText) net = net_text_parse (
      "x:1x1x2x3;kw:1x1x1x1 1..1;c=Conv(x,kw);a=LeakyRelu(c) alpha:f=0.5;"
      "b=LeakyRelu(a) alpha:f=0.25;n=Neg(b);r=Relu(n);ka:1 -2..-2;y=Mul(r,ka)",
      TRUE, 1);
  g_autoptr (LatentProgram) program = compile (net);
  g_autoptr (LatentContext) context = latent_context_new (program, NULL);
  static const float expected[N] = {-1, -0.5f, -0.125f, 0, 0, 0};

  memcpy (latent_context_get_input_data (context, 0), x, sizeof x);
  fail_unless (latent_context_run (context, NULL));
  assert_near (latent_context_get_output_data (context, 0), expected);
}
GST_END_TEST

static const struct {
  const char *text;
  guint threads;
} works[] = {
    {"x:1x2x8x8;w:2x2x3x3;y=Conv(x,w) pads:I=1,1,1,1",                 1},
    {"x:1x16x64x64;w:16x16x3x3;y=Conv(x,w) pads:I=1,1,1,1",            3},
    {"x:1x2x8x8;y=Relu(x)",                                            1},
    {"x:1x16x64x64;y=Relu(x)",                                         3},
    {"x:100x1x8;w:1x48x8;wr:1x48x16;y,h=GRU(x,w,wr) hidden_size:i=16",
     1                                                                  }, /* a hundred small ones */
};

GST_START_TEST (test_small_steps_take_one_thread)
{
  g_autoptr (NetText) net = net_text_parse (works[__i__].text, TRUE, 1);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (GError) error = NULL;

  latent_request_set_threads (request, 3);
  program = latent_exec_compile (net->graph, "works", NULL, NULL, NULL, 0, request, &error);
  fail_unless (program != NULL, "%s", error ? error->message : "");
  for (guint i = 0; i < program->schedule->steps->len; i++) {
    const LatentStep *step = g_ptr_array_index (program->schedule->steps, i);
    if (step->node != NULL && step->node->outputs->len > 0)
      fail_unless_equals_int (step->threads, works[__i__].threads);
  }
}
GST_END_TEST

static Suite *
recognise_suite (void)
{
  Suite *suite = suite_create ("recognise");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_a_function_is_recognised, 0, G_N_ELEMENTS (nets));
  tcase_add_test (tc, test_numbers_are_fused);
  tcase_add_test (tc, test_two_functions_of_a_kind_have_their_own_numbers);
  tcase_add_loop_test (tc, test_small_steps_take_one_thread, 0, G_N_ELEMENTS (works));
  return suite;
}

GST_CHECK_MAIN (recognise)
