/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/names.h"

#include <string.h>

#include "src/exec/request.h"

static void
append_names (GString *key, const char *title, const char *const *names)
{
  g_string_append_printf (key, " %s", title);
  for (; names != NULL && *names != NULL; names++)
    g_string_append_printf (key, " %zu:%s", strlen (*names), *names);
}

char *
latent_exec_make_key (const char *graph_key, const char *const *inputs, const char *const *outputs,
    const LatentStatePair *states, guint n_states, const LatentRequest *request)
{
  g_autoptr (GString) key = g_string_new (graph_key);
  g_autofree char *rest = latent_request_get_key (request);

  append_names (key, "from", inputs);
  append_names (key, "to", outputs);
  for (guint i = 0; i < n_states; i++) {
    const char *pair[] = {states[i].input, states[i].output, NULL};
    append_names (key, "state", pair);
  }
  g_string_append (key, rest);
  return g_string_free (g_steal_pointer (&key), FALSE);
}

static void
add_names (GPtrArray *to, const char *const *names)
{
  for (; names != NULL && *names != NULL; names++)
    g_ptr_array_add (to, (gpointer)*names);
}

static void
add_graph_outputs (GPtrArray *to, const LatentGraph *graph)
{
  for (guint i = 0; i < graph->outputs->len; i++)
    g_ptr_array_add (to, ((LatentValue *)g_ptr_array_index (graph->outputs, i))->name);
}

GPtrArray *
latent_exec_list_outputs (const LatentGraph *graph, const char *const *outputs,
    const LatentStatePair *states, guint n_states, const LatentRequest *request)
{
  GPtrArray *names = g_ptr_array_new ();

  if (outputs != NULL)
    add_names (names, outputs);
  else
    add_graph_outputs (names, graph);
  for (guint i = 0; i < request->keep->len; i++)
    g_ptr_array_add (names, g_ptr_array_index (request->keep, i));
  for (guint i = 0; i < n_states; i++)
    g_ptr_array_add (names, (gpointer)states[i].output);
  g_ptr_array_add (names, NULL);
  return names;
}
