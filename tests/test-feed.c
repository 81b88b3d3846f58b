/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/feed.h"

#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "feed-case.h"

/* 10 samples of 3 bytes: 10 i, 10 i + 1, 10 i + 2. */
static char *
write_bytes (void)
{
  guint8 data[30];
  for (guint i = 0; i < 30; i++)
    data[i] = (guint8)(i / 3 * 10 + i % 3);
  return write_array ("bytes.npy", "|u1", "10, 3", data, sizeof data);
}

GST_START_TEST (vectors_of_bytes)
{
  g_autofree char *path = write_bytes ();
  g_autoptr (LatentData) data = open_data (path, "");
  const LatentSampleSpec *spec = latent_data_get_spec (data);
  g_autoptr (LatentFeed) feed = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (feed, 0, 3, NULL, NULL);
  g_autoptr (GArray) again = draw (feed, 1, 3, NULL, NULL);
  guint seen = 0;

  fail_unless_equals_int (spec->media.kind, LATENT_MEDIA_VECTOR);
  fail_unless_equals_int ((int)spec->sample.n, 1);
  fail_unless_equals_int64 (spec->sample.dims[0], 3);
  fail_unless_equals_float (spec->scale, 1. / 255);
  fail_unless_equals_uint64 (feed->n_samples, 10);
  fail_unless_equals_int ((int)samples->len, 30);
  for (guint i = 0; i < 30; i += 3) {
    guint which = (guint)lrintf (get (samples, i) * 255 / 10);
    seen |= 1u << which;
    for (guint j = 0; j < 3; j++)
      fail_unless (get (samples, i + j) == (float)((10 * which + j) * (1. / 255)));
  }
  fail_unless_equals_int ((int)seen, 1023);
  fail_if (memcmp (samples->data, again->data, 30 * sizeof (float)) == 0);
}
GST_END_TEST

static const struct {
  const char *settings, *train, *test; /* first bytes over 10: which samples */
} parts[] = {
    {"",                           "0123456789", NULL },
    {"test=last:2",                "01234567",   "89" },
    {"test=first:3",               "3456789",    "012"},
    {"test=last:2 every=3",        "036",        "8"  },
    {"test=first:3 max-samples=2", "34",         "01" },
    {"every=4",                    "048",        NULL },
};

static char *
list_samples (const GArray *samples)
{
  g_autoptr (GString) list = g_string_new (NULL);
  for (guint i = 0; i < samples->len; i += 3)
    g_string_append_printf (list, "%ld", lrintf (get (samples, i) * 255 / 10));
  return g_string_free (g_steal_pointer (&list), FALSE);
}

/* Training samples come in any order. */
static void
sort_letters (char *text)
{
  for (char *a = text; *a; a++)
    for (char *b = a + 1; *b; b++)
      if (*b < *a) {
        char c = *a;
        *a = *b;
        *b = c;
      }
}

GST_START_TEST (samples_that_are_held_back)
{
  g_autofree char *path = write_bytes ();
  g_autoptr (LatentData) data = open_data (path, parts[__i__].settings);
  g_autoptr (LatentFeed) train = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (train, 0, 3, NULL, NULL);
  g_autofree char *list = list_samples (samples);
  sort_letters (list);
  fail_unless_equals_string (list, parts[__i__].train);

  fail_unless (latent_data_has_test (data) == (parts[__i__].test != NULL));
  if (!parts[__i__].test)
    return;
  g_autoptr (LatentFeed) test = latent_data_open_test (data, NULL);
  for (guint64 epoch = 0; epoch < 2; epoch++) {
    g_autoptr (GArray) tested = draw (test, epoch, 3, NULL, NULL);
    g_autofree char *which = list_samples (tested);
    fail_unless_equals_string (which, parts[__i__].test);
  }
}
GST_END_TEST

GST_START_TEST (labels_go_with_their_samples)
{
  static const guint8 classes[10] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0};
  g_autofree char *path = write_bytes ();
  g_autofree char *labels = write_array ("labels.npy", "|u1", "10", classes, sizeof classes);
  g_autofree char *settings = g_strdup_printf (
      "labels=%s task=classify test=last:3 few=%d", labels, __i__);
  g_autoptr (LatentData) data = open_data (path, settings);
  g_autoptr (LatentFeed) train = latent_data_open_train (data, NULL);
  g_autoptr (LatentFeed) test = latent_data_open_test (data, NULL);
  g_autoptr (GArray) given = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) samples = draw (train, 0, 3, given, NULL);
  g_autofree char *list = list_samples (samples);

  fail_unless_equals_int ((int)latent_data_get_n_outputs (data), 3);
  for (guint i = 0; i < given->len; i++)
    fail_unless_equals_int64 (g_array_index (given, gint64, i), classes[list[i] - '0']);
  sort_letters (list);
  fail_unless_equals_string (list, __i__ == 0 ? "0123456" : __i__ == 1 ? "012" : "012345");
  g_array_set_size (given, 0);
  g_autoptr (GArray) tested = draw (test, 0, 3, given, NULL); /* all of them */
  fail_unless_equals_int ((int)given->len, 3);
  fail_unless_equals_int64 (g_array_index (given, gint64, 0), 1);
}
GST_END_TEST

