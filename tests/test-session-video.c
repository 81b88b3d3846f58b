/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "tests/media-pictures.h"
#include "tests/session-models.h"

#define SEED 5

static const struct {
  guint width, height;
} sizes[] = {
    {1,    1   },
    {17,   13  },
    {33,   21  },
    {1919, 1079}
};

/* What a model for a format's own color looks like. */
typedef struct {
  gint64 channels;
  const char *input;
} Eats;

static Eats
get_eats (const TestFormat *format)
{
  if (format->pixel_bytes >= 3)
    return (Eats){3, "video/RGB"};
  return format->chroma_bytes > 0 ? (Eats){6, "video/I420"} : (Eats){1, "video/GRAY8"};
}

static LatentModel *
new_model (Eats eats, gint64 stride, const char *key, const char *value)
{
  const gint64 dims[] = {-1, eats.channels, -1, -1};
  const char *keys[] = {"latent.tensor", "latent", "latent.input", eats.input, key, value, NULL};

  return stride > 1 ? test_strided_new (dims, stride, keys) : test_identity_new (4, dims, keys);
}

static LatentSession *
new_session (LatentModel *model, LatentMode mode, guint threads, guint batch)
{
  g_autoptr (GError) error = NULL;
  LatentSession *session = latent_session_new (
      model, mode, LATENT_PRECISION_AUTO, threads, batch, &error);

  fail_unless (session != NULL, "%s", error ? error->message : "");
  return session;
}

static void
set_video (LatentSession *session, LatentPixelFormat format, guint width, guint height)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_session_set_video (session, format, width, height, &error), "%s",
      error ? error->message : "");
}

static void
set_latents (LatentSession *session, guint n_dims, const gint64 *dims)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_session_set_latents (session, n_dims, dims, &error), "%s",
      error ? error->message : "");
}

static void
run (LatentSession *session)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_session_run (session, &error), "%s", error ? error->message : "");
}

static void
check_size (const LatentSession *session, guint width, guint height)
{
  guint w, h;

  latent_session_get_size (session, &w, &h);
  fail_unless (w == width && h == height, "%ux%u", w, h);
}

/* Every slot of a batch comes back as it went in. */
static void
check_reconstruction (
    LatentModel *model, const TestFormat *format, guint size, guint threads, guint batch)
{
  guint width = sizes[size].width, height = sizes[size].height;
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, threads, batch);
  LatentPicture src[2], dst = test_picture_new (format, width, height, 3);
  guint32 seed = SEED;

  set_video (session, format->format, width, height);
  for (guint slot = 0; slot < batch; slot++) {
    src[slot] = test_picture_new (format, width, height, size);
    test_picture_fill (&src[slot], format, &seed);
    latent_session_put_picture (session, slot, &src[slot]);
  }
  run (session);
  for (guint slot = 0; slot < batch; slot++) {
    fail_unless_equals_uint64 (latent_session_get_picture (session, slot, &dst), 0);
    fail_unless (test_picture_compare (&src[slot], &dst, format) == 0,
        "%s %ux%u threads %u slot %u of %u, seed %d", format->name, width, height, threads, slot,
        batch, SEED);
    test_picture_clear (&src[slot]);
  }
  test_picture_clear (&dst);
}

GST_START_TEST (test_identity_is_exact)
{
  const TestFormat *format = &test_formats[__i__];
  g_autoptr (LatentModel) model = new_model (get_eats (format), 1, NULL, NULL);

  for (guint size = 0; size < G_N_ELEMENTS (sizes); size++) {
    gboolean large = sizes[size].width > 1000; /* two threads are at work only there */

    for (guint threads = large ? 2 : 1; threads <= 2; threads++)
      check_reconstruction (model, format, size, threads, large ? 1 : threads);
  }
}
GST_END_TEST;

GST_START_TEST (test_strided_identity_is_exact)
{
  const TestFormat *format = &test_formats[__i__];
  g_autoptr (LatentModel) model = new_model (get_eats (format), 4, NULL, NULL);

  for (guint size = 0; size < 3; size++) {
    for (guint threads = 1; threads <= 2; threads++)
      check_reconstruction (model, format, size, threads, threads);
  }
}
GST_END_TEST;

