/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/cloud.h"

#include <latent/error.h>
#include <math.h>

#include "src/cli/analysis.h"
#include "src/cli/plot.h"
#include "src/cli/progress.h"
#include "src/media/format.h"

#define MAX_BYTES      (256u << 20) /* of latents that are kept */
#define MAX_KEPT       16384        /* samples */
#define MAX_THUMBNAILS 4096

struct _LatentCloud {
  LatentCloudSettings settings;
  const LatentMediaInfo *media; /* while samples are encoded */
  gboolean tiled, sound;
  LatentShape shape;  /* of one sample's latents */
  LatentShape sample; /* of one sample that is a vector */
  gsize d, k;
  gsize inner;         /* numbers of a latent: those of its plane */
  GArray *latents;     /* float: kept x k */
  GArray *origins;     /* guint64: which sample of the inputs each is */
  GPtrArray *pictures; /* cairo_surface_t */
  guint limit;         /* samples kept at most, even */
  guint64 seen;
  guint64 not_finite; /* samples left out, whose latents hold NaN or infinity */
  guint64 stride;     /* between those kept */
  float *wanted;
  float *mean;
  double *deviations;
  const LatentSample *current; /* while it is encoded */
};

void
latent_cloud_free (LatentCloud *self)
{
  if (!self)
    return;
  g_array_unref (self->latents);
  g_array_unref (self->origins);
  g_ptr_array_unref (self->pictures);
  g_free (self->wanted);
  g_free (self->mean);
  g_free (self->deviations);
  g_free (self);
}

static gboolean
take_shape (LatentCloud *self, const LatentShape *shape, GError **error)
{
  LatentShape one = *shape;
  if (self->tiled && one.n > 3)
    one = (LatentShape){
        3, {one.dims[1], one.dims[2], one.dims[3]}
    };
  if (self->seen > 0 && !latent_shape_equal (&one, &self->shape)) {
    g_autofree char *now = latent_shape_to_string (&one);
    g_autofree char *before = latent_shape_to_string (&self->shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "latents of shape %s after some of shape %s; they can be compared where all samples "
        "have one size",
        now, before);
    return FALSE;
  }
  if (self->seen > 0)
    return TRUE;
  guint limit = self->settings.thumbnail ? MAX_THUMBNAILS : MAX_KEPT;
  self->shape = one;
  self->k = latent_shape_product (&one, 0, one.n);
  if (self->k > MAX_BYTES / sizeof (float) / 2) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "%" G_GSIZE_FORMAT " latents a sample are more than can be looked at", self->k);
    return FALSE;
  }
  self->inner = latent_shape_product (&one, MIN (1, one.n), one.n);
  self->limit = MAX (MIN (limit, (guint)(MAX_BYTES / sizeof (float) / self->k)) & ~1u, 2);
  return TRUE;
}

static cairo_surface_t *
draw_thumbnail (const LatentCloud *self)
{
  guint width, height, box = self->settings.thumbnail;
  const LatentSample *sample = self->current;
  if (sample->kind == LATENT_MEDIA_VIDEO)
    return latent_plot_picture (&sample->picture, box);
  if (latent_plot_find_size (&sample->shape, sample->n, &width, &height))
    return latent_plot_tensor (sample->values, LATENT_COLOR_GRAY8, width, height, box);
  return latent_plot_curve (sample->values, sample->n, -1, 1, box);
}

static void
drop_every_other (LatentCloud *self)
{
  guint n = self->origins->len / 2;
  float *latents = (float *)(gpointer)self->latents->data;
  guint64 *origins = (guint64 *)(gpointer)self->origins->data;
  for (guint i = 0; i < n; i++) {
    for (gsize j = 0; j < self->k; j++)
      latents[i * self->k + j] = latents[2 * i * self->k + j];
    origins[i] = origins[2 * i];
  }
  g_array_set_size (self->latents, n * (guint)self->k);
  g_array_set_size (self->origins, n);
  for (guint i = 1; i < self->pictures->len; i++)
    g_ptr_array_remove_index (self->pictures, i);
  self->stride *= 2;
}

static gboolean
are_finite (const float *numbers, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (numbers[i]))
      return FALSE;
  return TRUE;
}

static void
keep (LatentCloud *self, const float *latents, guint64 origin)
{
  if (!are_finite (latents, self->k)) {
    self->not_finite++;
    return;
  }
  if ((gint64)origin == self->settings.sample && !self->wanted)
    self->wanted = g_memdup2 (latents, self->k * sizeof (float));
  if (self->seen++ % self->stride != 0)
    return;
  g_array_append_vals (self->latents, latents, (guint)self->k);
  g_array_append_val (self->origins, origin);
  if (self->settings.thumbnail)
    g_ptr_array_add (self->pictures, draw_thumbnail (self));
  if (self->origins->len == self->limit)
    drop_every_other (self);
}

