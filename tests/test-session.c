/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include <latent/session.h>

#include "tests/session-models.h"

static const gint64 any_rgb[] = {-1, 3, -1, -1};
static const gint64 vector[] = {-1, 5};

static const char *const rgb_keys[] = {
    "latent.tensor", "latent", "latent.input", "video/RGB", NULL};
static const char *const vector_keys[] = {
    "latent.tensor", "latent", "latent.input", "vector", NULL};

static LatentSession *
new_session (LatentModel *model, LatentMode mode, guint batch)
{
  g_autoptr (GError) error = NULL;
  LatentSession *session = latent_session_new (
      model, mode, LATENT_PRECISION_AUTO, 1, batch, &error);

  fail_unless (session != NULL, "%s", error ? error->message : "");
  return session;
}

static void
run (LatentSession *session)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_session_run (session, &error), "%s", error ? error->message : "");
}

GST_START_TEST (test_vector)
{
  g_autoptr (LatentModel) model = test_identity_new (2, vector, vector_keys);
  g_autoptr (LatentSession) session = new_session (model, __i__, 2);
  static const float src[2][5] = {
      {1, 2, 3, 4, 5 },
      {6, 7, 8, 9, 10}
  };
  float dst[5];
  guint n_dims;
  const gint64 *dims;

  fail_unless (latent_session_set_vector (session, NULL));
  dims = latent_session_get_latent_dims (session, &n_dims);
  fail_unless (n_dims == 2 && dims[0] == 1 && dims[1] == 5);
  fail_unless_equals_uint64 (latent_session_get_latent_size (session), 20);
  latent_session_put_vector (session, 0, src[0]);
  latent_session_put_vector (session, 1, src[1]);
  run (session);
  for (guint slot = 0; slot < 2; slot++) {
    fail_unless_equals_uint64 (latent_session_get_vector (session, slot, dst), 0);
    fail_unless (memcmp (dst, src[slot], sizeof dst) == 0);
  }
}
GST_END_TEST;

/* As caps may bring it, with as many dimensions as they like. */
static const struct {
  guint n_dims;
  gint64 dims[4];
} notations[] = {
    {1, {5}         },
    {2, {1, 5}      },
    {3, {1, 1, 5}   },
    {4, {1, 1, 1, 5}}
};

GST_START_TEST (test_latents_of_any_notation)
{
  g_autoptr (LatentModel) model = test_identity_new (2, vector, vector_keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_DECODE, 1);
  static const float src[5] = {1, 2, 3, 4, 5};
  float dst[5];
  guint n_dims;

  fail_unless (
      latent_session_set_latents (session, notations[__i__].n_dims, notations[__i__].dims, NULL));
  latent_session_get_latent_dims (session, &n_dims);
  fail_unless_equals_int (n_dims, 2);
  latent_session_put_latent (session, 0, src);
  run (session);
  latent_session_get_vector (session, 0, dst);
  fail_unless (memcmp (dst, src, sizeof dst) == 0);
}
GST_END_TEST;

static const struct {
  guint n_dims;
  gint64 dims[3];
  gint code;
} bad_latents[] = {
    {2,  {1, 6},          LATENT_ERROR_SHAPE},
    {2,  {2, 5},          LATENT_ERROR_SHAPE},
    {3,  {2, 1, 5},       LATENT_ERROR_SHAPE},
    {0,  {0},             LATENT_ERROR_SHAPE},
    {13, {0},             LATENT_ERROR_SHAPE},
    {2,  {1, 0},          LATENT_ERROR_SHAPE},
    {2,  {1, -5},         LATENT_ERROR_SHAPE},
    {2,  {1, G_MAXINT64}, LATENT_ERROR_SHAPE},
};

GST_START_TEST (test_bad_latents)
{
  static const gint64 fixed[] = {1, 5};
  g_autoptr (LatentModel) model = test_identity_new (2, fixed, vector_keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_DECODE, 1);
  g_autoptr (GError) error = NULL;

  fail_if (latent_session_set_latents (
      session, bad_latents[__i__].n_dims, bad_latents[__i__].dims, &error));
  fail_unless (
      g_error_matches (error, LATENT_ERROR, bad_latents[__i__].code), "%s", error->message);
}
GST_END_TEST;

GST_START_TEST (test_not_finite_is_counted)
{
  g_autoptr (LatentModel) model = test_identity_new (2, vector, vector_keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_ENCODE, 1);
  static const float src[5] = {1, NAN, INFINITY, -INFINITY, 5};
  float dst[5];

  fail_unless (latent_session_set_vector (session, NULL));
  latent_session_put_vector (session, 0, src);
  run (session);
  fail_unless_equals_uint64 (latent_session_get_latent (session, 0, dst), 3);
  fail_unless (isnan (dst[1]) && isinf (dst[2]) && dst[4] == 5);
}
GST_END_TEST;