GST_START_TEST (binarised)
{
  static const guint8 bytes[4] = {0, 127, 128, 255};
  g_autofree char *path = write_array ("b.npy", "|u1", "1, 4", bytes, sizeof bytes);
  g_autoptr (LatentData) data = open_data (path, "binarise=true");
  g_autoptr (LatentFeed) feed = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (feed, 0, 4, NULL, NULL);

  fail_unless (get (samples, 0) == 0 && get (samples, 1) == 0);
  fail_unless (get (samples, 2) == 1 && get (samples, 3) == 1);
}
GST_END_TEST

/* Two pictures of 24x20, level 10 x + y (mod 251), and 5 more of the second. */
static char *
write_gradients (void)
{
  guint8 data[2][20][24];
  for (guint y = 0; y < 20; y++)
    for (guint x = 0; x < 24; x++) {
      data[0][y][x] = (guint8)(8 * x + y);
      data[1][y][x] = (guint8)(8 * x + y + 5);
    }
  return write_array ("pictures.npy", "|u1", "2, 20, 24", data, sizeof data);
}

GST_START_TEST (nets_of_pictures_see_pictures)
{
  g_autofree char *path = write_gradients ();
  g_autoptr (LatentData) data = open_data (path, "arch=conv");
  const LatentSampleSpec *spec = latent_data_get_spec (data);
  fail_unless_equals_int (spec->media.color, LATENT_COLOR_GRAY8);
  fail_unless (spec->sample.n == 3 && spec->sample.dims[1] == 20 && spec->sample.dims[2] == 24);
}
GST_END_TEST

static int
get_level (const GArray *samples, guint i)
{
  return (int)lrintf (get (samples, i) * 255);
}

GST_START_TEST (crops_are_parts_of_pictures)
{
  g_autofree char *path = write_gradients ();
  gboolean flip = __i__ == 1;
  g_autoptr (LatentData) data = open_data (
      path, flip ? "format=GRAY8 crop=8x12 crops=20 flip=1" : "format=GRAY8 crop=8x12 crops=20");
  const LatentShape *shape = &latent_data_get_spec (data)->sample;
  g_autoptr (LatentFeed) feed = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (feed, 0, 96, NULL, NULL);
  guint mirrored = 0, places = 0;

  fail_unless_equals_int ((int)shape->n, 3);
  fail_unless (shape->dims[0] == 1 && shape->dims[1] == 12 && shape->dims[2] == 8);
  fail_unless_equals_uint64 (feed->n_samples, 40);
  fail_unless_equals_int ((int)samples->len, 40 * 96);
  for (guint i = 0; i < 40; i++) {
    int step = get_level (samples, i * 96 + 1) - get_level (samples, i * 96);
    places |= 1u << (get_level (samples, i * 96) % 8);
    mirrored += step < 0;
    fail_unless_equals_int (ABS (step), 8);
    for (guint j = 0; j < 96; j++)
      fail_unless_equals_int (get_level (samples, i * 96 + j) - get_level (samples, i * 96),
          (int)(j % 8) * step + (int)(j / 8));
  }
  fail_unless (places > 7); /* not all from one row */
  fail_unless (flip ? mirrored > 5 && mirrored < 35 : mirrored == 0, "%u", mirrored);
}
GST_END_TEST

GST_START_TEST (crops_are_others_each_epoch)
{
  g_autofree char *path = write_gradients ();
  g_autoptr (LatentData) data = open_data (path, "format=GRAY8 crop=8x12 crops=1");
  g_autoptr (LatentFeed) a = latent_data_open_train (data, NULL);
  g_autoptr (LatentFeed) b = latent_data_open_train (data, NULL);
  gboolean differ = FALSE;
  for (guint64 epoch = 0; epoch < 4; epoch++) {
    g_autoptr (GArray) one = draw (a, epoch, 96, NULL, NULL);
    g_autoptr (GArray) same = draw (b, epoch, 96, NULL, NULL);
    g_autoptr (GArray) next = draw (a, epoch + 1, 96, NULL, NULL);
    fail_unless (memcmp (one->data, same->data, 96 * 2 * sizeof (float)) == 0);
    differ |= memcmp (one->data, next->data, 96 * 2 * sizeof (float)) != 0;
  }
  fail_unless (differ);
}
GST_END_TEST

