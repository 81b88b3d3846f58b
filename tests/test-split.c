/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/split.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#include "src/base/random.h"
#include "src/codec/packet.h"

/* Packets one behind the other, found again. */

static const LatentStreamInfo stream = {.channels = 10, .grid_height = 10, .grid_width = 10};

/* Appends a packet of one slice of random bytes; small ones are compact. */
static void
add (GByteArray *bytes, guint number, gsize size, LatentRandom *random)
{
  guint8 slice[2000], packet[2100];
  LatentPacketInfo info = {.key = number % 5 == 0, .quality = 12, .number = number};

  for (gsize i = 0; i < size; i++)
    slice[i] = (guint8)latent_random_below (random, 256);
  size = latent_packet_put (&info, TRUE, 1, &(LatentSlice){slice, size}, packet);
  g_byte_array_append (bytes, packet, (guint)size);
}

static void
add_garbage (GByteArray *bytes, guint n, LatentRandom *random)
{
  for (guint i = 0; i < n; i++) {
    guint8 byte = (guint8)latent_random_below (random, 256);
    g_byte_array_append (bytes, &byte, 1);
  }
}

/* Feeds bytes by so many at a time; gives the sizes of what is found, garbage as negative ones,
 * runs of it as one. */
static GArray *
split (const GByteArray *bytes, guint step)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (gint));
  LatentSplitter splitter = {.is_on = TRUE};
  gsize at = 0, end = 0;

  latent_splitter_set_info (&splitter, &stream);
  while (at < bytes->len) {
    LatentUnit unit = LATENT_UNIT_PACKET;
    gsize n;
    gint size;
    LatentSplit result = latent_splitter_next (
        &splitter, bytes->data + at, end - at, end == bytes->len, &n, &unit);

    if (result == LATENT_SPLIT_MORE) {
      fail_unless (end < bytes->len);
      end = MIN (end + step, bytes->len);
      continue;
    }
    fail_unless (n > 0 && n <= end - at);
    at += n;
    size = result == LATENT_SPLIT_UNIT ? (gint)n : -(gint)n;
    if (size < 0 && found->len > 0 && g_array_index (found, gint, found->len - 1) < 0)
      g_array_index (found, gint, found->len - 1) += size;
    else
      g_array_append_val (found, size);
  }
  return found;
}

static void
check (const GByteArray *bytes, guint step, guint n, const gint *wanted)
{
  g_autoptr (GArray) found = split (bytes, step);

  for (guint i = 0; i < n && i < found->len; i++)
    fail_unless_equals_int (g_array_index (found, gint, i), wanted[i]);
  fail_unless_equals_int (found->len, n);
}

static const guint steps[] = {1, 7, 1000, 100000};

GST_START_TEST (packets_end_where_they_did)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  LatentRandom random;
  const gint wanted[] = {3, 13, 132, 135, 1007, 4, 2007};

  latent_random_init (&random, 1, LATENT_RANDOM_WEIGHTS, 0);
  add (bytes, 65533, 0, &random);
  add (bytes, 65534, 10, &random);
  add (bytes, 65535, 127, &random);
  add (bytes, 0, 128, &random);
  add (bytes, 1, 1000, &random);
  add (bytes, 2, 1, &random);
  add (bytes, 3, 2000, &random);
  check (bytes, steps[__i__], G_N_ELEMENTS (wanted), wanted);
}
GST_END_TEST

GST_START_TEST (many_packets_end_where_they_did)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree gint *wanted = g_new (gint, 5000);
  LatentRandom random;

  latent_random_init (&random, 2, LATENT_RANDOM_WEIGHTS, 0);
  for (guint i = 0; i < 5000; i++) {
    guint before = bytes->len;
    add (bytes, i, latent_random_below (&random, 200), &random);
    wanted[i] = (gint)(bytes->len - before);
  }
  check (bytes, 500, 5000, wanted);
}
GST_END_TEST

GST_START_TEST (packets_that_are_missing_do_not_matter)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  LatentRandom random;
  const gint wanted[] = {55, 507, 65, 12};

  latent_random_init (&random, 3, LATENT_RANDOM_WEIGHTS, 0);
  add (bytes, 0, 50, &random);
  add (bytes, 3, 500, &random);
  add (bytes, 20, 60, &random);
  add (bytes, 21, 9, &random);
  check (bytes, steps[__i__], G_N_ELEMENTS (wanted), wanted);
}
GST_END_TEST

GST_START_TEST (garbage_is_left_out)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  LatentRandom random;
  const gint wanted[] = {-300, 55, 507, -1000, 207, 53, -512, 307, -2};

  latent_random_init (&random, 4, LATENT_RANDOM_WEIGHTS, 0);
  add_garbage (bytes, 300, &random);
  add (bytes, 0, 50, &random);
  add (bytes, 1, 500, &random);
  add_garbage (bytes, 1000, &random);
  add (bytes, 2, 200, &random);
  add (bytes, 3, 50, &random);
  add (bytes, 4, 505, &random);
  bytes->data[bytes->len - 100] ^= 1;
  add (bytes, 5, 300, &random);
  add_garbage (bytes, 2, &random);
  check (bytes, steps[__i__], G_N_ELEMENTS (wanted), wanted);
}
GST_END_TEST

/* All of it looks like packets: the search gives up in time. */
GST_START_TEST (what_only_looks_like_packets_takes_no_long_time)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const gint wanted[] = {-300000};

  g_byte_array_set_size (bytes, 300000);
  memset (bytes->data, 0, bytes->len);
  check (bytes, 65536, 1, wanted);
}
GST_END_TEST

static Suite *
split_suite (void)
{
  Suite *suite = suite_create ("split");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 60);
  tcase_add_loop_test (tcase, packets_end_where_they_did, 0, G_N_ELEMENTS (steps));
  tcase_add_test (tcase, many_packets_end_where_they_did);
  tcase_add_loop_test (tcase, packets_that_are_missing_do_not_matter, 0, G_N_ELEMENTS (steps));
  tcase_add_loop_test (tcase, garbage_is_left_out, 0, G_N_ELEMENTS (steps));
  tcase_add_test (tcase, what_only_looks_like_packets_takes_no_long_time);
  return suite;
}

GST_CHECK_MAIN (split);
