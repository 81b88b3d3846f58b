/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/packet.h"

#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const LatentPacketInfo none;

/* Slices of the bytes 0, 1, 2, ... */
static guint8 bytes[300];

static gsize
put_alike (LatentPacketInfo info, gboolean is_alike, guint n, const gsize *sizes, guint8 *dst)
{
  LatentSlice slices[4];

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8)i;
  for (guint i = 0; i < n; i++)
    slices[i] = (LatentSlice){bytes, sizes[i]};
  return latent_packet_put (&info, is_alike, n, slices, dst);
}

static gsize
put (LatentPacketInfo info, guint n, const gsize *sizes, guint8 *dst)
{
  return put_alike (info, FALSE, n, sizes, dst);
}

static void
check_error (GError *error, const char *message)
{
  fail_unless_equals_int (error->code, LATENT_ERROR_FORMAT);
  fail_unless_equals_string (error->message, message);
  g_error_free (error);
}

GST_START_TEST (bytes_are_as_drawn)
{
  static const guint8 wanted[] = {
      0xe8, 0x34, 0x12, 0x54, 0x7c, 0x02, 0x01, 0x00, 0x01, 0x00, 0x00, 0x01, 0x02};
  guint8 packet[64];
  gsize size = put ((LatentPacketInfo){.key = TRUE, .quality = 40, .number = 0x1234}, 3,
      (gsize[]){2, 1, 3}, packet);

  fail_unless_equals_uint64 (size, sizeof wanted);
  for (guint i = 0; i < sizeof wanted; i++)
    fail_unless_equals_int_hex (packet[i], wanted[i]);
}
GST_END_TEST

static const struct {
  gsize sizes[4];
  guint n;
  gsize size; /* of the packet */
} rows[] = {
    {{0},              1, 5  },
    {{127},            1, 132},
    {{128},            1, 135},
    {{0, 0, 0, 0},     4, 8  },
    {{200, 1, 0, 299}, 4, 511},
    {{1, 0},           2, 7  },
};

GST_START_TEST (slices_come_back)
{
  guint8 packet[1024];
  LatentSlice slices[4];
  LatentPacketInfo info;
  gsize size = put ((LatentPacketInfo){.key = TRUE, .quality = 63, .number = 65535}, rows[__i__].n,
      rows[__i__].sizes, packet);

  fail_unless_equals_uint64 (size, rows[__i__].size);
  fail_unless (latent_packet_get (
      &info, &none, LATENT_NUMBERS_WHOLE, rows[__i__].n, slices, packet, size, NULL));
  fail_unless_equals_int (info.key, TRUE);
  fail_unless_equals_int (info.quality, 63);
  fail_unless_equals_int (info.number, 65535);
  fail_unless_equals_uint64 (info.bytes, size);
  for (guint i = 0; i < rows[__i__].n; i++) {
    fail_unless_equals_uint64 (slices[i].size, rows[__i__].sizes[i]);
    fail_unless (memcmp (slices[i].data, bytes, slices[i].size) == 0);
  }
}
GST_END_TEST

/* A packet that is like the one before has neither the quality nor the upper half of the counter,
 * but every 256th. */
static const struct {
  gboolean key, is_alike;
  guint number;
  gsize slice, size;
} forms[] = {
    {FALSE, TRUE,  0x1234, 9,   12 },
    {FALSE, TRUE,  0x1234, 0,   3  },
    {FALSE, TRUE,  0x1234, 127, 130},
    {FALSE, TRUE,  0x1234, 128, 135},
    {FALSE, TRUE,  0x1200, 9,   16 },
    {FALSE, FALSE, 0x1234, 9,   16 },
    {TRUE,  TRUE,  0x1234, 9,   14 },
};

