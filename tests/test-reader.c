/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/reader.h"

#include <gst/check/gstcheck.h>

static const guint8 bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88};

GST_START_TEST (integers_have_their_byte_order)
{
  LatentReader reader;

  latent_reader_init (&reader, bytes, 8);
  fail_unless_equals_uint64_hex (latent_reader_get_u64le (&reader), 0x8807060504030201);
  latent_reader_init (&reader, bytes, 8);
  fail_unless_equals_int_hex (latent_reader_get_u8 (&reader), 0x01);
  fail_unless_equals_int_hex (latent_reader_get_u16le (&reader), 0x0302);
  fail_unless_equals_int_hex (latent_reader_get_u32be (&reader), 0x04050607);
  latent_reader_init (&reader, bytes, 8);
  fail_unless_equals_int_hex (latent_reader_get_u32le (&reader), 0x04030201);
  fail_unless_equals_uint64 (latent_reader_get_left (&reader), 4);
}
GST_END_TEST

GST_START_TEST (failure_is_sticky)
{
  LatentReader reader;

  latent_reader_init (&reader, bytes, 3);
  fail_unless_equals_int (latent_reader_get_u32le (&reader), 0);
  fail_unless (reader.failed);
  fail_unless_equals_int (latent_reader_get_u8 (&reader), 0);
  fail_unless (latent_reader_get_bytes (&reader, 0) == NULL);
  fail_unless_equals_uint64 (latent_reader_get_left (&reader), 0);
}
GST_END_TEST

GST_START_TEST (a_length_near_the_largest_is_refused)
{
  LatentReader reader;

  latent_reader_init (&reader, bytes, 8);
  latent_reader_get_u8 (&reader);
  fail_unless (latent_reader_get_bytes (&reader, G_MAXSIZE) == NULL);
  fail_unless (reader.failed);
}
GST_END_TEST

static const struct {
  guint8 bytes[11];
  guint8 n;
  gboolean ok;
  guint64 value;
} varints[] = {
    {{0x00},                                                             1,  TRUE,  0          },
    {{0x7f},                                                             1,  TRUE,  127        },
    {{0x96, 0x01},                                                       2,  TRUE,  150        },
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},       10, TRUE,  G_MAXUINT64},
    {{0x80},                                                             1,  FALSE, 0          },
    {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, 11, FALSE, 0          },
    {{0},                                                                0,  FALSE, 0          },
};

GST_START_TEST (varints_are_at_most_ten_bytes)
{
  LatentReader reader;

  latent_reader_init (&reader, varints[__i__].bytes, varints[__i__].n);
  fail_unless_equals_uint64 (latent_reader_get_varint (&reader), varints[__i__].value);
  fail_unless_equals_int (!reader.failed, varints[__i__].ok);
}
GST_END_TEST

static Suite *
reader_suite (void)
{
  Suite *suite = suite_create ("reader");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, integers_have_their_byte_order);
  tcase_add_test (tc, failure_is_sticky);
  tcase_add_test (tc, a_length_near_the_largest_is_refused);
  tcase_add_loop_test (tc, varints_are_at_most_ten_bytes, 0, G_N_ELEMENTS (varints));
  return suite;
}

GST_CHECK_MAIN (reader)
