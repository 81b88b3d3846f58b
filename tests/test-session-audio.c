/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include <latent/session.h>

#include "tests/session-models.h"

#define SEED 3

static const struct {
  const char *what;
  guint n_dims;
  gint64 dims[3];
  const char *input;
  const char *hop;
  guint channels;
} nets[] = {
    {"mono, no channel dimension", 2, {-1, 32},    "audio/16000/1", "16", 1},
    {"mono",                       3, {-1, 1, 32}, "audio/16000/1", "32", 1},
    {"stereo",                     3, {-1, 2, 48}, "audio/48000/2", "20", 2},
    {"a batch of 1 only",          3, {1, 2, 48},  "audio/48000/2", "20", 2},
};

static LatentModel *
new_model (guint net)
{
  const char *keys[] = {"latent.tensor", "latent", "latent.input", nets[net].input, "latent.hop",
      nets[net].hop, NULL};

  return test_identity_new (nets[net].n_dims, nets[net].dims, keys);
}

static LatentSession *
new_session (LatentModel *model, LatentMode mode, guint batch)
{
  g_autoptr (GError) error = NULL;
  LatentSession *session = latent_session_new (
      model, mode, LATENT_PRECISION_AUTO, 1, batch, &error);

  fail_unless (session != NULL, "%s", error ? error->message : "");
  fail_unless (latent_session_set_audio (session, LATENT_SAMPLE_FORMAT_S16, &error), "%s",
      error ? error->message : "");
  return session;
}

/* Takes what is pending in batches; `decoder` may be the same session. */
static gsize
pump (LatentSession *encoder, LatentSession *decoder, guint batch, gboolean drain, gint16 *dst)
{
  gsize available;

  while (latent_session_get_pending_windows (encoder, drain) > 0) {
    guint fresh[3] = {0}, n = 0;

    while (n < batch && latent_session_get_pending_windows (encoder, drain) > 0) {
      fresh[n] = latent_session_take_window (encoder, n);
      n++;
    }
    fail_unless (latent_session_run (encoder, NULL));
    if (decoder != encoder) {
      g_autofree float *latents = g_malloc (latent_session_get_latent_size (encoder));

      for (guint i = 0; i < n; i++) {
        latent_session_get_latent (encoder, i, latents);
        latent_session_put_latent (decoder, i, latents);
      }
      fail_unless (latent_session_run (decoder, NULL));
    }
    for (guint i = 0; i < n; i++)
      fail_unless_equals_uint64 (latent_session_add_window (decoder, i, fresh[i]), 0);
  }
  available = latent_session_get_available_samples (decoder, drain);
  latent_session_pop_samples (decoder, dst, available);
  return available;
}

static void
check_stream (LatentSession *encoder, LatentSession *decoder, guint batch, guint channels)
{
  static const gsize lengths[] = {0, 1, 31, 32, 33, 500};
  gint16 src[1000], dst[1000];
  guint32 seed = SEED;

  for (guint i = 0; i < G_N_ELEMENTS (src); i++)
    src[i] = (gint16)((seed = seed * 1664525u + 1013904223u) >> 16);
  for (guint l = 0; l < G_N_ELEMENTS (lengths); l++) {
    gsize n = lengths[l], half = n / 2, out;

    latent_session_push_samples (encoder, src, half);
    out = pump (encoder, decoder, batch, FALSE, dst);
    latent_session_reset_state (encoder); /* there is none: nothing changes */
    latent_session_reset_state (decoder);
    latent_session_push_samples (encoder, src + half * channels, n - half);
    out += pump (encoder, decoder, batch, TRUE, dst + out * channels);
    fail_unless_equals_uint64 (out, n);
    fail_unless (memcmp (src, dst, n * channels * 2) == 0, "length %zu, seed %d", n, SEED);
    latent_session_reset (encoder);
    latent_session_reset (decoder);
  }
}

GST_START_TEST (test_reconstruct_gives_what_came_in)
{
  g_autoptr (LatentModel) model = new_model ((guint)__i__);

  for (guint batch = 1; batch <= 3; batch++) {
    g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, batch);

    check_stream (session, session, batch, nets[__i__].channels);
  }
}
GST_END_TEST;

GST_START_TEST (test_encode_and_decode_give_what_came_in)
{
  g_autoptr (LatentModel) model = new_model ((guint)__i__);
  g_autoptr (LatentSession) encoder = new_session (model, LATENT_MODE_ENCODE, 2);
  g_autoptr (LatentSession) decoder = new_session (model, LATENT_MODE_DECODE, 2);

  check_stream (encoder, decoder, 2, nets[__i__].channels);
}
GST_END_TEST;

GST_START_TEST (test_latents_tell_enough)
{
  g_autoptr (LatentModel) model = new_model (2);
  g_autoptr (LatentSession)
      session = latent_session_new (model, LATENT_MODE_DECODE, LATENT_PRECISION_AUTO, 1, 1, NULL);
  static const gint64 dims[] = {1, 1, 2, 48}; /* as caps bring it */
  LatentProgram *program;
  guint n_dims;

  fail_unless (latent_session_set_latents (session, 4, dims, NULL));
  latent_session_get_latent_dims (session, &n_dims);
  fail_unless_equals_int (n_dims, 3);
  program = latent_session_get_program (session);
  fail_unless (latent_session_set_audio (session, LATENT_SAMPLE_FORMAT_F32, NULL));
  fail_unless (latent_session_get_program (session) == program);
  fail_unless_equals_uint64 (latent_session_get_available_samples (session, TRUE), 0);
}
GST_END_TEST;

static Suite *
session_audio_suite (void)
{
  Suite *s = suite_create ("session-audio");
  TCase *tc = tcase_create ("audio");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_reconstruct_gives_what_came_in, 0, G_N_ELEMENTS (nets));
  tcase_add_loop_test (tc, test_encode_and_decode_give_what_came_in, 0, G_N_ELEMENTS (nets));
  tcase_add_test (tc, test_latents_tell_enough);
  return s;
}

GST_CHECK_MAIN (session_audio);
