/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/ops/softmax.h"
#include "src/train/objective-private.h"

/* Losses by name: the row that takes the output, and the one that takes what `activation` makes it
 * of. */
static const char *const names[] = {"mse", "l1", "bce", "categorical", NULL};
static const struct {
  const char *op;
  const char *activation;
  const char *logits_op;
} losses[] = {
    {"SquaredError",       NULL,      NULL                      },
    {"AbsoluteError",      NULL,      NULL                      },
    {"BinaryCrossEntropy", "Sigmoid", "BinaryCrossEntropyLogits"},
    {"CrossEntropy",       "Softmax", "CrossEntropyLogits"      },
};

#define MSE         0
#define CATEGORICAL 3

/* What a loss compares: [begin, end) of a sample of y, `shift` further on in the target. */
typedef struct {
  LatentValue *y;
  gsize begin;
  gsize end;
  gsize shift;
  gsize classes; /* of a distribution; 0: no categories */
} Compared;

static gsize
count_elements (const LatentValue *value) /* of a sample */
{
  return latent_shape_product (&value->shape, 1, value->shape.n);
}

static gboolean
is_one_of (const LatentNode *node, const char *const *ops)
{
  return node != NULL && *node->domain == '\0' && g_strv_contains (ops, node->op_type);
}

/* Before nodes that leave the elements of each sample in their order. */
static LatentValue *
skip_reshapes (const LatentObjectiveMaker *maker, LatentValue *value)
{
  static const char *const keep_order[] = {
      "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze", NULL};

  while (is_one_of (value->producer, keep_order)) {
    LatentValue *before = latent_node_get_input (value->producer, 0);
    if (before->shape.n < 1 || before->shape.dims[0] != (gint64)maker->self->batch)
      break;
    value = before;
  }
  return value;
}

/* Where [begin, end) is one input of a Concat that puts samples' elements behind one another, looks
 * at that alone. */
static void
enter_concat (const LatentObjectiveMaker *maker, Compared *compared)
{
  const LatentNode *node = compared->y->producer;
  gsize begin = 0;

  if (!is_one_of (node, (const char *const[]){"Concat", NULL}) ||
      latent_axis_normalize (latent_node_get_int (node, "axis", 1), compared->y->shape.n) != 1)
    return;
  for (guint i = 0; i < node->inputs->len; i++) {
    LatentValue *part = latent_node_get_input (node, i);
    gsize n = count_elements (part);
    if (compared->begin == begin && compared->end == begin + n) {
      compared->y = skip_reshapes (maker, part);
      compared->shift += begin;
      compared->begin = 0;
      compared->end = n;
      return;
    }
    begin += n;
  }
}

/* Whether a Softmax's distributions are what is compared. */
static gboolean
has_distributions (const LatentNode *softmax, const Compared *compared)
{
  LatentSoftmaxParams params;

  return latent_softmax_get_params (softmax, &params, NULL) && params.inner == 1 && params.n > 0 &&
         compared->begin % params.n == 0 &&
         (compared->classes == params.n || compared->classes == 0);
}

/* Whether y is what the loss's activation made: if so, it is looked at before that. */
static gboolean
enter_activation (guint kind, Compared *compared)
{
  const LatentNode *node = compared->y->producer;

  if (losses[kind].activation == NULL ||
      !is_one_of (node, (const char *const[]){losses[kind].activation, NULL}) ||
      (kind == CATEGORICAL && !has_distributions (node, compared)))
    return FALSE;
  compared->y = latent_node_get_input (node, 0);
  return TRUE;
}

/* Whether y is made by an operator after which numbers are no probabilities. */
static gboolean
is_unbounded (const Compared *compared)
{
  static const char *const unbounded[] = {"Add", "Conv", "ConvTranspose", "Elu", "Gelu", "Gemm",
      "LeakyRelu", "MatMul", "Relu", "Softplus", "Tanh", NULL};

  return is_one_of (compared->y->producer, unbounded);
}

/* The row that computes the loss, NULL with an error. Classifiers are exported with and without
 * their Softmax; a reconstruction that is to be of probabilities must be so in use too. */
