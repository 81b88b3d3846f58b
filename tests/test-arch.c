/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "src/graph/graph.h"
#include "src/model/model.h"
#include "tests/arch-case.h"

/* What samples are, by the letter that a row names them by. */
static const LatentSampleSpec specs[] = {
    ['v'] = {.media = {.kind = LATENT_MEDIA_VECTOR}, .sample = {1, {784}},                     .scale = 1. / 255},
    ['s'] = {.media = {.kind = LATENT_MEDIA_VECTOR},                                      .sample = {2, {12, 6}}                                        }, /* a sequence */
    ['g'] = {.media = {.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_GRAY8},
             .sample = {3, {1, 28, 28}}},
    ['r'] = {.media = {.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_RGB},
             .sample = {3, {3, 32, 48}}                                          },
    ['i'] = {.media = {.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_I420},
             .sample = {3, {6, 32, 64}}}, /* 128x64 pixels */
    ['a'] = {.media = {.kind = LATENT_MEDIA_AUDIO, .rate = 8000, .channels = 2, .hop = 128},
             .sample = {2, {2, 256}}                             },
};

static LatentModel *
build (const char *settings, char spec, GError **error)
{
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (settings);

  return latent_arch_build (recipe, &specs[(guchar)spec], error);
}

static LatentModel *
must_build (const char *settings, char spec)
{
  g_autoptr (GError) error = NULL;
  LatentModel *model = build (settings, spec, &error);

  fail_unless (model != NULL, "%s of '%c': %s", settings, spec, error ? error->message : "");
  return model;
}

#define TRANSFORMER "arch=transformer latent=4 width=8 heads=2 layers=1 "

/* Recipes by samples: d, k and parameters of the net as described (counted by hand), shape of two
 * samples' latents. */
/* clang-format off */
static const struct {
  char spec;
  guint64 d, k, parameters;
  const char *latent, *settings;
} rows[] = {
    {'v', 784, 16, 25888, "2x16", "arch=linear latent=16"},
    {'v', 784, 16, 13344, "2x16", "arch=linear latent=16 tied=true"},
    {'g', 784, 16, 25888, "2x16", "arch=linear latent=16"},
    {'s', 72, 4, 652, "2x4", "arch=linear latent=4"},
    {'a', 512, 16, 16912, "2x16", "arch=linear latent=16"},
    {'v', 784, 16, 25888, "2x16", "arch=dense latent=16 latent-activation=sigmoid output-activation=sigmoid"},
    {'v', 784, 16, 65880, "2x16", "arch=dense hidden=40,20 latent=16"},
    {'g', 784, 16, 65880, "2x16", "arch=dense hidden=40,20 latent=16 activation=gelu"},
    {'r', 4608, 2, 78386, "2x2", "arch=dense hidden=8 latent=2 activation=silu"},
    {'i', 12288, 2, 208946, "2x2", "arch=dense hidden=8 latent=2 activation=leaky-relu"},
    {'a', 512, 2, 8754, "2x2", "arch=dense hidden=8 latent=2 activation=softplus"},
    {'g', 65536, 16384, 7352, "2x4x7x7", "arch=conv conv-channels=8,16 latent=4"},
    {'r', 196608, 16384, 54384, "2x4x8x12", "arch=conv conv-channels=8,16 latent=4 blocks=1 kernel=5"},
    {'i', 98304, 1024, 40212, "2x4x4x8", "arch=conv conv-channels=8 patch=4 latent=4 blocks=2 activation=gelu"},
    {'a', 512, 128, 24088, "2x8x16", "arch=conv conv-channels=8,16,32 latent=8 patch=2 blocks=1"},
    {'g', 784, 4, 13240, "2x4", "arch=conv conv-channels=8,16 latent=4 flat=true"},
    {'g', 784, 4, 50512, "2x4", "arch=conv conv-channels=8,16,32 latent=4 flat=true hidden=20 output-activation=sigmoid"},
    {'a', 512, 4, 1884, "2x4", "arch=conv conv-channels=4,4 latent=4 flat=true patch=2 blocks=1"},
    {'v', 784, 4, 64072, "2x4", "arch=vae hidden=40 latent=4"},
    {'v', 784, 4, 10200, "2x4", "arch=vae latent=4"},
    {'g', 784, 4, 64072, "2x4", "arch=vae hidden=40 latent=4"},
    {'g', 784, 4, 38612, "2x4", "arch=vae latent=4 conv-channels=8,16 flat=true hidden=20"},
    {'r', 196608, 65536, 1980, "2x4x16x24", "arch=vae latent=4 conv-channels=8"},
    {'v', 784, 4, 6954, "2x4", TRANSFORMER},
    {'v', 784, 4, 6058, "2x4", TRANSFORMER "positions=sinusoidal"},
    {'g', 784, 4, 8116, "2x4", TRANSFORMER "layers=2"},
    {'g', 784, 64, 2949, "2x4x4x4", TRANSFORMER "patch=7 per-token=true"},
    {'i', 12288, 128, 8900, "2x4x4x8", TRANSFORMER "patch=8 per-token=true"},
    {'v', 784, 224, 2994, "2x56x4", TRANSFORMER "per-token=true"},
    {'a', 512, 256, 3020, "2x4x64", TRANSFORMER "per-token=true"},
    {'a', 512, 4, 7556, "2x4", TRANSFORMER "heads=1 activation=relu"},
    {'s', 72, 4, 2946, "2x4", TRANSFORMER},
    {'s', 72, 96, 1094, "2x12x8", TRANSFORMER "task=predict"},
};
/* clang-format on */

