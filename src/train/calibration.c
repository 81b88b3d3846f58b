/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/calibration.h"

#include <math.h>

#include "src/train/calibration-private.h"

#define LEAST_OPSET 13 /* the first with a scale for each channel */

/* Places of its input that a layer's moments are made of: so many for each number that a unit
 * multiplies, between these. */
#define PLACES_PER_K 16
#define LEAST_PLACES 4096
#define MOST_PLACES  65536
/* No sums of products above: they would take 16 MiB and more. */
#define MOST_K 2048

static void
clear_sample (gpointer sample)
{
  latent_tensor_unref (((LatentCalibrationSample *)sample)->tensor);
}

static void
free_group (gpointer data)
{
  g_free (((LatentScaleGroup *)data)->range);
  g_free (data);
}

void
latent_calibration_free (LatentCalibration *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->model, latent_model_unref);
  g_ptr_array_unref (self->layers);
  g_hash_table_unref (self->groups);
  g_ptr_array_unref (self->group_list);
  g_hash_table_unref (self->kept);
  g_array_unref (self->samples);
  g_free (self);
}

static LatentCalibration *
new_calibration (const LatentCalibrationSettings *settings, LatentMode mode)
{
  LatentCalibration *self = g_new0 (LatentCalibration, 1);

  self->settings = *settings;
  self->mode = mode;
  self->layers = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_layer_free);
  self->groups = g_hash_table_new (g_str_hash, g_str_equal);
  self->group_list = g_ptr_array_new_with_free_func (free_group);
  self->kept = g_hash_table_new (g_str_hash, g_str_equal);
  self->samples = g_array_new (FALSE, FALSE, sizeof (LatentCalibrationSample));
  g_array_set_clear_func (self->samples, clear_sample);
  return self;
}

static gboolean
fail (const LatentModel *model, LatentError code, const char *what, GError **error)
{
  g_set_error (error, LATENT_ERROR, (gint)code, "%s: %s",
      model->path != NULL ? model->path : "the model", what);
  return FALSE;
}

gboolean
latent_calibration_check (const LatentModel *model, GError **error)
{
  if (latent_qdq_is_in (model->graph))
    return fail (model, LATENT_ERROR_SETTINGS,
        "it is quantised already: it has QuantizeLinear or DequantizeLinear nodes", error);
  if (model->graph->opset < LEAST_OPSET)
    return fail (model, LATENT_ERROR_UNSUPPORTED,
        "a scale for each channel wants opset 13 or later: export it with such", error);
  return latent_model_supports_mode (model, LATENT_MODE_ENCODE) ||
         fail (model, LATENT_ERROR_SETTINGS,
             "it has no encoder, so that no media can be sent through it", error);
}

static void
list_kept (LatentCalibration *self)
{
  const LatentModel *model = self->model;

  for (guint i = 0; i < model->graph->outputs->len; i++)
    g_hash_table_add (self->kept, ((LatentValue *)model->graph->outputs->pdata[i])->name);
  for (guint i = 0; i < model->latents->len; i++)
    g_hash_table_add (self->kept, model->latents->pdata[i]);
  for (guint i = 0; i < model->states->len; i++)
    g_hash_table_add (
        self->kept, (gpointer)((const LatentStatePair *)model->states->pdata[i])->output);
}

/* 8-bit media lose nothing where a step is one of their levels. */
static void
find_exact_step (LatentCalibration *self)
{
  const LatentModel *model = self->model;
  const char *input = latent_model_get_cut_inputs (model, self->mode)[0];
  LatentScaleGroup *group = g_hash_table_lookup (self->groups, input);
  float scale = latent_model_get_scale (model, 0), offset = latent_model_get_offset (model, 0);
  float zero_point = rintf (-offset / scale);

  if (model->media.kind != LATENT_MEDIA_VIDEO || group == NULL || !(scale > 0))
    return;
  for (guint i = 1; i < model->media.channels; i++)
    if (latent_model_get_scale (model, i) != scale || latent_model_get_offset (model, i) != offset)
      return;
  if (zero_point < 0 || zero_point > 255 || fabsf (zero_point * scale + offset) > scale * 1e-3f)
    return;
  group->step = (LatentQdqStep){LATENT_DATA_TYPE_UINT8, scale, (gint32)zero_point};
  group->is_exact = TRUE;
}