GST_START_TEST (pairs_are_cut_alike)
{
  g_autofree char *path = write_gradients ();
  g_autoptr (LatentData) data = open_data (path, "format=GRAY8 crop=8x12 crops=9 pairs=1 flip=1");
  g_autoptr (LatentFeed) feed = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (feed, 3, 96, NULL, NULL);

  fail_unless_equals_uint64 (feed->n_samples, 18);
  fail_unless_equals_int ((int)samples->len, 18 * 96);
  for (guint i = 0; i < 9; i++)
    for (guint j = 0; j < 96; j++)
      fail_unless_equals_int (
          get_level (samples, (2 * i + 1) * 96 + j), get_level (samples, 2 * i * 96 + j) + 5);
}
GST_END_TEST

GST_START_TEST (halved)
{
  g_autofree char *path = write_gradients ();
  g_autoptr (LatentData) data = open_data (path, "format=GRAY8 halve=1 max-samples=1");
  g_autoptr (LatentFeed) feed = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (feed, 0, 120, NULL, NULL);

  fail_unless_equals_int ((int)samples->len, 120);
  fail_unless_equals_int (get_level (samples, 0), 5); /* the mean of 0, 8, 1, 9 is 4.5 */
  fail_unless_equals_int (get_level (samples, 13), 16 + 2 + 5);
}
GST_END_TEST

/* A still picture in which one pixel of one frame is another. */
GST_START_TEST (what_moves_weighs_more)
{
  guint8 frames[6][8][8];
  memset (frames, 90, sizeof frames);
  frames[4][2][3] = 120;
  g_autofree char *path = write_array ("still.npy", "|u1", "6, 8, 8", frames, sizeof frames);
  gboolean pairs = __i__ == 1;
  g_autoptr (LatentData)
      data = open_data (path, pairs ? "format=GRAY8 moving=4 pairs=1" : "format=GRAY8 moving=4");
  g_autoptr (LatentFeed) feed = latent_data_open_train (data, NULL);
  g_autoptr (GArray) weights = g_array_new (FALSE, TRUE, sizeof (float));
  g_autoptr (GArray) samples = draw (feed, 0, 64, NULL, weights);
  guint heavy = 0;

  for (guint i = 0; i < samples->len; i++) {
    gboolean moving = get (weights, i) > 1;
    fail_unless (get (weights, i) == (moving ? 5 : 1));
    fail_unless (!moving || i % 64 == 19);
    fail_unless (pairs || moving == (get_level (samples, i) == 120));
    heavy += moving;
  }
  fail_unless_equals_int ((int)heavy, pairs ? 4 : 1); /* both of two pairs: it comes and goes */
}
GST_END_TEST

GST_START_TEST (planes_of_video)
{
  g_autoptr (LatentData) data = open_data ("gst:videotestsrc num-buffers=2 pattern=green ! "
                                           "video/x-raw,width=34,height=18",
      "crops=3 crop=16x8");
  const LatentSampleSpec *spec = latent_data_get_spec (data);
  g_autoptr (LatentFeed) feed = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (feed, 0, 192, NULL, NULL);

  fail_unless_equals_int (spec->media.color, LATENT_COLOR_I420);
  fail_unless (spec->sample.dims[0] == 6 && spec->sample.dims[1] == 4 && spec->sample.dims[2] == 8);
  fail_unless_equals_int ((int)samples->len, 6 * 192);
  for (guint i = 1; i < 128; i++) /* four planes of luma, then U, V */
    fail_unless_equals_int (get_level (samples, i), get_level (samples, 0));
  fail_if (get_level (samples, 128) == get_level (samples, 0));
}
GST_END_TEST

GST_START_TEST (sequences_of_latents)
{
  float rows[12][2];
  for (guint i = 0; i < 12; i++)
    rows[i][0] = (float)i, rows[i][1] = (float)-(int)i;
  gboolean nested = __i__ == 1;
  g_autofree char *path = write_array (
      "rows.npy", "<f4", nested ? "3, 4, 2" : "12, 2", rows, sizeof rows);
  g_autoptr (LatentData) data = open_data (path, "sequence=3 task=predict test=last:2");
  const LatentShape *shape = &latent_data_get_spec (data)->sample;
  g_autoptr (LatentFeed) train = latent_data_open_train (data, NULL);
  g_autoptr (LatentFeed) test = latent_data_open_test (data, NULL);
  g_autoptr (GArray) samples = draw (test, 0, 6, NULL, NULL);

  fail_unless (shape->n == 2 && shape->dims[0] == 3 && shape->dims[1] == 2);
  fail_unless_equals_uint64 (train->n_samples, nested ? 4 : 8);
  for (guint i = 0; i < 12; i++) {
    float row = (float)(8 + i / 6 + i % 6 / 2);
    fail_unless (get (samples, i) == (i % 2 ? -row : row));
  }
}
GST_END_TEST

