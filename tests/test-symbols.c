/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/symbols.h"

#include <gst/check/gstcheck.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/base/random.h"

/* channels, height, width, first row, behind the last row */
typedef struct {
  guint channels, height, width, begin, end;
} Grid;

static const Grid grids[] = {
    {1,  1,  1,  0, 1 },
    {1,  1,  40, 0, 1 },
    {3,  7,  1,  0, 7 },
    {2,  5,  6,  2, 5 },
    {96, 4,  9,  0, 4 },
    {17, 3,  5,  1, 2 },
    {1,  33, 70, 0, 33},
};

/* What symbols look like: the share of zeros in 256, the greatest magnitude. */
static const struct {
  guint zeros, greatest;
} kinds[] = {
    {0,   1    },
    {256, 1    },
    {250, 2    },
    {128, 9    },
    {10,  40   },
    {0,   1000 },
    {0,   32767}
};

static gsize
count (const Grid *grid)
{
  return (gsize)grid->channels * grid->height * grid->width;
}

static gint16 *
draw_symbols (const Grid *grid, guint kind, guint64 seed)
{
  LatentRandom random;
  gint16 *symbols = g_new (gint16, count (grid));

  latent_random_init (&random, seed, LATENT_RANDOM_SAMPLE, kind);
  for (gsize i = 0; i < count (grid); i++) {
    gint magnitude = 1 + (gint)latent_random_below (&random, kinds[kind].greatest);
    symbols[i] = latent_random_below (&random, 256) < kinds[kind].zeros ? 0
                 : latent_random_below (&random, 2) > 0                 ? magnitude
                                                                        : -magnitude;
  }
  return symbols;
}

static LatentSymbolCoder *
make_coder (const Grid *grid)
{
  g_autoptr (LatentPrior) prior = latent_prior_new_default (grid->channels);

  return latent_symbol_coder_new (
      prior, grid->channels, grid->height, grid->width, grid->begin, grid->end);
}

/* Bytes that end where memory ends: a read behind them is a crash. */
static guint8 *
guard (const guint8 *data, gsize size, guint8 **map, gsize *mapped)
{
  gsize page = sysconf (_SC_PAGESIZE), room = (size + page - 1) / page * page + page;

  *mapped = room + page;
  *map = mmap (NULL, *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (*map != MAP_FAILED);
  g_assert_true (mprotect (*map + room, page, PROT_NONE) == 0);
  memcpy (*map + room - size, data, size);
  return *map + room - size;
}

/* Coded rows are as they were, others are not touched. */
static void
check_rows (const Grid *grid, const gint16 *symbols, const gint16 *decoded, gint16 untouched)
{
  gsize i = 0;

  for (guint c = 0; c < grid->channels; c++)
    for (guint y = 0; y < grid->height; y++)
      for (guint x = 0; x < grid->width; x++, i++)
        fail_unless_equals_int (
            decoded[i], y >= grid->begin && y < grid->end ? symbols[i] : untouched);
}

static gint16 *
make_filled (const Grid *grid, gint16 value)
{
  gint16 *symbols = g_new (gint16, count (grid));

  for (gsize i = 0; i < count (grid); i++)
    symbols[i] = value;
  return symbols;
}

/* A key frame, then frames with the one before; the state goes on. */
static void
check_stream (const Grid *grid, guint kind)
{
  g_autoptr (LatentSymbolCoder) encoder = make_coder (grid);
  g_autoptr (LatentSymbolCoder) decoder = make_coder (grid);
  g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (encoder));
  g_autofree gint16 *previous = NULL;

  for (guint frame = 0; frame < 4; frame++) {
    g_autofree gint16 *symbols = draw_symbols (grid, kind, frame / 3);
    g_autofree gint16 *decoded = make_filled (grid, 77);
    gsize size = latent_symbol_coder_encode (encoder, symbols, previous, bytes), mapped;
    guint8 *map, *guarded = guard (bytes, size, &map, &mapped);

    fail_unless (size <= latent_symbol_coder_get_bound (encoder));
    fail_unless (latent_symbol_coder_decode (decoder, guarded, size, previous, decoded));
    check_rows (grid, symbols, decoded, 77);
    munmap (map, mapped);
    g_free (previous);
    previous = g_steal_pointer (&symbols);
  }
}

