/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <latent/session.h>
#include <math.h>
#include <string.h>

#include "src/graph/graph.h"
#include "src/model/model.h"
#include "tests/arch-case.h"

#define WINDOW  64
#define HOP     32
#define NET     "arch=lapped latent=48 hidden=12 "
#define LATENTS 48 /* 16 bands: of each its level and two coefficients */

static LatentSampleSpec
get_spec (guint channels, guint hop)
{
  return (LatentSampleSpec){
      .media = {.kind = LATENT_MEDIA_AUDIO, .rate = 16000, .channels = channels, .hop = hop},
      .sample = {2,                {channels, WINDOW}                            },
  };
}

static LatentModel *
build (const char *settings, guint channels, guint hop, GError **error)
{
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (settings);
  LatentSampleSpec spec = get_spec (channels, hop);

  return latent_arch_build (recipe, &spec, error);
}

static LatentModel *
must_build (const char *settings)
{
  g_autoptr (GError) error = NULL;
  LatentModel *model = build (settings, 1, HOP, &error);

  fail_unless (model != NULL, "%s", error != NULL ? error->message : "");
  return model;
}

static const float *
get_parameter (LatentModel *model, const char *name)
{
  const LatentValue *value = latent_graph_find_value (model->graph, name);

  fail_unless (value != NULL && value->data != NULL, "%s", name);
  return value->data->data;
}

/* What the decoder's basis makes of the encoder's coefficients of the window that begins at `at`,
 * sample i. */
static double
go_round (const float *cut, const float *wave, const double *sound, guint at, guint i)
{
  double y = 0;

  for (guint k = 0; k < HOP; k++) {
    double c = 0;
    for (guint n = 0; n < WINDOW; n++)
      c += sound[at + n] * (double)cut[n * HOP + k];
    y += c * (double)wave[k * WINDOW + i] * 2 / HOP;
  }
  return y;
}

GST_START_TEST (windows_that_are_overlap_added_give_the_sound)
{
  g_autoptr (LatentModel) model = must_build (NET);
  const float *cut = get_parameter (model, "encoder/coefficients/basis");
  const float *wave = get_parameter (model, "decoder/window/basis");
  double sound[WINDOW + HOP];

  for (guint i = 0; i < G_N_ELEMENTS (sound); i++)
    sound[i] = (i * 37 % 41) / 41. - .5;
  for (guint i = 0; i < HOP; i++) {
    double sine = sin (G_PI * (i + .5) / WINDOW), share = sine * sine;
    double y = (1 - share) * go_round (cut, wave, sound, 0, HOP + i) +
               share * go_round (cut, wave, sound, HOP, i);
    fail_unless (fabs (y - sound[HOP + i]) < 1e-5, "%u: %g, wanted is %g", i, y, sound[HOP + i]);
  }
}
GST_END_TEST

static LatentTensor *
make_ramp (guint n_dims, const gint64 *dims)
{
  LatentTensor *tensor = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, n_dims, dims, NULL);
  float *data = latent_tensor_get_writable_data (tensor);

  for (gsize i = 0; i < tensor->n_elements; i++)
    data[i] = (float)(i * 7 % 13) / 13 - .5f;
  return tensor;
}

/* What divides a window's coefficients of a band before they are latents, by its level. */
static double
get_gain (const LatentTensor *latent, guint k)
{
  double place = CLAMP ((k + .5) / 2 - .5, 0, 15), below = floor (place);
  guint band = (guint)below;
  double level = (1 - (place - below)) * latent_tensor_get_double (latent, band) +
                 (place - below) * latent_tensor_get_double (latent, MIN (band + 1, 15));

  return exp ((level / 1.1 - 12 + 6.9) * .25 / 2);
}

/* Neighbours in frequency are channels of one place; the first says how loud the place is. */
GST_START_TEST (latents_are_levels_and_coefficients)
{
  g_autoptr (LatentModel) model = must_build (NET);
  g_autoptr (LatentTensor) x = make_ramp (3, (const gint64[]){1, 1, WINDOW});
  g_autoptr (LatentTensor) latent = arch_case_run (model, LATENT_MODE_ENCODE, x);
  const float *cut = get_parameter (model, "encoder/coefficients/basis");
  double log_sum = 0;

  fail_unless (latent->shape.n == 3 && latent->shape.dims[1] == 3 && latent->shape.dims[2] == 16);
  fail_unless_equals_string (latent_model_get_metadata (model, "latent.slopes"), "0.375,1,1");
  for (guint k = 0; k < HOP; k++) {
    double c = 0, value = latent_tensor_get_double (latent, (1 + k % 2) * 16 + k / 2);
    for (guint n = 0; n < WINDOW; n++)
      c += latent_tensor_get_double (x, n) * (double)cut[n * HOP + k] * sqrt (2. / HOP);
    fail_unless (fabs (value - 32 * c / get_gain (latent, k)) < 1e-3, "%u: %g, %g", k, value, c);
    log_sum += log (c * c + 1e-9);
    if (k % 2 == 1) {
      double level = latent_tensor_get_double (latent, k / 2);
      fail_unless (fabs (level - (log_sum / 2 + 1.27 + 12) * 1.1) < 1e-3, "%u: %g", k, level);
      log_sum = 0;
    }
  }
  arch_case_check_names (model);
}
GST_END_TEST

