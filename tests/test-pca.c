/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/pca.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/graph/graph.h"
#include "src/model/model.h"

#define SEED 20 /* of every random sample here */

/* Points (a + 3, b + 5) on two axes: a = +-3, b = +-1, whose variances are 9 and 1 and whose mean
 * is (3, 5, 0). */
static const float cross[4][3] = {
    {6, 6, 0},
    {6, 4, 0},
    {0, 6, 0},
    {0, 4, 0},
};

GST_START_TEST (components_of_a_cross)
{
  g_autoptr (LatentPca) pca = latent_pca_new (3, NULL);

  fail_unless (latent_pca_add (pca, cross[0], 4, NULL));
  fail_unless (latent_pca_solve (pca, 2, NULL));
  fail_unless_equals_uint64 (latent_pca_get_samples (pca), 4);
  fail_unless_equals_uint64 (latent_pca_get_rank (pca), 2);
  fail_unless_equals_float (latent_pca_get_mean (pca)[0], 3);
  fail_unless_equals_float (latent_pca_get_mean (pca)[1], 5);
  fail_unless (fabs (latent_pca_get_variances (pca)[0] - 9) < 1e-6);
  fail_unless (fabs (latent_pca_get_variances (pca)[1] - 1) < 1e-6);
  fail_unless (fabs (latent_pca_get_components (pca)[0] - 1) < 1e-6);
  fail_unless (fabs (latent_pca_get_components (pca)[4] - 1) < 1e-6);
  fail_unless (fabs (latent_pca_get_explained (pca) - 1) < 1e-9);
}
GST_END_TEST

GST_START_TEST (what_is_left_out_is_the_error)
{
  g_autoptr (LatentPca) pca = latent_pca_new (3, NULL);

  latent_pca_add (pca, cross[0], 4, NULL);
  latent_pca_solve (pca, 1, NULL);
  /* The second axis, of variance 1, over three elements. */
  fail_unless (fabs (latent_pca_get_mse (pca) - 1. / 3) < 1e-9);
  fail_unless (fabs (latent_pca_get_explained (pca) - .9) < 1e-9);
}
GST_END_TEST

/* n samples of d elements: element j has deviation 1 / (1 + j), all are 100 away from 0. */
static float *
make_samples (gsize n, gsize d, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  float *samples = g_new (float, n *d);
  for (gsize i = 0; i < n * d; i++) {
    /* Uniform in +-sqrt(3): variance 1. */
    double value = g_rand_double_range (rand, -1.7320508075688772, 1.7320508075688772);
    samples[i] = (float)(100 + value / (double)(1 + i % d));
  }
  return samples;
}

/* Mean squared error of the samples' reconstructions, worked out one by one. */
static double
measure (const LatentPca *pca, const float *samples, gsize n, gsize d, gsize k)
{
  const float *mean = latent_pca_get_mean (pca);
  double sum = 0;
  for (gsize i = 0; i < n; i++) {
    g_autofree double *rest = g_new (double, d);
    for (gsize j = 0; j < d; j++)
      rest[j] = (double)samples[i * d + j] - mean[j];
    for (gsize c = 0; c < k; c++) {
      const float *component = latent_pca_get_components (pca) + c * d;
      double latent = 0;
      for (gsize j = 0; j < d; j++)
        latent += component[j] * ((double)samples[i * d + j] - mean[j]);
      for (gsize j = 0; j < d; j++)
        rest[j] -= latent * component[j];
    }
    for (gsize j = 0; j < d; j++)
      sum += rest[j] * rest[j];
  }
  return sum / (double)(n * d);
}

static const struct {
  gsize n, d, k;
  double tolerance; /* of the error that is claimed, and of optimality */
} sizes[] = {
    {3000,  20,    5,  1e-5}, /* covariance */
    {20000, 20,    5,  1e-5}, /* in several blocks */
    {10,    100,   5,  1e-5}, /* fewer samples than dimensions */
    {60,    10000, 20, 1e-4}, /* that no covariance would hold */
};

GST_START_TEST (the_error_claimed_is_the_error_made)
{
  gsize n = sizes[__i__].n, d = sizes[__i__].d, k = sizes[__i__].k;
  g_autofree float *samples = make_samples (n, d, SEED);
  g_autoptr (LatentPca) pca = latent_pca_new (d, NULL);

  fail_unless (latent_pca_add (pca, samples, n, NULL));
  fail_unless (latent_pca_solve (pca, k, NULL));
  double claimed = latent_pca_get_mse (pca);
  double made = measure (pca, samples, n, d, k);
  fail_unless (fabs (claimed - made) < sizes[__i__].tolerance * made, "seed %d: %g, in truth %g",
      SEED, claimed, made);
}
GST_END_TEST

