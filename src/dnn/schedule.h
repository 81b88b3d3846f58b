/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/layout.h"
#include "src/graph/graph.h"

/* What a compiled program does: buffers, and steps that read and write them. Filled by a
 * LatentBuilder, given addresses by src/exec's plan, run by contexts. */

#define LATENT_ALIGNMENT 64 /* bytes; of every buffer and scratchpad */

/* A piece of memory. Exactly one of: constant (data is set), persistent, or living from its first
 * writer to its last reader. */
typedef struct {
  gsize size;         /* bytes */
  gconstpointer data; /* of a constant: shared by all contexts */
  gpointer owner;     /* of a constant: what keeps data alive, given back with release */
  GDestroyNotify release;
  gboolean persistent; /* inputs and state: keeps what is written from run to run */
  gboolean kept;       /* outputs: keeps its contents until the next run */
  gsize offset;        /* in the arena; set by the plan */
} LatentBuffer;

typedef enum {
  LATENT_ACCESS_READ = 1,
  LATENT_ACCESS_WRITE = 2,
} LatentAccess;

/* An array in a buffer, as a step sees it. */
typedef struct {
  guint buffer;
  gsize offset;         /* bytes from the buffer's start */
  LatentLayout *layout; /* owned */
  LatentAccess access;
} LatentOperand;

void latent_operand_clear (LatentOperand *self);
LatentOperand latent_operand_copy (const LatentOperand *self);

/* The memory of one context. */
typedef struct {
  guint8 **buffers; /* address of each buffer of the schedule */
  gpointer scratch; /* for one step at a time */
  gpointer stream;  /* oneDNN's */
  guint threads;    /* the most that a step uses */
} LatentFrame;

typedef struct _LatentStep LatentStep;

/* A kind of step. What bind() returns holds all that running takes, so that run() allocates
 * nothing. */
typedef struct {
  gpointer (*bind) (const LatentStep *self, const LatentFrame *frame, GError **error);
  gboolean (*run) (const LatentStep *self, gpointer bound, GError **error);
  void (*unbind) (const LatentStep *self, gpointer bound);
  void (*clear) (LatentStep *self); /* frees self->data */
} LatentStepClass;

struct _LatentStep {
  const LatentStepClass *klass;
  const LatentNode *node; /* borrowed; NULL for what no node asked for */
  char *kernel;           /* what does it: a oneDNN implementation, "loops", "copy" */
  guint64 macs;           /* multiply-adds of one run */
  gsize scratch_size;
  guint threads;     /* that were set when it was made */
  GArray *operands;  /* LatentOperand */
  gint in_place_src; /* index of an operand whose memory operand in_place_dst may take over where */
  gint in_place_dst; /* this step is the last to read it; both -1 where it may not */
  gpointer data;
};

LatentStep *latent_step_new (
    const LatentStepClass *klass, const LatentNode *node, const char *kernel);
void latent_step_free (LatentStep *self);
/* Takes the operand; returns its index. */
guint latent_step_add_operand (LatentStep *self, LatentOperand operand, LatentAccess access);
const LatentOperand *latent_step_get_operand (const LatentStep *self, guint i);

/* Where an operand lies in a context. */
static inline gpointer
latent_frame_get_address (const LatentFrame *self, const LatentOperand *operand)
{
  return self->buffers[operand->buffer] + operand->offset;
}

/* Copies between two strided layouts of one shape. */
LatentStep *latent_step_new_copy (const LatentNode *node, LatentOperand src, LatentOperand dst);
/* Copies floats and makes of them, in the same pass, the integers that `integers` says; they lie at
 * `bytes`, with the strides of dst. */
LatentStep *latent_step_new_quantized_copy (const LatentNode *node, LatentOperand src,
    LatentOperand dst, LatentOperand bytes, const LatentValue *integers);

typedef struct {
  GArray *buffers;    /* LatentBuffer */
  GPtrArray *steps;   /* LatentStep * */
  gsize arena_size;   /* bytes; set by the plan */
  gsize scratch_size; /* bytes; the most any step needs */
} LatentSchedule;

LatentSchedule *latent_schedule_new (void);
void latent_schedule_free (LatentSchedule *self);
LatentBuffer *latent_schedule_get_buffer (const LatentSchedule *self, guint i);
guint latent_schedule_add_buffer (LatentSchedule *self, gsize size);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LatentOperand, latent_operand_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentStep, latent_step_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentSchedule, latent_schedule_free)
