/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/calibration.h"

#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/base/random.h"
#include "tests/net-text.h"

#define N_SAMPLES 12

/* A model of a net, `latent` its latents; samples are of the shape of its input. */
typedef struct {
  LatentModel *model;
  LatentShape shape;
  GPtrArray *samples; /* LatentTensor * */
  LatentCalibration *calibration;
} Case;

static const LatentCalibrationSettings settings = {LATENT_RANGE_MSE, TRUE, 1};

static LatentModel *
make_model (const char *text)
{
  g_autoptr (NetText) net = net_text_parse (text, TRUE, 3);
  LatentGraph *graph = latent_graph_copy (net->graph);
  g_autoptr (GError) error = NULL;
  LatentModel *model;

  graph->opset = 13;
  for (guint i = 0; i < graph->nodes->len; i++)
    ((LatentNode *)graph->nodes->pdata[i])->opset = 13;
  model = latent_model_new_from_graph (graph, &error);
  g_assert_no_error (error);
  fail_unless (latent_model_set_metadata (model, "latent.input", "vector", &error));
  fail_unless (latent_model_set_metadata (model, "latent.tensor", "latent", &error));
  return model;
}

static LatentTensor *
make_sample (const LatentShape *shape, guint seed)
{
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, shape, NULL);
  LatentRandom random;

  latent_random_init (&random, seed, LATENT_RANDOM_INPUT, 0);
  latent_random_fill_uniform (
      &random, latent_tensor_get_writable_data (tensor), tensor->n_elements, -1, 1);
  return tensor;
}

static void
open_case (Case *self, const char *text, const LatentCalibrationSettings *how)
{
  g_autoptr (GError) error = NULL;

  self->model = make_model (text);
  self->shape = ((LatentValue *)self->model->graph->inputs->pdata[0])->shape;
  self->samples = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_tensor_unref);
  self->calibration = latent_calibration_new (self->model, how, &self->shape, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N_SAMPLES; i++) {
    g_ptr_array_add (self->samples, make_sample (&self->shape, i));
    latent_calibration_add (self->calibration, self->samples->pdata[i], TRUE);
  }
  fail_unless (latent_calibration_run (self->calibration, &error));
}

static void
close_case (Case *self)
{
  latent_calibration_free (self->calibration);
  g_ptr_array_unref (self->samples);
  latent_model_unref (self->model);
}

/* All layers in integers. */
static LatentModel *
make_integer (Case *self)
{
  guint n = latent_calibration_get_n_layers (self->calibration);
  g_autofree gboolean *all = g_new (gboolean, n);
  g_autoptr (GError) error = NULL;
  LatentModel *model;

  for (guint i = 0; i < n; i++)
    all[i] = TRUE;
  model = latent_calibration_make_model (self->calibration, all, &error);
  g_assert_no_error (error);
  return model;
}

static LatentTensor *
run (LatentModel *model, LatentMode mode, LatentTensor *input)
{
  g_autoptr (LatentRequest) request = latent_request_new (mode);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;
  LatentTensor *output;

  latent_request_set_precision (request, LATENT_PRECISION_F32);
  program = latent_program_new (model, request, &error);
  g_assert_no_error (error);
  context = latent_context_new (program, &error);
  fail_unless (latent_context_set_input (context, 0, input, &error));
  fail_unless (latent_context_run (context, &error));
  output = latent_context_get_output (context, 0, &error);
  g_assert_no_error (error);
  return output;
}

/* Signal over what integers add to it, in dB, over all samples. */
static double
get_snr (Case *self, LatentModel *other, LatentMode mode)
{
  double signal = 0, noise = 0;

  for (guint i = 0; i < N_SAMPLES; i++) {
    g_autoptr (LatentTensor) a = run (self->model, mode, self->samples->pdata[i]);
    g_autoptr (LatentTensor) b = run (other, mode, self->samples->pdata[i]);
    for (gsize j = 0; j < a->n_elements; j++) {
      double x = latent_tensor_get_double (a, j), y = latent_tensor_get_double (b, j);
      signal += x * x;
      noise += (x - y) * (x - y);
    }
  }
  return 10 * log10 (signal / noise);
}

static guint
count (const LatentModel *model, const char *op)
{
  guint n = 0;

  for (guint i = 0; i < model->graph->nodes->len; i++)
    n += g_str_equal (((LatentNode *)model->graph->nodes->pdata[i])->op_type, op) ? 1 : 0;
  return n;
}

/* The operator that makes what a node reads as its input i. */
static const char *
get_maker (const LatentModel *model, const char *dst, guint i)
{
  const LatentNode *node = latent_graph_find_value (model->graph, dst)->producer;
  const LatentValue *src = latent_node_get_input (node, i);

  return src->producer != NULL ? src->producer->op_type : "nothing";
}

