/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/bench-elements.h"

#include <latent/error.h>

#include "src/cli/rig.h"
#include "src/gst/caps.h"
#include "src/media/format.h"
#include "src/model/model.h"

/* Streams that rows read and write. */
typedef enum { MEDIA, LATENTS, PACKETS, N_STREAMS, NONE = N_STREAMS } Stream;

/* %s is "video" or "audio". */
static const struct {
  const char *text;
  Stream src, dst;
  gboolean encodes, decodes;
} rows[] = {
    {"autoencoder mode=encode",           MEDIA,   LATENTS, TRUE,  FALSE},
    {"autoencoder mode=decode",           LATENTS, NONE,    FALSE, TRUE },
    {"autoencoder",                       MEDIA,   NONE,    TRUE,  TRUE },
    {"latent%senc",                       MEDIA,   PACKETS, TRUE,  FALSE},
    {"latent%sdec",                       PACKETS, NONE,    FALSE, TRUE },
    {"latent%senc ! queue ! latent%sdec", MEDIA,   NONE,    TRUE,  TRUE },
};

typedef struct {
  gboolean is_video;
  gboolean encodes, decodes;
  char *source; /* gst-launch text */
} Media;

static void
clear_media (Media *self)
{
  g_free (self->source);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Media, clear_media)

static char *
describe_source (const LatentBenchElements *bench, const LatentModel *model)
{
  const LatentMediaInfo *info = &model->media;

  if (info->kind == LATENT_MEDIA_VIDEO)
    return g_strdup_printf ("videotestsrc pattern=ball num-buffers=%u ! "
                            "video/x-raw,format=%s,width=%u,height=%u,framerate=30/1",
        bench->frames, latent_format_get (latent_gst_get_preferred_format (model))->name,
        bench->width, bench->height);
  return g_strdup_printf ("audiotestsrc wave=pink-noise num-buffers=%u samplesperbuffer=%u ! "
                          "audio/x-raw,format=F32LE,layout=interleaved,rate=%u,channels=%u",
      bench->frames, MAX (info->rate / 10, 1), info->rate, info->channels);
}

/* With the model loaded no longer than for this. */
static gboolean
find_media (Media *self, const LatentBenchElements *bench, GError **error)
{
  g_autoptr (LatentModel) model = latent_model_load (bench->path, error);

  if (model == NULL)
    return FALSE;
  if (model->media.kind == LATENT_MEDIA_VECTOR) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: --element needs a model of pictures or sound, this one is of vectors", bench->path);
    return FALSE;
  }
  self->is_video = model->media.kind == LATENT_MEDIA_VIDEO;
  self->encodes = latent_model_supports_mode (model, LATENT_MODE_ENCODE);
  self->decodes = latent_model_supports_mode (model, LATENT_MODE_DECODE);
  self->source = describe_source (bench, model);
  return TRUE;
}

static GVariant *
describe_row (const char *text, const LatentRigTime *time)
{
  GVariantBuilder entry;

  g_variant_builder_init (&entry, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&entry, "{sv}", "elements", g_variant_new_string (text));
  g_variant_builder_add (&entry, "{sv}", "frames", g_variant_new_uint32 (time->frames));
  g_variant_builder_add (&entry, "{sv}", "start_ms", g_variant_new_double (time->start * 1e3));
  g_variant_builder_add (
      &entry, "{sv}", "fps", g_variant_new_double (time->mean > 0 ? 1 / time->mean : 0));
  g_variant_builder_add (&entry, "{sv}", "ms_mean", g_variant_new_double (time->mean * 1e3));
  g_variant_builder_add (&entry, "{sv}", "ms_min", g_variant_new_double (time->min * 1e3));
  return g_variant_builder_end (&entry);
}

static gboolean
run_rows (const LatentBenchElements *self, const Media *media, LatentTake **streams,
    GVariantBuilder *builder, GError **error)
{
  const LatentRigSettings settings = {self->path, self->precision, self->threads, self->batch};
  const char *kind = media->is_video ? "video" : "audio";

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_auto (GStrv) parts = g_strsplit (rows[i].text, "%s", -1);
    g_autofree char *text = g_strjoinv (kind, parts);
    LatentRigTime time;
    LatentTake *dst = rows[i].dst != NONE ? streams[rows[i].dst] : NULL;

    if ((rows[i].encodes && !media->encodes) || (rows[i].decodes && !media->decodes) ||
        streams[rows[i].src]->caps == NULL)
      continue;
    if (!latent_rig_run (text, &settings, streams[rows[i].src], dst, &time, error)) {
      g_prefix_error (error, "%s: ", text);
      return FALSE;
    }
    g_variant_builder_add_value (builder, describe_row (text, &time));
  }
  return TRUE;
}

GVariant *
latent_bench_elements (const LatentBenchElements *self, GError **error)
{
  g_auto (Media) media = {0};
  LatentTake *streams[N_STREAMS] = {NULL};
  GVariantBuilder builder;
  gboolean done;

  gst_init (NULL, NULL);
  if (!find_media (&media, self, error))
    return NULL;
  streams[MEDIA] = latent_take_new_source (media.source, error);
  if (streams[MEDIA] == NULL)
    return NULL;
  streams[LATENTS] = latent_take_new ();
  streams[PACKETS] = latent_take_new ();
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  done = run_rows (self, &media, streams, &builder, error);
  for (guint i = 0; i < N_STREAMS; i++)
    latent_take_free (streams[i]);
  if (done)
    return g_variant_ref_sink (g_variant_builder_end (&builder));
  g_variant_builder_clear (&builder);
  return NULL;
}
