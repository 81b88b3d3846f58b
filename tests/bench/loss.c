/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loss MODEL CLIP [FRAMES [QUALITY [CONCEAL]]]: what is left of a clip where packets of RTP are
 * lost at random (fixed seeds). Each kind of stream is decoded twice, from what arrived and from
 * what was sent; a frame that is not flagged and differs between both would be wrong. */
#include <gst/video/video.h>
#include <math.h>
#include <string.h>

static const struct {
  const char *name;
  const char *encoder; /* properties */
  gboolean has_feedback;
} kinds[] = {
    {"key frames on request",       "key-int-max=250",      TRUE },
    {"a key frame every 25 frames", "key-int-max=25",       FALSE},
    {"error-resilient",             "error-resilient=true", FALSE},
};

/* Runs with other packets lost. */
#define SEEDS 4

static const double losses[] = {0, 0.01, 0.05, 0.2};

typedef struct {
  GPtrArray *source; /* GstBuffer, in order */
  GHashTable *sent;  /* PTS -> GstBuffer: decoded from all packets */
  GHashTable *shown; /* PTS -> GstBuffer: decoded from those that arrived */
  GMutex mutex;
  GstVideoInfo info;
} Run;

static void
keep_source (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Run *run = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  gst_video_info_from_caps (&run->info, caps);
  g_ptr_array_add (run->source, gst_buffer_ref (buffer));
}

static void
keep (Run *run, GHashTable *frames, GstBuffer *buffer)
{
  g_mutex_lock (&run->mutex);
  g_hash_table_replace (
      frames, g_memdup2 (&GST_BUFFER_PTS (buffer), sizeof (gint64)), gst_buffer_ref (buffer));
  g_mutex_unlock (&run->mutex);
}

static void
keep_sent (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  keep (data, ((Run *)data)->sent, buffer);
}

static void
keep_shown (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  keep (data, ((Run *)data)->shown, buffer);
}

static GstPadProbeReturn
drop (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return gst_video_event_is_force_key_unit (GST_PAD_PROBE_INFO_EVENT (info)) ? GST_PAD_PROBE_DROP
                                                                             : GST_PAD_PROBE_OK;
}

static void
play (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_error ("%s", error->message);
  }
}

static guint64
get_bytes (GstElement *pipeline)
{
  g_autoptr (GstElement) encoder = gst_bin_get_by_name (GST_BIN (pipeline), "encoder");
  g_autoptr (GstStructure) stats = NULL;
  guint64 bytes = 0;

  g_object_get (encoder, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "bytes", &bytes);
  return bytes;
}

/* Squared error of the luma, or of the first component. */
static double
compare (const GstVideoInfo *info, GstBuffer *a, GstBuffer *b)
{
  GstVideoFrame x, y;
  gint width = GST_VIDEO_INFO_WIDTH (info), height = GST_VIDEO_INFO_HEIGHT (info);
  double sum = 0;

  if (!gst_video_frame_map (&x, info, a, GST_MAP_READ) ||
      !gst_video_frame_map (&y, info, b, GST_MAP_READ))
    g_error ("a frame cannot be mapped");
  for (gint row = 0; row < height; row++) {
    const guint8 *p = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&x, 0) +
                      row * GST_VIDEO_FRAME_PLANE_STRIDE (&x, 0);
    const guint8 *q = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&y, 0) +
                      row * GST_VIDEO_FRAME_PLANE_STRIDE (&y, 0);

    for (gint i = 0; i < width; i++)
      sum += (p[i] - q[i]) * (p[i] - q[i]);
  }
  gst_video_frame_unmap (&x);
  gst_video_frame_unmap (&y);
  return sum / width / height;
}

/* Over all seeds. */
typedef struct {
  guint frames, good, concealed, wrong;
  double psnr; /* sum over frames */
  double bits;
  double seconds;
} Sum;

