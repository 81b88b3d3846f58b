/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/base/tensor.h"
#include "src/model/model.h"
#include "src/train/pca.h"
#include "tests/arch-case.h"

#define SEED 7
#define TILE 4
#define D    (TILE * TILE)
#define K    3
#define N    200

static char *path; /* of components of tiles of 4x4 */

static void
set_up (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  g_autoptr (LatentPca) pca = latent_pca_new (D, NULL);
  LatentMediaInfo media = {.kind = LATENT_MEDIA_VIDEO,
      .color = LATENT_COLOR_GRAY8,
      .tile_width = TILE,
      .tile_height = TILE};
  g_autoptr (LatentModel) model = NULL;
  float samples[N * D];
  int fd = g_file_open_tmp ("latent-XXXXXX.onnx", &path, NULL);

  fail_unless (fd >= 0);
  close (fd);
  for (guint i = 0; i < N * D; i++)
    samples[i] = (float)g_rand_double (rand) / (float)(1 + i % D);
  fail_unless (latent_pca_add (pca, samples, N, NULL));
  fail_unless (latent_pca_solve (pca, K, NULL));
  model = latent_pca_to_model (pca, &media, 1. / 255, NULL);
  fail_unless (latent_model_save (model, path, NULL));
}

static void
tear_down (void)
{
  g_unlink (path);
  g_free (path);
}

static LatentModel *
build (const char *settings, GError **error)
{
  g_autofree char *all = g_strdup_printf (
      "arch=conv conv-channels=8,8 latent=%d direct=%s %s", K, path, settings);
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (all);
  LatentSampleSpec picture = {
      .media = {.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_GRAY8},
      .sample = {3,                          {1, 16, 16}                },
      .scale = 1. / 255,
  };

  return latent_arch_build (recipe, &picture, error);
}

static LatentTensor *
new_picture (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED + 1);
  LatentTensor *tensor = latent_tensor_new (
      LATENT_DATA_TYPE_FLOAT32, 4, (const gint64[]){1, 1, 16, 24}, NULL);

  for (gsize i = 0; i < tensor->n_elements; i++)
    ((float *)latent_tensor_get_writable_data (tensor))[i] = (float)g_rand_double (rand);
  return tensor;
}

static void
check_near (const LatentTensor *a, const LatentTensor *b, double factor, double margin)
{
  fail_unless_equals_uint64 (a->n_elements, b->n_elements);
  for (gsize i = 0; i < a->n_elements; i++) {
    double x = latent_tensor_get_double (a, i), y = factor * latent_tensor_get_double (b, i);
    fail_unless (fabs (x - y) < margin, "%u: %g, wanted %g", (guint)i, x, y);
  }
}

GST_START_TEST (a_net_begins_near_its_components)
{
  g_autoptr (LatentModel) net = build ("", NULL);
  g_autoptr (LatentModel) components = latent_model_load (path, NULL);
  g_autoptr (LatentTensor) picture = new_picture ();
  g_autoptr (LatentTensor) found = arch_case_run (net, LATENT_MODE_RECONSTRUCT, picture);
  g_autoptr (LatentTensor) wanted = arch_case_run (components, LATENT_MODE_RECONSTRUCT, picture);

  arch_case_check_names (net);
  check_near (found, wanted, 1, .02);
}
GST_END_TEST

/* A step of 1 is right for a rate of 0.002: sqrt (2 log (2) / 12 / 0.002). */
GST_START_TEST (latents_are_scaled_by_the_rate)
{
  g_autoptr (LatentModel) net = build ("rate=0.002", NULL);
  g_autoptr (LatentModel) components = latent_model_load (path, NULL);
  g_autoptr (LatentTensor) picture = new_picture ();
  g_autoptr (LatentTensor) found = arch_case_run (net, LATENT_MODE_ENCODE, picture);
  g_autoptr (LatentTensor) wanted = arch_case_run (components, LATENT_MODE_ENCODE, picture);
  g_autoptr (LatentTensor) y = arch_case_run (net, LATENT_MODE_RECONSTRUCT, picture);
  g_autoptr (LatentTensor) z = arch_case_run (components, LATENT_MODE_RECONSTRUCT, picture);

  check_near (found, wanted, 7.600144, .05);
  check_near (y, z, 1, .02);
}
GST_END_TEST

