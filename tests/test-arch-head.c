/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/graph/graph.h"
#include "src/model/model.h"
#include "tests/arch-case.h"

#define TRANSFORMER "arch=transformer patch=4 per-token=true latent=4 width=8 heads=2 layers=1"

static const LatentSampleSpec picture = {
    .media = {.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_GRAY8},
      .sample = {3,                          {1, 16, 16}                }
};

static LatentModel *
build (const char *settings)
{
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (settings);
  g_autoptr (GError) error = NULL;
  LatentModel *model = latent_arch_build (recipe, &picture, &error);

  fail_unless (model != NULL, "%s", error != NULL ? error->message : "");
  return model;
}

static LatentModel *
add_head (LatentModel *model, const char *settings, guint n_outputs, GError **error)
{
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (settings);

  return latent_arch_add_head (model, recipe, n_outputs, error);
}

static LatentTensor *
new_pictures (void)
{
  LatentShape shape = {
      4, {3, 1, 16, 16}
  };
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  float *dst = latent_tensor_get_writable_data (tensor);

  for (guint i = 0; i < tensor->n_elements; i++)
    dst[i] = (float)(i % 23) / 23;
  return tensor;
}

/* Encoders, heads, and parameters of both (counted by hand). */
static const struct {
  guint n_outputs;
  guint64 parameters;
  const char *head, *encoder;
} rows[] = {
    {10, 2146, "task=classify",                               "arch=dense latent=8"                         },
    {10, 2180, "task=classify head-hidden=6",                 "arch=dense latent=8"                         },
    {10, 2180, "task=classify head-hidden=6 activation=gelu", "arch=dense latent=8"                         },
    {1,  2065, "task=regress",                                "arch=dense latent=8"                         },
    {10, 5398, "task=classify",                               "arch=vae hidden=20 latent=8"                 },
    {10, 422,  "task=classify",                               "arch=conv conv-channels=8 latent=4"          }, /* mean over places */
    {10, 2182, "task=classify",                               "arch=conv conv-channels=8 latent=4 flat=true"},
    {10, 1838, "task=classify",                               TRANSFORMER                                   }, /* 4 x 4 tokens of 4 */
};

GST_START_TEST (heads_follow_the_latent)
{
  g_autoptr (LatentModel) model = build (rows[__i__].encoder);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel)
      headed = add_head (model, rows[__i__].head, rows[__i__].n_outputs, &error);
  g_autoptr (LatentTensor) pictures = new_pictures ();
  guint64 parameters;

  fail_unless (headed != NULL, "%s", error != NULL ? error->message : "");
  g_autoptr (GVariant) about = latent_model_describe (headed, NULL);
  fail_unless (g_variant_lookup (about, "parameters", "t", &parameters));
  ck_assert_uint_eq (parameters, rows[__i__].parameters);

  g_autoptr (LatentTensor) y = arch_case_run (headed, LATENT_MODE_RECONSTRUCT, pictures);
  arch_case_check_names (headed);
  ck_assert_uint_eq (y->shape.n, 2);
  ck_assert_int_eq (y->shape.dims[0], 3);
  ck_assert_int_eq (y->shape.dims[1], rows[__i__].n_outputs);
}
GST_END_TEST

GST_START_TEST (probabilities_sum_to_1)
{
  g_autoptr (LatentModel) model = build ("arch=dense latent=8");
  g_autoptr (LatentModel) headed = add_head (model, "task=classify", 10, NULL);
  g_autoptr (LatentTensor) pictures = new_pictures ();
  g_autoptr (LatentTensor) y = arch_case_run (headed, LATENT_MODE_RECONSTRUCT, pictures);
  float sum = 0;

  for (guint i = 0; i < 10; i++)
    sum += ((const float *)y->data)[i];
  fail_unless (fabsf (sum - 1) < 1e-5f);
}
GST_END_TEST

GST_START_TEST (latents_stay_what_they_were)
{
  g_autoptr (LatentModel) model = build ("arch=conv conv-channels=8 latent=4");
  g_autoptr (LatentModel) headed = add_head (model, "task=classify", 10, NULL);
  g_autoptr (LatentTensor) pictures = new_pictures ();
  g_autoptr (LatentTensor) before = arch_case_run (model, LATENT_MODE_ENCODE, pictures);
  g_autoptr (LatentTensor) after = arch_case_run (headed, LATENT_MODE_ENCODE, pictures);

  fail_unless (memcmp (before->data, after->data, before->size) == 0);
}
GST_END_TEST

