/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/shuffle.h"

#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <string.h>

#include "src/train/ahead.h"

#define SEED 5

/* The numbers 0 to n - 1, with the epoch in which they were read. */
typedef struct {
  LatentItems base;
  guint64 next, count, epoch;
  guint64 fail_at;
  guint *starts;
} Numbers;

static gboolean
start_numbers (LatentItems *base, guint64 epoch, GError **error)
{
  Numbers *self = (Numbers *)base;
  self->next = 0;
  self->epoch = epoch;
  if (self->starts)
    ++*self->starts;
  return TRUE;
}

static LatentFeedResult
next_number (LatentItems *base, gpointer item, GError **error)
{
  Numbers *self = (Numbers *)base;
  if (self->next == self->fail_at) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_READ, "the stream broke");
    return LATENT_FEED_ERROR;
  }
  if (self->next == self->count)
    return LATENT_FEED_END;
  guint64 values[2] = {self->next++, self->epoch};
  memcpy (item, values, sizeof values);
  return LATENT_FEED_SAMPLE;
}

static void
free_numbers (LatentItems *base)
{
  g_free (base);
}

static LatentItems *
make_numbers (guint64 n, guint64 fail_at, guint *starts)
{
  Numbers *self = g_new0 (Numbers, 1);
  self->base = (LatentItems){start_numbers, next_number, free_numbers, 2 * sizeof (guint64), 0};
  self->count = n;
  self->fail_at = fail_at;
  self->starts = starts;
  return &self->base;
}

static LatentShuffle *
make_shuffle (guint64 n, guint64 capacity, gboolean ordered, guint *starts)
{
  LatentShuffleSettings settings = {SEED, capacity, ordered};
  return latent_shuffle_new (make_numbers (n, G_MAXUINT64, starts), &settings, "numbers", NULL);
}

/* An epoch's numbers; `read_in` is the epoch in which all of them must have been read. */
static GArray *
draw (LatentShuffle *shuffle, guint64 epoch, guint64 read_in)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  const guint8 *item;
  guint64 number, values[2];
  guint wrong = 0; /* a check of each would take minutes */
  fail_unless (latent_shuffle_start (shuffle, epoch, NULL));
  while (latent_shuffle_next (shuffle, &item, &number, NULL) == LATENT_FEED_SAMPLE) {
    memcpy (values, item, sizeof values);
    wrong += number != numbers->len || values[1] != read_in;
    g_array_append_val (numbers, values[0]);
  }
  fail_unless_equals_int ((int)wrong, 0);
  return numbers;
}

static gboolean
are_equal (const GArray *a, const GArray *b)
{
  return a->len == b->len && memcmp (a->data, b->data, a->len * sizeof (guint64)) == 0;
}

/* Whether each number from 0 to n - 1 is there once. */
static gboolean
is_permutation (const GArray *numbers, guint64 n)
{
  g_autofree guint8 *seen = g_new0 (guint8, n);
  for (guint i = 0; i < numbers->len; i++) {
    guint64 value = g_array_index (numbers, guint64, i);
    if (value >= n || seen[value]++)
      return FALSE;
  }
  return numbers->len == n;
}

static gboolean
is_in_order (const GArray *numbers)
{
  for (guint i = 0; i < numbers->len; i++)
    if (g_array_index (numbers, guint64, i) != i)
      return FALSE;
  return TRUE;
}

static const struct {
  guint64 n, capacity;
  gboolean resident;
} sizes[] = {
    {1,      1,      TRUE },
    {1000,   1000,   TRUE },
    {1000,   5000,   TRUE },
    {1001,   1000,   FALSE},
    {1000,   1,      FALSE},
    {1000,   7,      FALSE},
    {600000, 300000, FALSE}, /* more than one block */
};

GST_START_TEST (every_item_once_an_epoch)
{
  guint64 n = sizes[__i__].n;
  guint starts = 0;
  gboolean resident = sizes[__i__].resident;
  g_autoptr (LatentShuffle) shuffle = make_shuffle (n, sizes[__i__].capacity, FALSE, &starts);

  fail_unless (latent_shuffle_is_resident (shuffle) == resident);
  fail_unless_equals_uint64 (latent_shuffle_get_n (shuffle), resident ? n : 0);
  for (guint64 epoch = 0; epoch < 3; epoch++) {
    g_autoptr (GArray) numbers = draw (shuffle, epoch, resident ? 0 : epoch);
    fail_unless (is_permutation (numbers, n));
    fail_unless (is_in_order (numbers) == (sizes[__i__].capacity == 1));
    fail_unless_equals_uint64 (latent_shuffle_get_n (shuffle), n);
  }
  fail_unless_equals_int ((int)starts, resident ? 1 : 3); /* what is in memory is read once */
}
GST_END_TEST

GST_START_TEST (order_goes_by_epoch_alone)
{
  guint64 capacity = __i__ ? 100 : 30;
  g_autoptr (LatentShuffle) a = make_shuffle (100, capacity, FALSE, NULL);
  g_autoptr (LatentShuffle) b = make_shuffle (100, capacity, FALSE, NULL);
  guint64 read_in = __i__ ? 0 : 2;
  g_autoptr (GArray) first = draw (a, 0, 0);
  g_autoptr (GArray) after = draw (a, 2, read_in);
  g_autoptr (GArray) at_once = draw (b, 2, read_in); /* as a resumed run does */

  fail_unless (are_equal (after, at_once));
  fail_if (are_equal (first, after));
}
GST_END_TEST

