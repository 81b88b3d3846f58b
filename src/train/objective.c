/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/objective.h"

#include "src/model/model.h"
#include "src/ops/gradient.h"
#include "src/train/objective-private.h"

static const struct {
  const char *name; /* of the output */
  const char *weight;
} terms[] = {
    [LATENT_TERM_DISTORTION] = {"train.distortion", "train.weight"},
    [LATENT_TERM_KL] = {"train.kl_term",    "train.kl"    },
    [LATENT_TERM_BITS] = {"train.bits",       "train.rate"  },
    [LATENT_TERM_SPECTRAL] = {"train.spectral",   "train.step"  },
    [LATENT_TERM_SHAPED] = {"train.shaped",     "train.weight"},
};

void
latent_objective_free (LatentObjective *self)
{
  if (self == NULL)
    return;
  latent_graph_free (self->graph);
  g_ptr_array_unref (self->parameters);
  g_ptr_array_unref (self->names);
  g_ptr_array_unref (self->gradients);
  g_ptr_array_unref (self->terms);
  g_free (self);
}

static LatentObjective *
new_objective (const LatentRecipe *recipe, const LatentShape *sample, guint batch)
{
  LatentObjective *self = g_new0 (LatentObjective, 1);

  self->parameters = g_ptr_array_new ();
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->gradients = g_ptr_array_new ();
  self->terms = g_ptr_array_new_with_free_func (g_free);
  self->batch = batch;
  self->sample = *sample;
  self->same_space = latent_recipe_get_bool (recipe, "freeze-encoder");
  return self;
}