/* A classifier's output is no picture to measure a stride by: its latents are. */
GST_START_TEST (pictures_of_any_size_are_classified)
{
  g_autoptr (LatentModel) model = build ("arch=conv conv-channels=8,8 latent=4");
  g_autoptr (LatentModel) headed = add_head (model, "task=classify", 10, NULL);

  ck_assert_uint_eq (latent_model_get_media_info (headed)->fixed_width, 0);
  ck_assert_uint_le (latent_model_get_media_info (headed)->stride, 4);
}
GST_END_TEST

GST_START_TEST (a_frozen_encoder_keeps_its_identity)
{
  g_autoptr (LatentModel) model = build ("arch=dense latent=8");
  g_autoptr (LatentModel) frozen = add_head (model, "task=classify freeze-encoder=true", 10, NULL);
  g_autoptr (LatentModel) learned = add_head (model, "task=classify", 10, NULL);

  ck_assert_str_eq (latent_model_get_id (frozen), latent_model_get_id (model));
  ck_assert_str_ne (latent_model_get_id (learned), latent_model_get_id (model));
}
GST_END_TEST

GST_START_TEST (metadata_are_kept)
{
  g_autoptr (LatentModel) model = build ("arch=vae hidden=20");

  fail_unless (latent_model_set_metadata (model, "author", "me", NULL));
  g_autoptr (LatentModel) headed = add_head (model, "task=regress", 2, NULL);
  fail_unless_equals_string (latent_model_get_metadata (headed, "author"), "me");
  fail_unless_equals_string (latent_model_get_metadata (headed, "latent.input"), "video/GRAY8");
  fail_unless_equals_string (latent_model_get_metadata (headed, "latent.head"), "regress");
  fail_unless (latent_model_get_metadata (headed, "latent.logvar") == NULL);
}
GST_END_TEST

GST_START_TEST (heads_are_replaced)
{
  g_autoptr (LatentModel) model = build ("arch=dense latent=8");
  g_autoptr (LatentModel) old = add_head (model, "task=regress", 2, NULL);
  g_autoptr (LatentModel) new = add_head (old, "task=classify", 10, NULL);
  g_autoptr (LatentTensor) pictures = new_pictures ();
  g_autoptr (LatentTensor) y = arch_case_run (new, LATENT_MODE_RECONSTRUCT, pictures);

  ck_assert_int_eq (y->shape.dims[1], 10);
  fail_unless_equals_string (latent_model_get_metadata (new, "latent.head"), "classify");
}
GST_END_TEST

GST_START_TEST (errors_name_the_key)
{
  static const struct {
    const char *key, *settings;
    guint n_outputs;
  } misfits[] = {
      {"task: ",   "task=autoencode", 10},
      {"labels: ", "task=classify",   1 },
      {"labels: ", "task=regress",    0 },
  };
  g_autoptr (LatentModel) model = build ("arch=dense latent=8");

  for (guint i = 0; i < G_N_ELEMENTS (misfits); i++) {
    g_autoptr (GError) error = NULL;
    fail_unless (add_head (model, misfits[i].settings, misfits[i].n_outputs, &error) == NULL);
    fail_unless (g_str_has_prefix (error->message, misfits[i].key), "%s", error->message);
  }
}
GST_END_TEST

static Suite *
arch_head_suite (void)
{
  Suite *suite = suite_create ("arch-head");
  TCase *heads = tcase_create ("heads");

  suite_add_tcase (suite, heads);
  tcase_add_loop_test (heads, heads_follow_the_latent, 0, G_N_ELEMENTS (rows));
  tcase_add_test (heads, probabilities_sum_to_1);
  tcase_add_test (heads, latents_stay_what_they_were);
  tcase_add_test (heads, pictures_of_any_size_are_classified);
  tcase_add_test (heads, a_frozen_encoder_keeps_its_identity);
  tcase_add_test (heads, metadata_are_kept);
  tcase_add_test (heads, heads_are_replaced);
  tcase_add_test (heads, errors_name_the_key);
  return suite;
}

GST_CHECK_MAIN (arch_head)