static const char *
choose_op (guint kind, Compared *compared, GError **error)
{
  if (enter_activation (kind, compared) || (kind == CATEGORICAL && is_unbounded (compared)))
    return losses[kind].logits_op;
  if (losses[kind].activation == NULL || !is_unbounded (compared))
    return losses[kind].op;
  latent_objective_fail (error, "loss",
      "%s wants numbers from 0 to 1 (output-activation = sigmoid); '%s' is made by %s", names[kind],
      compared->y->name, compared->y->producer->op_type);
  return NULL;
}

/* Adds the loss over a range of the output: `scale` times the sum, a mean over samples. */
static LatentValue *
add_group (LatentObjectiveMaker *maker, const LatentLossGroup *group, LatentValue *target,
    gsize shift, double scale, const char *name, GError **error)
{
  Compared compared = {skip_reshapes (maker, maker->output), group->begin, group->end, shift, 0};
  const char *op;
  LatentNode *node;

  if (group->kind == CATEGORICAL)
    compared.classes = group->is_all ? (gsize)maker->output->shape.dims[maker->output->shape.n - 1]
                                     : group->end - group->begin;
  enter_concat (maker, &compared);
  op = choose_op (group->kind, &compared, error);
  if (op == NULL)
    return NULL;
  node = latent_objective_add_node (maker, op, LATENT_DOMAIN_TRAINING, 4,
      (LatentValue *const[]){compared.y, target, maker->weights, maker->count});
  latent_node_set_int (node, "begin", (gint64)compared.begin);
  latent_node_set_int (node, "end", (gint64)compared.end);
  latent_node_set_int (node, "shift", (gint64)compared.shift);
  latent_node_set_float (node, "scale", (float)scale);
  if (compared.classes > 0)
    latent_node_set_int (node, "classes", (gint64)compared.classes);
  return latent_objective_add_output (maker, node, name, error);
}

/* Sum of the groups' losses. */
static LatentValue *
add_groups (LatentObjectiveMaker *maker, const GArray *groups, LatentValue *target, gsize shift,
    gsize d, GError **error)
{
  g_autoptr (GPtrArray) terms = g_ptr_array_new (); /* of a WeightedSum */
  g_autofree float *factors = g_new (float, groups->len);
  LatentNode *sum;

  for (guint i = 0; i < groups->len; i++) {
    LatentValue *term = add_group (maker, &g_array_index (groups, LatentLossGroup, i), target,
        shift, g_array_index (groups, LatentLossGroup, i).weight / (double)d,
        groups->len == 1 ? "train.distortion" : "train.group", error);
    if (term == NULL || groups->len == 1)
      return term;
    if (i > 0)
      g_ptr_array_add (terms, NULL);
    g_ptr_array_add (terms, term);
    factors[i] = 1;
  }
  sum = latent_objective_add_node (
      maker, "WeightedSum", LATENT_DOMAIN_TRAINING, terms->len, (LatentValue *const *)terms->pdata);
  latent_node_set_floats (sum, "factors", factors, groups->len);
  return latent_objective_add_output (maker, sum, "train.distortion", error);
}

/* What the output is compared with, and where: the input, or an input of its own. */
static LatentValue *
add_target (LatentObjectiveMaker *maker, GError **error)
{
  const LatentValue *like = maker->task == LATENT_TASK_PREDICT ? maker->input : maker->output;

  if (maker->task == LATENT_TASK_REGRESS)
    return latent_objective_add_input (
        maker, "train.label", LATENT_DATA_TYPE_FLOAT32, &maker->output->shape, error);
  if (latent_recipe_get_double (maker->recipe, "noise") > 0 ||
      latent_recipe_get_double (maker->recipe, "mask") > 0)
    return latent_objective_add_input (
        maker, "train.target", LATENT_DATA_TYPE_FLOAT32, &like->shape, error);
  return maker->input;
}

static gboolean
add_weights (LatentObjectiveMaker *maker, const LatentValue *target, GError **error)
{
  if (latent_recipe_get_double (maker->recipe, "moving") <= 0 || maker->task == LATENT_TASK_REGRESS)
    return TRUE;
  maker->weights = latent_objective_add_input (
      maker, "train.weights", LATENT_DATA_TYPE_FLOAT32, &target->shape, error);
  return maker->weights != NULL;
}