GST_START_TEST (components_are_orthonormal)
{
  gsize n = sizes[__i__].n, d = sizes[__i__].d, k = sizes[__i__].k;
  g_autofree float *samples = make_samples (n, d, SEED);
  g_autoptr (LatentPca) pca = latent_pca_new (d, NULL);

  latent_pca_add (pca, samples, n, NULL);
  latent_pca_solve (pca, k, NULL);
  const float *rows = latent_pca_get_components (pca);
  for (gsize a = 0; a < k; a++)
    for (gsize b = 0; b <= a; b++) {
      double product = 0;
      for (gsize j = 0; j < d; j++)
        product += (double)rows[a * d + j] * rows[b * d + j];
      fail_unless (fabs (product - (a == b)) < 1e-5, "seed %d: %zu, %zu: %g", SEED, a, b, product);
    }
}
GST_END_TEST

/* Rows that do not fit in the room are replaced by fewer, and the strongest components live through
 * that: here 5 of variance 1 under noise of 1e-4, over four times as many samples as fit. */
GST_START_TEST (collapsed_rows_keep_what_is_strong)
{
  const gsize d = 6200, n = 4 * 128, k = 5;
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  g_autoptr (LatentPca) pca = latent_pca_new (d, NULL);
  g_autofree float *sample = g_new (float, d);

  pca->capacity = 128 + 1; /* as if memory were short */
  for (gsize i = 0; i < n; i++) {
    for (gsize j = 0; j < d; j++)
      sample[j] = (float)g_rand_double_range (rand, -.017, .017) + .5f;
    for (gsize c = 0; c < k; c++)
      sample[c * 100] += (float)g_rand_double_range (rand, -1.7320508, 1.7320508);
    fail_unless (latent_pca_add (pca, sample, 1, NULL));
  }
  fail_unless (pca->kept > 0);
  fail_unless (latent_pca_solve (pca, k, NULL));
  for (gsize c = 0; c < k; c++)
    fail_unless (fabs (latent_pca_get_variances (pca)[c] - 1) < .2, "seed %d: %g", SEED,
        latent_pca_get_variances (pca)[c]);
  for (gsize c = 0; c < k; c++) {
    double power = 0;
    for (gsize a = 0; a < k; a++)
      power += latent_pca_get_components (pca)[a * d + c * 100] *
               latent_pca_get_components (pca)[a * d + c * 100];
    fail_unless (power > .99, "seed %d: axis %zu: %g", SEED, c, power);
  }
}
GST_END_TEST

GST_START_TEST (not_a_number_is_named)
{
  float samples[2][3] = {
      {1, 2,   3},
      {1, NAN, 3}
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentPca) pca = latent_pca_new (3, NULL);

  fail_if (latent_pca_add (pca, samples[0], 2, &error));
  fail_unless (
      g_str_has_prefix (error->message, "sample 1, element 1 is nan"), "%s", error->message);
}
GST_END_TEST

static const struct {
  gsize n, d, k;
  const char *said;
} refused[] = {
    {4, 3, 0, "k = 0"                                        },
    {4, 3, 3, "k = 3 is not less than the 3 numbers a sample"},
    {4, 3, 9, "k = 9 is not less than the 3 numbers a sample"},
    {2, 3, 2, "k = 2 is not less than the 2 samples"         },
    {0, 3, 2, "k = 2 is not less than the 0 samples"         },
};

GST_START_TEST (refuses_k)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentPca) pca = latent_pca_new (refused[__i__].d, NULL);

  latent_pca_add (pca, cross[0], refused[__i__].n, NULL);
  fail_if (latent_pca_solve (pca, refused[__i__].k, &error));
  fail_unless (g_str_has_prefix (error->message, refused[__i__].said), "%s", error->message);
}
GST_END_TEST