static float
get_scale (const LatentModel *model, const char *name)
{
  g_autofree char *full = g_strconcat (name, "/scale", NULL);
  const LatentValue *value = latent_graph_find_value (model->graph, full);

  fail_unless (value != NULL, "no %s", full);
  return (float)latent_tensor_get_double (value->data, 0);
}

/* Nets of one kind of layer each, and the least SNR of 8 bits. */
static const struct {
  const char *text;
  guint n_layers;
} nets[] = {
    {"x:1x4x6x5; w1:6x4x3x3; w2:6; w3:3x6x1x1;"
     "latent=Conv(x,w1,w2) pads:I=1,1,1,1; r=Relu(latent); y=Conv(r,w3)",                        2},
    {"x:1x4x6x5; w1:4x2x2x2; w2:6x2x3x3; w3:6;"
     "latent=Conv(x,w1) group:i=2 strides:I=2,1; y=Conv(latent,w2,w3) group:i=2 pads:I=1,1,1,1", 2},
    {"x:1x4x3x4; w1:4x5x2x2; w2:5; w3:5x3x3x2;"
     "latent=ConvTranspose(x,w1,w2) strides:I=2,2; y=ConvTranspose(latent,w3)",                  2},
    {"x:7x9; w1:5x9; w2:5; w3:5x9; w4:9;"
     "latent=Gemm(x,w1,w2) transB:i=1; y=Gemm(latent,w3,w4)",                                    2},
    {"x:2x7x9; w1:9x5; w3:5x9; latent=MatMul(x,w1); t=Tanh(latent); y=MatMul(t,w3)",                  2},
    {"x:1x3x11; w1:6x3x3; latent=Conv(x,w1) dilations:I=2; r=Sigmoid(latent); w2:3x6x1;"
     "y=Conv(r,w2)",                                                                             2},
};

GST_START_TEST (test_layers)
{
  Case self = {0};
  g_autoptr (LatentModel) model = NULL;

  open_case (&self, nets[__i__].text, &settings);
  fail_unless_equals_int (latent_calibration_get_n_layers (self.calibration), nets[__i__].n_layers);
  model = make_integer (&self);
  fail_unless (get_snr (&self, model, LATENT_MODE_RECONSTRUCT) > 30, "%g dB",
      get_snr (&self, model, LATENT_MODE_RECONSTRUCT));
  fail_unless_equals_int (count (model, "QuantizeLinear"), 2);
  fail_unless_equals_string (latent_model_get_id (model), latent_model_get_id (self.model));
  close_case (&self);
}
GST_END_TEST

static const char residual[] =
    "x:1x4x6x6; w1:4x4x3x3; w2:4x4x3x3; w3:4x4x3x3; c=Conv(x,w1) pads:I=1,1,1,1; a=Relu(c);"
    "b=Conv(a,w2) pads:I=1,1,1,1; s=Add(a,b); latent=Conv(s,w3) pads:I=1,1,1,1; y=Relu(latent)";

GST_START_TEST (test_residual)
{
  Case self = {0};
  g_autoptr (LatentModel) model = NULL;

  open_case (&self, residual, &settings);
  model = make_integer (&self);
  /* x, a and s; what is added to the residual is not rounded first */
  fail_unless_equals_int (count (model, "QuantizeLinear"), 3);
  fail_unless_equals_string (get_maker (model, "s", 0), "DequantizeLinear");
  fail_unless_equals_string (get_maker (model, "s", 1), "Conv");
  fail_unless_equals_string (get_maker (model, "latent", 0), "DequantizeLinear");
  fail_unless_equals_string (get_maker (model, "latent", 1), "DequantizeLinear");
  fail_unless_equals_string (get_maker (model, "a", 0), "Conv");
  close_case (&self);
}
GST_END_TEST

GST_START_TEST (test_moves)
{
  Case self = {0};
  g_autoptr (LatentModel) model = NULL;

  open_case (&self,
      "x:1x4x4x4; w1:8x4x3x3; w2:3x2x3x3; latent=Conv(x,w1) pads:I=1,1,1,1; a=Relu(latent);"
      "d=DepthToSpace(a) blocksize:i=2; y=Conv(d,w2)",
      &settings);
  model = make_integer (&self);
  fail_unless_equals_string (get_maker (model, "d", 0), "DequantizeLinear");
  fail_unless_equals_string (get_maker (model, "y", 0), "DequantizeLinear");
  fail_unless_equals_float (get_scale (model, "a"), get_scale (model, "d"));
  close_case (&self);
}
GST_END_TEST

