/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/selection.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/random.h"
#include "src/base/tensor.h"
#include "src/cli/net.h"
#include "src/media/session.h"
#include "src/model/model.h"
#include "src/train/picture.h"

#define PART       256          /* pixels each way of a picture that are taken */
#define SECONDS    2            /* of a stretch of sound */
#define MOST_BYTES (128u << 20) /* of samples as they come */
#define HELD       4            /* one of so many is held back */

struct _LatentSelection {
  LatentModel *model;
  guint threads;
  GPtrArray *samples; /* LatentSample *, what they point to their own */
  gsize bytes;
};

static void
free_sample (gpointer data)
{
  LatentSample *self = data;
  if (self->kind == LATENT_MEDIA_VIDEO)
    g_free (self->picture.data[0]);
  g_free ((gpointer)self->values);
  g_free ((gpointer)self->origin);
  g_free (self);
}

void
latent_selection_free (LatentSelection *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->samples);
  latent_model_unref (self->model);
  g_free (self);
}

static LatentSample *
add_sample (LatentSelection *self, const LatentSample *like, gsize bytes)
{
  LatentSample *copy = g_memdup2 (like, sizeof *like);
  copy->origin = g_strdup (like->origin);
  copy->values = NULL;
  g_ptr_array_add (self->samples, copy);
  self->bytes += bytes;
  return copy;
}

/* Width or height of the part that is taken: whole tiles. */
static guint
choose_size (guint size, guint fixed, guint tile)
{
  guint part = tile ? (PART + tile - 1) / tile * tile : PART;
  return fixed && !tile ? size : MIN (size, part) & ~1u ? MIN (size, part) & ~1u : size;
}

static void
take_picture (LatentSelection *self, const LatentSample *sample)
{
  const LatentMediaInfo *media = latent_model_get_media_info (self->model);
  const LatentPicture *src = &sample->picture;
  guint width = choose_size (src->width, media->fixed_width, media->tile_width);
  guint height = choose_size (src->height, media->fixed_height, media->tile_height);
  gsize size = latent_picture_get_size (src->format, width, height);
  LatentSample *copy = add_sample (self, sample, size);
  LatentRandom random;

  latent_random_init (&random, self->samples->len, LATENT_RANDOM_CROP, 0);
  guint x = (guint)latent_random_below (&random, src->width - width + 1) & ~1u;
  guint y = (guint)latent_random_below (&random, src->height - height + 1) & ~1u;
  copy->picture = latent_picture_wrap (src->format, width, height, g_malloc (size));
  latent_picture_cut (&copy->picture, src, x, y, FALSE);
}

static void
take_vector (LatentSelection *self, const LatentSample *sample)
{
  gsize size = sample->n * sizeof (float);
  add_sample (self, sample, size)->values = g_memdup2 (sample->values, size);
}

/* position: sample frames of this input that came before. */
static void
take_sound (LatentSelection *self, const LatentSample *sample, guint64 *position, guint every)
{
  gsize most = (gsize)sample->rate * SECONDS, n;

  for (gsize begin = 0; begin < sample->n; begin += n, *position += n) {
    gsize at = *position % most;
    n = MIN (most - at, sample->n - begin);
    if (*position / most % every != 0)
      continue;
    if (at == 0) {
      gsize size = most * sample->channels * sizeof (float);
      LatentSample *fresh = add_sample (self, sample, size);
      fresh->values = g_malloc (size);
      fresh->n = 0;
    }
    LatentSample *last = g_ptr_array_index (self->samples, self->samples->len - 1);
    memcpy ((float *)last->values + at * sample->channels,
        sample->values + begin * sample->channels, n * sample->channels * sizeof (float));
    last->n += n;
  }
}

/* most: samples that there may be at its end. */
static gboolean
take_input (LatentSelection *self, char *input, guint every, guint most, LatentProgress *progress,
    GError **error)
{
  char *inputs[] = {input, NULL};
  LatentSourceSettings settings = latent_model_get_source_settings (self->model);
  gboolean sound = settings.kind == LATENT_MEDIA_AUDIO;
  guint64 position = 0;
  LatentSample sample;
  LatentSourceResult result = LATENT_SOURCE_SAMPLE;

  settings.every = sound ? 1 : every;
  g_autoptr (LatentSource) source = latent_source_new (inputs, &settings, error);
  while (source && self->bytes < MOST_BYTES && (sound || self->samples->len < most) &&
         self->samples->len <= most) {
    result = latent_source_next (source, &sample, error);
    if (result != LATENT_SOURCE_SAMPLE)
      break;
    if (sample.kind == LATENT_MEDIA_AUDIO)
      take_sound (self, &sample, &position, every);
    else if (sample.kind == LATENT_MEDIA_VIDEO)
      take_picture (self, &sample);
    else
      take_vector (self, &sample);
    latent_progress_update (progress, -1, self->samples->len);
  }
  if (self->samples->len > most) /* the beginning of a stretch too many */
    g_ptr_array_set_size (self->samples, (gint)most);
  return source && result != LATENT_SOURCE_ERROR;
}

