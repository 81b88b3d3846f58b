/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/trainer.h"

#include <math.h>
#include <string.h>

#include "src/exec/exec.h"
#include "src/train/pace.h"
#include "src/train/trainer-private.h"

/* Steps between copies of weights that are known to be good. */
#define KEEP_INTERVAL 100

static void
add_name (gpointer name, gpointer names)
{
  g_ptr_array_add (names, name);
}

/* Compiles the part of the objective that makes `outputs` (NULL: all), under a key that no other
 * trainer has: programs hold the memory of its parameters. */
static gboolean
compile (LatentTrainer *self, LatentRunKind run, const char *key, const char *const *outputs,
    GError **error)
{
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  g_autoptr (LatentProgram) program = NULL;

  latent_request_set_threads (request, self->threads);
  latent_request_set_variable_parameters (request, TRUE);
  latent_request_set_precision (request, LATENT_PRECISION_F32);
  program = latent_exec_compile (
      self->objective->graph, key, NULL, outputs, NULL, 0, request, error);
  if (program != NULL)
    self->runs[run].context = latent_context_new (program, error);
  return self->runs[run].context != NULL;
}

/* Tests want the terms, and the squared error, which is no output of the objective. */
static gboolean
compile_both (LatentTrainer *self, GError **error)
{
  g_autofree char *key = g_uuid_string_random ();
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  const char *mse = latent_trainer_get_term_name (LATENT_TERM_MSE);

  g_ptr_array_foreach (self->objective->terms, add_name, outputs);
  if (latent_graph_find_value (self->objective->graph, mse) != NULL)
    g_ptr_array_add (outputs, (gpointer)mse);
  g_ptr_array_add (outputs, NULL);
  return compile (self, LATENT_RUN_TRAIN, key, NULL, error) &&
         compile (self, LATENT_RUN_TEST, key, (const char *const *)outputs->pdata, error);
}

static void
clear_turn (gpointer data)
{
  LatentTrainerTurn *turn = data;

  latent_layout_unref (turn->src_layout);
  latent_layout_unref (turn->dst_layout);
  latent_tensor_unref (turn->dst);
}

/* Where the optimiser finds a gradient: the program's own output where that is row-major, else a
 * copy that each step turns. */
static const float *
find_gradient (LatentTrainer *self, guint index, GError **error)
{
  LatentContext *context = self->runs[LATENT_RUN_TRAIN].context;
  const LatentPort *port = latent_program_get_output (latent_context_get_program (context), index);
  LatentShape shape = {.n = port->n_dims};
  LatentTrainerTurn turn = {.port = index};

  memcpy (shape.dims, port->dims, sizeof shape.dims);
  turn.src_layout = latent_layout_new_strided (port->type, &shape, port->strides);
  turn.dst_layout = latent_layout_new (port->type, &shape);
  if (latent_layout_is_row_major (turn.src_layout)) {
    clear_turn (&turn);
    return latent_context_get_output_data (context, index);
  }
  turn.dst = latent_tensor_new_shape (port->type, &shape, error);
  g_array_append_val (self->turns, turn);
  return turn.dst != NULL ? turn.dst->data : NULL;
}

static gint
find_port (const LatentTrainer *self, const char *name)
{
  LatentProgram *program = latent_context_get_program (self->runs[LATENT_RUN_TRAIN].context);

  for (guint i = 0; i < latent_program_get_n_outputs (program); i++)
    if (g_str_equal (latent_program_get_output (program, i)->name, name))
      return (gint)i;
  return -1;
}

static gboolean
find_part (LatentTrainer *self, guint i, LatentOptimiserPart *part, GError **error)
{
  const LatentValue *value = g_ptr_array_index (self->objective->parameters, i);
  const LatentValue *gradient = g_ptr_array_index (self->objective->gradients, i);
  gint port = gradient != NULL ? find_port (self, gradient->name) : -1;

  *part = (LatentOptimiserPart){.decays = value->data->shape.n >= 2};
  part->values = latent_trainer_get_parameter (self, i, &part->n);
  self->n_weights += part->n;
  if (port < 0)
    return TRUE; /* the loss does not depend on it */
  part->gradients = find_gradient (self, (guint)port, error);
  return part->gradients != NULL;
}

static gboolean
make_optimiser (LatentTrainer *self, GError **error)
{
  guint n = self->objective->parameters->len;
  g_autofree LatentOptimiserPart *parts = g_new0 (LatentOptimiserPart, n + 1);
  LatentOptimiserSettings settings;

  self->turns = g_array_new (FALSE, FALSE, sizeof (LatentTrainerTurn));
  g_array_set_clear_func (self->turns, clear_turn);
  for (guint i = 0; i < n; i++)
    if (!find_part (self, i, &parts[i], error))
      return FALSE;
  latent_optimiser_settings_init (&settings, self->recipe);
  self->optimiser = latent_optimiser_new (&settings, parts, n, self->threads, error);
  if (self->optimiser == NULL)
    return FALSE;
  self->good = latent_trainer_new_weights (self, error);
  if (self->good == NULL)
    return FALSE;
  latent_trainer_save_weights (self, self->good);
  return TRUE;
}