/* What others read as it is is not rounded for a layer's sake. */
GST_START_TEST (test_raw)
{
  Case self = {0};
  g_autoptr (LatentModel) model = NULL;
  const gboolean last[] = {FALSE, TRUE};

  open_case (&self,
      "x:1x4x4x4; w1:8x4x1x1; w2:2x2x1x1; latent=Conv(x,w1); d=DepthToSpace(latent) blocksize:i=2;"
      "c=Conv(d,w2); y=Add(c,d)",
      &settings);
  model = latent_calibration_make_model (self.calibration, last, NULL);
  fail_unless_equals_string (get_maker (model, "c", 0), "DequantizeLinear");
  fail_unless_equals_string (get_maker (model, "y", 1), "DepthToSpace");
  fail_unless_equals_string (get_maker (model, "d", 0), "Conv");
  close_case (&self);
}
GST_END_TEST

/* The latents of a decoder in integers are those of the encoder, which is not. */
GST_START_TEST (test_latents)
{
  Case self = {0};
  g_autoptr (LatentModel) model = NULL;
  const gboolean last[] = {FALSE, TRUE};

  open_case (&self,
      "x:1x4x4x4; w1:8x4x1x1; w2:2x2x1x1; c=Conv(x,w1); latent=DepthToSpace(c) blocksize:i=2;"
      "t=Transpose(latent) perm:I=0,1,3,2; y=Conv(t,w2)",
      &settings);
  model = latent_calibration_make_model (self.calibration, last, NULL);
  fail_unless (isinf (get_snr (&self, model, LATENT_MODE_ENCODE)));
  fail_unless (get_snr (&self, model, LATENT_MODE_RECONSTRUCT) < 80);
  fail_unless_equals_string (get_maker (model, "t", 0), "DequantizeLinear");
  close_case (&self);
}
GST_END_TEST

GST_START_TEST (test_batch_norm)
{
  Case self = {0};
  g_autoptr (LatentModel) model = NULL;

  open_case (&self,
      "x:1x4x4x4; w1:6x4x1x1; k1:6 .5..2; k2:6; k3:6; k4:6 .5..2; w2:3x6x1x1; latent=Conv(x,w1);"
      "b=BatchNormalization(latent,k1,k2,k3,k4); r=Relu(b); c=Conv(r,w2);"
      "k5:3 .5..2; k6:3; k7:3; k8:3 .5..2; y=BatchNormalization(c,k5,k6,k7,k8)",
      &settings);
  model = make_integer (&self);
  /* not the first: its input has a name that others know */
  fail_unless_equals_int (count (model, "BatchNormalization"), 1);
  fail_unless (get_snr (&self, model, LATENT_MODE_RECONSTRUCT) > 30);
  close_case (&self);
}
GST_END_TEST

/* What the codec makes of weights is made of the same ones. */
GST_START_TEST (test_named)
{
  Case self = {0};
  const LatentShape shape = {
      4, {1, 4, 6, 5}
  };
  const gboolean all[] = {TRUE, TRUE};
  g_autoptr (LatentTensor) input = make_sample (&shape, 0);
  g_autoptr (LatentModel) model = NULL;
  const LatentValue *before, *after;

  self.model = make_model (nets[0].text);
  fail_unless (latent_model_set_metadata (self.model, "latent.motion", "w1,w2", NULL));
  self.calibration = latent_calibration_new (self.model, &settings, &shape, NULL);
  latent_calibration_add (self.calibration, input, TRUE);
  fail_unless (latent_calibration_run (self.calibration, NULL));
  model = latent_calibration_make_model (self.calibration, all, NULL);
  for (guint i = 0; i < 2; i++) {
    before = latent_graph_find_value (self.model->graph, i ? "w2" : "w1");
    after = latent_graph_find_value (model->graph, i ? "w2" : "w1");
    fail_unless (after != NULL && after->data == before->data);
  }
  fail_unless (latent_graph_find_value (model->graph, "w3") == NULL);
  latent_calibration_free (self.calibration);
  latent_model_unref (self.model);
}
GST_END_TEST

/* Inputs that vary together: errors of weights can make up for one another. */
GST_START_TEST (test_rounding)
{
  double snr[2];

  for (guint i = 0; i < 2; i++) {
    const LatentCalibrationSettings how = {LATENT_RANGE_MINMAX, i == 1, 1};
    Case self = {0};
    g_autoptr (LatentModel) model = NULL;
    open_case (&self,
        "x:40x2; k1:2x16; w1:16x12; w2:12x16; w3:16; k=MatMul(x,k1); latent=MatMul(k,w1);"
        "y=Gemm(latent,w2,w3)",
        &how);
    model = make_integer (&self);
    snr[i] = get_snr (&self, model, LATENT_MODE_ENCODE);
    close_case (&self);
  }
  fail_unless (snr[1] > snr[0] + .5, "by output %g dB, nearest %g", snr[1], snr[0]);
}
GST_END_TEST