GST_START_TEST (packets_are_compact_where_they_may)
{
  const LatentPacketInfo held = {.quality = 40, .number = 0x11fe};
  guint8 packet[256];
  LatentSlice slice;
  LatentPacketInfo info;
  gsize size = put_alike (
      (LatentPacketInfo){.key = forms[__i__].key, .quality = 40, .number = forms[__i__].number},
      forms[__i__].is_alike, 1, &forms[__i__].slice, packet);

  fail_unless_equals_uint64 (size, forms[__i__].size);
  fail_unless (
      latent_packet_get (&info, &held, LATENT_NUMBERS_WHOLE, 1, &slice, packet, size, NULL));
  fail_unless_equals_int (info.key, forms[__i__].key);
  fail_unless_equals_int (info.quality, 40);
  fail_unless_equals_int_hex (info.number, forms[__i__].number);
  fail_unless_equals_uint64 (slice.size, forms[__i__].slice);
  fail_unless (memcmp (slice.data, bytes, slice.size) == 0);
  /* who does not know the packet before has the counter, too, but no compact one's quality */
  fail_unless (latent_packet_info_parse (&info, packet, size, NULL));
  fail_unless_equals_int (info.quality, size <= 130 && !forms[__i__].key && size != 16 ? 0 : 40);
  fail_unless_equals_int_hex (info.number, forms[__i__].number);
}
GST_END_TEST

GST_START_TEST (a_compact_packet_is_as_drawn)
{
  static const guint8 wanted[] = {0x77, 0x34, 0xdc ^ 0x12, 0x00, 0x01, 0x02};
  guint8 packet[64];
  gsize size = put_alike (
      (LatentPacketInfo){.quality = 40, .number = 0x1234}, TRUE, 1, (gsize[]){3}, packet);

  fail_unless_equals_uint64 (size, sizeof wanted);
  for (guint i = 0; i < sizeof wanted; i++)
    fail_unless_equals_int_hex (packet[i], wanted[i]);
}
GST_END_TEST

/* As streams were made before compact packets said the upper half of their counter. */
GST_START_TEST (half_a_counter_is_read)
{
  static const guint8 packet[] = {0x77, 0x34, 0xdc, 0x00, 0x01, 0x02};
  const LatentPacketInfo held = {.quality = 40, .number = 0x1233};
  LatentPacketInfo info;
  LatentSlice slice;

  fail_unless (latent_packet_get (
      &info, &held, LATENT_NUMBERS_HALF, 1, &slice, packet, sizeof packet, NULL));
  fail_unless_equals_int_hex (info.number, 0x1234);
  /* in a stream of today it is one of the first 256 */
  fail_unless (latent_packet_get (
      &info, &held, LATENT_NUMBERS_WHOLE, 1, &slice, packet, sizeof packet, NULL));
  fail_unless_equals_int_hex (info.number, 0x0034);
  fail_unless (latent_packet_info_parse (&info, packet, sizeof packet, NULL));
  fail_unless_equals_int_hex (info.number, 0x0034);
}
GST_END_TEST

static const struct {
  gboolean key, is_alike;
  gsize size;
} flips[] = {
    {TRUE,  FALSE, 20 },
    {TRUE,  FALSE, 190},
    {FALSE, FALSE, 20 },
    {FALSE, TRUE,  20 },
    {FALSE, TRUE,  123},
};

GST_START_TEST (every_flipped_bit_is_found)
{
  guint8 packet[256];
  LatentPacketInfo info;
  gsize size = put_alike ((LatentPacketInfo){.key = flips[__i__].key, .quality = 31, .number = 7},
      flips[__i__].is_alike, 2, (gsize[]){3, flips[__i__].size}, packet);

  fail_unless (latent_packet_info_parse (&info, packet, size, NULL));
  for (gsize bit = 0; bit < 8 * size; bit++) {
    packet[bit / 8] ^= (guint8)(1 << bit % 8);
    /* of a compact one what is left of the checksum may say another counter */
    fail_if (latent_packet_info_parse (&info, packet, size, NULL) && info.number == 7,
        "bit %" G_GSIZE_FORMAT, bit);
    packet[bit / 8] ^= (guint8)(1 << bit % 8);
  }
}
GST_END_TEST