GST_START_TEST (decodes_what_it_encodes)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    check_stream (&grids[__i__], kind);
}
GST_END_TEST

GST_START_TEST (codes_extremes)
{
  const Grid grid = {1, 2, 4, 0, 2};
  const gint16 symbols[8] = {-32768, 32767, -32767, 0, 1, -1, 32767, -32768};
  const gint16 previous[8] = {32767, -32768, 0, 32767, -32768, 1, 32767, -32768};
  gint16 decoded[8];
  g_autoptr (LatentSymbolCoder) encoder = make_coder (&grid);
  g_autoptr (LatentSymbolCoder) decoder = make_coder (&grid);
  g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (encoder));
  gsize size = latent_symbol_coder_encode (encoder, symbols, previous, bytes);

  fail_unless (latent_symbol_coder_decode (decoder, bytes, size, previous, decoded));
  fail_unless (memcmp (symbols, decoded, sizeof symbols) == 0);
}
GST_END_TEST

/* Every shorter stream, and streams with a bit that is not what it was: no read behind the end (a
 * guard page), an end. */
GST_START_TEST (survives_damage)
{
  const Grid *grid = &grids[4];
  g_autoptr (LatentSymbolCoder) coder = make_coder (grid);
  g_autofree gint16 *symbols = draw_symbols (grid, __i__, 3);
  g_autofree gint16 *decoded = make_filled (grid, 0);
  g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (coder));
  gsize size = latent_symbol_coder_encode (coder, symbols, NULL, bytes), mapped;

  for (gsize i = 0; i < MIN (size, 300); i++) {
    guint8 *map, *guarded = guard (bytes, i, &map, &mapped);
    latent_symbol_coder_reset (coder);
    latent_symbol_coder_decode (coder, guarded, i, NULL, decoded);
    munmap (map, mapped);
    guarded = guard (bytes, size, &map, &mapped);
    guarded[i] ^= 1 << i % 8;
    latent_symbol_coder_reset (coder);
    latent_symbol_coder_decode (coder, guarded, size, symbols, decoded);
    munmap (map, mapped);
  }
}
GST_END_TEST

/* Places and channels that are zero, or unchanged, cost next to nothing. */
GST_START_TEST (skips_what_is_still)
{
  const Grid *grid = &grids[4]; /* 96 x 4 x 9 */
  g_autoptr (LatentSymbolCoder) coder = make_coder (grid);
  g_autofree gint16 *zeros = make_filled (grid, 0);
  g_autofree gint16 *symbols = draw_symbols (grid, 4, 1);
  g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (coder));

  /* 96 channels: still; 36 places: not coded */
  fail_unless (latent_symbol_coder_encode (coder, zeros, NULL, bytes) < 20);
  fail_unless (latent_symbol_coder_get_decisions (coder) <= 3 * 96 + 36);
  fail_unless (latent_symbol_coder_encode (coder, symbols, NULL, bytes) > 96 * 4 * 9 / 2);
  fail_unless (latent_symbol_coder_encode (coder, symbols, symbols, bytes) < 40);
}
GST_END_TEST

/* A place that changes is all that is coded. */
GST_START_TEST (codes_what_changed)
{
  const Grid *grid = &grids[4];
  g_autoptr (LatentSymbolCoder) coder = make_coder (grid);
  g_autofree gint16 *before = draw_symbols (grid, 3, 1);
  g_autofree gint16 *after = g_memdup2 (before, count (grid) * sizeof *before);
  g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (coder));
  guint64 decisions;

  latent_symbol_coder_encode (coder, before, NULL, bytes);
  decisions = latent_symbol_coder_get_decisions (coder);
  after[5 * 36 + 20]++;
  after[7 * 36 + 20]--;
  fail_unless (latent_symbol_coder_encode (coder, after, before, bytes) < 40);
  decisions = latent_symbol_coder_get_decisions (coder) - decisions;
  fail_unless (decisions < 3 * 96 + 36 + 2 * 12, "%" G_GUINT64_FORMAT, decisions);
}
GST_END_TEST