static guint64
get_number (LatentModel *model, const char *key)
{
  g_autoptr (GVariant) about = latent_model_describe (model, NULL);
  guint64 number = 0;

  fail_unless (g_variant_lookup (about, key, "t", &number), "no '%s'", key);
  return number;
}

GST_START_TEST (nets_are_as_large_as_they_should_be)
{
  g_autoptr (LatentModel) model = must_build (rows[__i__].settings, rows[__i__].spec);

  ck_assert_uint_eq (get_number (model, "d"), rows[__i__].d);
  ck_assert_uint_eq (get_number (model, "k"), rows[__i__].k);
  ck_assert_uint_eq (get_number (model, "parameters"), rows[__i__].parameters);
}
GST_END_TEST

/* Two samples' shape. */
static LatentShape
get_two (const LatentShape *sample)
{
  LatentShape shape = {sample->n + 1, {2}};

  memcpy (shape.dims + 1, sample->dims, sample->n * sizeof (gint64));
  return shape;
}

/* Runs a mode on two samples of the same numbers, checks that both come out alike and finite, and
 * gives the output's shape. */
static char *
run_two (LatentModel *model, LatentMode mode, const LatentShape *sample)
{
  LatentShape shape = get_two (sample);
  g_autoptr (LatentTensor) src = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  float *x = latent_tensor_get_writable_data (src);

  for (gsize i = 0; i < src->n_elements; i++)
    x[i] = (float)(i % (src->n_elements / 2) % 17) / 17;
  g_autoptr (LatentTensor) dst = arch_case_run (model, mode, src);
  const float *y = latent_tensor_get_data (dst, NULL);
  gsize n = dst->n_elements / 2;
  for (gsize i = 0; i < n; i++)
    fail_unless (isfinite (y[i]) && fabsf (y[i] - y[n + i]) < 1e-5f, "element %u: %g and %g",
        (guint)i, y[i], y[n + i]);
  return latent_shape_to_string (&dst->shape);
}

/* "2x4x7x7" without the batch. */
static LatentShape
parse_shape (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, "x", -1);
  LatentShape shape = {0};

  for (guint i = 1; words[i] != NULL; i++)
    shape.dims[shape.n++] = g_ascii_strtoll (words[i], NULL, 10);
  return shape;
}