LatentCalibration *
latent_calibration_new (LatentModel *model, const LatentCalibrationSettings *settings,
    const LatentShape *shape, GError **error)
{
  g_autoptr (LatentCalibration) self = NULL;
  g_autoptr (LatentGraph) part = NULL;
  LatentMode mode = latent_model_supports_mode (model, LATENT_MODE_RECONSTRUCT)
                        ? LATENT_MODE_RECONSTRUCT
                        : LATENT_MODE_ENCODE;

  if (!latent_calibration_check (model, error) || !latent_graph_hold_data (model->graph, error))
    return NULL;
  self = new_calibration (settings, mode);
  self->model = latent_calibration_fold (model, mode, shape, error);
  part = self->model != NULL
             ? latent_calibration_infer (self->model->graph, self->model, mode, shape, error)
             : NULL;
  if (part == NULL || !latent_calibration_find_layers (self, part, error))
    return NULL;
  list_kept (self);
  latent_calibration_find_groups (self);
  find_exact_step (self);
  return g_steal_pointer (&self);
}

guint
latent_calibration_get_n_layers (const LatentCalibration *self)
{
  return self->layers->len;
}

const LatentCalibrationLayer *
latent_calibration_get_layer (const LatentCalibration *self, guint i)
{
  return &((const LatentLayer *)self->layers->pdata[i])->info;
}

void
latent_calibration_add (LatentCalibration *self, LatentTensor *sample, gboolean begins)
{
  LatentCalibrationSample entry = {latent_tensor_ref (sample), begins};

  g_array_append_val (self->samples, entry);
}

/* The net at work on samples of one shape. */
typedef struct {
  LatentShape shape;
  LatentGraph *part;
  LatentContext *context;
} Work;

static void
clear_work (Work *self)
{
  g_clear_pointer (&self->part, latent_graph_free);
  g_clear_pointer (&self->context, latent_context_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, clear_work)

/* All that layers read, but for what is fed or comes out anyway. */
static void
keep_sources (const LatentCalibration *self, LatentRequest *request)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  const char *const *outputs = latent_model_get_cut_outputs (self->model, self->mode);

  g_hash_table_add (seen, (gpointer)latent_model_get_cut_inputs (self->model, self->mode)[0]);
  for (; *outputs != NULL; outputs++)
    g_hash_table_add (seen, (gpointer)*outputs);
  for (guint i = 0; i < self->layers->len; i++) {
    const LatentLayer *layer = self->layers->pdata[i];
    if (g_hash_table_add (seen, layer->src))
      latent_request_keep (request, layer->src);
  }
}

static gboolean
prepare (const LatentCalibration *self, Work *work, const LatentShape *shape, GError **error)
{
  g_autoptr (LatentRequest) request = latent_request_new (self->mode);
  g_autoptr (LatentProgram) program = NULL;

  if (work->context != NULL && latent_shape_equal (shape, &work->shape))
    return TRUE;
  clear_work (work);
  work->shape = *shape;
  keep_sources (self, request);
  latent_request_set_shape (request, NULL, shape->n, shape->dims);
  latent_request_set_precision (request, LATENT_PRECISION_F32);
  latent_request_set_threads (request, self->settings.threads);
  program = latent_program_new (self->model, request, error);
  if (program == NULL)
    return FALSE;
  work->part = latent_calibration_infer (self->model->graph, self->model, self->mode, shape, error);
  work->context = latent_context_new (program, error);
  return work->part != NULL && work->context != NULL;
}

/* What a tensor was in the last run. The caller's. */
static LatentTensor *
get_tensor (const Work *work, LatentTensor *input, const char *name, GError **error)
{
  LatentProgram *program = latent_context_get_program (work->context);

  if (g_str_equal (latent_program_get_input (program, 0)->name, name))
    return latent_tensor_ref (input);
  for (guint i = 0; i < latent_program_get_n_outputs (program); i++)
    if (g_str_equal (latent_program_get_output (program, i)->name, name))
      return latent_context_get_output (work->context, i, error);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED, "tensor '%s' was not kept", name);
  return NULL;
}

typedef enum {
  PASS_ENDS,
  PASS_COUNTS,
  PASS_MOMENTS,
  N_PASSES,
} Pass;

static const LatentNode *
find_node (const LatentGraph *part, const char *dst)
{
  return latent_graph_find_value (part, dst)->producer;
}

