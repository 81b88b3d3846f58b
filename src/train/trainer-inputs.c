/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/random.h"
#include "src/base/tensor.h"
#include "src/train/pace.h"
#include "src/train/trainer-private.h"

#define PREFIX "train."

static const char *const names[LATENT_N_INPUTS] = {
    [LATENT_INPUT_TARGET] = PREFIX "target",
    [LATENT_INPUT_WEIGHTS] = PREFIX "weights",
    [LATENT_INPUT_LABEL] = PREFIX "label",
    [LATENT_INPUT_EPSILON] = PREFIX "epsilon",
    [LATENT_INPUT_NOISE] = PREFIX "noise",
    [LATENT_INPUT_ROUND] = PREFIX "round",
    [LATENT_INPUT_STEP] = PREFIX "step",
    [LATENT_INPUT_WEIGHT] = PREFIX "weight",
    [LATENT_INPUT_KL] = PREFIX "kl",
    [LATENT_INPUT_RATE] = PREFIX "rate",
    [LATENT_INPUT_COUNT] = PREFIX "count",
};

static const char *const term_names[LATENT_N_TERMS] = {
    [LATENT_TERM_LOSS] = PREFIX "loss",
    [LATENT_TERM_DISTORTION] = PREFIX "distortion",
    [LATENT_TERM_KL] = PREFIX "kl_term",
    [LATENT_TERM_BITS] = PREFIX "bits",
    [LATENT_TERM_CORRECT] = PREFIX "correct",
    [LATENT_TERM_MSE] = PREFIX "mse",
};

/* Numbers of chance that tests draw have a key of their own. */
#define TEST_KEY G_GUINT64_CONSTANT (0x7465737473656564)

static gboolean
is_row_major (const LatentPort *port)
{
  gint64 stride = 1;

  for (guint i = port->n_dims; i-- > 0; stride *= port->dims[i])
    if (port->dims[i] != 1 && port->strides[i] != stride)
      return FALSE;
  return TRUE;
}

/* Row-major memory for an input: the program's own, or a tensor's. */
static LatentTensor *
make_tensor (LatentContext *context, guint index, gboolean *is_own, GError **error)
{
  const LatentPort *port = latent_program_get_input (latent_context_get_program (context), index);
  LatentShape shape = {.n = port->n_dims};
  g_autoptr (GBytes) bytes = NULL;
  gsize size;

  memcpy (shape.dims, port->dims, sizeof shape.dims);
  *is_own = !is_row_major (port);
  if (*is_own)
    return latent_tensor_new_shape (port->type, &shape, error);
  if (!latent_shape_count (&shape, port->type, NULL, &size, error))
    return NULL;
  bytes = g_bytes_new_static (latent_context_get_input_data (context, index), size);
  return latent_tensor_new_from_bytes (port->type, shape.n, shape.dims, bytes, error);
}

static LatentInputKind
find_kind (const char *name)
{
  for (guint i = LATENT_INPUT_SRC + 1; i < LATENT_N_INPUTS; i++)
    if (g_str_equal (name, names[i]))
      return (LatentInputKind)i;
  return LATENT_INPUT_SRC;
}

static gboolean
check_kind (const LatentTrainer *self, LatentInputKind kind, const char *name, GError **error)
{
  if (kind != LATENT_INPUT_SRC || !g_str_has_prefix (name, PREFIX))
    if (self->inputs[kind].tensor == NULL)
      return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      "input '%s': a model is learned by one input of its own", name);
  return FALSE;
}

static gint
find_input (LatentProgram *program, const char *name)
{
  for (guint i = 0; i < latent_program_get_n_inputs (program); i++)
    if (g_str_equal (latent_program_get_input (program, i)->name, name))
      return (gint)i;
  return -1;
}

/* Input `index` of the training program. */
static gboolean
add_input (LatentTrainer *self, guint index, GError **error)
{
  LatentContext *context = self->runs[LATENT_RUN_TRAIN].context;
  LatentProgram *test = latent_context_get_program (self->runs[LATENT_RUN_TEST].context);
  const char *name = latent_program_get_input (latent_context_get_program (context), index)->name;
  LatentInputKind kind = find_kind (name);
  LatentTrainerInput *input = &self->inputs[kind];

  if (!check_kind (self, kind, name, error))
    return FALSE;
  input->ports[LATENT_RUN_TRAIN] = (gint)index;
  input->ports[LATENT_RUN_TEST] = find_input (test, name);
  input->tensor = make_tensor (context, index, &input->is_own, error);
  return input->tensor != NULL;
}

