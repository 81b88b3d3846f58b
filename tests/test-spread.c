/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "src/dnn/engine.h"
#include "src/exec/program.h"
#include "tests/net-text.h"

#define HEIGHT 3
#define WIDTH  4
#define N_IN   2

/* ConvTransposes of two channels, 3x4 or 4 long, with a stride of 2 or more, and whether they
 * become Convs. */
static const struct {
  guint n; /* dimensions */
  gint64 channels, kernel, stride, before, after, extra;
  gboolean spreads;
} cases[] = {
    {2, 3,  4, 2, 1, 1, 0, TRUE }, /* as PyTorch's kernel 4, padding 1 */
    {2, 3,  3, 2, 1, 1, 1, TRUE }, /* kernel 3, padding 1, output_padding 1 */
    {2, 1,  5, 2, 2, 2, 1, TRUE },
    {2, 8,  6, 3, 1, 2, 0, TRUE }, /* unlike at both ends */
    {2, 3,  2, 2, 0, 0, 0, TRUE }, /* windows side by side */
    {2, 40, 2, 2, 0, 0, 0, TRUE },
    {2, 2,  4, 4, 0, 0, 0, TRUE },
    {2, 64, 4, 2, 1, 1, 0, FALSE}, /* too many multiplications by zero */
    {2, 3,  4, 2, 0, 0, 0, FALSE}, /* more than twice the size */
    {2, 3,  4, 2, 2, 2, 0, FALSE}, /* less */
    {1, 64, 8, 4, 2, 2, 0, TRUE }, /* a second tap for half of them */
    {1, 1,  9, 5, 2, 2, 0, TRUE },
    {1, 3,  6, 3, 1, 2, 0, TRUE },
    {1, 5,  2, 2, 0, 0, 0, TRUE },
    {1, 64, 3, 2, 1, 1, 1, TRUE },
    {1, 64, 1, 4, 0, 0, 3, FALSE}, /* nothing but zeros between */
    {1, 64, 8, 4, 2, 1, 0, FALSE}, /* more than four times the size */
};

static gint64
get_size (guint i, gint64 size)
{
  return (size - 1) * cases[i].stride + cases[i].kernel - cases[i].before - cases[i].after +
         cases[i].extra;
}

/* Every number of the input goes to where its window is. Of one dimension all lies in one row. */
static void
scatter (guint i, const float *x, const float *w, float *y)
{
  gboolean flat = cases[i].n == 1;
  gint64 rows = flat ? 1 : HEIGHT, height = flat ? 1 : get_size (i, HEIGHT);
  gint64 width = get_size (i, WIDTH), k = cases[i].kernel, taps = flat ? k : k * k;

  for (gint64 c = 0; c < N_IN; c++)
    for (gint64 o = 0; o < cases[i].channels; o++)
      for (gint64 tap = 0; tap < taps; tap++)
        for (gint64 place = 0; place < rows * WIDTH; place++) {
          gint64 row = flat ? 0 : place / WIDTH * cases[i].stride + tap / k - cases[i].before;
          gint64 column = place % WIDTH * cases[i].stride + tap % k - cases[i].before;
          if (row >= 0 && row < height && column >= 0 && column < width)
            y[(o * height + row) * width + column] += x[c * rows * WIDTH + place] *
                                                      w[(c * cases[i].channels + o) * taps + tap];
        }
}

/* bf16 has no fast kernel for those of many channels. */
static gboolean
spreads (guint i, LatentPrecision precision)
{
  return cases[i].spreads ||
         (precision == LATENT_PRECISION_BF16 && cases[i].kernel == 4 && cases[i].channels == 64);
}

/* A number for each dimension. */
static void
append (GString *text, guint n, const char *separator, gint64 number)
{
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? separator : "", number);
}

static NetText *
make_net (guint i)
{
  g_autoptr (GString) text = g_string_new (cases[i].n == 1 ? "x:1x2x4" : "x:1x2x3x4");

  g_string_append_printf (text, ";w:2x%" G_GINT64_FORMAT "x", cases[i].channels);
  append (text, cases[i].n, "x", cases[i].kernel);
  g_string_append (text, ";y=ConvTranspose(x,w) strides:I=");
  append (text, cases[i].n, ",", cases[i].stride);
  g_string_append (text, " pads:I=");
  append (text, cases[i].n, ",", cases[i].before);
  g_string_append (text, ",");
  append (text, cases[i].n, ",", cases[i].after);
  g_string_append (text, " output_padding:I=");
  append (text, cases[i].n, ",", cases[i].extra);
  return net_text_parse (text->str, TRUE, 1);
}

static gboolean
has_step (const LatentProgram *program, const char *op_type)
{
  for (guint i = 0; i < program->schedule->steps->len; i++) {
    const LatentStep *step = g_ptr_array_index (program->schedule->steps, i);
    if (step->node != NULL && g_str_equal (step->node->op_type, op_type))
      return TRUE;
  }
  return FALSE;
}

static void
check_case (guint i, LatentPrecision precision, float tolerance)
{
  g_autoptr (NetText) net = make_net (i);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;
  g_autoptr (LatentTensor) y = NULL;
  g_autoptr (GError) error = NULL;
  const LatentTensor *x = net->numbers->pdata[0], *w = net->numbers->pdata[1];
  g_autofree float *expected = NULL;

  latent_request_set_precision (request, precision);
  program = latent_exec_compile (net->graph, "spread", NULL, NULL, NULL, 0, request, &error);
  fail_unless (program != NULL, "%s", error ? error->message : "");
  fail_unless (has_step (program, "Conv") == spreads (i, precision));
  fail_unless (has_step (program, "DepthToSpace") == (spreads (i, precision) && cases[i].n == 2));
  context = latent_context_new (program, NULL);
  fail_unless (latent_context_set_input (context, 0, x, NULL));
  fail_unless (latent_context_run (context, NULL));
  y = latent_context_get_output (context, 0, NULL);
  fail_unless_equals_int64 (y->shape.dims[2], get_size (i, cases[i].n == 1 ? WIDTH : HEIGHT));
  expected = g_new0 (float, y->n_elements);
  scatter (i, x->data, w->data, expected);
  for (gsize j = 0; j < y->n_elements; j++)
    fail_unless (ABS (((const float *)y->data)[j] - expected[j]) < tolerance, "at %zu", j);
}

GST_START_TEST (test_it_gives_what_a_transposed_convolution_gives)
{
  check_case (__i__, LATENT_PRECISION_F32, 1e-5f);
}
GST_END_TEST

GST_START_TEST (test_it_does_so_in_bf16)
{
  if (latent_engine_has_bf16 ())
    check_case (__i__, LATENT_PRECISION_BF16, 0.05f);
}
GST_END_TEST

static Suite *
spread_suite (void)
{
  Suite *suite = suite_create ("spread");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (
      tc, test_it_gives_what_a_transposed_convolution_gives, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_it_does_so_in_bf16, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (spread)
