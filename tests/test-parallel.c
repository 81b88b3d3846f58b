/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/parallel.h"

#include <gst/check/gstcheck.h>

#define MOST 1000

typedef struct {
  guint8 visits[MOST];
  gint parts;
  guint threads;
} Job;

static void
visit (gsize begin, gsize end, gpointer data)
{
  Job *job = data;

  g_atomic_int_inc (&job->parts);
  for (gsize i = begin; i < end; i++)
    job->visits[i]++;
}

static const struct {
  guint threads;
  gsize n, grain;
  gint parts;
} jobs[] = {
    {1,  1000, 1,   1},
    {2,  1000, 1,   2},
    {3,  1000, 1,   3},
    {64, 7,    1,   7},
    {4,  1000, 600, 1}, /* below 2 * grain */
    {4,  1000, 500, 2},
    {0,  10,   0,   1},
    {2,  0,    1,   0},
};

GST_START_TEST (every_index_is_visited_once)
{
  Job job = {{0}};

  latent_parallel (jobs[__i__].threads, jobs[__i__].n, jobs[__i__].grain, visit, &job);
  fail_unless_equals_int (job.parts, jobs[__i__].parts);
  for (gsize i = 0; i < MOST; i++)
    fail_unless_equals_int (job.visits[i], i < jobs[__i__].n);
}
GST_END_TEST

static void
visit_item (gsize item, gpointer data)
{
  Job *job = data;

  g_atomic_int_inc (&job->parts);
  job->visits[item]++;
}

static const struct {
  guint threads;
  gsize n;
} items[] = {
    {1,  1000},
    {2,  1000},
    {64, 7   },
    {0,  10  },
    {2,  0   },
};

GST_START_TEST (every_item_is_visited_once)
{
  Job job = {{0}};

  latent_parallel_each (items[__i__].threads, items[__i__].n, visit_item, &job);
  fail_unless_equals_int (job.parts, items[__i__].n);
  for (gsize i = 0; i < MOST; i++)
    fail_unless_equals_int (job.visits[i], i < items[__i__].n);
}
GST_END_TEST

static void
nest (gsize begin, gsize end, gpointer data)
{
  Job *jobs_of_parts = data;

  for (gsize i = begin; i < end; i++)
    latent_parallel (2, MOST, 1, visit, &jobs_of_parts[i]);
}

GST_START_TEST (a_nested_call_has_the_same_parts)
{
  Job nested[2] = {{{0}}};

  latent_parallel (2, 2, 1, nest, nested);
  fail_unless_equals_int (nested[0].parts, 2);
  fail_unless_equals_int (nested[1].parts, 2);
  fail_unless_equals_int (nested[1].visits[MOST - 1], 1);
}
GST_END_TEST

static Suite *
parallel_suite (void)
{
  Suite *suite = suite_create ("parallel");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, every_index_is_visited_once, 0, G_N_ELEMENTS (jobs));
  tcase_add_loop_test (tc, every_item_is_visited_once, 0, G_N_ELEMENTS (items));
  tcase_add_test (tc, a_nested_call_has_the_same_parts);
  return suite;
}

GST_CHECK_MAIN (parallel)