GST_START_TEST (test_convolved_identity_is_exact)
{
  const TestFormat *format = &test_formats[__i__];
  const Eats eats = get_eats (format);
  const gint64 dims[] = {-1, eats.channels, -1, -1};
  const char *keys[] = {"latent.tensor", "latent", "latent.input", eats.input, NULL};
  g_autoptr (LatentModel) model = test_convolved_new (dims, keys);

  for (guint size = 0; size < 3; size++) {
    for (guint threads = 1; threads <= 2; threads++)
      check_reconstruction (model, format, size, threads, threads);
  }
}
GST_END_TEST;

GST_START_TEST (test_tiled_identity_is_exact)
{
  const TestFormat *format = &test_formats[__i__];
  g_autoptr (LatentModel) model = new_model (get_eats (format), 2, "latent.tile", "16x8");

  for (guint size = 0; size < 3; size++) {
    for (guint threads = 1; threads <= 2; threads++)
      check_reconstruction (model, format, size, threads, threads);
  }
}
GST_END_TEST;

/* Mean and deviation as PyTorch's users give them. */
GST_START_TEST (test_scaled_identity_is_exact)
{
  static const char *const keys[] = {"latent.tensor", "latent", "latent.input", "video/RGB",
      "latent.scale", "0.017124754,0.017507003,0.017429194", "latent.offset",
      "-2.1179039,-2.0357141,-1.8044444", NULL};
  static const gint64 dims[] = {-1, 3, -1, -1};
  g_autoptr (LatentModel) model = test_identity_new (4, dims, keys);

  check_reconstruction (model, &test_formats[1], 2, 1, 1);
}
GST_END_TEST;

static const TestFormat *const rgb = &test_formats[1];

/* 17x13 on a stride of 4: padded to 20x16 on the way in, cropped on the way out. */
GST_START_TEST (test_encode_and_decode_equal_reconstruct)
{
  g_autoptr (LatentModel) model = new_model (get_eats (rgb), 4, NULL, NULL);
  g_autoptr (LatentSession) encoder = new_session (model, LATENT_MODE_ENCODE, 1, 1);
  g_autoptr (LatentSession) decoder = new_session (model, LATENT_MODE_DECODE, 1, 1);
  LatentPicture src = test_picture_new (rgb, 17, 13, 0);
  LatentPicture dst = test_picture_new (rgb, 17, 13, 1);
  g_autofree float *latents = NULL;
  const gint64 *dims;
  guint n_dims;
  guint32 seed = SEED;

  test_picture_fill (&src, rgb, &seed);
  set_video (encoder, LATENT_PIXEL_FORMAT_RGB, 17, 13);
  dims = latent_session_get_latent_dims (encoder, &n_dims);
  fail_unless (n_dims == 4 && dims[0] == 1 && dims[1] == 48 && dims[2] == 4 && dims[3] == 5);
  latents = g_malloc (latent_session_get_latent_size (encoder));
  latent_session_put_picture (encoder, 0, &src);
  run (encoder);
  fail_unless_equals_uint64 (latent_session_get_latent (encoder, 0, latents), 0);

  set_latents (decoder, n_dims, dims);
  check_size (decoder, 20, 16);
  set_video (decoder, LATENT_PIXEL_FORMAT_RGB, 17, 13);
  check_size (decoder, 17, 13);
  latent_session_put_latent (decoder, 0, latents);
  run (decoder);
  latent_session_get_picture (decoder, 0, &dst);
  fail_unless_equals_int (test_picture_compare (&src, &dst, rgb), 0);
  test_picture_clear (&src);
  test_picture_clear (&dst);
}
GST_END_TEST;

GST_START_TEST (test_latent_dims_in_every_mode)
{
  g_autoptr (LatentModel) model = new_model (get_eats (rgb), 4, NULL, NULL);
  g_autoptr (LatentSession) session = new_session (model, __i__, 1, 2);
  const gint64 *dims;
  guint n_dims;

  set_video (session, LATENT_PIXEL_FORMAT_RGB, 17, 13);
  dims = latent_session_get_latent_dims (session, &n_dims);
  fail_unless (n_dims == 4 && dims[0] == 1 && dims[1] == 48 && dims[2] == 4 && dims[3] == 5);
  fail_unless_equals_uint64 (latent_session_get_latent_size (session), 48 * 4 * 5 * 4);
}
GST_END_TEST;

