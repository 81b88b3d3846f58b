/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/model.h"

#include "wire-models.h"

static LatentModel *
join (const TestModel *first, const TestModel *second, GError **error)
{
  g_autoptr (LatentModel) encoder = test_model_load (first, NULL, error);
  g_autoptr (LatentModel) decoder = encoder != NULL ? test_model_load (second, NULL, error) : NULL;

  return decoder != NULL ? latent_model_join (encoder, decoder, error) : NULL;
}

GST_START_TEST (two_files_become_one)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = join (&test_rgb_encoder, &test_rgb_decoder, &error);

  g_assert_no_error (error);
  fail_unless (latent_model_supports_mode (model, LATENT_MODE_RECONSTRUCT));
  fail_unless (latent_model_supports_mode (model, LATENT_MODE_ENCODE));
  fail_unless (latent_model_supports_mode (model, LATENT_MODE_DECODE));
  fail_unless_equals_int (latent_model_get_media_info (model)->stride, 4);
  fail_unless_equals_string (latent_model_get_metadata (model, "latent.tensor"), "z");
  /* "x" and "t" of the decoder have other names now */
  fail_unless_equals_int (model->graph->nodes->len, 4);
  fail_unless_equals_int (model->graph->inputs->len, 1);
}
GST_END_TEST

GST_START_TEST (the_latent_space_is_the_encoders)
{
  g_autoptr (LatentModel) encoder = test_model_load (&test_rgb_encoder, NULL, NULL);
  g_autoptr (LatentModel) model = join (&test_rgb_encoder, &test_rgb_decoder, NULL);

  fail_unless_equals_string (latent_model_get_id (model), latent_model_get_id (encoder));
}
GST_END_TEST

GST_START_TEST (keys_are_the_encoders_first)
{
  TestModel encoder = test_rgb_encoder;
  TestModel decoder = test_rgb_decoder;
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = NULL;

  encoder.metadata[0][0] = "latent.scale";
  encoder.metadata[0][1] = "0.5";
  decoder.metadata[0][0] = "latent.scale";
  decoder.metadata[0][1] = "0.25";
  decoder.metadata[1][0] = "latent.steps";
  decoder.metadata[1][1] = "0.125";
  model = join (&encoder, &decoder, &error);
  g_assert_no_error (error);
  fail_unless_equals_string (latent_model_get_metadata (model, "latent.scale"), "0.5");
  fail_unless_equals_string (latent_model_get_metadata (model, "latent.steps"), "0.125");
}
GST_END_TEST

GST_START_TEST (a_joined_model_is_saved_and_loaded)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = join (&test_rgb_encoder, &test_rgb_decoder, NULL);
  g_autoptr (LatentModel) loaded = NULL;
  g_autofree char *path = NULL;

  g_close (g_file_open_tmp ("latent-test-XXXXXX.onnx", &path, NULL), NULL);
  fail_unless (latent_model_save (model, path, &error));
  loaded = latent_model_load (path, &error);
  g_assert_no_error (error);
  fail_unless_equals_string (latent_model_get_id (loaded), latent_model_get_id (model));
  fail_unless (latent_model_supports_mode (loaded, LATENT_MODE_DECODE));
  g_remove (path);
}
GST_END_TEST

GST_START_TEST (shapes_that_do_not_fit_are_shown)
{
  TestModel decoder = test_rgb_decoder;
  g_autoptr (GError) error = NULL;

  decoder.inputs[0].dims[1] = 12;
  decoder.nodes[1].blocksize = 2;
  fail_unless (join (&test_rgb_encoder, &decoder, &error) == NULL);
  fail_unless_equals_string (error->message,
      "cannot join: the decoder's 'z' wants float32 of shape ?x12x?x?, the encoder's 'z' is "
      "float32 of shape ?x48x?x?");
}
GST_END_TEST

GST_START_TEST (opsets_that_differ_are_shown)
{
  TestModel decoder = test_rgb_decoder;
  g_autoptr (GError) error = NULL;

  decoder.opset = 17;
  fail_unless (join (&test_rgb_encoder, &decoder, &error) == NULL);
  fail_unless_equals_string (error->message,
      "cannot join: the encoder is of opset 13, the decoder of opset 17; export both with the "
      "same");
}
GST_END_TEST

static Suite *
model_join_suite (void)
{
  Suite *suite = suite_create ("model-join");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, two_files_become_one);
  tcase_add_test (tc, the_latent_space_is_the_encoders);
  tcase_add_test (tc, keys_are_the_encoders_first);
  tcase_add_test (tc, a_joined_model_is_saved_and_loaded);
  tcase_add_test (tc, shapes_that_do_not_fit_are_shown);
  tcase_add_test (tc, opsets_that_differ_are_shown);
  return suite;
}

GST_CHECK_MAIN (model_join)
