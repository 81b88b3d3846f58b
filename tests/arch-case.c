/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/arch-case.h"

#include <gst/check/gstcheck.h>

#include "src/base/tensor.h"
#include "src/model/model.h"

LatentRecipe *
arch_case_new_recipe (const char *settings)
{
  g_auto (GStrv) words = g_strsplit (settings, " ", -1);
  LatentRecipe *recipe = latent_recipe_new ();

  for (guint i = 0; words[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (words[i], "=", 2);
    g_autoptr (GError) error = NULL;
    fail_unless (pair[0] == NULL || latent_recipe_set (recipe, pair[0], pair[1], &error), "%s",
        error != NULL ? error->message : "");
  }
  return recipe;
}

LatentTensor *
arch_case_run (LatentModel *model, LatentMode mode, const LatentTensor *src)
{
  g_autoptr (LatentRequest) request = latent_request_new (mode);
  g_autoptr (GError) error = NULL;

  latent_request_set_shape (request, NULL, src->shape.n, src->shape.dims);
  g_autoptr (LatentProgram) program = latent_program_new (model, request, &error);
  fail_unless (program != NULL, "mode %d: %s", mode, error != NULL ? error->message : "");
  g_autoptr (LatentContext) context = latent_context_new (program, NULL);
  fail_unless (latent_context_set_input (context, 0, src, NULL));
  fail_unless (latent_context_run (context, NULL));
  return latent_context_get_output (context, 0, NULL);
}

void
arch_case_check_names (LatentModel *model)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < model->graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (model->graph->nodes, i);
    fail_unless (g_hash_table_add (names, node->name), "two nodes '%s'", node->name);
  }
}
