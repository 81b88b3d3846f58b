/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <latent/session.h>

#include "src/dnn/engine.h"

/* What starting costs is primitives, which oneDNN compiles: a second user of a model makes none. */

static LatentSession *
open_session (const char *name, LatentMode mode, LatentPrecision precision)
{
  g_autofree char *path = g_build_filename (g_getenv ("LATENT_MODELS"), name, NULL);
  g_autoptr (LatentModel) model = latent_model_load (path, NULL);
  LatentSession *session = latent_session_new (model, mode, precision, 1, 1, NULL);

  fail_unless (session != NULL);
  return session;
}

static void
set_size (LatentSession *session, guint width, guint height)
{
  fail_unless (latent_session_set_video (session, LATENT_PIXEL_FORMAT_I420, width, height, NULL));
  fail_unless (latent_session_run (session, NULL));
}

static const struct {
  const char *model;
  LatentMode mode;
  LatentPrecision precision;
} cases[] = {
    {"video.onnx",      LATENT_MODE_ENCODE,      LATENT_PRECISION_AUTO},
    {"video.onnx",      LATENT_MODE_DECODE,      LATENT_PRECISION_F32 },
    {"video.onnx",      LATENT_MODE_RECONSTRUCT, LATENT_PRECISION_F32 },
    {"video-int8.onnx", LATENT_MODE_DECODE,      LATENT_PRECISION_AUTO},
};

GST_START_TEST (a_second_user_makes_no_primitives)
{
  guint before = latent_engine_count_primitives (), after;
  g_autoptr (LatentSession)
      one = open_session (cases[__i__].model, cases[__i__].mode, cases[__i__].precision);
  g_autoptr (LatentSession) two = NULL;

  set_size (one, 64, 48);
  after = latent_engine_count_primitives ();
  fail_unless (after > before);
  two = open_session (cases[__i__].model, cases[__i__].mode, cases[__i__].precision);
  set_size (two, 64, 48);
  fail_unless_equals_int (latent_engine_count_primitives (), after);
}
GST_END_TEST

static gpointer
start (gpointer data)
{
  LatentSession *session = open_session ("video.onnx", LATENT_MODE_DECODE, LATENT_PRECISION_F32);

  set_size (session, 64, 48);
  return session;
}

/* As elements behind queues are. */
GST_START_TEST (users_that_start_at_once_make_those_of_one)
{
  guint before = latent_engine_count_primitives (), alone;
  GThread *threads[4];
  LatentSession *sessions[4];

  latent_session_unref (start (NULL));
  alone = latent_engine_count_primitives () - before;
  for (guint i = 0; i < 4; i++)
    threads[i] = g_thread_new ("start", start, NULL);
  for (guint i = 0; i < 4; i++)
    sessions[i] = g_thread_join (threads[i]);
  fail_unless_equals_int (latent_engine_count_primitives () - before, 2 * alone);
  for (guint i = 0; i < 4; i++)
    latent_session_unref (sessions[i]);
}
GST_END_TEST

GST_START_TEST (caps_that_come_back_make_none)
{
  g_autoptr (LatentSession)
      one = open_session ("video.onnx", LATENT_MODE_ENCODE, LATENT_PRECISION_F32);
  g_autoptr (LatentSession)
      two = open_session ("video.onnx", LATENT_MODE_ENCODE, LATENT_PRECISION_F32);
  guint before, after;

  set_size (one, 64, 48);
  before = latent_engine_count_primitives ();
  set_size (two, 96, 48);
  after = latent_engine_count_primitives ();
  fail_unless (after > before); /* another size is another program */
  set_size (two, 64, 48);
  fail_unless_equals_int (latent_engine_count_primitives (), after);
}
GST_END_TEST

GST_START_TEST (a_run_makes_none)
{
  g_autoptr (LatentSession)
      session = open_session ("video.onnx", LATENT_MODE_RECONSTRUCT, LATENT_PRECISION_F32);
  guint before;

  set_size (session, 64, 48);
  before = latent_engine_count_primitives ();
  for (guint i = 0; i < 3; i++)
    fail_unless (latent_session_run (session, NULL));
  fail_unless_equals_int (latent_engine_count_primitives (), before);
}
GST_END_TEST

static Suite *
start_suite (void)
{
  Suite *suite = suite_create ("start");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, a_second_user_makes_no_primitives, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tc, users_that_start_at_once_make_those_of_one);
  tcase_add_test (tc, caps_that_come_back_make_none);
  tcase_add_test (tc, a_run_makes_none);
  return suite;
}

GST_CHECK_MAIN (start)