static const struct {
  const char *text;
  guint opset;
  const char *said;
} wrong[] = {
    {"x:1x4; latent=Relu(x); y=Tanh(latent)",            13, "no convolution or matrix"},
    {"x:1x4; w:4x4; latent=MatMul(x,w); y=Relu(latent)", 12, "opset 13 or later"       },
    {"x:1x4; k#3; latent=Relu(x); w:4x4; k1:1 .1..1; q=QuantizeLinear(latent,k1);"
     "d=DequantizeLinear(q,k1); y=MatMul(d,w)",     13, "quantised already"       },
};

GST_START_TEST (test_wrong)
{
  g_autoptr (LatentModel) model = make_model (wrong[__i__].text);
  LatentShape shape = {
      2, {1, 4}
  };
  g_autoptr (GError) error = NULL;

  model->graph->opset = wrong[__i__].opset;
  fail_unless (latent_calibration_new (model, &settings, &shape, &error) == NULL);
  fail_unless (strstr (error->message, wrong[__i__].said) != NULL, "%s", error->message);
}
GST_END_TEST

/* A quality that depends on which layers are in integers: one of w1 costs 1 dB, w2 0.1, w3 0.01. */
static gboolean
measure (LatentModel *model, LatentQuality *quality, gpointer data, GError **error)
{
  const double *costs = data;

  *quality = (LatentQuality){40, 0};
  for (guint i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf ("w%u/quantized", i + 1);
    if (latent_graph_find_value (model->graph, name) == NULL)
      continue;
    quality->psnr -= costs[i];
    quality->shift += i == 0 ? costs[3] : 0;
  }
  return TRUE;
}

static const struct {
  double costs[4];
  gboolean excluded[3];
  gboolean integer[3];
} searches[] = {
    {{.01, .01, .01, 0},  {0},    {1, 1, 1}},
    {{1, .1, .01, 0},     {0},    {0, 1, 1}},
    {{.01, .1, .2, 0},    {0},    {1, 1, 0}},
    {{.01, .01, .01, .5}, {0},    {0, 1, 1}},
    {{.01, .01, .01, 0},  {0, 1}, {1, 0, 1}},
};

GST_START_TEST (test_search)
{
  const LatentQualityLimits limits = {.15, .1};
  LatentLayerChoice choices[3] = {0};
  LatentQuality quality[2];
  g_autoptr (LatentModel) model = NULL;
  Case self = {0};

  open_case (&self, residual, &settings);
  for (guint i = 0; i < 3; i++)
    choices[i].excluded = searches[__i__].excluded[i];
  model = latent_calibration_search (
      self.calibration, &limits, choices, quality, measure, (gpointer)searches[__i__].costs, NULL);
  fail_unless (model != NULL);
  for (guint i = 0; i < 3; i++) {
    fail_unless_equals_int (choices[i].integer, searches[__i__].integer[i]);
    if (!choices[i].excluded)
      fail_unless (fabs (choices[i].cost.psnr - searches[__i__].costs[i]) < 1e-9);
  }
  fail_unless_equals_float (quality[0].psnr, 40);
  fail_unless (quality[1].psnr >= 39.85);
  close_case (&self);
}
GST_END_TEST

GST_START_TEST (test_none_left)
{
  const LatentQualityLimits limits = {.15, .1};
  const double costs[] = {1, 1, 1, 0};
  LatentLayerChoice choices[3] = {0};
  LatentQuality quality[2];
  g_autoptr (GError) error = NULL;
  Case self = {0};

  open_case (&self, residual, &settings);
  fail_unless (latent_calibration_search (self.calibration, &limits, choices, quality, measure,
                   (gpointer)costs, &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_FAILED));
  fail_unless (strstr (error->message, "no layer is left") != NULL);
  close_case (&self);
}
GST_END_TEST

static Suite *
calibration_suite (void)
{
  Suite *suite = suite_create ("calibration");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_layers, 0, G_N_ELEMENTS (nets));
  tcase_add_test (tcase, test_residual);
  tcase_add_test (tcase, test_moves);
  tcase_add_test (tcase, test_raw);
  tcase_add_test (tcase, test_latents);
  tcase_add_test (tcase, test_batch_norm);
  tcase_add_test (tcase, test_named);
  tcase_add_test (tcase, test_rounding);
  tcase_add_loop_test (tcase, test_wrong, 0, G_N_ELEMENTS (wrong));
  tcase_add_loop_test (tcase, test_search, 0, G_N_ELEMENTS (searches));
  tcase_add_test (tcase, test_none_left);
  return suite;
}

GST_CHECK_MAIN (calibration)