GST_START_TEST (every_cut_is_found)
{
  guint8 packet[256];
  LatentPacketInfo info;
  gsize size = put ((LatentPacketInfo){.quality = 31, .number = 7}, 1, (gsize[]){180}, packet);

  for (gsize n = 0; n < size; n++)
    fail_if (latent_packet_info_parse (&info, packet, n, NULL), "%" G_GSIZE_FORMAT " bytes", n);
}
GST_END_TEST

GST_START_TEST (what_is_wrong_is_said)
{
  guint8 packet[256];
  LatentPacketInfo info;
  LatentSlice slices[4];
  GError *error = NULL;
  gsize size = put ((LatentPacketInfo){.key = TRUE, .quality = 31}, 2, (gsize[]){20, 30}, packet);

  fail_if (latent_packet_get (&info, &none, LATENT_NUMBERS_WHOLE, 2, slices, packet, 4, &error));
  check_error (g_steal_pointer (&error), "the packet is damaged: it ends in its header");
  packet[0] ^= 0x40;
  fail_if (latent_packet_get (&info, &none, LATENT_NUMBERS_WHOLE, 2, slices, packet, size, &error));
  check_error (g_steal_pointer (&error),
      "the packet is damaged: its checksum is not as long as its size asks for");
  packet[0] ^= 0x41;
  fail_if (latent_packet_get (&info, &none, LATENT_NUMBERS_WHOLE, 2, slices, packet, size, &error));
  check_error (
      g_steal_pointer (&error), "the packet is damaged: its checksum is not that of its bytes");
  packet[0] ^= 0x01;
  /* read as a packet of three slices the second length is the first slice's first byte, 0 */
  fail_unless (
      latent_packet_get (&info, &none, LATENT_NUMBERS_WHOLE, 3, slices, packet, size, &error));
  fail_unless_equals_uint64 (slices[1].size, 0);
  fail_unless_equals_uint64 (slices[2].size, 29);
}
GST_END_TEST

GST_START_TEST (a_length_beyond_the_end_is_refused)
{
  static const guint8 body[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0};
  guint8 packet[64];
  LatentSlice slice = {body, sizeof body};
  LatentSlice slices[2];
  LatentPacketInfo info = {0};
  GError *error = NULL;
  gsize size = latent_packet_put (&info, FALSE, 1, &slice, packet);

  fail_if (latent_packet_get (&info, &none, LATENT_NUMBERS_WHOLE, 2, slices, packet, size, &error));
  check_error (error, "the packet is damaged: its slices are longer than it is");
}
GST_END_TEST

GST_START_TEST (nothing_behind_a_packet_is_read)
{
  gsize page = (gsize)sysconf (_SC_PAGESIZE);
  guint8 *pages = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  guint8 packet[256];
  gsize size = put ((LatentPacketInfo){.quality = 1}, 3, (gsize[]){60, 2, 80}, packet);
  LatentPacketInfo info;
  LatentSlice slices[3];

  fail_unless (pages != MAP_FAILED);
  fail_unless (mprotect (pages + page, page, PROT_NONE) == 0);
  for (gsize n = 0; n <= size; n++) {
    guint8 *at = pages + page - n;
    memcpy (at, packet, n);
    fail_unless_equals_int (
        latent_packet_get (&info, &none, LATENT_NUMBERS_WHOLE, 3, slices, at, n, NULL), n == size);
  }
  munmap (pages, 2 * page);
}
GST_END_TEST

static Suite *
packet_suite (void)
{
  Suite *suite = suite_create ("packet");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, bytes_are_as_drawn);
  tcase_add_loop_test (tc, slices_come_back, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, packets_are_compact_where_they_may, 0, G_N_ELEMENTS (forms));
  tcase_add_test (tc, a_compact_packet_is_as_drawn);
  tcase_add_test (tc, half_a_counter_is_read);
  tcase_add_loop_test (tc, every_flipped_bit_is_found, 0, G_N_ELEMENTS (flips));
  tcase_add_test (tc, every_cut_is_found);
  tcase_add_test (tc, what_is_wrong_is_said);
  tcase_add_test (tc, a_length_beyond_the_end_is_refused);
  tcase_add_test (tc, nothing_behind_a_packet_is_read);
  return suite;
}

GST_CHECK_MAIN (packet)