/* What a viewer sees: where no frame comes the last one stays. */
static void
add (Sum *sum, Run *run, guint64 bytes)
{
  GstBuffer *screen = NULL;

  for (guint i = 0; i < run->source->len; i++) {
    GstBuffer *source = run->source->pdata[i];
    GstBuffer *sent = g_hash_table_lookup (run->sent, &GST_BUFFER_PTS (source));
    GstBuffer *shown = g_hash_table_lookup (run->shown, &GST_BUFFER_PTS (source));
    gboolean is_flagged = shown && GST_BUFFER_FLAG_IS_SET (shown, GST_BUFFER_FLAG_CORRUPTED);

    sum->concealed += is_flagged;
    sum->good += shown && !is_flagged;
    sum->wrong += shown && !is_flagged && (!sent || compare (&run->info, sent, shown) > 0);
    screen = shown ? shown : screen;
    if (screen)
      sum->psnr += 10 * log10 (255. * 255 / MAX (compare (&run->info, source, screen), 1e-3));
  }
  sum->frames += run->source->len;
  sum->bits += (double)bytes * 8;
  sum->seconds += run->source->len / ((double)run->info.fps_n / run->info.fps_d);
}

static void
report (const Sum *sum, double loss)
{
  double n = sum->frames;

  g_print ("  %4.0f %%  %6.2f dB  %5.1f %% good  %5.1f %% concealed  %5.1f %% absent  %u wrong  "
           "%6.1f kbit/s\n",
      loss * 100, sum->psnr / n, 100 * sum->good / n, 100 * sum->concealed / n,
      100 * (n - sum->good - sum->concealed) / n, sum->wrong, sum->bits / sum->seconds / 1000);
}

static void
connect (GstElement *pipeline, const char *name, GCallback callback, Run *run)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), name);

  g_signal_connect (sink, "handoff", callback, run);
}

static void
measure (const char *text, gboolean has_feedback, double loss, guint32 seed, Sum *sum)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) channel = NULL;
  g_autoptr (GstPad) pad = NULL;
  Run run = {.source = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref)};

  if (error)
    g_error ("%s", error->message);
  run.sent = g_hash_table_new_full (
      g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)gst_buffer_unref);
  run.shown = g_hash_table_new_full (
      g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)gst_buffer_unref);
  connect (pipeline, "source", G_CALLBACK (keep_source), &run);
  connect (pipeline, "sent", G_CALLBACK (keep_sent), &run);
  connect (pipeline, "shown", G_CALLBACK (keep_shown), &run);
  channel = gst_bin_get_by_name (GST_BIN (pipeline), "channel");
  pad = gst_element_get_static_pad (channel, "sink");
  if (!has_feedback)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, drop, NULL, NULL);
  g_object_set (channel, "drop-probability", (float)loss, NULL);
  g_random_set_seed (seed);
  play (pipeline);
  add (sum, &run, get_bytes (pipeline));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_ptr_array_unref (run.source);
  g_hash_table_unref (run.sent);
  g_hash_table_unref (run.shown);
}

/* One thread from the encoder to both decoders, so that a run is the same every time. */
static char *
describe (char **arguments, guint n, const char *encoder)
{
  const char *frames = n > 3 ? arguments[3] : "200";
  const char *quality = n > 4 ? arguments[4] : "40";
  const char *conceal = n > 5 ? arguments[5] : "repeat";
  const char *sink = "fakesink signal-handoffs=true sync=false async=false";

  return g_strdup_printf (
      "filesrc location=\"%s\" ! decodebin ! videoconvert ! identity eos-after=%s ! tee name=raw "
      "raw. ! %s name=source "
      "raw. ! latentvideoenc name=encoder model=\"%s\" threads=1 quality=%s %s ! tee name=coded "
      "coded. ! latentvideodec model=\"%s\" threads=1 ! %s name=sent "
      "coded. ! rtpgstpay config-interval=1 ! identity name=channel ! rtpgstdepay "
      "! latentvideodec model=\"%s\" threads=1 conceal=%s ! %s name=shown",
      arguments[2], frames, sink, arguments[1], quality, encoder, arguments[1], sink, arguments[1],
      conceal, sink);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc < 3) {
    g_printerr ("usage: loss MODEL CLIP [FRAMES [QUALITY [repeat|predict|none]]]\n");
    return 2;
  }
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *text = describe (argv, (guint)argc, kinds[i].encoder);

    g_print ("%s\n", kinds[i].name);
    for (guint k = 0; k < G_N_ELEMENTS (losses); k++) {
      Sum sum = {0};

      for (guint32 seed = 1; seed <= (losses[k] > 0 ? SEEDS : 1); seed++)
        measure (text, kinds[i].has_feedback, losses[k], seed, &sum);
      report (&sum, losses[k]);
    }
  }
  return 0;
}