LatentSelection *
latent_selection_new (LatentModel *model, char **inputs, const LatentSelectionSettings *settings,
    LatentProgress *progress, GError **error)
{
  g_autoptr (LatentSelection) self = g_new0 (LatentSelection, 1);
  guint n = g_strv_length (inputs), max = settings->max ? settings->max : G_MAXINT;

  self->model = latent_model_ref (model);
  self->threads = settings->threads;
  self->samples = g_ptr_array_new_with_free_func (free_sample);
  for (guint i = 0; i < n; i++) {
    guint share = (max - self->samples->len + n - i - 1) / (n - i);
    if (!take_input (self, inputs[i], settings->every, self->samples->len + share, progress, error))
      return NULL;
  }
  return g_steal_pointer (&self);
}

guint
latent_selection_get_count (const LatentSelection *self)
{
  return self->samples->len;
}

/* Too few to hold any back: all serve for both. */
static gboolean
is_few (const LatentSelection *self)
{
  return self->samples->len < HELD;
}

const LatentSample *
latent_selection_get_held (const LatentSelection *self, guint index)
{
  guint place = is_few (self) ? index : index * HELD + HELD - 1;
  return place < self->samples->len ? self->samples->pdata[place] : NULL;
}

/* A sample of a port's shape as rows of numbers, its batch being 1. */
static LatentTensor *
copy_input (const LatentRunner *runner, guint index, GError **error)
{
  LatentShape shape = latent_runner_get_shape (runner, runner->in, 1);
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, error);
  const float *src = latent_runner_get_input (runner, index);
  float *dst = tensor ? latent_tensor_get_writable_data (tensor) : NULL;

  for (gsize i = 0; tensor && i < tensor->n_elements; i++) {
    gint64 offset = 0;
    gsize rest = i;
    for (guint j = shape.n; j-- > 0; rest /= (gsize)shape.dims[j])
      offset += (gint64)(rest % (gsize)shape.dims[j]) * runner->in->strides[j];
    dst[i] = src[offset];
  }
  return tensor;
}

/* Where one sample is fed to. */
typedef struct {
  LatentSession *session;
  LatentSelectionFunc func;
  gpointer data;
} Feeder;

static gboolean
hand_over (const Feeder *self, gboolean begins, GError **error)
{
  const LatentRunner *runner = &self->session->runner;

  for (guint i = 0; i < self->session->slot_samples; i++) {
    g_autoptr (LatentTensor) tensor = copy_input (runner, i, error);
    if (!tensor || !self->func (tensor, begins && i == 0, self->data, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
feed_picture (const Feeder *self, const LatentSample *sample, GError **error)
{
  const LatentPicture *picture = &sample->picture;

  if (!latent_session_set_video (
          self->session, picture->format, picture->width, picture->height, error)) {
    g_prefix_error (error, "%s: ", sample->origin);
    return FALSE;
  }
  latent_session_put_picture (self->session, 0, picture);
  return hand_over (self, TRUE, error);
}

static gboolean
feed_sound (const Feeder *self, const LatentSample *sample, GError **error)
{
  if (!latent_session_set_audio (self->session, LATENT_SAMPLE_FORMAT_F32, error))
    return FALSE;
  latent_session_reset (self->session);
  latent_session_push_samples (self->session, sample->values, sample->n);
  for (gboolean begins = TRUE; latent_session_get_pending_windows (self->session, TRUE) > 0;
       begins = FALSE) {
    latent_session_take_window (self->session, 0);
    if (!hand_over (self, begins, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
feed_vector (
    LatentSelection *self, const Feeder *feeder, const LatentSample *sample, GError **error)
{
  LatentShape shape = latent_net_add_batch (self->model, LATENT_MODE_ENCODE, &sample->shape);
  g_autoptr (LatentTensor)
      tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, error);

  if (!tensor)
    return FALSE;
  memcpy (latent_tensor_get_writable_data (tensor), sample->values, tensor->size);
  if (feeder->func (tensor, TRUE, feeder->data, error))
    return TRUE;
  g_prefix_error (error, "%s: ", sample->origin);
  return FALSE;
}

gboolean
latent_selection_feed (
    LatentSelection *self, LatentSelectionFunc func, gpointer data, GError **error)
{
  g_autoptr (LatentSession) session = latent_session_new (
      self->model, LATENT_MODE_ENCODE, LATENT_PRECISION_F32, self->threads, 1, error);
  Feeder feeder = {session, func, data};
  gboolean good = session != NULL;

  for (guint i = 0; good && i < self->samples->len; i++) {
    const LatentSample *sample = self->samples->pdata[i];
    if (!is_few (self) && i % HELD == HELD - 1)
      continue;
    good = sample->kind == LATENT_MEDIA_VIDEO   ? feed_picture (&feeder, sample, error)
           : sample->kind == LATENT_MEDIA_AUDIO ? feed_sound (&feeder, sample, error)
                                                : feed_vector (self, &feeder, sample, error);
  }
  return good;
}