typedef struct {
  LatentCloud *cloud;
  guint64 n; /* calls */
} Keeper;

/* A LatentLatentsFunc. */
static gboolean
take_latents (const float *latents, const LatentShape *shape, gpointer data, GError **error)
{
  Keeper *keeper = data;
  LatentCloud *self = keeper->cloud;
  guint64 origin = keeper->n++ * (self->sound ? 1 : MAX (self->settings.every, 1));
  if (!take_shape (self, shape, error))
    return FALSE;
  gsize n = latent_shape_product (shape, 0, shape->n) / self->k;
  for (gsize i = 0; i < n; i++)
    keep (self, latents + i * self->k, origin);
  return TRUE;
}

/* Numbers of a sample, or of a tile. */
static gsize
count_numbers (const LatentMediaInfo *media, const LatentSample *sample)
{
  if (sample->kind == LATENT_MEDIA_VECTOR)
    return sample->n;
  if (sample->kind == LATENT_MEDIA_AUDIO)
    return (gsize)media->window * media->channels;
  const LatentLayout *layout = latent_layout_get (media->color);
  gsize width = media->tile_width ? media->tile_width : sample->picture.width;
  gsize height = media->tile_height ? media->tile_height : sample->picture.height;
  return width * height * layout->n_lanes / ((gsize)layout->density * layout->density);
}

static void
note_sample (LatentCloud *self, const LatentSample *sample)
{
  self->current = sample;
  if (self->d > 0)
    return;
  self->d = count_numbers (self->media, sample);
  if (sample->kind == LATENT_MEDIA_VECTOR)
    self->sample = sample->shape;
}

static gboolean
encode_all (LatentAnalysis *encoder, LatentSource *source, LatentCloud *self, GError **error)
{
  LatentSample sample;
  LatentProgress progress;
  latent_progress_init (&progress, "samples");
  LatentSourceResult result = latent_source_next (source, &sample, error);
  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, &sample, error)) {
    note_sample (self, &sample);
    if (!latent_analysis_put (encoder, &sample, error))
      break;
    latent_progress_update (
        &progress, latent_source_get_progress (source), latent_source_get_count (source));
  }
  self->current = &sample;
  gboolean good = result == LATENT_SOURCE_END && latent_analysis_finish (encoder, error);
  self->current = NULL;
  latent_progress_clear (&progress);
  if (good && self->not_finite > 0 && self->seen > 0)
    latent_progress_note (&progress,
        "latents of %" G_GUINT64_FORMAT " samples are not finite; these are left out",
        self->not_finite);
  return good;
}

/* Labels are of the very samples that were read. */
static gboolean
check_labels (const LatentCloud *self, guint64 n, GError **error)
{
  const LatentLabels *labels = self->settings.labels;
  guint every = self->sound ? 1 : MAX (self->settings.every, 1);
  if (!labels)
    return TRUE;
  guint64 n_labels = latent_labels_get_n (labels);
  guint64 used = (n_labels + every - 1) / every;
  if (used == n || (self->settings.max && used > n))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "--labels: %s: %" G_GUINT64_FORMAT " labels for %" G_GUINT64_FORMAT " samples",
      latent_labels_get_path (labels), n_labels, n * every);
  return FALSE;
}

static gboolean
check_all (const LatentCloud *self, guint64 n, GError **error)
{
  if (self->seen == 0 && self->not_finite > 0) {
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_FORMAT, "the latents of all samples are NaN or infinite");
    return FALSE;
  }
  if (self->seen == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "%s: too short for the model's window",
        self->settings.inputs[0]);
    return FALSE;
  }
  if (self->settings.sample >= 0 && !self->wanted) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--sample: there is no sample %" G_GINT64_FORMAT " among %" G_GUINT64_FORMAT
        ", counted from 0",
        self->settings.sample, n);
    return FALSE;
  }
  return check_labels (self, n, error);
}

