/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/split.h"

/* Cuts bytes into units, given some at a time: the first byte says how many. All of them are taken,
 * in order, and the same units are found whatever the number. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* A number that stands for where units end. */
static guint
cut (const guint8 *data, gsize size, gsize step)
{
  const LatentStreamInfo info = {.channels = 8, .grid_height = 4, .grid_width = 4};
  LatentSplitter splitter = {.is_on = TRUE};
  gsize at = 0, end = 0;
  guint sum = 0;

  latent_splitter_set_info (&splitter, &info);
  while (at < size) {
    g_autofree guint8 *exact = g_memdup2 (data + at, end - at); /* reads behind it are found */
    LatentUnit unit = LATENT_UNIT_PACKET;
    gsize n;
    LatentSplit found = latent_splitter_next (&splitter, exact, end - at, end == size, &n, &unit);

    if (found == LATENT_SPLIT_MORE) {
      g_assert_cmpuint (end, <, size);
      end = MIN (end + step, size);
      continue;
    }
    g_assert_cmpuint (n, >, 0);
    g_assert_cmpuint (n, <=, end - at);
    at += n;
    if (found == LATENT_SPLIT_UNIT)
      sum = sum * 31 + (guint)(at * 4 + unit);
  }
  return sum;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gsize step = size > 0 ? data[0] + 1u : 1;

  if (size > 4096)
    return 0;
  g_assert_cmpuint (cut (data, size, step), ==, cut (data, size, size + 1));
  return 0;
}
