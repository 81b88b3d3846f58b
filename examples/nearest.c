/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* nearest MODEL.onnx FILE: prints, for each frame of a file, the earlier frame whose embedding is
 * nearest.
 *
 * An application in the middle of a pipeline: autoencoder mode=embed leaves frames as they are and
 * attaches the latent, which latent/gst.h reads. */
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <latent/gst.h>

/* Sum of squared differences of two latents. */
static double
get_distance (LatentTensor *a, LatentTensor *b)
{
  gsize size_a, size_b;
  const float *x = latent_tensor_get_data (a, &size_a);
  const float *y = latent_tensor_get_data (b, &size_b);
  if (size_a != size_b)
    return G_MAXDOUBLE; /* the size of the picture changed on the way */

  double sum = 0;
  for (gsize i = 0; i < size_a / sizeof (float); i++)
    sum += (x[i] - y[i]) * (x[i] - y[i]);
  return sum;
}

/* Compares a frame's latent with all earlier ones, then keeps it. */
static void
look_up (GPtrArray *earlier, LatentTensor *latent, GstClockTime pts)
{
  double best = G_MAXDOUBLE;
  guint nearest = 0;
  for (guint i = 0; i < earlier->len; i++) {
    double distance = get_distance (latent, earlier->pdata[i]);
    if (distance < best) {
      best = distance;
      nearest = i;
    }
  }
  if (earlier->len > 0)
    g_print ("%" GST_TIME_FORMAT " frame %u: frame %u, distance %g\n", GST_TIME_ARGS (pts),
        earlier->len, nearest, best);
  g_ptr_array_add (earlier, latent_tensor_ref (latent));
}

static void
read_frames (GstAppSink *sink)
{
  g_autoptr (GPtrArray)
      earlier = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_tensor_unref);
  for (;;) {
    g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
    if (!sample)
      return;
    GstBuffer *frame = gst_sample_get_buffer (sample);
    g_autoptr (LatentTensor) latent = latent_gst_buffer_get_latent (frame);
    if (latent)
      look_up (earlier, latent, GST_BUFFER_PTS (frame));
  }
}

/* Whether the pipeline came to its end without an error; the sink knows a moment before the bus
 * does. */
static gboolean
check_bus (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
      bus, 5 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  if (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return TRUE;

  g_autoptr (GError) error = NULL;
  if (message)
    gst_message_parse_error (message, &error, NULL);
  g_printerr ("%s\n", error ? error->message : "the pipeline stopped");
  return FALSE;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc != 3) {
    g_printerr ("usage: %s MODEL.onnx FILE\n", argv[0]);
    return 2;
  }

  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "filesrc name=file ! decodebin ! videoconvert ! "
      "autoencoder mode=embed name=embed ! appsink name=frames sync=false",
      &error);
  if (!pipeline) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  g_autoptr (GstElement) embed = gst_bin_get_by_name (GST_BIN (pipeline), "embed");
  g_autoptr (GstElement) file = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  g_autoptr (GstElement) frames = gst_bin_get_by_name (GST_BIN (pipeline), "frames");
  g_object_set (embed, "model", argv[1], NULL);
  g_object_set (file, "location", argv[2], NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  read_frames (GST_APP_SINK (frames));
  gboolean ended = check_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return ended ? 0 : 1;
}