/* A batch of 1 is written into these nets: one refuses another while shapes are inferred, the other
 * would take three samples for one. */
GST_START_TEST (test_batch_that_the_net_does_not_take)
{
  static const gint64 dims[] = {1, 2, 3};
  static const gint64 flat[][2] = {
      {1, 6 },
      {1, -1}
  };
  g_autoptr (LatentModel) model = test_reshaped_new (3, dims, flat[__i__], vector_keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, 3);
  float src[6], dst[6];

  fail_unless (latent_session_set_vector (session, NULL));
  for (guint slot = 0; slot < 3; slot++) {
    for (guint i = 0; i < 6; i++)
      src[i] = (float)(slot * 10 + i);
    latent_session_put_vector (session, slot, src);
  }
  run (session);
  for (guint slot = 0; slot < 3; slot++) {
    latent_session_get_vector (session, slot, dst);
    for (guint i = 0; i < 6; i++)
      fail_unless_equals_float (dst[i], (float)(slot * 10 + i));
  }
}
GST_END_TEST;

GST_START_TEST (test_setting_again_compiles_nothing)
{
  g_autoptr (LatentModel) model = test_identity_new (2, vector, vector_keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, 1);
  static const float src[5] = {1, 2, 3, 4, 5};
  float dst[5];
  LatentProgram *program;

  fail_unless (latent_session_set_vector (session, NULL));
  program = latent_session_get_program (session);
  latent_session_put_vector (session, 0, src);
  fail_unless (latent_session_set_vector (session, NULL));
  fail_unless (latent_session_get_program (session) == program);
  run (session); /* on the context that was written to */
  latent_session_get_vector (session, 0, dst);
  fail_unless (memcmp (dst, src, sizeof dst) == 0);
}
GST_END_TEST;

/* A sum over time: s is what it was in the run before. */
static LatentModel *
new_sum (void)
{
  static const gint64 dims[] = {1, 2};
  static const char *const keys[] = {
      "latent.tensor", "latent", "latent.input", "vector", "latent.state", "s:next", NULL};
  LatentGraph *graph = latent_graph_new ("sum", 17);
  LatentValue *x = test_add_input (graph, "x", 2, dims);
  LatentValue *s = test_add_input (graph, "s", 2, dims);
  LatentValue *next = test_add_node (graph, "Add", "next", x, s);
  LatentValue *latent = test_add_node (graph, "Identity", "latent", next, NULL);

  return test_model_new (graph, test_add_node (graph, "Identity", "y", latent, NULL), keys);
}

GST_START_TEST (test_reset_forgets_state)
{
  g_autoptr (LatentModel) model = new_sum ();
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, 1);
  static const float src[2] = {1, 10};
  static const float wanted[] = {1, 2, 3, 1, 2};
  float dst[2];

  fail_unless (latent_session_set_vector (session, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    if (i == 3)
      latent_session_reset (session);
    latent_session_put_vector (session, 0, src);
    run (session);
    latent_session_get_vector (session, 0, dst);
    fail_unless_equals_float (dst[0], wanted[i]);
    fail_unless_equals_float (dst[1], wanted[i] * 10);
  }
}
GST_END_TEST;

