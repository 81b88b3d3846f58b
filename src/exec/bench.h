/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

/* Times in seconds. */
typedef struct {
  char *node;            /* name of the node, "" where it has none */
  char *op;              /* ONNX operator, or "reorder" */
  char *kernel;          /* as in latent_program_describe_kernels() */
  const char *precision; /* what it reads: "f32", "bf16", "int8"; "" for none of them */
  guint64 macs;          /* multiply-adds of one run */
  double time;           /* least time of the step inside a run */
  double roof; /* least time of its bare primitive timed alone, without post-operations and on
                  memory  that nothing else touches; 0 for a step without multiply-adds */
} LatentBenchStep;

/* What a program costs and what it could cost at best. */
typedef struct {
  guint runs;
  double min;
  double median;
  guint64 macs; /* multiply-adds of one run */
  double roof;  /* sum of the steps' roofs */
  gsize arena;  /* bytes of a context: what lies between steps, and their scratch */
  guint n_steps;
  LatentBenchStep *steps;
} LatentBench;

/* Times `runs` runs (1 or more) of a program on a context of its own, whose inputs hold small
 * numbers that are not zero; first the whole program, then, on further runs, every step by itself
 * and its roof. */
LatentBench *latent_bench_run (LatentProgram *program, guint runs, GError **error);
void latent_bench_free (LatentBench *self);

/* Multiply-adds a second as GFLOP/s (two operations each); 0 where time is 0. */
double latent_bench_get_gflops (guint64 macs, double time);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentBench, latent_bench_free)