static void
check_modes (LatentModel *model, guint row)
{
  const LatentShape *sample = &specs[(guchar)rows[row].spec].sample;
  LatentShape latent = parse_shape (rows[row].latent);
  LatentShape two = get_two (sample);
  g_autofree char *wanted = latent_shape_to_string (&two);
  g_autofree char *rebuilt = run_two (model, LATENT_MODE_RECONSTRUCT, sample);
  g_autofree char *encoded = run_two (model, LATENT_MODE_ENCODE, sample);

  ck_assert_str_eq (rebuilt, wanted);
  ck_assert_str_eq (encoded, rows[row].latent);
  if (strstr (rows[row].settings, "task=predict") != NULL)
    return; /* its output is a sum with the input */
  g_autofree char *decoded = run_two (model, LATENT_MODE_DECODE, &latent);
  ck_assert_str_eq (decoded, wanted);
}

GST_START_TEST (every_mode_runs)
{
  g_autoptr (LatentModel) model = must_build (rows[__i__].settings, rows[__i__].spec);

  arch_case_check_names (model);
  check_modes (model, (guint)__i__);
}
GST_END_TEST

GST_START_TEST (files_are_what_was_made)
{
  g_autofree char *path = g_strdup_printf (
      "%s/test-arch-%d-%d.onnx", g_get_tmp_dir (), (int)getpid (), __i__);
  g_autoptr (LatentModel) model = must_build (rows[__i__].settings, rows[__i__].spec);
  g_autoptr (GError) error = NULL;

  fail_unless (latent_model_save (model, path, &error));
  g_autoptr (LatentModel) loaded = latent_model_load (path, &error);
  fail_unless (loaded != NULL, "%s", error ? error->message : "");
  unlink (path);
  ck_assert_str_eq (latent_model_get_id (loaded), latent_model_get_id (model));
  ck_assert_uint_eq (get_number (loaded, "parameters"), get_number (model, "parameters"));
  fail_unless (memcmp (latent_model_get_media_info (loaded), latent_model_get_media_info (model),
                   sizeof (LatentMediaInfo)) == 0);
  check_modes (loaded, (guint)__i__);
}
GST_END_TEST

static GBytes *
read_weights (LatentModel *model, const char *name)
{
  const LatentValue *value = latent_graph_find_value (model->graph, name);

  fail_unless (value != NULL && value->data != NULL, "no '%s'", name);
  return latent_tensor_to_bytes (value->data);
}

GST_START_TEST (the_seed_says_the_weights)
{
  const char *name = "encoder/latent/weights";
  g_autoptr (LatentModel) first = must_build ("arch=dense hidden=40 seed=3", 'v');
  g_autoptr (LatentModel) same = must_build ("arch=dense hidden=40 seed=3", 'v');
  g_autoptr (LatentModel) other = must_build ("arch=dense hidden=40 seed=4", 'v');
  g_autoptr (GBytes) a = read_weights (first, name);
  g_autoptr (GBytes) b = read_weights (same, name);
  g_autoptr (GBytes) c = read_weights (other, name);

  fail_unless (g_bytes_equal (a, b));
  fail_if (g_bytes_equal (a, c));
  ck_assert_str_eq (latent_model_get_id (first), latent_model_get_id (same));
}
GST_END_TEST

/* Deviation of a parameter: sqrt (2 / in) before a rectifier, sqrt (2 / (in + out)) else. */
static const struct {
  char spec;
  const char *name;
  double deviation;
  const char *settings;
} starts[] = {
    {'v', "encoder/dense1/weights",       .050508, "arch=dense hidden=512"                },
    {'v', "encoder/dense1/weights",       .039284, "arch=dense hidden=512 activation=tanh"},
    {'v', "encoder/dense1/bias",          0,       "arch=dense hidden=512"                },
    {'r', "encoder/level2/halve/weights", .058926, "arch=conv conv-channels=64,64"        },
    {'r', "encoder/positions",            .02,     "arch=transformer patch=4"             },
};