static gboolean
check_shapes (const LatentObjectiveMaker *maker, const LatentValue *target, GError **error)
{
  g_autofree char *wanted = latent_shape_to_string (&target->shape);
  g_autofree char *offered = latent_shape_to_string (&maker->output->shape);

  if (count_elements (target) != count_elements (maker->output))
    return latent_objective_fail (error, "task",
        "%s wants an output of as many elements as '%s' of %s; '%s' is %s",
        latent_recipe_get_string (maker->recipe, "task"), target->name, wanted, maker->output->name,
        offered);
  if (maker->task == LATENT_TASK_PREDICT && (target->shape.n != 3 || target->shape.dims[1] < 2))
    return latent_objective_fail (error, "task",
        "predict wants sequences: batch x places x numbers, of two places or more; '%s' is %s",
        target->name, wanted);
  return TRUE;
}

/* Squared error for tests to ask for; nothing of training depends on it. */
static gboolean
add_mse (LatentObjectiveMaker *maker, LatentValue *target, gsize shift, gsize d, GError **error)
{
  LatentNode *node = latent_objective_add_node (maker, losses[MSE].op, LATENT_DOMAIN_TRAINING, 4,
      (LatentValue *const[]){maker->output, target, NULL, maker->count});

  latent_node_set_int (node, "end", (gint64)d);
  latent_node_set_int (node, "shift", (gint64)shift);
  latent_node_set_float (node, "scale", (float)(1. / (double)d));
  return latent_objective_add_output (maker, node, "train.mse", error) != NULL;
}

static gboolean
add_reconstruction (LatentObjectiveMaker *maker, GError **error)
{
  LatentValue *target = add_target (maker, error);
  gsize d, shift;
  g_autoptr (GArray) groups = NULL;

  if (target == NULL || !check_shapes (maker, target, error) ||
      !add_weights (maker, target, error) || !latent_objective_overlap (maker, &target, error))
    return FALSE;
  d = count_elements (maker->output);
  shift = maker->task == LATENT_TASK_PREDICT ? d / (gsize)target->shape.dims[1] : 0;
  d -= shift; /* the last place has nothing to be compared with */
  groups = latent_loss_parse (latent_recipe_get_string (maker->recipe, "loss"), names, d, error);
  if (groups == NULL)
    return FALSE;
  maker->terms[LATENT_TERM_DISTORTION] = add_groups (maker, groups, target, shift, d, error);
  return maker->terms[LATENT_TERM_DISTORTION] != NULL && add_mse (maker, target, shift, d, error) &&
         latent_objective_add_shaped (maker, target, error) &&
         latent_objective_add_spectral (maker, target, error);
}

/* Cross-entropy of one distribution a sample, and how many are right. */
static gboolean
add_classes (LatentObjectiveMaker *maker, GError **error)
{
  const LatentShape batch = {1, {maker->self->batch}};
  const char *loss = latent_recipe_get_string (maker->recipe, "loss");
  gsize n = count_elements (maker->output);
  LatentLossGroup group = {.kind = CATEGORICAL, .begin = 0, .end = n};
  LatentValue *label;
  LatentNode *correct;

  if (latent_recipe_has (maker->recipe, "loss") && !g_str_equal (loss, names[CATEGORICAL]))
    return latent_objective_fail (error, "loss", "task classify wants categorical, not %s", loss);
  if (n < 2)
    return latent_objective_fail (error, "task",
        "classify wants an output of two classes or more; '%s' has %zu", maker->output->name, n);
  label = latent_objective_add_input (maker, "train.label", LATENT_DATA_TYPE_INT64, &batch, error);
  if (label == NULL)
    return FALSE;
  maker->terms[LATENT_TERM_DISTORTION] = add_group (
      maker, &group, label, 0, 1, "train.distortion", error);
  if (maker->terms[LATENT_TERM_DISTORTION] == NULL)
    return FALSE;
  correct = latent_objective_add_node (maker, "Correct", LATENT_DOMAIN_TRAINING, 4,
      (LatentValue *const[]){maker->output, label, NULL, maker->count});
  return latent_objective_add_output (maker, correct, "train.correct", error) != NULL;
}

gboolean
latent_objective_add_distortion (LatentObjectiveMaker *maker, GError **error)
{
  return maker->task == LATENT_TASK_CLASSIFY ? add_classes (maker, error)
                                             : add_reconstruction (maker, error);
}