static const struct {
  const char *settings, *said;
} wrong[] = {
    {"test=last:10",            "test: last:10 leaves nothing of 10 samples"      },
    {"test=/nowhere/x.npy",     "/nowhere/x.npy"                                  },
    {"task=classify",           "labels: without a file of labels"                },
    {"few=3",                   "labels: without a file of labels there is no few"},
    {"labels=/nowhere/x.npy",   "/nowhere/x.npy"                                  },
    {"format=RGB",              "are no RGB pictures"                             },
    {"task=predict sequence=0", "a sequence is of latents"                        },
    {"test=first:10",           "there is no sample in it"                        },
};

GST_START_TEST (data_that_are_refused)
{
  g_autofree char *path = write_bytes ();
  g_autoptr (LatentRecipe) recipe = make_recipe (wrong[__i__].settings);
  g_autoptr (GError) error = NULL;
  char *inputs[] = {path, NULL};
  g_autoptr (LatentData) data = latent_data_new (recipe, inputs, NULL, &error);
  g_autoptr (LatentFeed) train = data ? latent_data_open_train (data, &error) : NULL;
  g_autoptr (LatentFeed)
      test = train && latent_data_has_test (data) ? latent_data_open_test (data, &error) : NULL;

  fail_unless (error != NULL);
  fail_unless (strstr (error->message, wrong[__i__].said) != NULL, "%s", error->message);
}
GST_END_TEST

GST_START_TEST (too_few_labels)
{
  static const guint8 classes[9] = {0};
  g_autofree char *path = write_bytes ();
  g_autofree char *labels = write_array ("labels.npy", "|u1", "9", classes, sizeof classes);
  g_autofree char *settings = g_strdup_printf ("task=classify labels=%s", labels);
  g_autoptr (LatentData) data = open_data (path, settings);
  g_autoptr (GError) error = NULL;

  fail_unless (latent_data_open_train (data, &error) == NULL);
  fail_unless (strstr (error->message, "labels.npy: 9 labels, and there are more samples in"), "%s",
      error->message);
}
GST_END_TEST

GST_START_TEST (labels_that_are_no_classes)
{
  static const float values[10] = {0, 1, 2, 3.5f};
  g_autofree char *path = write_bytes ();
  g_autofree char *labels = write_array ("labels.npy", "<f4", "10", values, sizeof values);
  g_autofree char *settings = g_strdup_printf ("task=classify labels=%s", labels);
  g_autoptr (LatentRecipe) recipe = make_recipe (settings);
  g_autoptr (GError) error = NULL;
  char *inputs[] = {path, NULL};

  fail_unless (latent_data_new (recipe, inputs, NULL, &error) == NULL);
  fail_unless (
      strstr (error->message, "the label of sample 3 is 3.5, not a class"), "%s", error->message);
}
GST_END_TEST

static Suite *
feed_suite (void)
{
  Suite *suite = suite_create ("feed");
  TCase *tcase = tcase_create ("feed");
  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, make_folder, remove_folder);
  tcase_add_test (tcase, vectors_of_bytes);
  tcase_add_loop_test (tcase, samples_that_are_held_back, 0, G_N_ELEMENTS (parts));
  tcase_add_loop_test (tcase, labels_go_with_their_samples, 0, 3);
  tcase_add_test (tcase, binarised);
  tcase_add_test (tcase, nets_of_pictures_see_pictures);
  tcase_add_loop_test (tcase, crops_are_parts_of_pictures, 0, 2);
  tcase_add_test (tcase, crops_are_others_each_epoch);
  tcase_add_test (tcase, pairs_are_cut_alike);
  tcase_add_test (tcase, halved);
  tcase_add_loop_test (tcase, what_moves_weighs_more, 0, 2);
  tcase_add_test (tcase, planes_of_video);
  tcase_add_loop_test (tcase, sequences_of_latents, 0, 2);
  tcase_add_loop_test (tcase, data_that_are_refused, 0, G_N_ELEMENTS (wrong));
  tcase_add_test (tcase, too_few_labels);
  tcase_add_test (tcase, labels_that_are_no_classes);
  return suite;
}

GST_CHECK_MAIN (feed)