static const gint64 strided_dims[] = {1, 48, 4, 5}; /* of 20x16 */

GST_START_TEST (test_cropping_compiles_nothing)
{
  g_autoptr (LatentModel) model = new_model (get_eats (rgb), 4, NULL, NULL);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_DECODE, 1, 1);
  LatentProgram *program;

  set_latents (session, 4, strided_dims);
  program = latent_session_get_program (session);
  set_video (session, LATENT_PIXEL_FORMAT_BGRA, 19, 14);
  fail_unless (latent_session_get_program (session) == program);
  set_latents (session, 4, strided_dims);
  fail_unless (latent_session_get_program (session) == program);
  check_size (session, 20, 16); /* the net's own again */
}
GST_END_TEST;

static const struct {
  guint width, height;
} misfits[] = {
    {21,   16  },
    {20,   17  },
    {16,   16  },
    {20,   12  },
    {1,    1   },
    {1920, 1080}
};

GST_START_TEST (test_size_that_does_not_fit_latents)
{
  g_autoptr (LatentModel) model = new_model (get_eats (rgb), 4, NULL, NULL);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_DECODE, 1, 1);
  g_autoptr (GError) error = NULL;

  set_latents (session, 4, strided_dims);
  fail_if (latent_session_set_video (
      session, LATENT_PIXEL_FORMAT_RGB, misfits[__i__].width, misfits[__i__].height, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SHAPE));
  fail_unless (strstr (error->message, "20x16") != NULL, "%s", error->message);
  check_size (session, 20, 16);
}
GST_END_TEST;

GST_START_TEST (test_setting_again_compiles_nothing)
{
  g_autoptr (LatentModel) model = new_model (get_eats (rgb), 4, NULL, NULL);
  g_autoptr (LatentSession) session = new_session (model, __i__, 1, 1);
  LatentProgram *program;

  set_video (session, LATENT_PIXEL_FORMAT_RGB, 17, 13);
  program = latent_session_get_program (session);
  set_video (session, LATENT_PIXEL_FORMAT_BGRX, 20, 16); /* padded alike */
  fail_unless (latent_session_get_program (session) == program);
  set_video (session, LATENT_PIXEL_FORMAT_RGB, 21, 13);
  fail_if (latent_session_get_program (session) == program);
}
GST_END_TEST;

GST_START_TEST (test_failure_leaves_the_session_as_it_was)
{
  static const gint64 dims[] = {1, 3, 8, 8};
  static const char *const keys[] = {"latent.tensor", "latent", "latent.input", "video/RGB", NULL};
  g_autoptr (LatentModel) model = test_identity_new (4, dims, keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, 1, 1);
  g_autoptr (GError) error = NULL;
  LatentPicture src = test_picture_new (rgb, 8, 8, 0), dst = test_picture_new (rgb, 8, 8, 0);
  guint32 seed = SEED;

  set_video (session, LATENT_PIXEL_FORMAT_RGB, 8, 8);
  fail_if (latent_session_set_video (session, LATENT_PIXEL_FORMAT_RGB, 9, 8, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SHAPE));
  fail_unless (
      strstr (error->message, "8x8") && strstr (error->message, "9x8"), "%s", error->message);
  check_size (session, 8, 8);
  test_picture_fill (&src, rgb, &seed);
  latent_session_put_picture (session, 0, &src);
  run (session);
  latent_session_get_picture (session, 0, &dst);
  fail_unless_equals_int (test_picture_compare (&src, &dst, rgb), 0);
  test_picture_clear (&src);
  test_picture_clear (&dst);
}
GST_END_TEST;

static const gint64 tile_dims[] = {6, 12, 4, 8}; /* six tiles of 16x8 */