GST_START_TEST (weights_start_as_papers_say)
{
  g_autoptr (LatentModel) model = must_build (starts[__i__].settings, starts[__i__].spec);
  g_autoptr (GBytes) bytes = read_weights (model, starts[__i__].name);
  gsize n = g_bytes_get_size (bytes) / sizeof (float);
  const float *weights = g_bytes_get_data (bytes, NULL);
  double squares = 0;

  for (gsize i = 0; i < n; i++)
    squares += (double)weights[i] * weights[i];
  double deviation = sqrt (squares / (double)n);
  fail_unless (fabs (deviation - starts[__i__].deviation) <= .02 * starts[__i__].deviation,
      "%s: %g, wanted %g", starts[__i__].name, deviation, starts[__i__].deviation);
}
GST_END_TEST

/* What stands in the file beside the graph. */
static const struct {
  char spec;
  const char *key, *value, *settings;
} texts[] = {
    {'v', "latent.input",  "vector",                "arch=dense"                   },
    {'v', "latent.scale",  "0.0039215686274509803", "arch=dense"                   },
    {'v', "latent.tensor", "latent",                "arch=dense"                   },
    {'v', "latent.logvar", NULL,                    "arch=dense"                   },
    {'g', "latent.input",  "video/GRAY8",           "arch=dense"                   },
    {'g', "latent.tile",   NULL,                    "arch=dense"                   },
    {'i', "latent.tile",   "128x64",                "arch=dense crop=128x64"       },
    {'i', "latent.tile",   NULL,                    "arch=conv crop=128x64"        },
    {'i', "latent.input",  "video/I420",            "arch=conv"                    },
    {'a', "latent.input",  "audio/8000/2",          "arch=conv"                    },
    {'a', "latent.window", "256",                   "arch=conv"                    },
    {'a', "latent.hop",    "128",                   "arch=conv"                    },
    {'a', "latent.window", NULL,                    "arch=dense"                   },
    {'v', "latent.logvar", "logvar",                "arch=vae hidden=40"           },
    {'s', "latent.task",   "predict",               "arch=transformer task=predict"},
    {'s', "latent.task",   NULL,                    "arch=transformer"             },
};

GST_START_TEST (metadata_say_what_it_is)
{
  g_autoptr (LatentModel) model = must_build (texts[__i__].settings, texts[__i__].spec);

  fail_unless_equals_string (
      latent_model_get_metadata (model, texts[__i__].key), texts[__i__].value);
}
GST_END_TEST

GST_START_TEST (pictures_of_any_size_are_padded_to_the_stride)
{
  g_autoptr (LatentModel) model = must_build ("arch=conv conv-channels=8,8 patch=4", 'i');

  ck_assert_uint_eq (latent_model_get_media_info (model)->stride, 32);
  ck_assert_uint_eq (latent_model_get_media_info (model)->fixed_width, 0);
}
GST_END_TEST

GST_START_TEST (a_flat_net_has_one_size)
{
  g_autoptr (LatentModel) model = must_build ("arch=conv flat=true", 'g');

  ck_assert_uint_eq (latent_model_get_media_info (model)->fixed_width, 28);
  ck_assert_uint_eq (latent_model_get_media_info (model)->fixed_height, 28);
}
GST_END_TEST

