/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/bench.h"

#include <stdlib.h>
#include <time.h>

#include "src/base/parallel.h"
#include "src/dnn/roof.h"
#include "src/exec/context.h"
#include "src/exec/program.h"

static double
get_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int
compare_times (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Small numbers: what integers mean as indices, they mean as 0. */
static void
fill_inputs (LatentContext *context)
{
  LatentProgram *program = latent_context_get_program (context);

  for (guint i = 0; i < program->inputs->len; i++) {
    const LatentProgramPort *port = &g_array_index (program->inputs, LatentProgramPort, i);
    float *data = latent_context_get_input_data (context, i);
    if (port->port.type != LATENT_DATA_TYPE_FLOAT32)
      continue;
    for (gsize j = 0; j < port->operand.layout->size / sizeof (float); j++)
      data[j] = (float)(j % 17) / 16.0f;
  }
}

static gboolean
time_program (LatentBench *self, LatentContext *context, GError **error)
{
  g_autofree double *times = g_new (double, self->runs);

  for (guint i = 0; i < self->runs; i++) {
    double start = get_time ();
    if (!latent_context_run (context, error))
      return FALSE;
    times[i] = get_time () - start;
  }
  qsort (times, self->runs, sizeof *times, compare_times);
  self->min = times[0];
  self->median = times[self->runs / 2];
  return TRUE;
}

static gboolean
time_steps (LatentBench *self, LatentContext *context, GError **error)
{
  for (guint i = 0; i < self->runs; i++)
    for (guint j = 0; j < self->n_steps; j++) {
      double start = get_time (), time;
      if (!latent_context_run_step (context, j, error))
        return FALSE;
      time = get_time () - start;
      self->steps[j].time = i == 0 ? time : MIN (self->steps[j].time, time);
    }
  return TRUE;
}

static char *
get_op (const LatentNode *node)
{
  GString *op = g_string_new (node != NULL ? node->op_type : "reorder");

  for (guint i = 0; node != NULL && i < node->fused->len; i++)
    g_string_append_printf (op, "+%s", ((LatentNode *)g_ptr_array_index (node->fused, i))->op_type);
  return g_string_free (op, FALSE);
}

static const char *
get_precision (const LatentStep *step)
{
  if (step->operands->len == 0)
    return "";
  switch (latent_step_get_operand (step, 0)->layout->type) {
  case LATENT_DATA_TYPE_FLOAT32:
    return "f32";
  case LATENT_DATA_TYPE_BFLOAT16:
    return "bf16";
  case LATENT_DATA_TYPE_INT8:
  case LATENT_DATA_TYPE_UINT8:
    return "int8";
  default:
    return "";
  }
}

static gboolean
measure_roofs (LatentBench *self, const LatentProgram *program, GError **error)
{
  for (guint i = 0; i < self->n_steps; i++) {
    const LatentStep *step = g_ptr_array_index (program->schedule->steps, i);
    LatentBenchStep *to = &self->steps[i];
    to->node = g_strdup (step->node != NULL ? step->node->name : "");
    to->op = get_op (step->node);
    to->kernel = g_strdup (step->kernel);
    to->precision = get_precision (step);
    to->macs = step->macs;
    latent_parallel_set_threads (step->threads);
    if (step->macs > 0 && !latent_roof_measure (step, self->runs, &to->roof, error))
      return FALSE;
    self->roof += to->roof;
  }
  return TRUE;
}

LatentBench *
latent_bench_run (LatentProgram *program, guint runs, GError **error)
{
  g_autoptr (LatentBench) self = g_new0 (LatentBench, 1);
  g_autoptr (LatentContext) context = NULL;

  g_return_val_if_fail (runs >= 1, NULL);
  self->runs = runs;
  self->macs = program->macs;
  self->arena = program->schedule->arena_size + program->schedule->scratch_size;
  self->n_steps = program->schedule->steps->len;
  self->steps = g_new0 (LatentBenchStep, self->n_steps + 1);
  context = latent_context_new (program, error);
  if (context == NULL)
    return NULL;
  fill_inputs (context);
  if (!time_program (self, context, error) || !time_steps (self, context, error) ||
      !measure_roofs (self, program, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
latent_bench_free (LatentBench *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n_steps; i++) {
    g_free (self->steps[i].node);
    g_free (self->steps[i].op);
    g_free (self->steps[i].kernel);
  }
  g_free (self->steps);
  g_free (self);
}

double
latent_bench_get_gflops (guint64 macs, double time)
{
  return time > 0 ? 2e-9 * (double)macs / time : 0;
}