static LatentTask
get_task (const LatentRecipe *recipe)
{
  static const struct {
    const char *name;
    LatentTask task;
  } tasks[] = {
      {"predict",  LATENT_TASK_PREDICT },
      {"classify", LATENT_TASK_CLASSIFY},
      {"regress",  LATENT_TASK_REGRESS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    if (latent_recipe_is (recipe, "task", tasks[i].name))
      return tasks[i].task;
  return LATENT_TASK_AUTOENCODE;
}

/* Factor of a term in the loss, beside its weight: see objective.h. */
static double
get_factor (const LatentObjectiveMaker *maker, guint term)
{
  const LatentShape *output = &maker->output->shape;
  double d = (double)latent_shape_product (output, 1, output->n);

  if (term == LATENT_TERM_BITS)
    return 1 / d;
  if (term == LATENT_TERM_SPECTRAL)
    return latent_recipe_get_double (maker->recipe, "spectral");
  if (term == LATENT_TERM_SHAPED)
    return latent_recipe_get_double (maker->recipe, "shaped");
  return term == LATENT_TERM_DISTORTION && maker->terms[LATENT_TERM_KL] != NULL ? d : 1;
}

/* The input that is a term's weight: errors have one where steps are drawn alone. */
static gboolean
add_weight (LatentObjectiveMaker *maker, guint term, LatentValue **weight, GError **error)
{
  gboolean is_error = term != LATENT_TERM_KL && term != LATENT_TERM_BITS;

  *weight = NULL;
  if (is_error && maker->step == NULL)
    return TRUE;
  *weight = latent_graph_find_value (maker->graph, terms[term].weight);
  if (*weight == NULL)
    *weight = latent_objective_add_scalar (maker, terms[term].weight, error);
  return *weight != NULL;
}

static LatentValue *
add_loss (LatentObjectiveMaker *maker, GError **error)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new (); /* of a WeightedSum */
  float factors[G_N_ELEMENTS (terms)];
  guint n = 0;
  LatentNode *node;

  for (guint i = 0; i < G_N_ELEMENTS (terms); i++) {
    LatentValue *weight;
    if (maker->terms[i] == NULL)
      continue;
    if (!add_weight (maker, i, &weight, error))
      return NULL;
    g_ptr_array_add (inputs, maker->terms[i]);
    g_ptr_array_add (inputs, weight);
    factors[n++] = (float)get_factor (maker, i);
  }
  node = latent_objective_add_node (maker, "WeightedSum", LATENT_DOMAIN_TRAINING, inputs->len,
      (LatentValue *const *)inputs->pdata);
  latent_node_set_floats (node, "factors", factors, n);
  return latent_objective_add_output (maker, node, "train.loss", error);
}

/* An output called "grad/NAME". */
static LatentValue *
name_gradient (LatentObjectiveMaker *maker, const LatentValue *parameter, LatentValue *gradient,
    GError **error)
{
  g_autofree char *name = g_strconcat ("grad/", parameter->name, NULL);

  if (gradient->producer != NULL && gradient->n_uses == 0 &&
      latent_graph_rename_value (maker->graph, gradient, name))
    return gradient;
  return latent_objective_add_output (
      maker, latent_objective_add_node (maker, "Identity", NULL, 1, &gradient), name, error);
}

/* What the loss does not depend on is not learned. */
static gboolean
add_gradients (LatentObjectiveMaker *maker, LatentValue *loss, GError **error)
{
  LatentObjective *self = maker->self;
  guint n = self->parameters->len;
  g_autofree LatentValue **gradients = g_new0 (LatentValue *, n + 1);
  guint kept = 0;

  if (!latent_gradient_build (
          maker->graph, loss, (LatentValue *const *)self->parameters->pdata, n, gradients, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    LatentValue *parameter = g_ptr_array_index (self->parameters, kept);
    LatentValue *gradient;
    if (gradients[i] == NULL) {
      parameter->is_parameter = FALSE;
      g_ptr_array_remove_index (self->parameters, kept);
      g_ptr_array_remove_index (self->names, kept);
      continue;
    }
    gradient = name_gradient (maker, parameter, gradients[i], error);
    if (gradient == NULL)
      return FALSE;
    g_ptr_array_add (self->gradients, gradient);
    kept++;
  }
  return kept > 0 || latent_objective_fail (error, "task",
                         "nothing is left to learn: the loss depends on no parameter of the model");
}

static void
add_term (LatentObjectiveMaker *maker, const char *name)
{
  LatentValue *value = latent_graph_find_value (maker->graph, name);

  if (value == NULL)
    return;
  g_ptr_array_add (maker->graph->outputs, value);
  g_ptr_array_add (maker->self->terms, g_strdup (name));
}

gboolean
latent_objective_finish (LatentObjectiveMaker *maker, GError **error)
{
  LatentGraph *graph = maker->graph;
  LatentValue *loss = add_loss (maker, error);

  g_ptr_array_set_size (graph->outputs, 0);
  if (loss == NULL || !latent_graph_sort (graph, error) || !add_gradients (maker, loss, error))
    return FALSE;
  add_term (maker, "train.loss");
  for (guint i = 0; i < G_N_ELEMENTS (terms); i++)
    add_term (maker, terms[i].name);
  add_term (maker, "train.correct");
  for (guint i = 0; i < maker->self->gradients->len; i++)
    g_ptr_array_add (graph->outputs, maker->self->gradients->pdata[i]);
  return latent_graph_sort (graph, error);
}

static gboolean
check_arguments (const LatentShape *sample, guint batch, GError **error)
{
  g_autofree char *text = latent_shape_to_string (sample);

  if (batch < 1)
    return latent_objective_fail (error, "batch", "wants 1 or more");
  if (sample->n + 1 <= LATENT_MAX_DIMS && latent_shape_is_known (sample))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "a sample wants %u known dimensions at most, is %s", LATENT_MAX_DIMS - 1, text);
  return FALSE;
}

static gboolean
find_unit (LatentObjectiveMaker *maker, GError **error)
{
  gint64 sequence = latent_recipe_get_int (maker->recipe, "sequence");
  gboolean is_sound = latent_model_get_media_info (maker->model)->kind == LATENT_MEDIA_AUDIO;

  maker->self->unit = latent_recipe_get_bool (maker->recipe, "pairs") ? 2
                      : is_sound && sequence > 1                      ? (guint)sequence
                                                                      : 1;
  return maker->self->batch % maker->self->unit == 0 ||
         latent_objective_fail (error, "batch", "%u is no multiple of the %u samples of a %s",
             maker->self->batch, maker->self->unit, is_sound ? "sequence" : "pair");
}

LatentObjective *
latent_objective_new (LatentModel *model, const LatentRecipe *recipe, const LatentShape *sample,
    guint batch, GError **error)
{
  g_autoptr (LatentObjective) self = new_objective (recipe, sample, batch);
  LatentObjectiveMaker maker = {
      .self = self, .model = model, .recipe = recipe, .task = get_task (recipe)};

  if (!check_arguments (sample, batch, error) || !find_unit (&maker, error) ||
      !latent_objective_bind (&maker, error))
    return NULL;
  maker.count = latent_objective_add_scalar (&maker, "train.count", error);
  if (maker.count == NULL || !latent_objective_add_latent_terms (&maker, error) ||
      !latent_objective_add_distortion (&maker, error) || !latent_objective_finish (&maker, error))
    return NULL;
  return g_steal_pointer (&self);
}
