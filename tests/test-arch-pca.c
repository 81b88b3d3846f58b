/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/base/tensor.h"
#include "src/train/pca.h"
#include "tests/arch-case.h"

#define SEED 20
#define N    400 /* samples */
#define D    64  /* elements: 8x8 pixels */
#define K    5   /* latents */

/* Samples in [0, 1]: eight random shapes of falling weight. */
static LatentTensor *
new_samples (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  LatentShape shape = {
      2, {N, D}
  };
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  float *dst = latent_tensor_get_writable_data (tensor);
  float shapes[8][D];

  for (guint j = 0; j < 8; j++)
    for (guint l = 0; l < D; l++)
      shapes[j][l] = (float)g_rand_double_range (rand, -1, 1);
  for (guint i = 0; i < N * D; i++)
    dst[i] = .5f;
  for (guint i = 0; i < N; i++)
    for (guint j = 0; j < 8; j++) {
      float weight = (float)g_rand_double_range (rand, -.12, .12) / (float)(j + 1);
      for (guint l = 0; l < D; l++)
        dst[i * D + l] += weight * shapes[j][l];
    }
  return tensor;
}

static LatentPca *
new_pca (const LatentTensor *samples, gsize k)
{
  LatentPca *pca = latent_pca_new (D, NULL);

  fail_unless (latent_pca_add (pca, latent_tensor_get_data (samples, NULL), N, NULL));
  fail_unless (latent_pca_solve (pca, k, NULL));
  return pca;
}

static LatentModel *
build (const char *settings, gboolean is_picture)
{
  g_autofree char *all = g_strdup_printf ("latent=%d %s", K, settings);
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (all);
  LatentSampleSpec vector = {
      .sample = {1, {D}}
  };
  LatentSampleSpec picture = {
      .media = {.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_GRAY8},
        .sample = {3,                          {1, 8, 8}                  }
  };
  g_autoptr (GError) error = NULL;
  LatentModel *model = latent_arch_build (recipe, is_picture ? &picture : &vector, &error);

  fail_unless (model != NULL, "%s", error != NULL ? error->message : "");
  return model;
}

static double
measure (LatentModel *model, const LatentTensor *samples, gboolean is_picture)
{
  const gint64 dims[] = {N, 1, 8, 8};
  g_autoptr (GBytes) bytes = latent_tensor_to_bytes ((LatentTensor *)samples);
  g_autoptr (LatentTensor)
      pictures = latent_tensor_new_from_bytes (LATENT_DATA_TYPE_FLOAT32, 4, dims, bytes, NULL);
  g_autoptr (LatentTensor)
      dst = arch_case_run (model, LATENT_MODE_RECONSTRUCT, is_picture ? pictures : samples);
  const float *x = latent_tensor_get_data (samples, NULL);
  const float *y = latent_tensor_get_data (dst, NULL);
  double sum = 0;

  for (guint i = 0; i < N * D; i++)
    sum += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
  return sum / (N * D);
}

static const struct {
  const char *settings;
  gboolean is_picture;
  double tolerance; /* of the error, against that of PCA */
} nets[] = {
    {"arch=linear",                                       FALSE, 1e-4},
    {"arch=linear tied=true",                             FALSE, 1e-4},
    {"arch=linear",                                       TRUE,  1e-4},
    {"arch=dense",                                        FALSE, 1e-4},
    {"arch=dense hidden=40",                              FALSE, 1e-4},
    {"arch=dense hidden=40,10",                           FALSE, 1e-4},
    {"arch=dense hidden=40,20,30",                        TRUE,  1e-4},
    {"arch=dense hidden=40,20 activation=none",           FALSE, 1e-4},
    {"arch=dense hidden=40,20 activation=leaky-relu",     FALSE, 1e-4},
    {"arch=dense hidden=40,20 activation=gelu",           FALSE, 1e-4},
    {"arch=dense hidden=40,20 activation=silu",           FALSE, 1e-4},
    {"arch=dense hidden=40,20 activation=softplus",       FALSE, 1e-4},
    {"arch=dense hidden=40,20 output-activation=relu",    FALSE, 1e-4},
    {"arch=dense hidden=40,20 output-activation=sigmoid", FALSE, .05 },
    {"arch=vae hidden=40,20",                             FALSE, 1e-4},
};

GST_START_TEST (nets_start_as_good_as_components)
{
  g_autoptr (LatentTensor) samples = new_samples ();
  g_autoptr (LatentPca) pca = new_pca (samples, K);
  g_autoptr (LatentModel) model = build (nets[__i__].settings, nets[__i__].is_picture);
  g_autoptr (GError) error = NULL;

  fail_unless (latent_arch_init_pca (model, pca, &error), "%s", error ? error->message : "");
  double wanted = latent_pca_get_mse (pca);
  double made = measure (model, samples, nets[__i__].is_picture);
  fail_unless (fabs (made - wanted) < nets[__i__].tolerance * wanted, "seed %d: %g, wanted %g",
      SEED, made, wanted);
}
GST_END_TEST