static void
look (LatentCalibration *self, const Work *work, LatentLayer *layer, const LatentTensor *src,
    Pass pass, guint sample)
{
  LatentScaleGroup *group = g_hash_table_lookup (self->groups, layer->src);
  gsize places = CLAMP (layer->view.k * PLACES_PER_K, LEAST_PLACES, MOST_PLACES);

  if (pass != PASS_MOMENTS && group->range == NULL)
    group->range = g_new0 (LatentRange, 1);
  if (pass == PASS_ENDS)
    latent_range_see_ends (group->range, src->data, src->n_elements);
  else if (pass == PASS_COUNTS)
    latent_range_see_counts (group->range, src->data, src->n_elements);
  else
    latent_moments_see (layer, find_node (work->part, layer->dst), src, &group->step,
        places / self->samples->len + 1, sample);
}

static gboolean
run_sample (LatentCalibration *self, Work *work, Pass pass, guint i, GError **error)
{
  const LatentCalibrationSample *sample = &g_array_index (
      self->samples, LatentCalibrationSample, i);

  if (!prepare (self, work, &sample->tensor->shape, error))
    return FALSE;
  if (sample->begins)
    latent_context_reset (work->context);
  if (!latent_context_set_input (work->context, 0, sample->tensor, error) ||
      !latent_context_run (work->context, error))
    return FALSE;
  for (guint j = 0; j < self->layers->len; j++) {
    LatentLayer *layer = self->layers->pdata[j];
    g_autoptr (LatentTensor) src = get_tensor (work, sample->tensor, layer->src, error);
    if (src == NULL)
      return FALSE;
    look (self, work, layer, src, pass, i);
  }
  return TRUE;
}

static void
choose_steps (LatentCalibration *self)
{
  for (guint i = 0; i < self->group_list->len; i++) {
    LatentScaleGroup *group = self->group_list->pdata[i];
    if (group->range != NULL && !group->is_exact)
      group->step = latent_range_choose (group->range, self->settings.method);
  }
}

static gboolean
check_ends (const LatentCalibration *self, GError **error)
{
  for (guint i = 0; i < self->layers->len; i++) {
    const LatentLayer *layer = self->layers->pdata[i];
    const LatentScaleGroup *group = g_hash_table_lookup (self->groups, layer->src);
    if (isfinite (group->range->least) && isfinite (group->range->most))
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
        "'%s', which '%s' reads, is NaN or infinite for some sample", layer->src, layer->info.name);
    return FALSE;
  }
  return TRUE;
}

static void
init_moments (LatentCalibration *self)
{
  for (guint i = 0; i < self->layers->len; i++) {
    LatentLayer *layer = self->layers->pdata[i];
    gsize k = layer->view.k;
    for (gsize j = 0; j < layer->view.groups; j++) {
      LatentMoments *moments = &layer->moments[j];
      moments->sum = g_new0 (double, k);
      moments->rounded = g_new0 (double, k);
      if (self->settings.rounds && k <= MOST_K)
        moments->products = g_try_new0 (float, k *k); /* without, rounding is plain */
    }
  }
}

static gboolean
round_weights (LatentCalibration *self, GError **error)
{
  const LatentGraph *graph = self->model->graph;

  for (guint i = 0; i < self->layers->len; i++) {
    LatentLayer *layer = self->layers->pdata[i];
    const LatentNode *node = latent_graph_find_value (graph, layer->dst)->producer;
    const LatentScaleGroup *group = g_hash_table_lookup (self->groups, layer->src);
    const LatentValue *bias = latent_node_get_input (node, 2);
    if (!latent_layer_round (layer, latent_node_get_input (node, 1)->data,
            bias != NULL ? bias->data : NULL, group->step.scale, self->settings.rounds, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
latent_calibration_run (LatentCalibration *self, GError **error)
{
  g_auto (Work) work = {0};

  if (self->samples->len == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED, "there is no sample to calibrate by");
    return FALSE;
  }
  for (Pass pass = 0; pass < N_PASSES; pass++) {
    for (guint i = 0; i < self->samples->len; i++)
      if (!run_sample (self, &work, pass, i, error))
        return FALSE;
    if (pass == PASS_ENDS && !check_ends (self, error))
      return FALSE;
    if (pass == PASS_COUNTS) {
      choose_steps (self);
      init_moments (self);
    }
  }
  return round_weights (self, error);
}