/* Silence is 0 but for the levels, and stays silent. */
GST_START_TEST (silence_is_silent)
{
  g_autoptr (LatentModel) model = must_build (NET "context=2");
  g_autoptr (LatentTensor)
      x = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 3, (const gint64[]){3, 1, WINDOW}, NULL);
  g_autoptr (LatentTensor) latent = arch_case_run (model, LATENT_MODE_ENCODE, x);
  g_autoptr (LatentTensor) y = arch_case_run (model, LATENT_MODE_DECODE, latent);

  for (guint i = 0; i < latent->n_elements; i++)
    fail_unless (i / 16 % 3 == 0 || latent_tensor_get_double (latent, i) == 0, "%u", i);
  for (guint i = 0; i < y->n_elements; i++) /* less than -66 dB of full scale */
    fail_unless (fabs (latent_tensor_get_double (y, i)) < 5e-4, "%u: %g", i,
        latent_tensor_get_double (y, i));
}
GST_END_TEST

/* Four windows; the first has other latents than silence where `loud`. */
static void
decode (LatentSession *session, gboolean loud, float y[4][WINDOW])
{
  static const float latents[LATENTS] = {1, 5, -3}, silence[LATENTS] = {0};

  latent_session_reset (session);
  for (guint i = 0; i < 4; i++) {
    latent_session_put_latent (session, 0, loud && i == 0 ? latents : silence);
    fail_unless (latent_session_run (session, NULL));
    latent_session_get_vector (session, 0, y[i]);
  }
}

GST_START_TEST (the_decoder_remembers_latents)
{
  g_autoptr (LatentModel) model = must_build (NET "context=2");

  fail_unless_equals_string (
      latent_model_get_metadata (model, "latent.state"), "past:past_next,count:count_next");
  fail_unless_equals_string (latent_model_get_metadata (model, "latent.hop"), "32");
  fail_unless_equals_int (latent_model_get_media_info (model)->window, WINDOW);
  g_autoptr (LatentSession)
      session = latent_session_new (model, LATENT_MODE_DECODE, LATENT_PRECISION_F32, 1, 1, NULL);
  fail_unless (session != NULL);
  fail_unless (latent_session_set_audio (session, LATENT_SAMPLE_FORMAT_F32, NULL));
  float loud[4][WINDOW], quiet[4][WINDOW], again[4][WINDOW];
  decode (session, TRUE, loud);
  decode (session, FALSE, quiet);
  decode (session, FALSE, again);
  fail_unless (memcmp (quiet, again, sizeof quiet) == 0);
  for (guint i = 0; i < 4; i++)
    fail_unless ((memcmp (loud[i], quiet[i], sizeof loud[i]) == 0) == (i == 3), "window %u", i);
  /* what is not known is noise, not the same over and over again */
  fail_unless (memcmp (quiet[2], quiet[3], sizeof quiet[2]) != 0);
}
GST_END_TEST

/* Training's batch is one window after the other in use. */
GST_START_TEST (a_batch_is_a_row_of_windows)
{
  g_autoptr (LatentModel) model = must_build (NET "context=2");
  g_autoptr (LatentTensor) latents = make_ramp (3, (const gint64[]){4, 3, 16});
  g_autoptr (LatentTensor) batch = arch_case_run (model, LATENT_MODE_DECODE, latents);
  g_autoptr (LatentSession)
      session = latent_session_new (model, LATENT_MODE_DECODE, LATENT_PRECISION_F32, 1, 1, NULL);

  fail_unless (latent_session_set_audio (session, LATENT_SAMPLE_FORMAT_F32, NULL));
  for (guint i = 0; i < 4; i++) {
    float y[WINDOW];
    latent_session_put_latent (session, 0, (const float *)latents->data + i * LATENTS);
    fail_unless (latent_session_run (session, NULL));
    latent_session_get_vector (session, 0, y);
    for (guint j = 0; j < WINDOW; j++)
      fail_unless (fabs ((double)y[j] - latent_tensor_get_double (batch, i * WINDOW + j)) < 1e-5,
          "window %u, sample %u", i, j);
  }
}
GST_END_TEST

static const struct {
  const char *settings;
  guint channels, hop;
  const char *said;
} wrong[] = {
    {NET,                     2, HOP, "arch: lapped wants sound of one channel"       },
    {NET,                     1, 16,  "hop: 16: lapped wants half of the window of 64"},
    {"arch=lapped latent=32", 1, HOP, "latent: 32, lapped wants 48: one for each"     },
};

GST_START_TEST (what_it_cannot_have_is_refused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel)
      model = build (wrong[__i__].settings, wrong[__i__].channels, wrong[__i__].hop, &error);

  fail_unless (model == NULL && error != NULL);
  fail_unless (strstr (error->message, wrong[__i__].said) != NULL, "%s", error->message);
}
GST_END_TEST

static Suite *
arch_lapped_suite (void)
{
  Suite *suite = suite_create ("arch-lapped");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, windows_that_are_overlap_added_give_the_sound);
  tcase_add_test (tcase, latents_are_levels_and_coefficients);
  tcase_add_test (tcase, silence_is_silent);
  tcase_add_test (tcase, the_decoder_remembers_latents);
  tcase_add_test (tcase, a_batch_is_a_row_of_windows);
  tcase_add_loop_test (tcase, what_it_cannot_have_is_refused, 0, G_N_ELEMENTS (wrong));
  return suite;
}

GST_CHECK_MAIN (arch_lapped)
