/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "src/train/objective.h"
#include "tests/arch-case.h"

static const LatentSampleSpec specs[] = {
    ['v'] = {.sample = {1, {24}}       },
    ['g'] = { .media = {.kind = LATENT_MEDIA_VIDEO, .color = LATENT_COLOR_GRAY8},
             .sample = {3, {1, 12, 12}}},
    ['a'] = { .media = {.kind = LATENT_MEDIA_AUDIO, .rate = 8000, .channels = 1, .hop = 64},
             .sample = {2, {1, 64}}},
};

#define COMMON "batch=8 lr=0.01 latent=4 "

static const struct {
  char spec;
  const char *settings;
} rows[] = {
    {'v', COMMON "arch=linear"                                      },
    {'v', COMMON "arch=linear tied=true"                            },
    {'v', COMMON "arch=dense hidden=16"                             },
    {'g', COMMON "arch=dense hidden=16 activation=gelu"             },
    {'g', COMMON "arch=dense hidden=16 output-activation=sigmoid"   },
    {'v', COMMON "arch=dense hidden=16 activation=silu"             },
    {'g', COMMON "arch=conv conv-channels=8,8 blocks=1"             },
    {'a', COMMON "arch=conv conv-channels=8,8 blocks=1 patch=2"     },
    {'g', COMMON "arch=conv conv-channels=8,8,8 flat=true hidden=16"},
    {'v', COMMON "arch=vae hidden=16"                               },
    {'g', COMMON "arch=vae conv-channels=8"                         },
};

/* Each parameter has a derivative of its own shape. */
GST_START_TEST (every_weight_can_be_learned)
{
  const LatentSampleSpec *spec = &specs[(guchar)rows[__i__].spec];
  g_autoptr (LatentRecipe) recipe = arch_case_new_recipe (rows[__i__].settings);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = latent_arch_build (recipe, spec, &error);

  fail_unless (model != NULL, "%s", error != NULL ? error->message : "");
  g_autoptr (LatentObjective)
      objective = latent_objective_new (model, recipe, &spec->sample, 8, &error);
  fail_unless (objective != NULL, "%s", error != NULL ? error->message : "");
  fail_unless (objective->parameters->len > 0);
  for (guint i = 0; i < objective->parameters->len; i++) {
    const LatentValue *parameter = objective->parameters->pdata[i];
    const LatentValue *gradient = objective->gradients->pdata[i];
    fail_unless (latent_shape_equal (&parameter->shape, &gradient->shape), "%s", parameter->name);
  }
}
GST_END_TEST

static Suite *
arch_learn_suite (void)
{
  Suite *suite = suite_create ("arch-learn");
  TCase *nets = tcase_create ("nets");

  suite_add_tcase (suite, nets);
  tcase_add_loop_test (nets, every_weight_can_be_learned, 0, G_N_ELEMENTS (rows));
  return suite;
}

GST_CHECK_MAIN (arch_learn)