GST_START_TEST (order_goes_by_seed)
{
  LatentShuffleSettings settings = {SEED + 1, 100, FALSE};
  g_autoptr (LatentShuffle) a = make_shuffle (100, 100, FALSE, NULL);
  g_autoptr (LatentShuffle)
      b = latent_shuffle_new (make_numbers (100, G_MAXUINT64, NULL), &settings, "numbers", NULL);
  g_autoptr (GArray) one = draw (a, 0, 0);
  g_autoptr (GArray) other = draw (b, 0, 0);

  fail_if (are_equal (one, other));
}
GST_END_TEST

GST_START_TEST (in_order)
{
  static const guint64 capacities[] = {1, 3, 10, 11, 100};
  g_autoptr (LatentShuffle) shuffle = make_shuffle (11, capacities[__i__], TRUE, NULL);
  gboolean resident = capacities[__i__] >= 11;
  for (guint64 epoch = 0; epoch < 2; epoch++) {
    g_autoptr (GArray) numbers = draw (shuffle, epoch, resident ? 0 : epoch);
    fail_unless_equals_int ((int)numbers->len, 11);
    fail_unless (is_in_order (numbers));
  }
}
GST_END_TEST

/* Items come about as far from their place as the buffer is large. */
GST_START_TEST (a_small_buffer_still_mixes)
{
  g_autoptr (LatentShuffle) shuffle = make_shuffle (10000, 1000, FALSE, NULL);
  g_autoptr (GArray) numbers = draw (shuffle, 0, 0);
  double distance = 0;
  for (guint i = 0; i < 9000; i++)
    distance += ABS ((double)g_array_index (numbers, guint64, i) - i - 500) / 9000;
  fail_unless (distance > 300, "%g, seed %d", distance, SEED);
}
GST_END_TEST

GST_START_TEST (nothing_is_an_error)
{
  LatentShuffleSettings settings = {SEED, 10, FALSE};
  g_autoptr (GError) error = NULL;
  LatentItems *items = make_numbers (0, G_MAXUINT64, NULL);
  fail_unless (latent_shuffle_new (items, &settings, "numbers", &error) == NULL);
  fail_unless_equals_string (error->message, "numbers: there is no sample in it");
}
GST_END_TEST

GST_START_TEST (a_broken_stream_is_an_error)
{
  LatentShuffleSettings settings = {SEED, 10, FALSE};
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentShuffle) shuffle = NULL;
  const guint8 *item;
  guint64 number;
  fail_unless (latent_shuffle_new (make_numbers (9, 3, NULL), &settings, "", &error) == NULL);
  fail_unless_equals_string (error->message, "the stream broke");
  g_clear_error (&error);

  shuffle = latent_shuffle_new (make_numbers (90, 15, NULL), &settings, "", NULL);
  LatentFeedResult result = LATENT_FEED_SAMPLE;
  guint given = 0;
  latent_shuffle_start (shuffle, 0, NULL);
  for (; result == LATENT_FEED_SAMPLE; given++)
    result = latent_shuffle_next (shuffle, &item, &number, &error);
  fail_unless_equals_int (result, 2); /* an error, not an end */
  fail_unless_equals_string (error->message, "the stream broke");
  fail_unless (given < 15);
}
GST_END_TEST

GST_START_TEST (read_ahead_changes_nothing)
{
  LatentShuffleSettings settings = {SEED, 30, FALSE};
  g_autoptr (LatentShuffle) a = make_shuffle (1000, 30, FALSE, NULL);
  LatentItems *items = latent_items_read_ahead (
      make_numbers (1000, G_MAXUINT64, NULL), (guint)(1 + 3 * __i__));
  g_autoptr (LatentShuffle) b = latent_shuffle_new (items, &settings, "numbers", NULL);
  for (guint64 epoch = 0; epoch < 3; epoch++) {
    g_autoptr (GArray) one = draw (a, epoch, epoch);
    g_autoptr (GArray) other = draw (b, epoch, epoch);
    fail_unless (are_equal (one, other));
  }
  /* Left in the midst of an epoch. */
  fail_unless (latent_shuffle_start (b, 5, NULL));
  g_autoptr (GArray) again = draw (b, 0, 0);
  fail_unless_equals_int ((int)again->len, 1000);
}
GST_END_TEST

GST_START_TEST (read_ahead_passes_errors_on)
{
  g_autoptr (LatentItems) items = latent_items_read_ahead (make_numbers (90, 3, NULL), 8);
  g_autoptr (GError) error = NULL;
  guint64 item[2];
  fail_unless (items->start (items, 0, NULL));
  for (guint i = 0; i < 3; i++)
    fail_unless_equals_int (items->next (items, item, NULL), LATENT_FEED_SAMPLE);
  fail_unless_equals_int (items->next (items, item, &error), LATENT_FEED_ERROR);
  fail_unless_equals_string (error->message, "the stream broke");
}
GST_END_TEST

static Suite *
shuffle_suite (void)
{
  Suite *suite = suite_create ("shuffle");
  TCase *tcase = tcase_create ("shuffle");
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, every_item_once_an_epoch, 0, G_N_ELEMENTS (sizes));
  tcase_add_loop_test (tcase, order_goes_by_epoch_alone, 0, 2);
  tcase_add_test (tcase, order_goes_by_seed);
  tcase_add_loop_test (tcase, in_order, 0, 5);
  tcase_add_test (tcase, a_small_buffer_still_mixes);
  tcase_add_test (tcase, nothing_is_an_error);
  tcase_add_test (tcase, a_broken_stream_is_an_error);
  tcase_add_loop_test (tcase, read_ahead_changes_nothing, 0, 3);
  tcase_add_test (tcase, read_ahead_passes_errors_on);
  return suite;
}

GST_CHECK_MAIN (shuffle)