GST_START_TEST (test_tiles_are_a_batch_of_latents)
{
  g_autoptr (LatentModel) model = new_model (get_eats (rgb), 2, "latent.tile", "16x8");
  g_autoptr (LatentSession) session = new_session (model, __i__, 1, 2);
  const gint64 *dims;
  guint n_dims;

  set_video (session, LATENT_PIXEL_FORMAT_RGB, 33, 9);
  dims = latent_session_get_latent_dims (session, &n_dims);
  fail_unless_equals_int (n_dims, 4);
  fail_unless (memcmp (dims, tile_dims, sizeof tile_dims) == 0);
}
GST_END_TEST;

GST_START_TEST (test_tiles_need_the_size)
{
  g_autoptr (LatentModel) model = new_model (get_eats (rgb), 2, "latent.tile", "16x8");
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_DECODE, 1, 1);
  g_autoptr (GError) error = NULL;

  set_latents (session, 4, tile_dims);
  check_size (session, 0, 0);
  fail_if (latent_session_run (session, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  g_clear_error (&error);
  fail_if (latent_session_set_video (session, LATENT_PIXEL_FORMAT_RGB, 33, 17, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SHAPE));
  set_video (session, LATENT_PIXEL_FORMAT_RGB, 33, 9);
  check_size (session, 33, 9);
  run (session);
  set_latents (session, 4, tile_dims);
  check_size (session, 33, 9);
}
GST_END_TEST;

/* A batch of 1 is written into the net: tiles run one after the other. */
GST_START_TEST (test_tiles_that_the_net_does_not_batch)
{
  static const gint64 dims[] = {1, 3, 8, 16};
  static const gint64 flat[] = {1, 384};
  static const char *const keys[] = {
      "latent.tensor", "latent", "latent.input", "video/RGB", "latent.tile", "16x8", NULL};
  g_autoptr (LatentModel) model = test_reshaped_new (4, dims, flat, keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, 1, 1);
  const gint64 *latent_dims;
  guint n_dims;

  check_reconstruction (model, rgb, 2, 1, 2);
  set_video (session, LATENT_PIXEL_FORMAT_RGB, 33, 9);
  latent_dims = latent_session_get_latent_dims (session, &n_dims);
  fail_unless (n_dims == 2 && latent_dims[0] == 6 && latent_dims[1] == 384);
}
GST_END_TEST;

/* Three channels of 2x2, fed and read as they are. */
GST_START_TEST (test_net_fed_as_it_is)
{
  g_autoptr (LatentModel) model = new_model (get_eats (rgb), 1, NULL, NULL);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, 1, 1);
  static const float src[12] = {0, 1, NAN, 0.2f, 0, 1, 0, 0.4f, 0, 1, INFINITY, -3};
  static const guint8 wanted[12] = {0, 0, 0, 255, 255, 255, 0, 0, 255, 51, 102, 0};
  LatentPicture dst = test_picture_new (rgb, 2, 2, 0);

  set_video (session, LATENT_PIXEL_FORMAT_RGB, 2, 2);
  latent_session_put_vector (session, 0, src);
  run (session);
  fail_unless_equals_uint64 (latent_session_get_picture (session, 0, &dst), 2);
  fail_unless (memcmp (dst.data[0], wanted, 12) == 0);
  test_picture_clear (&dst);
}
GST_END_TEST;

/* A file without an encoder. */
GST_START_TEST (test_decoder_alone)
{
  static const gint64 dims[] = {-1, 48, -1, -1};
  static const char *const keys[] = {"latent.tensor", "latent", "latent.input", "video/RGB", NULL};
  LatentGraph *graph = latent_graph_new ("decoder", 17);
  LatentValue *latent = test_add_input (graph, "latent", 4, dims);
  LatentValue *y = test_add_node (graph, "DepthToSpace", "y", latent, NULL);
  g_autoptr (LatentModel) model = NULL;
  g_autoptr (LatentSession) session = NULL;
  const gint64 *latent_dims;
  guint n_dims;

  latent_node_set_int (test_last_node (graph), "blocksize", 4);
  model = test_model_new (graph, y, keys);
  session = new_session (model, LATENT_MODE_DECODE, 1, 1);
  set_video (session, LATENT_PIXEL_FORMAT_RGB, 17, 13);
  latent_dims = latent_session_get_latent_dims (session, &n_dims);
  fail_unless_equals_int (n_dims, 4);
  fail_unless (memcmp (latent_dims, strided_dims, sizeof strided_dims) == 0);
  set_latents (session, 4, strided_dims);
  check_size (session, 20, 16);
}
GST_END_TEST;

