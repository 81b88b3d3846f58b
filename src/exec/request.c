/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/request.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (LatentRequest, latent_request, latent_request_copy, latent_request_free)

LatentRequest *
latent_request_new (LatentMode mode)
{
  LatentRequest *self = g_new0 (LatentRequest, 1);
  self->mode = mode;
  self->shapes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->bound = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)latent_tensor_unref);
  self->precision = LATENT_PRECISION_AUTO;
  self->threads = 1;
  self->keep = g_ptr_array_new_with_free_func (g_free);
  return self;
}

LatentRequest *
latent_request_copy (const LatentRequest *self)
{
  LatentRequest *copy = latent_request_new (self->mode);
  GHashTableIter iter;
  gpointer name, value;

  latent_request_set_cut (
      copy, (const char *const *)self->cut_inputs, (const char *const *)self->cut_outputs);
  g_hash_table_iter_init (&iter, self->shapes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (copy->shapes, g_strdup (name), g_memdup2 (value, sizeof (LatentShape)));
  g_hash_table_iter_init (&iter, self->bound);
  while (g_hash_table_iter_next (&iter, &name, &value))
    latent_request_bind (copy, name, value);
  copy->precision = self->precision;
  copy->threads = self->threads;
  copy->variable_parameters = self->variable_parameters;
  copy->takes_integers = self->takes_integers;
  copy->leaves_depth = self->leaves_depth;
  for (guint i = 0; i < self->keep->len; i++)
    latent_request_keep (copy, g_ptr_array_index (self->keep, i));
  return copy;
}

void
latent_request_free (LatentRequest *self)
{
  if (self == NULL)
    return;
  g_strfreev (self->cut_inputs);
  g_strfreev (self->cut_outputs);
  g_hash_table_unref (self->shapes);
  g_hash_table_unref (self->bound);
  g_ptr_array_unref (self->keep);
  g_free (self);
}

void
latent_request_set_cut (LatentRequest *self, const char *const *inputs, const char *const *outputs)
{
  char **new_inputs = g_strdupv ((char **)inputs);
  char **new_outputs = g_strdupv ((char **)outputs);

  g_strfreev (self->cut_inputs);
  g_strfreev (self->cut_outputs);
  self->cut_inputs = new_inputs;
  self->cut_outputs = new_outputs;
}

void
latent_request_set_shape (LatentRequest *self, const char *input, guint n_dims, const gint64 *dims)
{
  g_return_if_fail (n_dims <= LATENT_MAX_DIMS);

  LatentShape *shape = g_new0 (LatentShape, 1);
  shape->n = n_dims;
  for (guint i = 0; i < n_dims; i++)
    shape->dims[i] = dims[i];
  g_hash_table_replace (self->shapes, g_strdup (input != NULL ? input : ""), shape);
}

void
latent_request_bind (LatentRequest *self, const char *input, LatentTensor *value)
{
  g_hash_table_replace (self->bound, g_strdup (input), latent_tensor_ref (value));
}

void
latent_request_set_precision (LatentRequest *self, LatentPrecision precision)
{
  self->precision = precision;
}

void
latent_request_set_threads (LatentRequest *self, guint threads)
{
  g_return_if_fail (threads >= 1);
  self->threads = threads;
}

void
latent_request_set_variable_parameters (LatentRequest *self, gboolean variable)
{
  self->variable_parameters = variable;
}

void
latent_request_set_takes_integers (LatentRequest *self, gboolean takes)
{
  self->takes_integers = takes;
}

void
latent_request_set_gives_integers (LatentRequest *self, float scale, guint8 zero_point)
{
  g_return_if_fail (scale > 0);
  self->level = scale;
  self->level_zero_point = zero_point;
}

void
latent_request_set_leaves_depth (LatentRequest *self, gboolean leaves)
{
  self->leaves_depth = leaves;
}

void
latent_request_keep (LatentRequest *self, const char *name)
{
  g_ptr_array_add (self->keep, g_strdup (name));
}

static void
append_names (GString *key, char tag, const char *const *names)
{
  for (; names != NULL && *names != NULL; names++)
    g_string_append_printf (key, "%c%zu:%s", tag, strlen (*names), *names);
}

static char *
hash_tensor (const LatentTensor *tensor)
{
  gsize size;
  gconstpointer data = latent_tensor_get_data (tensor, &size);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, size);
}

char *
latent_request_get_key (const LatentRequest *self)
{
  g_autoptr (GString) key = g_string_new (NULL);
  g_autoptr (GList)
      shapes = g_list_sort (g_hash_table_get_keys (self->shapes), (GCompareFunc)strcmp);
  g_autoptr (GList) bound = g_list_sort (g_hash_table_get_keys (self->bound), (GCompareFunc)strcmp);

  g_string_append_printf (key, "p%d t%u v%d i%d d%d l%a,%u", self->precision, self->threads,
      !!self->variable_parameters, !!self->takes_integers, !!self->leaves_depth,
      (double)self->level, self->level_zero_point);
  for (GList *l = shapes; l != NULL; l = l->next) {
    g_autofree char *dims = latent_shape_to_string (g_hash_table_lookup (self->shapes, l->data));
    g_string_append_printf (key, " s%zu:%s=%s", strlen (l->data), (char *)l->data, dims);
  }
  for (GList *l = bound; l != NULL; l = l->next) {
    const LatentTensor *tensor = g_hash_table_lookup (self->bound, l->data);
    g_autofree char *dims = latent_shape_to_string (&tensor->shape);
    g_autofree char *digest = hash_tensor (tensor);
    g_string_append_printf (
        key, " b%zu:%s=%d,%s,%s", strlen (l->data), (char *)l->data, tensor->type, dims, digest);
  }
  g_string_append_c (key, ' ');
  for (guint i = 0; i < self->keep->len; i++) {
    const char *name[] = {g_ptr_array_index (self->keep, i), NULL};
    append_names (key, 'k', name);
  }
  return g_string_free (g_steal_pointer (&key), FALSE);
}
