/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/prior.h"

#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/random.h"
#include "src/codec/symbols.h"

#define CHANNELS 6
#define HEIGHT   10
#define WIDTH    12
#define COUNT    (CHANNELS * HEIGHT * WIDTH)

/* Channel c: 100 c, beside it by 1 in one symbol of 8. */
static void
draw_symbols (gint16 *symbols, guint64 seed)
{
  LatentRandom random;

  latent_random_init (&random, seed, LATENT_RANDOM_SAMPLE, 0);
  for (guint i = 0; i < COUNT; i++)
    symbols[i] = (gint16)(100 * (i / (HEIGHT * WIDTH)) + (latent_random_below (&random, 8) == 0));
}

static gsize
encode (LatentPrior *prior, const gint16 *symbols, guint8 *bytes)
{
  g_autoptr (LatentSymbolCoder)
      coder = latent_symbol_coder_new (prior, CHANNELS, HEIGHT, WIDTH, 0, HEIGHT);

  return latent_symbol_coder_encode (coder, symbols, NULL, bytes);
}

static LatentPrior *
fit (void)
{
  g_autoptr (LatentPriorFit) self = latent_prior_fit_new (CHANNELS, HEIGHT, WIDTH);
  gint16 symbols[COUNT], previous[COUNT];

  for (guint i = 0; i < 5; i++) {
    draw_symbols (symbols, i);
    latent_prior_fit_add (self, symbols, i > 2 ? previous : NULL);
    memcpy (previous, symbols, sizeof symbols);
  }
  return latent_prior_fit_finish (self);
}

GST_START_TEST (default_is_a_short_text)
{
  g_autoptr (LatentPrior) prior = latent_prior_new_default (CHANNELS);
  g_autoptr (LatentPrior) again = NULL;
  g_autofree char *text = latent_prior_to_text (prior);

  fail_unless_equals_string (text, "AQYAAAAAAAA="); /* version 1, 6 channels, CRC of nothing */
  again = latent_prior_new_from_text (text, CHANNELS, NULL);
  fail_unless (again != NULL);
  fail_unless_equals_int_hex (latent_prior_get_checksum (again), latent_prior_get_checksum (prior));
}
GST_END_TEST

/* What was fitted knows the channels' offsets and how often a symbol is beside them. */
GST_START_TEST (fitted_makes_streams_shorter)
{
  g_autoptr (LatentPrior) plain = latent_prior_new_default (CHANNELS);
  g_autoptr (LatentPrior) fitted = fit ();
  gint16 symbols[COUNT];
  guint8 bytes[4 * COUNT];
  gsize without, with;

  draw_symbols (symbols, 77);
  without = encode (plain, symbols, bytes);
  with = encode (fitted, symbols, bytes);
  /* 720 symbols of 0.54 bits are 49 bytes. */
  fail_unless (with < 62, "%" G_GSIZE_FORMAT " bytes", with);
  fail_unless (with + 10 < without, "%" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT, with, without);
}
GST_END_TEST

GST_START_TEST (text_says_all)
{
  g_autoptr (LatentPrior) fitted = fit ();
  g_autofree char *text = latent_prior_to_text (fitted);
  g_autoptr (LatentPrior) again = latent_prior_new_from_text (text, CHANNELS, NULL);
  g_autofree char *text_again = NULL;
  gint16 symbols[COUNT];
  guint8 one[4 * COUNT], two[4 * COUNT];
  gsize size;

  fail_unless (again != NULL);
  text_again = latent_prior_to_text (again);
  fail_unless_equals_string (text, text_again);
  fail_unless_equals_int_hex (
      latent_prior_get_checksum (again), latent_prior_get_checksum (fitted));
  draw_symbols (symbols, 5);
  size = encode (fitted, symbols, one);
  fail_unless_equals_uint64 (encode (again, symbols, two), size);
  fail_unless (memcmp (one, two, size) == 0);
}
GST_END_TEST

GST_START_TEST (nothing_to_fit_is_no_error)
{
  g_autoptr (LatentPriorFit) self = latent_prior_fit_new (3, 1, 1);
  g_autoptr (LatentPrior) prior = latent_prior_fit_finish (self);

  fail_unless (prior != NULL);
}
GST_END_TEST

static const struct {
  const char *text;
  guint channels;
  LatentError code;
  const char *part; /* of the message */
} refused[] = {
    {"",             6,    LATENT_ERROR_FORMAT,      "0 bytes"                 },
    {"AQYAAAAA",     6,    LATENT_ERROR_FORMAT,      "6 bytes"                 },
    {"AQYAAAAAAAA=", 7,    LATENT_ERROR_SHAPE,       "for 6 channels, wanted 7"},
    {"AgYAAAAAAAA=", 6,    LATENT_ERROR_UNSUPPORTED, "version 2"               },
    {"AQYAAAEAAAA=", 6,    LATENT_ERROR_FORMAT,      "checksum"                },
    {"AQYAAAAAAAAA", 6,    LATENT_ERROR_FORMAT,      "checksum"                },
    {"!*?",          6,    LATENT_ERROR_FORMAT,      "0 bytes"                 },
    {"AQYAAAAAAAA=", 8193, LATENT_ERROR_LIMIT,       "8193 channels"           },
    {"AQYAAAAAAAA=", 0,    LATENT_ERROR_LIMIT,       "0 channels"              },
};

