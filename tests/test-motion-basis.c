/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-basis.h"

#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "src/base/tensor.h"
#include "src/train/pca.h"
#include "tests/arch-case.h"

#define SEED 3
#define K    4

/* Components of tiles of random pictures, as latent pca makes them. */
static LatentModel *
new_tiles (LatentColor color, guint width, guint height)
{
  gsize d = (gsize)width * height * (color == LATENT_COLOR_RGB ? 3 : 1);
  LatentMediaInfo media = {
      .kind = LATENT_MEDIA_VIDEO, .color = color, .tile_width = width, .tile_height = height};
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  g_autoptr (GError) error = NULL;

  if (color == LATENT_COLOR_I420)
    d += d / 2;
  g_autoptr (LatentPca) pca = latent_pca_new (d, NULL);
  for (guint n = 0; n < 200; n++) {
    g_autofree float *sample = g_new (float, d);
    for (gsize i = 0; i < d; i++)
      sample[i] = (float)g_rand_double (rand) / (float)(1 + i % 7);
    fail_unless (latent_pca_add (pca, sample, 1, NULL));
  }
  fail_unless (latent_pca_solve (pca, K, NULL));
  LatentModel *model = latent_pca_to_model (pca, &media, 0, &error);
  fail_unless (model != NULL, "%s", error ? error->message : "");
  return model;
}

static const struct {
  LatentColor color;
  guint width, height, d;
} kinds[] = {
    {LATENT_COLOR_GRAY8, 16, 16, 256},
    {LATENT_COLOR_I420,  16, 16, 384},
    {LATENT_COLOR_RGB,   8,  8,  192},
    {LATENT_COLOR_I420,  24, 8,  288},
};

/* One pixel that is not the mean gives the latents that the net gives. */
static void
check_pixel (LatentModel *model, const LatentMotionBasis *basis, const gint64 dims[4],
    gsize element, gsize pixel)
{
  g_autoptr (LatentTensor) x = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 4, dims, NULL);
  float *values = latent_tensor_get_writable_data (x);

  memset (values, 0, basis->d * sizeof (float));
  values[element] = 200 / 255.f;
  g_autoptr (LatentTensor) latent = arch_case_run (model, LATENT_MODE_ENCODE, x);
  for (guint i = 0; i < basis->k; i++) {
    double level = 255 * latent_tensor_get_double (latent, i);
    double found = ldexp (200. * basis->matrix[i * basis->d + pixel], -(int)basis->shift) +
                   basis->bias[i] / 4.;
    fail_unless (fabs (found - level) < .14, "%u: %g, wanted %g", i, found, level);
  }
}

GST_START_TEST (components_are_a_basis)
{
  g_autoptr (LatentModel)
      model = new_tiles (kinds[__i__].color, kinds[__i__].width, kinds[__i__].height);
  g_autoptr (LatentMotionBasis) basis = NULL;
  g_autoptr (GError) error = NULL;
  gboolean yuv = kinds[__i__].color == LATENT_COLOR_I420;
  guint w = kinds[__i__].width, h = kinds[__i__].height;
  const gint64 dims[] = {1, yuv ? 6 : kinds[__i__].d / (w * h), yuv ? h / 2 : h, yuv ? w / 2 : w};

  fail_unless_equals_string (
      latent_model_get_metadata (model, "latent.motion"), "encoder.weights,encoder.bias");
  fail_unless (latent_motion_basis_load (model, &basis, &error), "%s", error ? error->message : "");
  fail_unless_equals_int (basis->k, K);
  fail_unless_equals_int (basis->d, kinds[__i__].d);
  fail_unless_equals_int (basis->tile_width, w);
  fail_unless_equals_int (basis->tile_height, h);
  fail_unless_equals_int (basis->unit, 16711679); /* 1 / (float)(1 / 255) x 65536 */
  /* The first element is the first pixel everywhere; the last is the last. */
  check_pixel (model, basis, dims, 0, 0);
  check_pixel (model, basis, dims, basis->d - 1, basis->d - 1);
  /* Channel 1 begins with the pixel to the right, or with the next plane. */
  if (dims[1] > 1)
    check_pixel (model, basis, dims, (gsize)(dims[2] * dims[3]), yuv ? 1 : w * h);
  /* Channel 2: the row below, at its left. */
  if (yuv)
    check_pixel (model, basis, dims, (gsize)(2 * dims[2] * dims[3]), w);
}
GST_END_TEST

GST_START_TEST (a_model_says_nothing)
{
  g_autoptr (LatentModel) model = new_tiles (LATENT_COLOR_GRAY8, 8, 8);
  g_autoptr (LatentMotionBasis) basis = NULL;

  fail_unless (latent_model_set_metadata (model, "latent.motion", NULL, NULL));
  fail_unless (latent_motion_basis_load (model, &basis, NULL));
  fail_unless (basis == NULL);
}
GST_END_TEST