GST_START_TEST (test_output_that_is_no_picture)
{
  static const gint64 dims[] = {1, 3, 4, 4};
  static const char *const keys[] = {"latent.tensor", "latent", "latent.input", "video/RGB", NULL};
  LatentGraph *graph = latent_graph_new ("flat", 17);
  LatentValue *x = test_add_input (graph, "x", 4, dims);
  LatentValue *latent = test_add_node (graph, "Identity", "latent", x, NULL);
  g_autoptr (LatentModel)
      model = test_model_new (graph, test_add_node (graph, "Flatten", "y", latent, NULL), keys);
  g_autoptr (LatentSession) session = new_session (model, LATENT_MODE_RECONSTRUCT, 1, 1);
  g_autoptr (GError) error = NULL;

  fail_if (latent_session_set_video (session, LATENT_PIXEL_FORMAT_RGB, 4, 4, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SHAPE));
  fail_unless (strstr (error->message, "1x48") != NULL, "%s", error->message);
}
GST_END_TEST;

static const struct {
  guint width, height;
} absurd[] = {
    {G_MAXUINT, 1        },
    {1,         G_MAXUINT},
    {1000000,   1000000  },
    {G_MAXINT,  2        }
};

GST_START_TEST (test_absurd_size)
{
  g_autoptr (LatentModel) frames = new_model (get_eats (rgb), 4, NULL, NULL);
  g_autoptr (LatentModel) tiles = new_model (get_eats (rgb), 2, "latent.tile", "2x2");
  LatentModel *models[] = {frames, tiles};

  for (guint i = 0; i < 2; i++) {
    g_autoptr (LatentSession) session = new_session (models[i], LATENT_MODE_RECONSTRUCT, 1, 2);
    g_autoptr (GError) error = NULL;

    fail_if (latent_session_set_video (
        session, LATENT_PIXEL_FORMAT_RGB, absurd[__i__].width, absurd[__i__].height, &error));
    fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT), "%s", error->message);
  }
}
GST_END_TEST;

static Suite *
session_video_suite (void)
{
  Suite *s = suite_create ("session-video");
  TCase *tc = tcase_create ("video");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_identity_is_exact, 0, G_N_ELEMENTS (test_formats));
  tcase_add_loop_test (tc, test_strided_identity_is_exact, 0, G_N_ELEMENTS (test_formats));
  tcase_add_loop_test (tc, test_convolved_identity_is_exact, 0, G_N_ELEMENTS (test_formats));
  tcase_add_loop_test (tc, test_tiled_identity_is_exact, 0, G_N_ELEMENTS (test_formats));
  tcase_add_test (tc, test_scaled_identity_is_exact);
  tcase_add_test (tc, test_encode_and_decode_equal_reconstruct);
  tcase_add_loop_test (tc, test_latent_dims_in_every_mode, 0, LATENT_MODE_EMBED + 1);
  tcase_add_test (tc, test_cropping_compiles_nothing);
  tcase_add_loop_test (tc, test_size_that_does_not_fit_latents, 0, G_N_ELEMENTS (misfits));
  tcase_add_loop_test (tc, test_setting_again_compiles_nothing, 0, LATENT_MODE_EMBED + 1);
  tcase_add_test (tc, test_failure_leaves_the_session_as_it_was);
  tcase_add_loop_test (tc, test_tiles_are_a_batch_of_latents, 0, LATENT_MODE_EMBED + 1);
  tcase_add_test (tc, test_tiles_need_the_size);
  tcase_add_test (tc, test_tiles_that_the_net_does_not_batch);
  tcase_add_test (tc, test_net_fed_as_it_is);
  tcase_add_test (tc, test_decoder_alone);
  tcase_add_test (tc, test_output_that_is_no_picture);
  tcase_add_loop_test (tc, test_absurd_size, 0, G_N_ELEMENTS (absurd));
  return s;
}

GST_CHECK_MAIN (session_video);