/* A place's output does not change with what comes after it. */
GST_START_TEST (prediction_looks_back_alone)
{
  g_autoptr (LatentModel) model = must_build ("arch=transformer task=predict layers=2", 's');
  LatentShape shape = {
      3, {2, 12, 6}
  };
  g_autoptr (LatentTensor) src = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  float *x = latent_tensor_get_writable_data (src);

  for (guint i = 0; i < 72; i++)
    x[i] = x[72 + i] = sinf ((float)i);
  x[72 + 7 * 6] += 3; /* of place 7 */
  g_autoptr (LatentTensor) dst = arch_case_run (model, LATENT_MODE_RECONSTRUCT, src);
  const float *y = latent_tensor_get_data (dst, NULL);
  for (guint i = 0; i < 7 * 6; i++)
    fail_unless (fabsf (y[i] - y[72 + i]) < 1e-5f, "element %u", i);
  fail_unless (fabsf (y[7 * 6] - y[72 + 7 * 6]) > 1e-3f);
}
GST_END_TEST

/* What does not fit together, and the key that the error begins with. */
static const struct {
  char spec;
  const char *key, *settings;
} misfits[] = {
    {'v', "hidden: ",                 "arch=linear hidden=40"                },
    {'v', "output-activation: ",      "arch=linear output-activation=sigmoid"},
    {'v', "latent-activation: ",      "arch=linear latent-activation=relu"   },
    {'v', "tied: ",                   "arch=dense tied=true"                 },
    {'s', "task: ",                   "arch=dense task=predict"              },
    {'v', "task: ",                   "arch=transformer task=predict"        },
    {'v', "arch: ",                   "arch=conv"                            },
    {'v', "conv-channels: ",          "arch=vae conv-channels=8"             },
    {'g', "kernel: ",                 "arch=conv kernel=4"                   },
    {'g', "hidden: ",                 "arch=conv hidden=40"                  },
    {'g', "crop: ",                   "arch=conv conv-channels=8,8,8"        },
    {'a', "window: ",                 "arch=conv conv-channels=8 patch=48"   },
    {'g', "patch: ",                  "arch=conv conv-channels=8 patch=256"  },
    {'g', "patch: ",                  "arch=conv flat=true patch=3"          },
    {'g', "heads: ",                  "arch=transformer width=64 heads=5"    },
    {'g', "patch: ",                  "arch=transformer patch=5"             },
    {'v', "encoder/dense2/weights: ", "arch=dense hidden=65536,65536"        },
    {'v', "encoder/block",            "arch=transformer width=4096 layers=64"},
};

GST_START_TEST (errors_name_the_key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = build (misfits[__i__].settings, misfits[__i__].spec, &error);

  fail_unless (model == NULL && error != NULL);
  fail_unless (g_str_has_prefix (error->message, misfits[__i__].key), "%s", error->message);
}
GST_END_TEST

GST_START_TEST (samples_are_what_the_media_say)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  LatentSampleSpec spec = specs['g'];
  g_autoptr (GError) error = NULL;

  spec.sample.dims[0] = 3;
  fail_unless (latent_arch_build (recipe, &spec, &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SHAPE));
}
GST_END_TEST

static Suite *
arch_suite (void)
{
  Suite *suite = suite_create ("arch");
  TCase *nets = tcase_create ("nets");

  suite_add_tcase (suite, nets);
  tcase_add_loop_test (nets, nets_are_as_large_as_they_should_be, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (nets, every_mode_runs, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (nets, files_are_what_was_made, 0, G_N_ELEMENTS (rows));
  tcase_add_test (nets, the_seed_says_the_weights);
  tcase_add_loop_test (nets, weights_start_as_papers_say, 0, G_N_ELEMENTS (starts));
  tcase_add_loop_test (nets, metadata_say_what_it_is, 0, G_N_ELEMENTS (texts));
  tcase_add_test (nets, pictures_of_any_size_are_padded_to_the_stride);
  tcase_add_test (nets, a_flat_net_has_one_size);
  tcase_add_test (nets, prediction_looks_back_alone);
  tcase_add_loop_test (nets, errors_name_the_key, 0, G_N_ELEMENTS (misfits));
  tcase_add_test (nets, samples_are_what_the_media_say);
  return suite;
}

GST_CHECK_MAIN (arch)