/* Nothing would learn its convolutions. */
GST_START_TEST (a_frozen_encoder_is_its_components)
{
  g_autoptr (LatentModel) net = build ("freeze-encoder=true", NULL);
  g_autoptr (LatentModel) components = latent_model_load (path, NULL);
  g_autoptr (LatentTensor) picture = new_picture ();
  g_autoptr (LatentTensor) found = arch_case_run (net, LATENT_MODE_ENCODE, picture);
  g_autoptr (LatentTensor) wanted = arch_case_run (components, LATENT_MODE_ENCODE, picture);
  g_autoptr (LatentTensor) y = arch_case_run (net, LATENT_MODE_RECONSTRUCT, picture);
  g_autoptr (LatentTensor) z = arch_case_run (components, LATENT_MODE_RECONSTRUCT, picture);

  check_near (found, wanted, 1, 1e-5);
  check_near (y, z, 1, .02);
}
GST_END_TEST

/* Over the picture: the decoder's convolutions are these alone. */
GST_START_TEST (what_is_refined_begins_near_too)
{
  g_autoptr (LatentModel) net = build ("freeze-encoder=true refine=8 blocks=2 patch=1", NULL);
  g_autoptr (LatentModel) components = latent_model_load (path, NULL);
  g_autoptr (LatentTensor) picture = new_picture ();
  g_autoptr (LatentTensor) y = arch_case_run (net, LATENT_MODE_RECONSTRUCT, picture);
  g_autoptr (LatentTensor) z = arch_case_run (components, LATENT_MODE_RECONSTRUCT, picture);

  arch_case_check_names (net);
  check_near (y, z, 1, .1);
  fail_unless (latent_graph_find_value (net->graph, "decoder/latent/weights") == NULL);
  fail_unless (latent_graph_find_value (net->graph, "decoder/refine/block2/conv2/weights") != NULL);
}
GST_END_TEST

/* Steps, and what the codec moves tiles by. */
GST_START_TEST (components_alone_are_described)
{
  g_autoptr (LatentModel) net = build ("freeze-encoder=true refine=8 patch=1", NULL);
  g_autoptr (LatentModel) beside = build ("", NULL);

  fail_unless_equals_string (
      latent_model_get_metadata (net, "latent.steps"), "0.00784314,0.00784314,0.00784314");
  /* Tiles of 4x4 pixels are none that the codec moves. */
  fail_unless (latent_model_get_metadata (net, "latent.motion") == NULL);
  fail_unless (latent_model_get_metadata (beside, "latent.steps") == NULL);
}
GST_END_TEST

static const struct {
  const char *settings;
  const char *error;
} wrong[] = {
    {"latent=4",          "wanted is a model of latent pca --tile of 4 latents for each 4x4"},
    {"conv-channels=8",   "wanted is a model of latent pca --tile of 3 latents for each 2x2"},
    {"flat=true",         "direct: is for arch conv and pictures, and not flat"             },
    {"direct= refine=8",  "refine: wants direct, whose output it goes over"                 },
    {"direct=/none.onnx", "/none.onnx"                                                      },
    {"direct=pca",        "direct: pca: components are of files"                            },
};

GST_START_TEST (what_does_not_fit_is_named)
{
  g_autoptr (GError) error = NULL;

  fail_unless (build (wrong[__i__].settings, &error) == NULL);
  fail_unless (strstr (error->message, wrong[__i__].error) != NULL, "%s", error->message);
}
GST_END_TEST

static Suite *
arch_direct_suite (void)
{
  Suite *suite = suite_create ("arch-direct");
  TCase *tcase = tcase_create ("arch-direct");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_test (tcase, a_net_begins_near_its_components);
  tcase_add_test (tcase, latents_are_scaled_by_the_rate);
  tcase_add_test (tcase, a_frozen_encoder_is_its_components);
  tcase_add_test (tcase, what_is_refined_begins_near_too);
  tcase_add_test (tcase, components_alone_are_described);
  tcase_add_loop_test (tcase, what_does_not_fit_is_named, 0, G_N_ELEMENTS (wrong));
  return suite;
}

GST_CHECK_MAIN (arch_direct)