static void
measure (LatentCloud *self)
{
  guint n = self->origins->len, n_latents = latent_cloud_get_n_latents (self);
  g_autofree double *sums = g_new0 (double, self->k);
  self->mean = g_new (float, self->k);
  self->deviations = g_new0 (double, n_latents);
  for (guint i = 0; i < n; i++)
    for (gsize j = 0; j < self->k; j++)
      sums[j] += latent_cloud_get_latents (self, i)[j];
  for (gsize j = 0; j < self->k; j++)
    self->mean[j] = (float)(sums[j] / n);
  for (guint i = 0; i < n; i++)
    for (gsize j = 0; j < self->k; j++) {
      double difference = latent_cloud_get_latents (self, i)[j] - sums[j] / n;
      self->deviations[j / self->inner] += difference * difference;
    }
  for (guint i = 0; i < n_latents; i++)
    self->deviations[i] = sqrt (self->deviations[i] / ((double)n * (double)self->inner));
}

LatentCloud *
latent_cloud_new (LatentModel *model, const LatentCloudSettings *settings, GError **error)
{
  g_autoptr (LatentCloud) self = g_new0 (LatentCloud, 1);
  const LatentMediaInfo *media = latent_model_get_media_info (model);
  LatentSourceSettings wanted = latent_model_get_source_settings (model);
  Keeper keeper = {self, 0};
  wanted.every = settings->every;
  wanted.max = settings->max;
  self->settings = *settings;
  self->media = media;
  self->tiled = media->kind == LATENT_MEDIA_VIDEO && media->tile_width > 0;
  self->sound = media->kind == LATENT_MEDIA_AUDIO;
  self->stride = 1;
  self->latents = g_array_new (FALSE, FALSE, sizeof (float));
  self->origins = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->pictures = g_ptr_array_new_with_free_func ((GDestroyNotify)cairo_surface_destroy);
  if (self->sound)
    self->settings.thumbnail = 0;
  g_autoptr (LatentAnalysis)
      encoder = latent_analysis_new (model, settings->threads, take_latents, &keeper);
  g_autoptr (LatentSource) source = latent_source_new (settings->inputs, &wanted, error);
  if (!source || !encode_all (encoder, source, self, error) || !check_all (self, keeper.n, error))
    return NULL;
  measure (self);
  return g_steal_pointer (&self);
}

guint64
latent_cloud_get_n_samples (const LatentCloud *self)
{
  return self->seen;
}

guint
latent_cloud_get_n (const LatentCloud *self)
{
  return self->origins->len;
}

guint
latent_cloud_get_n_latents (const LatentCloud *self)
{
  return (guint)(self->k / self->inner);
}

gsize
latent_cloud_get_k (const LatentCloud *self)
{
  return self->k;
}

gsize
latent_cloud_get_d (const LatentCloud *self)
{
  return self->d;
}

const LatentShape *
latent_cloud_get_shape (const LatentCloud *self)
{
  return &self->shape;
}

const LatentShape *
latent_cloud_get_sample_shape (const LatentCloud *self)
{
  return &self->sample;
}

const float *
latent_cloud_get_latents (const LatentCloud *self, guint i)
{
  return (const float *)(gconstpointer)self->latents->data + i * self->k;
}

const float *
latent_cloud_get_wanted (const LatentCloud *self)
{
  return self->wanted;
}

const float *
latent_cloud_get_mean (const LatentCloud *self)
{
  return self->mean;
}

double
latent_cloud_get_value (const LatentCloud *self, guint i, guint latent)
{
  const float *numbers = latent_cloud_get_latents (self, i) + latent * self->inner;
  double sum = 0;
  for (gsize j = 0; j < self->inner; j++)
    sum += numbers[j];
  return sum / (double)self->inner;
}

double
latent_cloud_get_deviation (const LatentCloud *self, guint latent)
{
  return self->deviations[latent];
}

void
latent_cloud_get_range (const LatentCloud *self, guint latent, double *low, double *high)
{
  *low = INFINITY;
  *high = -INFINITY;
  for (guint i = 0; i < self->origins->len; i++) {
    *low = fmin (*low, latent_cloud_get_value (self, i, latent));
    *high = fmax (*high, latent_cloud_get_value (self, i, latent));
  }
}

guint
latent_cloud_get_class (const LatentCloud *self, guint i)
{
  return latent_labels_get_class (self->settings.labels, g_array_index (self->origins, guint64, i));
}

guint
latent_cloud_get_n_classes (const LatentCloud *self)
{
  return self->settings.labels ? latent_labels_get_width (self->settings.labels) : 0;
}

cairo_surface_t *
latent_cloud_get_thumbnail (const LatentCloud *self, guint i)
{
  return g_ptr_array_index (self->pictures, i);
}

gboolean
latent_cloud_check_latent (
    const LatentCloud *self, const char *option, guint64 latent, GError **error)
{
  guint n = latent_cloud_get_n_latents (self);
  if (latent < n)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s: there is no latent %" G_GUINT64_FORMAT " among %u, counted from 0", option, latent, n);
  return FALSE;
}