GST_START_TEST (test_state_and_batch_are_refused)
{
  g_autoptr (LatentModel) model = new_sum ();
  g_autoptr (GError) error = NULL;

  fail_if (
      latent_session_new (model, LATENT_MODE_RECONSTRUCT, LATENT_PRECISION_AUTO, 1, 2, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  fail_unless (strstr (error->message, "state") != NULL, "%s", error->message);
}
GST_END_TEST;

GST_START_TEST (test_several_latents_are_refused)
{
  static const char *const keys[] = {"latent.tensor", "a,b", "latent.input", "vector", NULL};
  LatentGraph *graph = latent_graph_new ("two", 17);
  LatentValue *x = test_add_input (graph, "x", 2, vector);
  LatentValue *a = test_add_node (graph, "Identity", "a", x, NULL);
  LatentValue *b = test_add_node (graph, "Identity", "b", x, NULL);
  g_autoptr (LatentModel)
      model = test_model_new (graph, test_add_node (graph, "Add", "y", a, b), keys);
  g_autoptr (GError) error = NULL;

  fail_if (latent_session_new (model, __i__, LATENT_PRECISION_AUTO, 1, 1, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED));
  fail_unless (strstr (error->message, "'a', 'b'") != NULL, "%s", error->message);
}
GST_END_TEST;

/* An embedding net has no decoder. */
GST_START_TEST (test_missing_part_is_named)
{
  LatentGraph *graph = latent_graph_new ("embedding", 17);
  LatentValue *x = test_add_input (graph, "x", 2, vector);
  static const char *const keys[] = {"latent.input", "vector", NULL};
  g_autoptr (LatentModel)
      model = test_model_new (graph, test_add_node (graph, "Identity", "latent", x, NULL), keys);
  static const LatentMode modes[] = {LATENT_MODE_RECONSTRUCT, LATENT_MODE_DECODE};
  g_autoptr (GError) error = NULL;

  fail_if (latent_session_new (model, modes[__i__], LATENT_PRECISION_AUTO, 1, 1, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  fail_unless (strstr (error->message, "encoder") != NULL, "%s", error->message);
}
GST_END_TEST;

GST_START_TEST (test_other_media_are_refused)
{
  g_autoptr (LatentModel) pictures = test_identity_new (4, any_rgb, rgb_keys);
  g_autoptr (LatentModel) vectors = test_identity_new (2, vector, vector_keys);
  g_autoptr (LatentSession) video = new_session (pictures, LATENT_MODE_ENCODE, 1);
  g_autoptr (LatentSession) other = new_session (vectors, LATENT_MODE_ENCODE, 1);
  GError *errors[3] = {NULL};

  fail_if (latent_session_set_audio (video, LATENT_SAMPLE_FORMAT_F32, &errors[0]));
  fail_if (latent_session_set_vector (video, &errors[1]));
  fail_if (latent_session_set_video (other, LATENT_PIXEL_FORMAT_RGB, 8, 8, &errors[2]));
  for (guint i = 0; i < 3; i++) {
    fail_unless (g_error_matches (errors[i], LATENT_ERROR, LATENT_ERROR_TYPE));
    g_clear_error (&errors[i]);
  }
}
GST_END_TEST;

GST_START_TEST (test_precision_that_is_not_there)
{
  g_autoptr (LatentModel) model = test_identity_new (2, vector, vector_keys);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentSession)
      session = latent_session_new (model, LATENT_MODE_ENCODE, LATENT_PRECISION_INT8, 1, 1, &error);

  fail_if (session && latent_session_set_vector (session, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
}
GST_END_TEST;

GST_START_TEST (test_format_that_does_not_fit)
{
  g_autoptr (LatentModel) model = test_identity_new (4, any_rgb, rgb_keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_ENCODE, 1);
  g_autoptr (GError) error = NULL;

  fail_if (latent_session_supports_format (model, LATENT_PIXEL_FORMAT_NV12));
  fail_unless (latent_session_supports_format (model, LATENT_PIXEL_FORMAT_BGR));
  fail_if (latent_session_set_video (session, LATENT_PIXEL_FORMAT_NV12, 4, 4, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_TYPE));
  fail_unless (
      strstr (error->message, "NV12") && strstr (error->message, "RGB"), "%s", error->message);
}
GST_END_TEST;

GST_START_TEST (test_absurd_number_of_tiles)
{
  static const gint64 dims[] = {G_MAXINT, 12, 1, 1};
  static const char *const keys[] = {
      "latent.tensor", "latent", "latent.input", "video/RGB", "latent.tile", "2x2", NULL};
  g_autoptr (LatentModel) model = test_strided_new (any_rgb, 2, keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_DECODE, 1);
  g_autoptr (GError) error = NULL;

  fail_if (latent_session_set_latents (session, 4, dims, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT), "%s", error->message);
}
GST_END_TEST;

static Suite *
session_suite (void)
{
  Suite *s = suite_create ("session");
  TCase *tc = tcase_create ("session");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_vector, LATENT_MODE_RECONSTRUCT, LATENT_MODE_EMBED + 1);
  tcase_add_loop_test (tc, test_latents_of_any_notation, 0, G_N_ELEMENTS (notations));
  tcase_add_loop_test (tc, test_bad_latents, 0, G_N_ELEMENTS (bad_latents));
  tcase_add_test (tc, test_not_finite_is_counted);
  tcase_add_loop_test (tc, test_batch_that_the_net_does_not_take, 0, 2);
  tcase_add_test (tc, test_setting_again_compiles_nothing);
  tcase_add_test (tc, test_reset_forgets_state);
  tcase_add_test (tc, test_state_and_batch_are_refused);
  tcase_add_loop_test (tc, test_several_latents_are_refused, 0, 4);
  tcase_add_loop_test (tc, test_missing_part_is_named, 0, 2);
  tcase_add_test (tc, test_other_media_are_refused);
  tcase_add_test (tc, test_precision_that_is_not_there);
  tcase_add_test (tc, test_format_that_does_not_fit);
  tcase_add_test (tc, test_absurd_number_of_tiles);
  return s;
}

GST_CHECK_MAIN (session);