static void
find_terms (LatentTrainerRun *run)
{
  LatentProgram *program = latent_context_get_program (run->context);

  for (guint term = 0; term < LATENT_N_TERMS; term++) {
    run->terms[term] = -1;
    for (guint i = 0; i < latent_program_get_n_outputs (program); i++)
      if (g_str_equal (latent_program_get_output (program, i)->name, term_names[term]))
        run->terms[term] = (gint)i;
  }
}

/* Noise on the input needs the clean one as target. */
static gboolean
check_noise (const LatentTrainer *self, GError **error)
{
  const LatentTensor *target = self->inputs[LATENT_INPUT_TARGET].tensor;
  gboolean is_noisy = latent_recipe_get_double (self->recipe, "noise") > 0 ||
                      latent_recipe_get_double (self->recipe, "mask") > 0;

  if (!is_noisy ||
      (target != NULL && target->n_elements == self->inputs[LATENT_INPUT_SRC].tensor->n_elements))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "noise and mask want a net whose output is as large as its input");
  return FALSE;
}

gboolean
latent_trainer_init_inputs (LatentTrainer *self, GError **error)
{
  LatentProgram *program = latent_context_get_program (self->runs[LATENT_RUN_TRAIN].context);

  for (guint i = 0; i < latent_program_get_n_inputs (program); i++)
    if (!add_input (self, i, error))
      return FALSE;
  if (self->inputs[LATENT_INPUT_SRC].tensor == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "the output of the model does not depend on its input");
    return FALSE;
  }
  for (guint i = 0; i < LATENT_N_RUNS; i++)
    find_terms (&self->runs[i]);
  return check_noise (self, error);
}

void
latent_trainer_clear_inputs (LatentTrainer *self)
{
  for (guint i = 0; i < LATENT_N_INPUTS; i++)
    g_clear_pointer (&self->inputs[i].tensor, latent_tensor_unref);
}

/* Numbers of one sample in an input. */
static gsize
get_row (const LatentTrainer *self, LatentInputKind kind)
{
  const LatentTensor *tensor = self->inputs[kind].tensor;
  return tensor != NULL ? tensor->n_elements / self->objective->batch : 0;
}

/* Elements of an input from sample i on; NULL where there is no such input. */
static gpointer
get_rows (const LatentTrainer *self, LatentInputKind kind, guint i)
{
  const LatentTensor *tensor = self->inputs[kind].tensor;

  if (tensor == NULL)
    return NULL;
  return (guint8 *)tensor->data +
         i * get_row (self, kind) * latent_data_type_get_size (tensor->type);
}

static gboolean
is_noisy (const LatentTrainer *self)
{
  return latent_recipe_get_double (self->recipe, "noise") > 0 ||
         latent_recipe_get_double (self->recipe, "mask") > 0;
}

void
latent_trainer_get_room (LatentTrainer *self, guint i, LatentSampleRoom *room)
{
  const LatentTensor *label = self->inputs[LATENT_INPUT_LABEL].tensor;
  gboolean is_class = label != NULL && label->type == LATENT_DATA_TYPE_INT64;

  g_return_if_fail (i < self->objective->batch);
  *room = (LatentSampleRoom){
      .src = get_rows (self, LATENT_INPUT_SRC, i),
      .target = is_noisy (self) ? NULL : get_rows (self, LATENT_INPUT_TARGET, i),
      .weights = get_rows (self, LATENT_INPUT_WEIGHTS, i),
      .label = is_class ? get_rows (self, LATENT_INPUT_LABEL, i) : NULL,
      .values = is_class ? NULL : get_rows (self, LATENT_INPUT_LABEL, i),
  };
  for (gsize j = 0; j < get_row (self, LATENT_INPUT_WEIGHTS); j++)
    room->weights[j] = 1;
}

static void
set_number (LatentTrainer *self, LatentInputKind kind, double value)
{
  if (self->inputs[kind].tensor != NULL)
    *(float *)self->inputs[kind].tensor->data = (float)value;
}

/* Sets to zero the share `mask` of n numbers. */
static void
drop (LatentRandom *random, float *dst, gsize n, float mask)
{
  float chances[1024];

  for (gsize begin = 0; begin < n; begin += G_N_ELEMENTS (chances)) {
    gsize part = MIN (n - begin, G_N_ELEMENTS (chances));
    latent_random_fill_uniform (random, chances, part, 0, 1);
    for (gsize i = 0; i < part; i++)
      dst[begin + i] = chances[i] < mask ? 0 : dst[begin + i];
  }
}

static void
add_noise (LatentRandom *random, float *dst, gsize n, float deviation)
{
  float noise[1024];

  for (gsize begin = 0; begin < n; begin += G_N_ELEMENTS (noise)) {
    gsize part = MIN (n - begin, G_N_ELEMENTS (noise));
    latent_random_fill_normal (random, noise, part, deviation);
    for (gsize i = 0; i < part; i++)
      dst[begin + i] += noise[i];
  }
}