LatentTrainer *
latent_trainer_new (
    LatentModel *model, const LatentRecipe *recipe, const LatentShape *sample, GError **error)
{
  g_autoptr (LatentTrainer) self = g_new0 (LatentTrainer, 1);
  guint threads = (guint)latent_recipe_get_int (recipe, "threads");

  self->model = latent_model_ref (model);
  self->recipe = latent_recipe_copy (recipe);
  self->threads = threads > 0 ? threads : g_get_num_processors ();
  self->seed = (guint64)latent_recipe_get_int (recipe, "seed");
  self->steps = (guint64)latent_recipe_get_int (recipe, "steps");
  self->fit.best.loss = NAN;
  self->objective = latent_objective_new (
      model, recipe, sample, (guint)latent_recipe_get_int (recipe, "batch"), error);
  if (self->objective == NULL || !compile_both (self, error) ||
      !latent_trainer_init_inputs (self, error) || !make_optimiser (self, error))
    return NULL;
  self->model_key = latent_trainer_make_key (model, self->objective);
  return g_steal_pointer (&self);
}

void
latent_trainer_free (LatentTrainer *self)
{
  if (self == NULL)
    return;
  latent_optimiser_free (self->optimiser);
  g_clear_pointer (&self->turns, g_array_unref);
  latent_trainer_clear_inputs (self);
  for (guint i = 0; i < LATENT_N_RUNS; i++)
    latent_context_unref (self->runs[i].context);
  latent_objective_free (self->objective);
  latent_model_unref (self->model);
  latent_recipe_free (self->recipe);
  g_free (self->model_key);
  g_free (self->good);
  g_free (self->best);
  g_free (self);
}

guint
latent_trainer_get_batch (const LatentTrainer *self)
{
  return self->objective->batch;
}

guint64
latent_trainer_get_step (const LatentTrainer *self)
{
  return self->step;
}

void
latent_trainer_set_steps (LatentTrainer *self, guint64 steps)
{
  self->steps = steps;
}

static void
turn_gradients (LatentTrainer *self)
{
  LatentContext *context = self->runs[LATENT_RUN_TRAIN].context;

  for (guint i = 0; i < self->turns->len; i++) {
    const LatentTrainerTurn *turn = &g_array_index (self->turns, LatentTrainerTurn, i);
    latent_layout_copy (turn->dst_layout, turn->dst->data, turn->src_layout,
        latent_context_get_output_data (context, turn->port), self->threads);
  }
}

static LatentTrainResult
read_result (const LatentTrainer *self)
{
  return (LatentTrainResult){
      .step = self->step + 1,
      .loss = latent_trainer_get_term (self, LATENT_RUN_TRAIN, LATENT_TERM_LOSS),
      .distortion = latent_trainer_get_term (self, LATENT_RUN_TRAIN, LATENT_TERM_DISTORTION),
      .kl = latent_trainer_get_term (self, LATENT_RUN_TRAIN, LATENT_TERM_KL),
      .bits = latent_trainer_get_term (self, LATENT_RUN_TRAIN, LATENT_TERM_BITS),
      .accuracy = latent_trainer_get_term (self, LATENT_RUN_TRAIN, LATENT_TERM_CORRECT) /
                  self->objective->batch,
      .mse = NAN,
      .rate = latent_pace_get_rate (self->recipe, self->step, self->steps),
  };
}

static gboolean
refuse (LatentTrainer *self, const LatentTrainResult *result, const char *what, GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
      "step %" G_GUINT64_FORMAT ": %s (loss %g, length of the gradient %g, learning rate %g); a "
      "lower lr or a clip may help",
      result->step, what, result->loss, result->norm, result->rate);
  return FALSE;
}

/* Where the loss is bad the weights may have been for a while: back to those that were copied when
 * it was good. A gradient alone that is not finite has done nothing to them. */
static gboolean
check (LatentTrainer *self, const LatentTrainResult *result, GError **error)
{
  LatentGuardState state = latent_guard_add (&self->guard, result->loss);
  gboolean is_finite = isfinite (result->norm);

  if (state == LATENT_GUARD_GOOD && is_finite && self->step % KEEP_INTERVAL == 0)
    latent_trainer_save_weights (self, self->good);
  if (state == LATENT_GUARD_DIVERGED || (state == LATENT_GUARD_HIGH && !is_finite))
    latent_trainer_load_weights (self, self->good);
  if (!isfinite (result->loss))
    return refuse (self, result, "the loss is not finite", error);
  if (!is_finite)
    return refuse (self, result, "a gradient is not finite", error);
  if (state == LATENT_GUARD_DIVERGED)
    return refuse (self, result, "learning diverges", error);
  return TRUE;
}

gboolean
latent_trainer_step (LatentTrainer *self, LatentTrainResult *result, GError **error)
{
  latent_trainer_swap (self, FALSE);
  latent_trainer_draw_step (self);
  if (!latent_trainer_run (self, LATENT_RUN_TRAIN, error))
    return FALSE;
  turn_gradients (self);
  *result = read_result (self);
  result->norm = latent_optimiser_measure (self->optimiser);
  if (!check (self, result, error))
    return FALSE;
  latent_optimiser_step (self->optimiser, result->rate, result->norm);
  self->step++;
  return TRUE;
}

LatentModel *
latent_trainer_get_model (LatentTrainer *self, GError **error)
{
  guint n = self->objective->parameters->len;
  g_autofree float **values = g_new0 (float *, n + 1);
  gboolean has_average = n > 0 && latent_optimiser_get_average (self->optimiser, 0) != NULL;

  latent_trainer_swap (self, FALSE);
  for (guint i = 0; i < n; i++)
    values[i] = latent_optimiser_get_average (self->optimiser, i);
  return latent_objective_make_model (
      self->objective, self->model, has_average ? values : NULL, error);
}