GST_START_TEST (refuses_samples_that_are_the_same)
{
  static const float samples[5][3] = {
      {.1f, .2f, .3f},
      {.1f, .2f, .3f},
      {.1f, .2f, .3f},
      {.1f, .2f, .3f},
      {.1f, .2f, .3f}
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentPca) pca = latent_pca_new (3, NULL);

  latent_pca_add (pca, samples[0], 5, NULL);
  fail_if (latent_pca_solve (pca, 1, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
}
GST_END_TEST

GST_START_TEST (latents_that_do_not_vary_are_zero)
{
  /* Three different points on one line, in four dimensions. */
  static const float line[6][4] = {
      {0, 0, 1, 0},
      {1, 1, 1, 0},
      {2, 2, 1, 0},
      {0, 0, 1, 0},
      {1, 1, 1, 0},
      {2, 2, 1, 0}
  };
  g_autoptr (LatentPca) pca = latent_pca_new (4, NULL);

  latent_pca_add (pca, line[0], 6, NULL);
  fail_unless (latent_pca_solve (pca, 3, NULL));
  fail_unless_equals_uint64 (latent_pca_get_rank (pca), 1);
  for (gsize j = 4; j < 12; j++)
    fail_unless_equals_float (latent_pca_get_components (pca)[j], 0);
}
GST_END_TEST

GST_START_TEST (samples_too_large_are_refused)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_pca_new (10000000, &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
}
GST_END_TEST

static const struct {
  LatentMediaInfo media;
  gsize d;
  const char *input; /* latent.input */
  const char *nodes;
} kinds[] = {
    {{.kind = LATENT_MEDIA_VECTOR},                                                                  12, "vector",      "Gemm Gemm"                },
    {{.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_I420, .tile_width = 4, .tile_height = 4},
     24,                                                                                                 "video/I420",  "Conv Conv DepthToSpace"   },
    {{.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_RGB, .tile_width = 4, .tile_height = 2},     24,
     "video/RGB",                                                                                                       "Conv Conv ConvTranspose"  },
    {{.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_GRAY8, .fixed_width = 6, .fixed_height = 4},
     24,                                                                                                 "video/GRAY8", "Flatten Gemm Gemm Reshape"},
    {{.kind = LATENT_MEDIA_AUDIO, .rate = 8000, .channels = 2, .window = 12, .hop = 12},             24,
     "audio/8000/2",                                                                                                    "Flatten Gemm Gemm Reshape"},
};

static LatentModel *
learn_model (guint kind, GError **error)
{
  gsize d = kinds[kind].d;
  g_autofree float *samples = make_samples (100, d, SEED);
  g_autoptr (LatentPca) pca = latent_pca_new (d, NULL);
  latent_pca_add (pca, samples, 100, NULL);
  latent_pca_solve (pca, 3, NULL);
  return latent_pca_to_model (pca, &kinds[kind].media, 0, error);
}

GST_START_TEST (models_have_their_operators)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = learn_model (__i__, &error);
  g_autoptr (GString) nodes = g_string_new (NULL);

  fail_unless (model != NULL, "%s", error ? error->message : "");
  for (guint i = 0; i < model->graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (model->graph->nodes, i);
    g_string_append_printf (nodes, "%s%s", i ? " " : "", node->op_type);
  }
  fail_unless_equals_string (nodes->str, kinds[__i__].nodes);
  fail_unless_equals_string (latent_model_get_metadata (model, "latent.input"), kinds[__i__].input);
}
GST_END_TEST

GST_START_TEST (models_are_what_they_were_learned_as)
{
  g_autoptr (LatentModel) model = learn_model (__i__, NULL);
  const LatentMediaInfo *media = latent_model_get_media_info (model);
  const LatentMediaInfo *wanted = &kinds[__i__].media;

  fail_unless_equals_int (media->kind, wanted->kind);
  fail_unless_equals_int (media->color, wanted->color);
  fail_unless_equals_uint64 (media->fixed_width, wanted->fixed_width);
  fail_unless_equals_uint64 (media->window, wanted->window);
}
GST_END_TEST

static Suite *
pca_suite (void)
{
  Suite *suite = suite_create ("pca");
  TCase *tc = tcase_create ("pca");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, components_of_a_cross);
  tcase_add_test (tc, what_is_left_out_is_the_error);
  tcase_add_loop_test (tc, the_error_claimed_is_the_error_made, 0, G_N_ELEMENTS (sizes));
  tcase_add_loop_test (tc, components_are_orthonormal, 0, G_N_ELEMENTS (sizes));
  tcase_add_test (tc, collapsed_rows_keep_what_is_strong);
  tcase_add_test (tc, not_a_number_is_named);
  tcase_add_loop_test (tc, refuses_k, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tc, refuses_samples_that_are_the_same);
  tcase_add_test (tc, latents_that_do_not_vary_are_zero);
  tcase_add_test (tc, samples_too_large_are_refused);
  tcase_add_loop_test (tc, models_have_their_operators, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tc, models_are_what_they_were_learned_as, 0, G_N_ELEMENTS (kinds));
  return suite;
}

GST_CHECK_MAIN (pca);