/* Tiles that motion does not go with are tiles all the same. */
GST_START_TEST (odd_tiles_have_no_motion)
{
  g_autoptr (LatentModel) model = new_tiles (LATENT_COLOR_GRAY8, 12, 12);

  fail_unless (latent_model_get_metadata (model, "latent.motion") == NULL);
}
GST_END_TEST

GST_START_TEST (a_decoder_alone_has_it)
{
  g_autoptr (LatentModel) model = new_tiles (LATENT_COLOR_I420, 16, 16);
  g_autoptr (LatentMotionBasis) basis = NULL, half_basis = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = latent_model_serialize_decoder (model, &error);
  g_autoptr (LatentModel) half = latent_model_new_from_bytes (bytes, "half", &error);

  fail_unless (half != NULL, "%s", error ? error->message : "");
  fail_unless (latent_motion_basis_load (model, &basis, &error));
  fail_unless (
      latent_motion_basis_load (half, &half_basis, &error), "%s", error ? error->message : "");
  fail_unless_equals_string (latent_model_get_id (half), latent_model_get_id (model));
  fail_unless (half_basis != NULL);
  fail_unless_equals_int (half_basis->shift, basis->shift);
  fail_unless (memcmp (half_basis->matrix, basis->matrix, K * basis->d * sizeof (gint16)) == 0);
  fail_unless (memcmp (half_basis->mean, basis->mean, basis->d * sizeof (gint32)) == 0);
}
GST_END_TEST

static const struct {
  const char *key, *value;
  gsize element; /* of the matrix, set to `number` */
  float number;
  const char *error;
} wrong[] = {
    {"latent.motion", "encoder.weights",           0, 0,        "'encoder.weights' is not of the form MATRIX,BIAS"},
    {"latent.motion", "a,b,c",                     0, 0,        "'a,b,c' is not of the form MATRIX,BIAS"          },
    {"latent.motion", "none,encoder.bias",         0, 0,        "'none' is no float initialiser of 4 dimensions"  },
    {"latent.motion", "encoder.bias,encoder.bias", 0, 0,
     "'encoder.bias' is no float initialiser of 4 dimensions"                                                     },
    {"latent.motion", "encoder.weights,mean",      0, 0,        "a bias of 384 do not go with I420"               },
    {"latent.motion", "decoder.weights,mean",      0, 0,        "a matrix of 384 rows of 4 channels"              },
    {"latent.scale",  "0.5,1,1,1,1,1",             0, 0,        "wants one latent.scale, and no latent.offset"    },
    {"latent.offset", "1",                         0, 0,        "wants one latent.scale, and no latent.offset"    },
    {"latent.scale",  "1e-9",                      0, 0,        "latent.scale is 1e-09"                           },
    {NULL,            NULL,                        7, NAN,      "number 7 of the matrix is nan"                   },
    {NULL,            NULL,                        9, INFINITY, "number 9 of the matrix is inf"                   },
    {NULL,            NULL,                        9, -1.5,     "number 9 of the matrix is -1.5"                  },
    {NULL,            NULL,                        9, .9,       "rows 0 and 0 of the matrix are not orthonormal"  },
};

GST_START_TEST (what_is_no_basis_is_refused)
{
  g_autoptr (LatentModel) model = new_tiles (LATENT_COLOR_I420, 16, 16);
  g_autoptr (LatentMotionBasis) basis = NULL;
  g_autoptr (GError) error = NULL;

  if (wrong[__i__].key)
    fail_unless (latent_model_set_metadata (model, wrong[__i__].key, wrong[__i__].value, &error),
        "%s", error ? error->message : "");
  else
    ((float *)latent_graph_find_value (model->graph, "encoder.weights")
            ->data->data)[wrong[__i__].element] = wrong[__i__].number;
  fail_if (latent_motion_basis_load (model, &basis, &error));
  fail_unless (basis == NULL);
  fail_unless (g_str_has_prefix (error->message, "latent.motion: "));
  fail_unless (strstr (error->message, wrong[__i__].error) != NULL, "%s", error->message);
}
GST_END_TEST

static Suite *
motion_basis_suite (void)
{
  Suite *suite = suite_create ("motion-basis");
  TCase *tcase = tcase_create ("motion-basis");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, components_are_a_basis, 0, G_N_ELEMENTS (kinds));
  tcase_add_test (tcase, a_model_says_nothing);
  tcase_add_test (tcase, odd_tiles_have_no_motion);
  tcase_add_test (tcase, a_decoder_alone_has_it);
  tcase_add_loop_test (tcase, what_is_no_basis_is_refused, 0, G_N_ELEMENTS (wrong));
  return suite;
}

GST_CHECK_MAIN (motion_basis)
