/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/lat-case.h"

#include <gst/check/gstcheck.h>
#include <unistd.h>

#include "src/gst/stream-caps.h"
#include "tests/models.h"

static struct {
  GBytes *header;
  GBytes *packets[LAT_CASE_FRAMES];
} streams[2];

/* LATENT_MEDIA_VIDEO or AUDIO. */
static guint
get_row (LatentMediaKind kind)
{
  return kind == LATENT_MEDIA_AUDIO;
}

static void
make_stream (LatentModel *model, LatentMediaKind kind)
{
  const LatentStreamInfo info = {.kind = kind,
      .width = 32,
      .height = 16,
      .fps_n = 10,
      .fps_d = 1,
      .par_n = 1,
      .par_d = 1,
      .rate = 8000,
      .audio_channels = 1,
      .hop = 800};
  const gint64 dims[] = {1, 4};
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentEncoder) encoder = latent_encoder_new (model, 2, dims, &info, 1, &error);
  const guint row = get_row (kind);

  if (!encoder)
    g_error ("%s", error->message);
  latent_encoder_set_key_interval (encoder, LAT_CASE_KEYS);
  streams[row].header = g_bytes_ref (latent_encoder_get_header (encoder));
  for (guint i = 0; i < LAT_CASE_FRAMES; i++) {
    const float latents[] = {(float)i, (float)row, (float)(i * i % 7), -3};
    const guint8 *packet;
    LatentPacketInfo about;
    gsize size;
    if (!latent_encoder_encode (encoder, latents, 0, &about, &packet, &size, &error))
      g_error ("%s", error->message);
    g_assert_cmpint (about.key, ==, i % LAT_CASE_KEYS == 0);
    streams[row].packets[i] = g_bytes_new (packet, size);
  }
}

void
lat_case_init (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel)
      model = latent_model_load (test_models_get_path (TEST_MODEL_VECTOR), &error);

  if (!model)
    g_error ("%s", error->message);
  make_stream (model, LATENT_MEDIA_VIDEO);
  make_stream (model, LATENT_MEDIA_AUDIO);
}

void
lat_case_clear (void)
{
  for (guint row = 0; row < 2; row++) {
    g_clear_pointer (&streams[row].header, g_bytes_unref);
    for (guint i = 0; i < LAT_CASE_FRAMES; i++)
      g_clear_pointer (&streams[row].packets[i], g_bytes_unref);
  }
}

GBytes *
lat_case_get_header (LatentMediaKind kind)
{
  return streams[get_row (kind)].header;
}

GBytes *
lat_case_get_packet (LatentMediaKind kind, guint frame)
{
  return streams[get_row (kind)].packets[frame];
}

GstCaps *
lat_case_new_caps (LatentMediaKind kind)
{
  GBytes *header = lat_case_get_header (kind);
  LatentStreamInfo info;

  g_assert_true (latent_stream_info_parse (
      &info, g_bytes_get_data (header, NULL), g_bytes_get_size (header), NULL));
  return latent_gst_stream_new_caps (&info, header);
}

GstBuffer *
lat_case_new_buffer (LatentMediaKind kind, guint frame)
{
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (lat_case_get_packet (kind, frame));

  GST_BUFFER_PTS (buffer) = frame * LAT_CASE_STEP;
  GST_BUFFER_DURATION (buffer) = LAT_CASE_STEP;
  if (frame % LAT_CASE_KEYS)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

static void
add_stream (LatentFileWriter *writer, LatentMediaKind kind)
{
  GBytes *header = lat_case_get_header (kind);

  g_assert_true (latent_file_writer_add_stream (writer, kind, g_bytes_get_data (header, NULL),
      g_bytes_get_size (header), LAT_CASE_STEP, NULL));
}

static void
add_packet (LatentFileWriter *writer, LatentMediaKind kind, guint frame)
{
  GBytes *bytes = lat_case_get_packet (kind, frame);
  LatentFilePacket packet = {.stream = get_row (kind),
      .pts = frame * LAT_CASE_STEP,
      .duration = LAT_CASE_STEP,
      .key = frame % LAT_CASE_KEYS == 0};

  g_assert_true (latent_file_writer_add_packet (
      writer, &packet, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL));
}

GByteArray *
lat_case_write (gboolean finish, GBytes *model)
{
  g_autoptr (LatentFileWriter) writer = latent_file_writer_new (17);
  GByteArray *file = g_byte_array_new ();
  GBytes *bytes;

  add_stream (writer, LATENT_MEDIA_VIDEO);
  add_stream (writer, LATENT_MEDIA_AUDIO);
  latent_file_writer_add_tag (writer, LATENT_FILE_WHOLE, GST_TAG_TITLE, "A title", NULL);
  latent_file_writer_add_tag (writer, 1, GST_TAG_TRACK_NUMBER, "7", NULL);
  latent_file_writer_add_tag (writer, 1, "no-such-tag", "x", NULL);
  if (model)
    g_assert_true (latent_file_writer_add_model (writer, 0, model, NULL));
  for (guint i = 0; i < LAT_CASE_FRAMES; i++) {
    add_packet (writer, LATENT_MEDIA_VIDEO, i);
    add_packet (writer, LATENT_MEDIA_AUDIO, i);
  }
  if (finish)
    latent_file_writer_finish (writer);
  latent_file_writer_flush (writer);
  while ((bytes = latent_file_writer_take (writer, NULL)) != NULL) {
    g_byte_array_append (file, g_bytes_get_data (bytes, NULL), (guint)g_bytes_get_size (bytes));
    g_bytes_unref (bytes);
  }
  return file;
}

char *
lat_case_save (const GByteArray *file)
{
  char *path = g_strdup_printf (
      "%s/latent-test-%d-%u.lat", g_get_tmp_dir (), getpid (), g_random_int ());

  g_assert_true (g_file_set_contents (path, (const char *)file->data, (gssize)file->len, NULL));
  return path;
}