GST_START_TEST (refuses_with_a_reason)
{
  g_autoptr (GError) error = NULL;

  fail_if (
      latent_prior_new_from_text (refused[__i__].text, refused[__i__].channels, &error) != NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, refused[__i__].code), "%s", error->message);
  fail_unless (strstr (error->message, refused[__i__].part) != NULL, "%s", error->message);
}
GST_END_TEST

/* Any bytes whose checksum fits are a prior that codes. */
GST_START_TEST (any_bytes_are_sound)
{
  guint8 bytes[808] = {1, CHANNELS}, coded[4 * COUNT];
  gint16 symbols[COUNT], decoded[COUNT];
  guint32 crc;
  LatentRandom random;
  g_autofree char *text = NULL;
  g_autoptr (LatentPrior) prior = NULL;
  g_autoptr (LatentSymbolCoder) decoder = NULL;

  latent_random_init (&random, (guint64)__i__, LATENT_RANDOM_SAMPLE, 0);
  for (guint i = 8; i < sizeof bytes; i++)
    bytes[i] = (guint8)(__i__ == 0 ? 0 : __i__ == 1 ? 255 : latent_random_below (&random, 256));
  crc = latent_crc32c (0, bytes + 8, sizeof bytes - 8);
  for (guint i = 0; i < 4; i++)
    bytes[4 + i] = (guint8)(crc >> 8 * i);
  text = g_base64_encode (bytes, sizeof bytes);
  prior = latent_prior_new_from_text (text, CHANNELS, NULL);
  fail_unless (prior != NULL);
  draw_symbols (symbols, 3);
  decoder = latent_symbol_coder_new (prior, CHANNELS, HEIGHT, WIDTH, 0, HEIGHT);
  fail_unless (
      latent_symbol_coder_decode (decoder, coded, encode (prior, symbols, coded), NULL, decoded));
  fail_unless (memcmp (symbols, decoded, sizeof symbols) == 0);
}
GST_END_TEST

/* A foretold frame: where `seed` says so, differences of 2 at places that are still. */
typedef struct {
  gint16 symbols[COUNT], expected[COUNT];
  guint8 modes[HEIGHT * WIDTH], ages[HEIGHT * WIDTH];
  LatentVector vectors[2][HEIGHT * WIDTH * LATENT_PLACE_VECTORS];
  LatentForetold foretold;
} Foretold;

static Foretold *
draw_foretold (guint64 seed)
{
  Foretold *self = g_new0 (Foretold, 1);
  LatentRandom random;

  latent_random_init (&random, seed, LATENT_RANDOM_SAMPLE, 1);
  for (guint i = 0; i < COUNT; i++) {
    self->symbols[i] = latent_random_below (&random, 8) == 0 ? 2 : 0;
    self->expected[i] = (gint16)(i % 2);
  }
  memset (self->modes, LATENT_PLACE_STILL, sizeof self->modes);
  self->foretold = (LatentForetold){.height = HEIGHT,
      .width = WIDTH,
      .modes = self->modes,
      .ages = self->ages,
      .vectors = self->vectors[0],
      .before = self->vectors[1],
      .expected = self->expected};
  return self;
}

static gsize
encode_foretold (LatentPrior *prior, Foretold *frame, guint8 *bytes)
{
  g_autoptr (LatentSymbolCoder)
      coder = latent_symbol_coder_new (prior, CHANNELS, HEIGHT, WIDTH, 0, HEIGHT);

  return latent_symbol_coder_encode_foretold (coder, frame->symbols, &frame->foretold, bytes);
}

/* What is fitted to foretold frames knows how they are coded; key frames start as before. */
GST_START_TEST (foretold_frames_are_fitted)
{
  g_autoptr (LatentPrior) plain = latent_prior_new_default (CHANNELS);
  g_autoptr (LatentPriorFit) fit = latent_prior_fit_new (CHANNELS, HEIGHT, WIDTH);
  g_autoptr (LatentPrior) fitted = NULL;
  g_autofree Foretold *frame = draw_foretold (77);
  gint16 symbols[COUNT];
  guint8 bytes[4 * COUNT];
  gsize without = encode_foretold (plain, frame, bytes), with;

  draw_symbols (symbols, 1);
  latent_prior_fit_add (fit, symbols, NULL);
  for (guint i = 0; i < 5; i++) {
    g_autofree Foretold *sample = draw_foretold (i);
    latent_prior_fit_add_foretold (fit, sample->symbols, &sample->foretold, i == 0);
  }
  fitted = latent_prior_fit_finish (fit);
  with = encode_foretold (fitted, frame, bytes);
  /* 720 symbols of 0.54 bits are 49 bytes. */
  fail_unless (with < 62, "%" G_GSIZE_FORMAT " bytes", with);
  fail_unless (with + 20 < without, "%" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT, with, without);
  draw_symbols (symbols, 2);
  fail_unless (encode (fitted, symbols, bytes) < encode (plain, symbols, bytes));
}
GST_END_TEST

static Suite *
prior_suite (void)
{
  Suite *suite = suite_create ("prior");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, default_is_a_short_text);
  tcase_add_test (tcase, fitted_makes_streams_shorter);
  tcase_add_test (tcase, foretold_frames_are_fitted);
  tcase_add_test (tcase, text_says_all);
  tcase_add_test (tcase, nothing_to_fit_is_no_error);
  tcase_add_loop_test (tcase, refuses_with_a_reason, 0, G_N_ELEMENTS (refused));
  tcase_add_loop_test (tcase, any_bytes_are_sound, 0, 20);
  return suite;
}

GST_CHECK_MAIN (prior)
