/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/crc32c.h"

#include <gst/check/gstcheck.h>
#include <string.h>

/* Values of RFC 3720, B.4, and the usual check value. */
static const struct {
  const char *bytes;
  gsize size;
  guint32 crc;
} cases[] = {
    {"",           0,  0x00000000},
    {"123456789",  9,  0xe3069283},
    {(char[32]){}, 32, 0x8a9136aa},
};

GST_START_TEST (known_values)
{
  ck_assert_uint_eq (
      latent_crc32c (0, (const guint8 *)cases[__i__].bytes, cases[__i__].size), cases[__i__].crc);
}
GST_END_TEST;

GST_START_TEST (rising_bytes)
{
  guint8 bytes[32];

  for (guint i = 0; i < 32; i++)
    bytes[i] = (guint8)i;
  ck_assert_uint_eq (latent_crc32c (0, bytes, 32), 0x46dd794e);
}
GST_END_TEST;

GST_START_TEST (parts_make_the_whole)
{
  const guint8 *bytes = (const guint8 *)"123456789";

  ck_assert_uint_eq (latent_crc32c (latent_crc32c (0, bytes, 4), bytes + 4, 5), 0xe3069283);
}
GST_END_TEST;

/* Any length, from any address: both ways. */
GST_START_TEST (the_table_agrees)
{
  guint8 bytes[80];

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8)(i * 73 + 5);
  for (guint begin = 0; begin < 9; begin++)
    for (guint n = 0; n <= sizeof bytes - begin; n++)
      ck_assert_uint_eq (
          latent_crc32c (n, bytes + begin, n), latent_crc32c_by_table (n, bytes + begin, n));
  ck_assert_uint_eq (latent_crc32c_by_table (0, (const guint8 *)"123456789", 9), 0xe3069283);
}
GST_END_TEST;

static Suite *
crc32c_suite (void)
{
  Suite *suite = suite_create ("crc32c");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, known_values, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, rising_bytes);
  tcase_add_test (tcase, parts_make_the_whole);
  tcase_add_test (tcase, the_table_agrees);
  return suite;
}

GST_CHECK_MAIN (crc32c);