/* The target of a denoiser is the input as it came. */
static void
keep_clean (LatentTrainer *self)
{
  if (is_noisy (self))
    memcpy (self->inputs[LATENT_INPUT_TARGET].tensor->data,
        self->inputs[LATENT_INPUT_SRC].tensor->data, self->inputs[LATENT_INPUT_SRC].tensor->size);
}

static void
spoil_input (LatentTrainer *self)
{
  const LatentTensor *src = self->inputs[LATENT_INPUT_SRC].tensor;
  double noise = latent_recipe_get_double (self->recipe, "noise");
  double mask = latent_recipe_get_double (self->recipe, "mask");
  LatentRandom random;

  latent_random_init (&random, self->seed, LATENT_RANDOM_INPUT, self->step);
  if (noise > 0)
    add_noise (&random, src->data, src->n_elements, (float)noise);
  if (mask > 0)
    drop (&random, src->data, src->n_elements, (float)mask);
}

static double
get_kl (const LatentTrainer *self)
{
  /* only what has a KL term has the input: there the weight is 1 where none is given */
  return latent_recipe_has (self->recipe, "kl") ? latent_recipe_get_double (self->recipe, "kl") : 1;
}

static void
draw_epsilon (LatentTrainer *self, guint64 key, guint64 step)
{
  const LatentTensor *epsilon = self->inputs[LATENT_INPUT_EPSILON].tensor;
  LatentRandom random;

  if (epsilon == NULL)
    return;
  latent_random_init (&random, key, LATENT_RANDOM_EPSILON, step);
  latent_random_fill_normal (&random, epsilon->data, epsilon->n_elements, 1);
}

/* The quantiser's step, and weights of terms that go by it: see objective.h. */
static void
set_step (LatentTrainer *self, guint64 place)
{
  double step = latent_pace_get_step (self->recipe, place);

  set_number (self, LATENT_INPUT_STEP, step);
  set_number (self, LATENT_INPUT_WEIGHT, 1 / step);
  set_number (self, LATENT_INPUT_RATE, latent_recipe_get_double (self->recipe, "rate") * step);
}

void
latent_trainer_draw_step (LatentTrainer *self)
{
  const LatentTensor *noise = self->inputs[LATENT_INPUT_NOISE].tensor;
  LatentRandom random;

  draw_epsilon (self, self->seed, self->step);
  latent_random_init (&random, self->seed, LATENT_RANDOM_NOISE, self->step);
  if (noise != NULL)
    latent_random_fill_uniform (&random, noise->data, noise->n_elements, -.5f, .5f);
  set_number (self, LATENT_INPUT_COUNT, self->objective->batch);
  set_number (
      self, LATENT_INPUT_ROUND, latent_pace_rounds (self->recipe, self->step, self->steps) ? 2 : 0);
  set_number (self, LATENT_INPUT_KL, get_kl (self) * latent_pace_get_kl (self->recipe, self->step));
  set_step (self, self->seed + self->step);
  keep_clean (self);
  spoil_input (self);
}

void
latent_trainer_draw_test (LatentTrainer *self, guint64 i, guint n)
{
  const LatentTensor *noise = self->inputs[LATENT_INPUT_NOISE].tensor;

  draw_epsilon (self, self->seed ^ TEST_KEY, i);
  if (noise != NULL)
    memset (noise->data, 0, noise->size);
  set_number (self, LATENT_INPUT_COUNT, n);
  set_number (self, LATENT_INPUT_ROUND, 1);
  set_number (self, LATENT_INPUT_KL, get_kl (self));
  set_step (self, i);
  keep_clean (self);
}

gboolean
latent_trainer_run (LatentTrainer *self, LatentRunKind run, GError **error)
{
  LatentContext *context = self->runs[run].context;

  for (guint i = 0; i < LATENT_N_INPUTS; i++) {
    const LatentTrainerInput *input = &self->inputs[i];
    gboolean is_there = run == LATENT_RUN_TRAIN && !input->is_own;
    if (input->tensor == NULL || input->ports[run] < 0 || is_there)
      continue;
    if (!latent_context_set_input (context, (guint)input->ports[run], input->tensor, error))
      return FALSE;
  }
  return latent_context_run (context, error);
}

const char *
latent_trainer_get_term_name (LatentTerm term)
{
  return term_names[term];
}

double
latent_trainer_get_term (const LatentTrainer *self, LatentRunKind run, LatentTerm term)
{
  gint port = self->runs[run].terms[term];

  if (port < 0)
    return NAN;
  return *(const float *)latent_context_get_output_data (self->runs[run].context, (guint)port);
}
