/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/gst/stream-caps.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#define PLAIN      "framerate=30000/1001,pixel-aspect-ratio=1/1,"
#define ANAMORPHIC "framerate=0/1,pixel-aspect-ratio=16/11,"

static const struct {
  const char *caps; /* beside format and size */
  guint range, matrix, transfer, primaries, interlace, order, chroma;
} videos[] = {
    {PLAIN "colorimetry=bt709,interlace-mode=progressive,chroma-site=mpeg2",    2, 1, 1, 1, 0, 0, 1},
    {ANAMORPHIC "colorimetry=bt601,interlace-mode=interleaved,field-order=top-field-first,"
                "chroma-site=cosited",                                     2, 6, 6, 6, 1, 1, 3},
    {PLAIN "colorimetry=1:4:0:0,interlace-mode=mixed,chroma-site=jpeg",         1, 6, 2, 2, 2, 0, 2},
    {PLAIN "colorimetry=bt709,interlace-mode=progressive,chroma-site=alt-line", 2, 1, 1, 1, 0, 0,
     0                                                                                             },
};

static GstVideoInfo
get_info (const char *more)
{
  g_autofree char *text = g_strconcat ("video/x-raw,format=I420,width=35,height=27,", more, NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstVideoInfo info;

  ck_assert (gst_video_info_from_caps (&info, caps));
  return info;
}

/* Numbers as ISO/IEC 23001-8 has them. */
GST_START_TEST (test_put_video)
{
  GstVideoInfo info = get_info (videos[__i__].caps);
  LatentStreamInfo stream;

  latent_gst_stream_put_video (&stream, &info);
  ck_assert (stream.kind == LATENT_MEDIA_VIDEO);
  ck_assert_uint_eq (stream.width, 35);
  ck_assert_uint_eq (stream.height, 27);
  ck_assert_uint_eq (stream.color_range, videos[__i__].range);
  ck_assert_uint_eq (stream.color_matrix, videos[__i__].matrix);
  ck_assert_uint_eq (stream.color_transfer, videos[__i__].transfer);
  ck_assert_uint_eq (stream.color_primaries, videos[__i__].primaries);
  ck_assert_uint_eq (stream.interlace, videos[__i__].interlace);
  ck_assert_uint_eq (stream.field_order, videos[__i__].order);
  ck_assert_uint_eq (stream.chroma_site, videos[__i__].chroma);
}
GST_END_TEST;

GST_START_TEST (test_get_video)
{
  GstVideoInfo info = get_info (videos[__i__].caps), back;
  LatentStreamInfo stream;
  g_autoptr (GstCaps) a = NULL, b = NULL;

  latent_gst_stream_put_video (&stream, &info);
  ck_assert (latent_gst_stream_get_video (&stream, GST_VIDEO_FORMAT_I420, &back));
  a = gst_video_info_to_caps (&info);
  b = gst_video_info_to_caps (&back);
  ck_assert_msg (
      gst_caps_is_equal (a, b), "%s, %s", gst_caps_to_string (a), gst_caps_to_string (b));
}
GST_END_TEST;

GST_START_TEST (test_new_caps)
{
  GstVideoInfo info = get_info (videos[1].caps);
  g_autoptr (GBytes) header = g_bytes_new_static ("header", 6);
  g_autoptr (GBytes) found = NULL;
  g_autoptr (GstCaps) caps = NULL, wanted = NULL;
  LatentStreamInfo stream;

  latent_gst_stream_put_video (&stream, &info);
  strcpy (stream.latent_id, "00112233445566778899aabbccddeeff");
  caps = latent_gst_stream_new_caps (&stream, header);
  wanted = gst_caps_from_string (
      "video/x-latent,version=1,alignment=frame,width=35,height=27,framerate=0/1,"
      "pixel-aspect-ratio=16/11,interlace-mode=interleaved,colorimetry=bt601,chroma-site=cosited,"
      "latent-model=(string)0011223344556677,codec_data=(buffer)686561646572");
  ck_assert_msg (gst_caps_is_equal (caps, wanted), "%s", gst_caps_to_string (caps));
  found = latent_gst_stream_get_header (caps);
  ck_assert (g_bytes_equal (found, header));
}
GST_END_TEST;

GST_START_TEST (test_audio_caps)
{
  g_autoptr (GBytes) header = g_bytes_new_static ("header", 6);
  g_autoptr (GstCaps) caps = NULL, wanted = NULL;
  LatentStreamInfo stream = {.kind = LATENT_MEDIA_AUDIO,
      .latent_id = "ab",
      .rate = 16000,
      .audio_channels = 2,
      .hop = 320};

  caps = latent_gst_stream_new_caps (&stream, header);
  wanted = gst_caps_from_string ("audio/x-latent,version=1,rate=16000,channels=2,"
                                 "latent-model=(string)ab,codec_data=(buffer)686561646572");
  ck_assert_msg (gst_caps_is_equal (caps, wanted), "%s", gst_caps_to_string (caps));
}
GST_END_TEST;

GST_START_TEST (test_no_header)
{
  g_autoptr (GstCaps) caps = latent_gst_stream_new_template_caps (LATENT_MEDIA_VIDEO);

  ck_assert (latent_gst_stream_get_header (caps) == NULL);
}
GST_END_TEST;

static Suite *
stream_caps_suite (void)
{
  Suite *suite = suite_create ("stream-caps");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_loop_test (tests, test_put_video, 0, G_N_ELEMENTS (videos));
  tcase_add_loop_test (tests, test_get_video, 0, 3); /* GStreamer alone knows the last */
  tcase_add_test (tests, test_new_caps);
  tcase_add_test (tests, test_audio_caps);
  tcase_add_test (tests, test_no_header);
  return suite;
}

GST_CHECK_MAIN (stream_caps)
