/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/graph/graph.h"

/* A net as text, so that a test of what a graph computes is a line in a table.
 *
 * "NAME:SHAPE LOW..HIGH" declares an array of numbers between two bounds (-1 and 1 where they are
 * left out): "x:2x3x4 0.5..2". Names that begin with w are parameters, those that begin with k
 * constants, others the net's inputs. "NAME#1,2" is a constant of integers. "NAME=OP(ARGUMENT,...)
 * ATTRIBUTE:TYPE=VALUE ..." is a node, "A,B=OP(...)" one of several outputs; "OP@9" gives it
 * another opset than the usual, "latent.training.OP" is one of that domain. A semicolon ends each.
 * The last node's results are the outputs.
 *
 * The numbers of an array are spread evenly over its range in random order: no two are close, and
 * none is close to the middle. */

typedef struct {
  LatentGraph *graph; /* sorted; shapes are not inferred */
  GPtrArray *arrays;  /* LatentValue *: inputs and parameters, in the order of the text */
  GPtrArray *numbers; /* LatentTensor *: what they hold */
} NetText;

/* `parameters` FALSE makes inputs of the parameters too. */
NetText *net_text_parse (const char *text, gboolean parameters, guint seed);
void net_text_free (NetText *self);
/* The numbers of the graph's input i; borrowed. */
LatentTensor *net_text_get_input (const NetText *self, guint i);
/* The numbers of an array, the index-th of the net. */
LatentTensor *net_text_spread (
    const LatentShape *shape, float low, float high, guint index, guint *seed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetText, net_text_free)
