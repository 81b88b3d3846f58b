/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#define GST_CAT_DEFAULT latent_autoencoder_debug

void
latent_autoencoder_reset_stats (LatentAutoencoder *self)
{
  GST_OBJECT_LOCK (self);
  self->stats = (LatentStats){.time_min = G_MAXUINT64};
  g_clear_pointer (&self->program, latent_program_unref);
  GST_OBJECT_UNLOCK (self);
}

/* Elements of one frame of a port whose dimension 0 is the batch. */
static guint64
count_elements (const LatentPort *port, guint batch)
{
  guint64 n = 1;

  for (guint i = 0; i < port->n_dims; i++)
    n *= (guint64)port->dims[i];
  return n / batch;
}

void
latent_autoencoder_describe_program (LatentAutoencoder *self)
{
  LatentProgram *program = latent_session_get_program (self->session);
  gboolean decodes = self->settings.mode == LATENT_MODE_DECODE;
  guint batch = self->settings.batch_size;
  const LatentPort *media = decodes ? latent_program_get_output (program, 0)
                                    : latent_program_get_input (program, 0);

  GST_OBJECT_LOCK (self);
  g_clear_pointer (&self->program, latent_program_unref);
  self->program = latent_program_ref (program);
  self->stats.macs = latent_program_get_macs (program) / batch;
  self->stats.d = count_elements (media, batch);
  self->stats.k = latent_session_get_latent_size (self->session) / sizeof (float);
  GST_OBJECT_UNLOCK (self);
}

void
latent_autoencoder_add_run (LatentAutoencoder *self, guint n_frames, guint64 time)
{
  LatentStats *stats = &self->stats;

  time /= n_frames;
  GST_OBJECT_LOCK (self);
  stats->frames += n_frames;
  stats->time_min = MIN (stats->time_min, time);
  stats->time_max = MAX (stats->time_max, time);
  stats->time_sum += time;
  stats->recent[stats->runs++ % LATENT_STATS_RECENT] = time;
  GST_OBJECT_UNLOCK (self);
}

void
latent_autoencoder_add_dropped (LatentAutoencoder *self)
{
  GST_OBJECT_LOCK (self);
  self->stats.dropped++;
  GST_OBJECT_UNLOCK (self);
}

void
latent_autoencoder_add_nonfinite (LatentAutoencoder *self, guint64 n)
{
  gboolean is_first;

  if (n == 0)
    return;
  GST_OBJECT_LOCK (self);
  is_first = self->stats.nonfinite == 0;
  self->stats.nonfinite += n;
  GST_OBJECT_UNLOCK (self);
  if (is_first)
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("model '%s' gives NaN or infinity", self->settings.model),
        ("%" G_GUINT64_FORMAT " elements of one frame; stats count them all", n));
}

static int
compare_times (const void *a, const void *b)
{
  guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

  return x < y ? -1 : x > y;
}

/* The 95th percentile (nearest rank) of the recent runs. */
static guint64
get_percentile (LatentStats *stats)
{
  guint n = (guint)MIN (stats->runs, LATENT_STATS_RECENT);

  if (n == 0)
    return 0;
  qsort (stats->recent, n, sizeof stats->recent[0], compare_times);
  return stats->recent[(n * 95 + 99) / 100 - 1];
}

GstStructure *
latent_autoencoder_get_stats (LatentAutoencoder *self)
{
  LatentStats stats;
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentModel) model = latent_autoencoder_ref_model (self);
  g_autofree char *kernels = NULL;

  GST_OBJECT_LOCK (self);
  stats = self->stats;
  program = self->program ? latent_program_ref (self->program) : NULL;
  GST_OBJECT_UNLOCK (self);

  if (program)
    kernels = latent_program_describe_kernels (program);
  return gst_structure_new ("latent-stats", "frames", G_TYPE_UINT64, stats.frames, "dropped",
      G_TYPE_UINT64, stats.dropped, "nonfinite", G_TYPE_UINT64, stats.nonfinite, "time-min",
      G_TYPE_UINT64, stats.runs ? stats.time_min : 0, "time-mean", G_TYPE_UINT64,
      stats.runs ? stats.time_sum / stats.runs : 0, "time-p95", G_TYPE_UINT64,
      get_percentile (&stats), "time-max", G_TYPE_UINT64, stats.time_max, "macs", G_TYPE_UINT64,
      stats.macs, "d", G_TYPE_UINT64, stats.d, "k", G_TYPE_UINT64, stats.k, "latent-id",
      G_TYPE_STRING, model ? latent_model_get_id (model) : "", "kernels", G_TYPE_STRING,
      kernels ? kernels : "", NULL);
}
