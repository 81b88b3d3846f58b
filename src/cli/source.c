/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/source.h"

#include <gst/gst.h>
#include <gst/pbutils/pbutils.h>

#include "src/media/array.h"

struct _LatentSource {
  char **inputs;
  guint n_inputs;
  guint current;
  LatentSourceSettings settings;
  const LatentSourceClass *class;
  gpointer opened;
  guint64 seen; /* samples of the inputs */
  guint64 given;
};

static const LatentSourceClass *
find_class (const char *input)
{
  if (g_str_has_prefix (input, "gst:"))
    return &latent_source_media;
  if (g_file_test (input, G_FILE_TEST_IS_DIR))
    return &latent_source_folder;
  return latent_array_file_probe (input) ? &latent_source_array : &latent_source_media;
}

static void
close_input (LatentSource *self)
{
  if (self->opened)
    self->class->free (self->opened);
  self->opened = NULL;
}

static gboolean
open_input (LatentSource *self, GError **error)
{
  const char *input = self->inputs[self->current];
  self->class = find_class (input);
  self->opened = self->class->open (input, &self->settings, error);
  return self->opened != NULL;
}

LatentSource *
latent_source_new (char **inputs, const LatentSourceSettings *settings, GError **error)
{
  g_autoptr (LatentSource) self = g_new0 (LatentSource, 1);
  self->inputs = inputs;
  self->n_inputs = g_strv_length (inputs);
  self->settings = *settings;
  /* What is missing among the inputs is said at once, not after an hour of the first. */
  for (char **input = inputs; *input; input++)
    if (!strstr (*input, ":") && !g_file_test (*input, G_FILE_TEST_EXISTS)) {
      g_set_error (
          error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND, "%s: no such file or folder", *input);
      return NULL;
    }
  if (!open_input (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
latent_source_free (LatentSource *self)
{
  if (!self)
    return;
  close_input (self);
  g_free (self);
}

/* The next sample of any input. */
static LatentSourceResult
read_sample (LatentSource *self, LatentSample *sample, GError **error)
{
  for (;;) {
    *sample = (LatentSample){.origin = self->inputs[self->current]};
    LatentSourceResult result = self->class->next (self->opened, sample, error);
    if (result != LATENT_SOURCE_END || self->current + 1 == self->n_inputs)
      return result;
    close_input (self);
    self->current++;
    if (!open_input (self, error))
      return LATENT_SOURCE_ERROR;
  }
}

LatentSourceResult
latent_source_next (LatentSource *self, LatentSample *sample, GError **error)
{
  if (self->settings.max && self->given == self->settings.max)
    return LATENT_SOURCE_END;
  for (;;) {
    LatentSourceResult result = read_sample (self, sample, error);
    if (result == LATENT_SOURCE_END && self->seen == 0) {
      g_set_error (
          error, LATENT_ERROR, LATENT_ERROR_FORMAT, "%s: there is nothing in it", self->inputs[0]);
      return LATENT_SOURCE_ERROR;
    }
    if (result != LATENT_SOURCE_SAMPLE)
      return result;
    /* Sound is a stream: nothing of it can be left out. */
    if (self->seen++ % MAX (self->settings.every, 1) == 0 || sample->kind == LATENT_MEDIA_AUDIO)
      break;
  }
  self->given++;
  return LATENT_SOURCE_SAMPLE;
}

double
latent_source_get_progress (LatentSource *self)
{
  double part = self->opened ? self->class->get_progress (self->opened) : 1;
  if (self->settings.max)
    part = MAX (part, (double)self->given / (double)self->settings.max);
  return part < 0 ? part : (self->current + part) / self->n_inputs;
}

guint64
latent_source_get_count (const LatentSource *self)
{
  return self->given;
}

static gboolean
has_sound_alone (const char *path)
{
  g_autofree char *uri = gst_filename_to_uri (path, NULL);
  g_autoptr (GstDiscoverer) discoverer = gst_discoverer_new (10 * GST_SECOND, NULL);
  if (!uri || !discoverer)
    return FALSE;
  g_autoptr (GstDiscovererInfo) info = gst_discoverer_discover_uri (discoverer, uri, NULL);
  if (!info)
    return FALSE;
  GList *video = gst_discoverer_info_get_video_streams (info);
  GList *audio = gst_discoverer_info_get_audio_streams (info);
  gboolean alone = audio && !video;
  gst_discoverer_stream_info_list_free (video);
  gst_discoverer_stream_info_list_free (audio);
  return alone;
}

LatentMediaKind
latent_source_guess_kind (const char *input)
{
  const LatentSourceClass *class = find_class (input);
  if (class == &latent_source_array)
    return LATENT_MEDIA_VECTOR;
  if (class == &latent_source_media && g_file_test (input, G_FILE_TEST_IS_REGULAR)) {
    gst_init (NULL, NULL);
    if (has_sound_alone (input))
      return LATENT_MEDIA_AUDIO;
  }
  return LATENT_MEDIA_VIDEO;
}

double
latent_source_get_scale (const char *input)
{
  if (find_class (input) != &latent_source_array)
    return 0;
  g_autoptr (LatentArrayFile) file = latent_array_file_open (input, NULL);
  LatentDataType type = file ? latent_array_file_get_header (file)->type : LATENT_DATA_TYPE_NONE;
  return type == LATENT_DATA_TYPE_UINT8   ? 1. / 255
         : type == LATENT_DATA_TYPE_INT16 ? 1. / 32768
                                          : 0;
}
