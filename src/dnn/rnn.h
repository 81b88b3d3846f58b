/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/emit.h"
#include "src/dnn/primitive.h"

/* Private to src/dnn: recurrent cells, and how their weights lie in ONNX and in oneDNN. */

/* One layer in one direction; those of states may be NULL, cell states of all but LSTM must be. */
typedef struct {
  LatentConstMd src;
  LatentConstMd src_h;
  LatentConstMd src_c;
  LatentConstMd weights;
  LatentConstMd recurrence;
  LatentConstMd bias;
  LatentConstMd dst;
  LatentConstMd dst_h;
  LatentConstMd dst_c;
} LatentRecurrentMds;

typedef struct {
  dnnl_alg_kind_t cell;
  dnnl_alg_kind_t activation; /* of dnnl_vanilla_rnn alone */
  dnnl_rnn_direction_t direction;
} LatentRecurrentKind;

dnnl_status_t latent_pd_recurrent (dnnl_primitive_desc_t *pd, dnnl_prop_kind_t prop,
    const LatentRecurrentKind *kind, const LatentRecurrentMds *mds, dnnl_primitive_attr_t attr);

/* `diffs` has the derivatives' descriptors in the places of what they are by; `forward` was made
 * for training. */
dnnl_status_t latent_pd_recurrent_backward (dnnl_primitive_desc_t *pd,
    const LatentRecurrentKind *kind, const LatentRecurrentMds *mds, const LatentRecurrentMds *diffs,
    const_dnnl_primitive_desc_t forward, dnnl_primitive_attr_t attr);

/* oneDNN's gates, or the biases of one direction, by those that ONNX has: block i is block
 * first[i], plus block second[i] where that is not negative. */
#define LATENT_MAX_BLOCKS 4
typedef struct {
  gsize size; /* floats of a block */
  guint n;
  guint first[LATENT_MAX_BLOCKS];
  gint second[LATENT_MAX_BLOCKS];
} LatentBlocks;

void latent_blocks_gather (const LatentBlocks *self, const float *src, float *dst);
/* The other way round, for derivatives: what is a sum has the same for both. */
void latent_blocks_scatter (const LatentBlocks *self, const float *src, float *dst);
/* The step that does one or the other; takes the operands. */
LatentStep *latent_blocks_step_new (const LatentBlocks *self, gboolean scatter,
    const LatentNode *node, LatentOperand src, LatentOperand dst);
/* Fills with zeros; takes the operand. */
LatentStep *latent_clear_step_new (const LatentNode *node, LatentOperand dst);

/* Letters: T steps, N batch, C inputs, H hidden, G gates, D directions. */

/* oneDNN's gates in the order in which ONNX has them. */
typedef struct {
  dnnl_alg_kind_t algorithm;
  dnnl_alg_kind_t activation;
  gint64 n_gates;
  gint64 n_biases; /* one more than gates where that of the last product is apart */
  guint order[LATENT_MAX_BLOCKS];
} LatentRnnCell;

/* A node that has the inputs X, W, R, B, lengths, initial_h, initial_c. */
typedef struct {
  const LatentNode *node;
  const LatentRnnCell *cell;
  gint64 steps, batch, inputs, hidden, directions;
} LatentRnn;

/* FALSE where there is nothing to compute. */
gboolean latent_rnn_init (LatentRnn *self, const LatentNode *node, LatentCell cell);

/* What one direction has of parameters, for the node's inputs 1 to 3. */
typedef enum {
  LATENT_RNN_WEIGHTS,
  LATENT_RNN_RECURRENCE,
  LATENT_RNN_BIAS,
  LATENT_RNN_N_PARAMETERS,
} LatentRnnParameter;

int latent_rnn_get_argument (LatentRnnParameter parameter);
/* As oneDNN counts dimensions: 1 1 C G H, or 1 1 G H. */
LatentShape latent_rnn_get_shape (const LatentRnn *self, LatentRnnParameter parameter);
/* NULL where oneDNN has none. */
LatentMd latent_rnn_new_any_md (const LatentRnn *self, LatentRnnParameter parameter);
/* Adds what the step reads: one direction's parameter in `layout`. Reordered once where it is
 * constant, else in every run. */
gboolean latent_rnn_read_parameter (const LatentRnn *self, LatentBuilder *builder, LatentStep *step,
    LatentRnnParameter parameter, guint direction, LatentLayout *layout, GError **error);

/* Adds the steps that bring `src`, the derivative by one direction's parameter, into `dst`, the one
 * by all of it as ONNX has it. */
gboolean latent_rnn_write_parameter (const LatentRnn *self, LatentBuilder *builder,
    LatentRnnParameter parameter, guint direction, const LatentOperand *src,
    const LatentOperand *dst, GError **error);

/* Arrays that are no parameters, each of which a direction sees a part of. */
typedef enum {
  LATENT_RNN_INPUT,    /* T N C, which all directions see */
  LATENT_RNN_INPUTS,   /* D T N C */
  LATENT_RNN_SEQUENCE, /* T D N H */
  LATENT_RNN_STATE,    /* D N H */
} LatentRnnKind;

typedef struct {
  LatentLayout *part; /* what one direction sees; NULL for one left out */
  LatentOperand whole;
  gsize step; /* bytes from one direction's part to the next */
} LatentRnnArray;

void latent_rnn_array_init (LatentRnnArray *array, const LatentRnn *self, LatentRnnKind kind);
/* Reads or defines `value`; NULL: zeros are read, what is written goes nowhere. */
gboolean latent_rnn_array_open (LatentRnnArray *self, const LatentRnn *rnn, LatentBuilder *builder,
    const LatentValue *value, LatentAccess access, GError **error);
void latent_rnn_array_add (const LatentRnnArray *self, LatentStep *step, int argument,
    guint direction, LatentAccess access);
LatentConstMd latent_rnn_array_get_md (const LatentRnnArray *self); /* or NULL */
void latent_rnn_array_clear (LatentRnnArray *self);