/* Nothing of other rows is looked at, neither of this frame nor of the one before. */
GST_START_TEST (sees_its_rows_alone)
{
  const Grid *grid = &grids[3]; /* rows 2 to 4 of 5 */
  g_autoptr (LatentSymbolCoder) one = make_coder (grid);
  g_autoptr (LatentSymbolCoder) two = make_coder (grid);
  g_autofree gint16 *symbols = draw_symbols (grid, 3, 1);
  g_autofree gint16 *previous = draw_symbols (grid, 3, 2);
  g_autofree guint8 *a = g_malloc (latent_symbol_coder_get_bound (one));
  g_autofree guint8 *b = g_malloc (latent_symbol_coder_get_bound (one));
  gsize size = latent_symbol_coder_encode (one, symbols, previous, a);

  for (guint c = 0; c < grid->channels; c++)
    for (guint i = 0; i < 2 * grid->width; i++)
      symbols[c * 30 + i] = previous[c * 30 + i] = 99;
  fail_unless_equals_uint64 (latent_symbol_coder_encode (two, symbols, previous, b), size);
  fail_unless (memcmp (a, b, size) == 0);
}
GST_END_TEST

/* A reset coder makes what a new one does. */
GST_START_TEST (reset_forgets)
{
  const Grid *grid = &grids[4];
  g_autoptr (LatentSymbolCoder) coder = make_coder (grid);
  g_autofree gint16 *symbols = draw_symbols (grid, 3, 1);
  g_autofree gint16 *next = draw_symbols (grid, 3, 2);
  g_autofree guint8 *a = g_malloc (latent_symbol_coder_get_bound (coder));
  g_autofree guint8 *b = g_malloc (latent_symbol_coder_get_bound (coder));
  gsize size = latent_symbol_coder_encode (coder, symbols, NULL, a);

  latent_symbol_coder_encode (coder, next, symbols, b);
  latent_symbol_coder_reset (coder);
  fail_unless_equals_uint64 (latent_symbol_coder_encode (coder, symbols, NULL, b), size);
  fail_unless (memcmp (a, b, size) == 0);
}
GST_END_TEST

/* Costs are near what coding takes, and change nothing. */
GST_START_TEST (costs_are_like_bytes)
{
  const Grid *grid = &grids[6]; /* 33 x 70 */
  g_autoptr (LatentSymbolCoder) coder = make_coder (grid);
  g_autofree gint16 *symbols = draw_symbols (grid, 2, 1);
  g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (coder));
  double cost = 0;
  gsize size;

  for (guint i = 0; i < 3; i++)
    size = latent_symbol_coder_encode (coder, symbols, NULL, bytes);
  for (guint y = 0; y < 33; y++)
    for (guint x = 0; x < 70; x++)
      cost += latent_symbol_coder_get_cost (coder, symbols, NULL, 0, y, x, symbols[y * 70 + x]) /
              2048.0;
  fail_unless (cost > 0.6 * size && cost < 1.5 * size, "%g and %" G_GSIZE_FORMAT, cost, size);
  fail_unless (latent_symbol_coder_get_cost (coder, symbols, NULL, 0, 5, 5, 0) <
               latent_symbol_coder_get_cost (coder, symbols, NULL, 0, 5, 5, 1));
  fail_unless (latent_symbol_coder_get_cost (coder, symbols, NULL, 0, 5, 5, 1) <
               latent_symbol_coder_get_cost (coder, symbols, NULL, 0, 5, 5, -30));
  fail_unless (latent_symbol_coder_get_cost (coder, symbols, NULL, 0, 0, 0, -32768) > 0);
}
GST_END_TEST

static Suite *
symbols_suite (void)
{
  Suite *suite = suite_create ("symbols");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, decodes_what_it_encodes, 0, G_N_ELEMENTS (grids));
  tcase_add_test (tcase, codes_extremes);
  tcase_add_test (tcase, skips_what_is_still);
  tcase_add_test (tcase, codes_what_changed);
  tcase_add_test (tcase, sees_its_rows_alone);
  tcase_add_test (tcase, reset_forgets);
  tcase_add_test (tcase, costs_are_like_bytes);
  tcase_add_loop_test (tcase, survives_damage, 0, G_N_ELEMENTS (kinds));
  return suite;
}

GST_CHECK_MAIN (symbols)
