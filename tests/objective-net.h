/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/base/numeric.h"
#include "src/exec/exec.h"
#include "src/model/model.h"
#include "src/train/objective.h"
#include "tests/session-models.h"

/* A small net whose objective can be computed by hand, and its program at work. */

#define B 2
#define D 3
#define K 2

G_GNUC_UNUSED static const float samples[B * D] = {1, 2, -1, 0.5f, -2, 3};
G_GNUC_UNUSED static const float encoder[K * D] = {0.5f, -1, 0.25f, 1, 0.75f, -0.5f};
G_GNUC_UNUSED static const float decoder[D * K] = {1, -0.5f, 0.25f, 2, -1, 0.5f};
G_GNUC_UNUSED static const float square[D * D] = {0.5f, -1, 0.25f, 1, 0.75f, -0.5f, 0.125f, 2, -1};

/* A 1x1 convolution: a dense layer on channels. */
static inline LatentValue *
add_layer (LatentGraph *graph, const char *output, const char *weight, LatentValue *src,
    gint64 rows, gint64 columns, const float *values)
{
  g_autoptr (LatentTensor) tensor = latent_tensor_new (
      LATENT_DATA_TYPE_FLOAT32, 4, (const gint64[]){rows, columns, 1, 1}, NULL);
  LatentValue *w = latent_graph_add_constant (graph, weight, tensor);

  memcpy (
      latent_tensor_get_writable_data (tensor), values, (gsize)(rows * columns) * sizeof (float));
  w->is_parameter = TRUE;
  return test_add_node (graph, "Conv", output, src, w);
}

/* Where a linear autoencoder is changed. */
typedef struct {
  const char *activation; /* after the decoder, or NULL */
  const char *const *keys;
  gboolean is_variational; /* has a log-variance, by the encoder's weights too */
  gboolean is_tied;        /* latents of D, and one weight for both layers */
} Net;

static inline LatentModel *
make_net (const Net *net)
{
  static const char *const no_keys[] = {NULL};
  LatentGraph *graph = latent_graph_new ("net", 13);
  LatentValue *x = test_add_input (graph, "x", 4, (const gint64[]){-1, D, 1, 1});
  LatentValue *latent = net->is_tied ? add_layer (graph, "latent", "w", x, D, D, square)
                                     : add_layer (graph, "latent", "w1", x, K, D, encoder);
  const char *output = net->activation != NULL ? "logits" : "y";
  LatentValue *y = net->is_tied ? test_add_node (graph, "Conv", output, latent,
                                      latent_graph_find_value (graph, "w"))
                                : add_layer (graph, output, "w2", latent, D, K, decoder);

  if (net->is_variational)
    g_ptr_array_add (graph->outputs, add_layer (graph, "logvar", "w3", x, K, D, encoder));
  if (net->activation != NULL)
    y = test_add_node (graph, net->activation, "y", y, NULL);
  if (g_strcmp0 (net->activation, "Softmax") == 0)
    latent_node_set_int (test_last_node (graph), "axis", 1);
  g_ptr_array_add (graph->outputs, latent);
  return test_model_new (graph, y, net->keys != NULL ? net->keys : no_keys);
}

/* KEY, VALUE, ... */
static inline LatentRecipe *
make_recipe (const char *const *keys)
{
  LatentRecipe *recipe = latent_recipe_new ();

  for (guint i = 0; keys != NULL && keys[i] != NULL; i += 2)
    fail_unless (latent_recipe_set (recipe, keys[i], keys[i + 1], NULL), "%s", keys[i]);
  return recipe;
}

static const LatentShape sample = {
    3, {D, 1, 1}
};

static inline LatentObjective *
make_objective (LatentModel *model, const char *const *keys)
{
  g_autoptr (LatentRecipe) recipe = make_recipe (keys);
  g_autoptr (GError) error = NULL;
  LatentObjective *objective = latent_objective_new (model, recipe, &sample, B, &error);

  fail_unless (objective != NULL, "%s", error != NULL ? error->message : "no error");
  return objective;
}

/* An objective's program at work. */
typedef struct {
  LatentProgram *program;
  LatentContext *context;
} Run;

static inline Run
run_new (const LatentObjective *objective, const char *const *outputs)
{
  static guint n_keys = 0;
  g_autofree char *key = g_strdup_printf ("test-objective-%u", n_keys++);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  g_autoptr (GError) error = NULL;
  Run run = {NULL, NULL};

  latent_request_set_variable_parameters (request, TRUE);
  run.program = latent_exec_compile (
      objective->graph, key, NULL, outputs, NULL, 0, request, &error);
  fail_unless (run.program != NULL, "%s", error != NULL ? error->message : "");
  run.context = latent_context_new (run.program, NULL);
  return run;
}

static inline void
run_clear (Run *run)
{
  g_clear_pointer (&run->context, latent_context_unref);
  g_clear_pointer (&run->program, latent_program_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* Fills an input with numbers, which are repeated where there are too few. */
static inline void
run_put (Run *run, const char *name, const float *values, gsize n)
{
  for (guint i = 0; i < latent_program_get_n_inputs (run->program); i++) {
    const LatentPort *port = latent_program_get_input (run->program, i);
    g_autoptr (LatentTensor)
        tensor = latent_tensor_new (port->type, port->n_dims, port->dims, NULL);
    if (!g_str_equal (port->name, name))
      continue;
    for (gsize k = 0; k < tensor->n_elements; k++) {
      double value = (double)values[k % n];
      latent_store_doubles (port->type, latent_tensor_get_writable_data (tensor), k, 1, &value);
    }
    fail_unless (latent_context_set_input (run->context, i, tensor, NULL));
    return;
  }
  fail ("no input %s", name);
}

static inline LatentTensor *
run_get (Run *run, const char *name)
{
  for (guint i = 0; i < latent_program_get_n_outputs (run->program); i++)
    if (g_str_equal (latent_program_get_output (run->program, i)->name, name))
      return latent_context_get_output (run->context, i, NULL);
  fail ("no output %s", name);
  return NULL;
}

static inline double
run_get_number (Run *run, const char *name)
{
  g_autoptr (LatentTensor) tensor = run_get (run, name);

  fail_unless_equals_uint64 (tensor->n_elements, 1);
  return latent_tensor_get_double (tensor, 0);
}

static inline void
run_now (Run *run)
{
  g_autoptr (GError) error = NULL;

  fail_unless (
      latent_context_run (run->context, &error), "%s", error != NULL ? error->message : "");
}

#define fail_unless_near(a, b)                                                                     \
  fail_unless (fabs ((a) - (b)) <= 1e-5 * (1 + fabs (b)), "%s is %.9g, wanted is %.9g", #a,        \
      (double)(a), (double)(b))

/* What the net above gives, by plain loops. */
typedef struct {
  double latent[B][K];
  double y[B][D];
} Plain;

static inline Plain
compute_plain (void)
{
  Plain plain = {0};

  for (guint b = 0; b < B; b++) {
    for (guint k = 0; k < K; k++)
      for (guint d = 0; d < D; d++)
        plain.latent[b][k] += (double)encoder[k * D + d] * (double)samples[b * D + d];
    for (guint d = 0; d < D; d++)
      for (guint k = 0; k < K; k++)
        plain.y[b][d] += (double)decoder[d * K + k] * plain.latent[b][k];
  }
  return plain;
}

G_GNUC_UNUSED static const char *const variational[] = {"latent.logvar", "logvar", NULL};
