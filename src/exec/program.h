/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/schedule.h"
#include "src/exec/exec.h"

/* A port and where it lies. */
typedef struct {
  LatentPort port;
  LatentOperand operand;
  const LatentQuantization
      *quantization; /* of integers that stand for reals; borrowed from the graph */
} LatentProgramPort;

struct _LatentProgram {
  guint ref_count; /* under the cache's lock */
  char *key;
  LatentGraph *graph; /* nodes and names that steps and ports borrow */
  LatentSchedule *schedule;
  GArray *inputs;  /* LatentProgramPort */
  GArray *outputs; /* LatentProgramPort */
  GArray *states;  /* LatentOperand: what reset() zeroes */
  guint block;     /* of the output's strides, see latent_program_get_output_block() */
  guint64 macs;
  guint threads;
  const char *note; /* why it does not compute as the file might be, static; or NULL */
};

void latent_program_free (LatentProgram *self);

/* How the integers of an input stand for reals; NULL where they do not. Borrowed. */
const LatentQuantization *latent_program_get_input_quantization (
    const LatentProgram *self, guint index);
/* Likewise of an output. */
const LatentQuantization *latent_program_get_output_quantization (
    const LatentProgram *self, guint index);
/* 1, or the block of a DepthToSpace (DCR) that the caller is to do: the first output's shape is
 * that of its result, and its strides those of what it reads. */
guint latent_program_get_output_block (const LatentProgram *self);

/* The process's programs. claim() gives a reference; or NULL, and then it is for the caller to make
 * the program and to settle the key with it, or with NULL. Who claims the key meanwhile waits. */
LatentProgram *latent_program_cache_claim (const char *key);
void latent_program_cache_settle (const char *key, LatentProgram *program);
