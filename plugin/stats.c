/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/stats.h"

#include <stdlib.h>

#include "src/gst/message.h"

void
latent_stats_init (LatentStats *self, GstElement *element)
{
  self->element = element;
}

void
latent_stats_clear (LatentStats *self)
{
  g_clear_pointer (&self->program, latent_program_unref);
  g_clear_pointer (&self->latent_id, g_free);
}

void
latent_stats_reset (LatentStats *self, const LatentModel *model)
{
  GstElement *element = self->element;

  GST_OBJECT_LOCK (element);
  latent_stats_clear (self);
  *self = (LatentStats){.element = element, .time_min = G_MAXUINT64};
  self->latent_id = g_strdup (model ? latent_model_get_id (model) : "");
  GST_OBJECT_UNLOCK (element);
}

void
latent_stats_set_model (LatentStats *self, const LatentModel *model)
{
  GST_OBJECT_LOCK (self->element);
  g_free (self->latent_id);
  self->latent_id = g_strdup (latent_model_get_id (model));
  GST_OBJECT_UNLOCK (self->element);
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
latent_stats_describe (LatentStats *self, LatentSession *session, gboolean decodes, guint batch)
{
  LatentProgram *program = latent_session_get_program (session);
  const LatentPort *media = decodes ? latent_program_get_output (program, 0)
                                    : latent_program_get_input (program, 0);

  GST_OBJECT_LOCK (self->element);
  g_clear_pointer (&self->program, latent_program_unref);
  self->program = latent_program_ref (program);
  self->macs = latent_program_get_macs (program) / batch;
  self->d = count_elements (media, batch);
  self->k = latent_session_get_latent_size (session) / sizeof (float);
  GST_OBJECT_UNLOCK (self->element);
}

static void
add_run (LatentStats *self, guint n_frames, guint64 time)
{
  time /= n_frames;
  GST_OBJECT_LOCK (self->element);
  self->frames += n_frames;
  self->time_min = MIN (self->time_min, time);
  self->time_max = MAX (self->time_max, time);
  self->time_sum += time;
  self->recent[self->runs++ % LATENT_STATS_RECENT] = time;
  GST_OBJECT_UNLOCK (self->element);
}

gboolean
latent_stats_run (LatentStats *self, LatentSession *session, guint n_frames)
{
  g_autoptr (GError) error = NULL;
  GstClockTime time, begin = gst_util_get_timestamp ();

  if (!latent_session_run (session, &error)) {
    latent_gst_post_error (self->element, error);
    return FALSE;
  }
  time = gst_util_get_timestamp () - begin;
  add_run (self, n_frames, time);
  GST_LOG_OBJECT (
      self->element, "ran %u frames in %" GST_TIME_FORMAT, n_frames, GST_TIME_ARGS (time));
  return TRUE;
}

void
latent_stats_add_dropped (LatentStats *self)
{
  GST_OBJECT_LOCK (self->element);
  self->dropped++;
  GST_OBJECT_UNLOCK (self->element);
}

void
latent_stats_add_nonfinite (LatentStats *self, const char *path, guint64 n)
{
  gboolean is_first;

  if (n == 0)
    return;
  GST_OBJECT_LOCK (self->element);
  is_first = self->nonfinite == 0;
  self->nonfinite += n;
  GST_OBJECT_UNLOCK (self->element);
  if (is_first)
    GST_ELEMENT_WARNING (self->element, STREAM, FAILED, ("model '%s' gives NaN or infinity", path),
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
latent_stats_get (LatentStats *self)
{
  LatentStats stats;
  g_autoptr (LatentProgram) program = NULL;
  g_autofree char *latent_id = NULL, *kernels = NULL;

  GST_OBJECT_LOCK (self->element);
  stats = *self;
  program = self->program ? latent_program_ref (self->program) : NULL;
  latent_id = g_strdup (self->latent_id);
  GST_OBJECT_UNLOCK (self->element);

  if (program)
    kernels = latent_program_describe_kernels (program);
  return gst_structure_new ("latent-stats", "frames", G_TYPE_UINT64, stats.frames, "dropped",
      G_TYPE_UINT64, stats.dropped, "nonfinite", G_TYPE_UINT64, stats.nonfinite, "time-min",
      G_TYPE_UINT64, stats.runs ? stats.time_min : 0, "time-mean", G_TYPE_UINT64,
      stats.runs ? stats.time_sum / stats.runs : 0, "time-p95", G_TYPE_UINT64,
      get_percentile (&stats), "time-max", G_TYPE_UINT64, stats.time_max, "macs", G_TYPE_UINT64,
      stats.macs, "d", G_TYPE_UINT64, stats.d, "k", G_TYPE_UINT64, stats.k, "latent-id",
      G_TYPE_STRING, latent_id ? latent_id : "", "kernels", G_TYPE_STRING, kernels ? kernels : "",
      NULL);
}

typedef struct {
  GstStructure *(*get) (gpointer data);
  gpointer data;
} Watch;

static GstPadProbeReturn
notice_end (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const Watch *watch = data;
  g_autoptr (GstElement) element = NULL;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  element = gst_pad_get_parent_element (pad);
  if (element)
    gst_element_post_message (
        element, gst_message_new_element (GST_OBJECT (element), watch->get (watch->data)));
  return GST_PAD_PROBE_OK;
}

void
latent_stats_watch_end (GstPad *pad, GstStructure *(*get) (gpointer data), gpointer data)
{
  Watch *watch = g_new (Watch, 1);

  *watch = (Watch){.get = get, .data = data};
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, notice_end, watch, g_free);
}

void
latent_stats_post (LatentStats *self, GstStructure *structure)
{
  gst_element_post_message (
      self->element, gst_message_new_element (GST_OBJECT (self->element), structure));
}