/* Programs of what the model was before would give its numbers. */
GST_START_TEST (the_model_is_another_one_then)
{
  g_autoptr (LatentTensor) samples = new_samples ();
  g_autoptr (LatentPca) pca = new_pca (samples, K);
  g_autoptr (LatentModel) model = build ("arch=dense hidden=40", FALSE);
  g_autofree char *id = g_strdup (latent_model_get_id (model));

  fail_unless (measure (model, samples, FALSE) > 2 * latent_pca_get_mse (pca));
  fail_unless (latent_arch_init_pca (model, pca, NULL));
  fail_unless (measure (model, samples, FALSE) < 1.01 * latent_pca_get_mse (pca));
  ck_assert_str_ne (latent_model_get_id (model), id);
}
GST_END_TEST

/* Means of a variational net are of variance 1, and its variance is 1 / (1 + 2 lambda). */
GST_START_TEST (variational_latents_meet_the_prior)
{
  static const char *const logvar[] = {"logvar", NULL};
  g_autoptr (LatentTensor) samples = new_samples ();
  g_autoptr (LatentPca) pca = new_pca (samples, K);
  g_autoptr (LatentModel) model = build ("arch=vae hidden=40", FALSE);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);

  fail_unless (latent_arch_init_pca (model, pca, NULL));
  g_autoptr (LatentTensor) means = arch_case_run (model, LATENT_MODE_ENCODE, samples);
  const float *mean = latent_tensor_get_data (means, NULL);
  double squares = 0;
  for (guint i = 0; i < N; i++)
    squares += (double)mean[i * K] * mean[i * K];
  fail_unless (fabs (squares / N - 1) < 1e-3, "%g", squares / N);

  latent_request_set_cut (request, NULL, logvar);
  latent_request_set_shape (request, NULL, 2, (gint64[]){N, D});
  g_autoptr (LatentProgram) program = latent_program_new (model, request, NULL);
  g_autoptr (LatentContext) context = latent_context_new (program, NULL);
  fail_unless (latent_context_set_input (context, 0, samples, NULL));
  fail_unless (latent_context_run (context, NULL));
  g_autoptr (LatentTensor) logvars = latent_context_get_output (context, 0, NULL);
  float value = ((const float *)latent_tensor_get_data (logvars, NULL))[0];
  fail_unless (fabs (exp (-value) - 1 - 2 * latent_pca_get_variances (pca)[0]) < 1e-4);
}
GST_END_TEST

static const struct {
  const char *key, *settings;
} misfits[] = {
    {"hidden: ",            "arch=dense hidden=9"                          },
    {"activation: ",        "arch=dense hidden=40 activation=tanh"         },
    {"activation: ",        "arch=dense hidden=40 activation=elu"          },
    {"latent-activation: ", "arch=dense latent-activation=relu"            },
    {"output-activation: ", "arch=dense output-activation=tanh"            },
    {"init: ",              "arch=transformer width=8 heads=2"             },
    {"init: ",              "arch=conv flat=true conv-channels=8 hidden=40"},
    {"init: ",              "arch=conv conv-channels=8"                    },
    {"init: ",              "arch=dense latent=6"                          },
};

GST_START_TEST (errors_name_the_key)
{
  g_autoptr (LatentTensor) samples = new_samples ();
  g_autoptr (LatentPca) pca = new_pca (samples, K);
  g_autoptr (LatentModel)
      model = build (misfits[__i__].settings, strstr (misfits[__i__].settings, "conv") != NULL);
  g_autoptr (GError) error = NULL;

  fail_if (latent_arch_init_pca (model, pca, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  fail_unless (g_str_has_prefix (error->message, misfits[__i__].key), "%s", error->message);
}
GST_END_TEST

static Suite *
arch_pca_suite (void)
{
  Suite *suite = suite_create ("arch-pca");
  TCase *starts = tcase_create ("starts");

  suite_add_tcase (suite, starts);
  tcase_add_loop_test (starts, nets_start_as_good_as_components, 0, G_N_ELEMENTS (nets));
  tcase_add_test (starts, the_model_is_another_one_then);
  tcase_add_test (starts, variational_latents_meet_the_prior);
  tcase_add_loop_test (starts, errors_name_the_key, 0, G_N_ELEMENTS (misfits));
  return suite;
}

GST_CHECK_MAIN (arch_pca)
