/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/plan.h"

#include <gst/check/gstcheck.h>

#define SEED 4711

static const LatentStepClass no_class;

/* A schedule of `n` steps, each of which writes a buffer of its own and reads up to three of those
 * before; sizes are random. Every third step may work in place. */
static LatentSchedule *
make_schedule (guint n, GRand *random)
{
  LatentSchedule *schedule = latent_schedule_new ();

  for (guint i = 0; i < n; i++) {
    const LatentShape shape = {1, {g_rand_int_range (random, 1, 5000)}};
    g_autoptr (LatentLayout) layout = latent_layout_new (LATENT_DATA_TYPE_UINT8, &shape);
    LatentStep *step = latent_step_new (&no_class, NULL, "");
    for (guint j = 0; j < 3 && i > 0; j++) {
      LatentOperand src = {
          .buffer = (guint)g_rand_int_range (random, (gint32)(i > 8 ? i - 8 : 0), (gint32)i),
          .layout = latent_layout_ref (layout)};
      latent_step_add_operand (step, src, LATENT_ACCESS_READ);
    }
    LatentOperand dst = {.buffer = latent_schedule_add_buffer (schedule, layout->size),
        .layout = latent_layout_ref (layout)};
    guint index = latent_step_add_operand (step, dst, LATENT_ACCESS_WRITE);
    if (i > 0 && i % 3 == 0) {
      step->in_place_src = 0;
      step->in_place_dst = (gint)index;
    }
    g_ptr_array_add (schedule->steps, step);
  }
  latent_schedule_get_buffer (schedule, 0)->persistent = TRUE;
  latent_schedule_get_buffer (schedule, n / 2)->kept = TRUE;
  return schedule;
}

/* Which buffer's contents each byte of the arena holds while the schedule runs: a reader must find
 * what the writer left. */
static void
run_schedule (const LatentSchedule *schedule)
{
  g_autofree guint *holders = g_new (guint, schedule->arena_size + 1);

  for (gsize i = 0; i < schedule->arena_size; i++)
    holders[i] = G_MAXUINT;
  for (guint i = 0; i < schedule->steps->len; i++) {
    const LatentStep *step = g_ptr_array_index (schedule->steps, i);
    for (guint j = 0; j < step->operands->len; j++) {
      const LatentOperand *operand = latent_step_get_operand (step, j);
      const LatentBuffer *buffer = latent_schedule_get_buffer (schedule, operand->buffer);
      fail_unless (buffer->offset % 64 == 0);
      fail_unless (buffer->offset + buffer->size <= schedule->arena_size);
      for (gsize k = buffer->offset; k < buffer->offset + buffer->size; k++)
        if (operand->access == LATENT_ACCESS_WRITE)
          holders[k] = operand->buffer;
        else if (holders[k] != operand->buffer)
          fail ("step %u: buffer %u was overwritten by %u", i, operand->buffer, holders[k]);
    }
  }
  for (guint i = 0; i < schedule->buffers->len; i++) {
    const LatentBuffer *buffer = latent_schedule_get_buffer (schedule, i);
    for (gsize k = buffer->offset;
         (buffer->persistent || buffer->kept) && k < buffer->offset + buffer->size; k++)
      if (holders[k] != i)
        fail ("buffer %u was overwritten by %u", i, holders[k]);
  }
}

GST_START_TEST (test_what_lives_is_not_overwritten)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (SEED + (guint32)__i__);
  g_autoptr (LatentSchedule) schedule = make_schedule (60, random);

  fail_unless (latent_plan_memory (schedule, NULL));
  run_schedule (schedule);
}
GST_END_TEST

/* A chain needs room for two neighbours at a time; in place for one. */
static gsize
plan_chain (gboolean in_place)
{
  g_autoptr (LatentSchedule) schedule = latent_schedule_new ();
  const LatentShape shape = {1, {1000}};
  g_autoptr (LatentLayout) layout = latent_layout_new (LATENT_DATA_TYPE_UINT8, &shape);

  for (guint i = 0; i < 10; i++)
    latent_schedule_add_buffer (schedule, 1000);
  for (guint i = 0; i < 10; i++) {
    LatentStep *step = latent_step_new (&no_class, NULL, "");
    for (guint j = i > 0 ? i - 1 : 0; j <= i; j++)
      latent_step_add_operand (step,
          (LatentOperand){.buffer = j, .layout = latent_layout_ref (layout)},
          j == i ? LATENT_ACCESS_WRITE : LATENT_ACCESS_READ);
    if (in_place && i > 0) {
      step->in_place_src = 0;
      step->in_place_dst = 1;
    }
    g_ptr_array_add (schedule->steps, step);
  }
  fail_unless (latent_plan_memory (schedule, NULL));
  return schedule->arena_size;
}

GST_START_TEST (test_a_chain_takes_two_buffers)
{
  fail_unless_equals_int (plan_chain (FALSE), 2 * 1024);
}
GST_END_TEST

GST_START_TEST (test_a_chain_in_place_takes_one_buffer)
{
  fail_unless_equals_int (plan_chain (TRUE), 1024);
}
GST_END_TEST

GST_START_TEST (test_a_huge_arena_is_refused_by_the_limit)
{
  g_autoptr (LatentSchedule) schedule = latent_schedule_new ();
  g_autoptr (GError) error = NULL;

  latent_schedule_add_buffer (schedule, (gsize)17 << 30);
  latent_schedule_get_buffer (schedule, 0)->persistent = TRUE;
  fail_if (latent_plan_memory (schedule, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
  fail_unless (strstr (error->message, "LATENT_LIMIT_ARENA_BYTES") != NULL);
}
GST_END_TEST

static Suite *
plan_suite (void)
{
  Suite *suite = suite_create ("plan");
  TCase *tc = tcase_create ("plan");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_what_lives_is_not_overwritten, 0, 20);
  tcase_add_test (tc, test_a_chain_takes_two_buffers);
  tcase_add_test (tc, test_a_chain_in_place_takes_one_buffer);
  tcase_add_test (tc, test_a_huge_arena_is_refused_by_the_limit);
  return suite;
}

GST_CHECK_MAIN (plan)
