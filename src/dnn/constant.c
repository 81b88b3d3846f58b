/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/constant.h"

#include <stdlib.h>

#include "src/dnn/primitive.h"
#include "src/dnn/schedule.h"

struct _LatentConstant {
  guint ref_count; /* under the lock */
  LatentTensor *tensor;
  LatentLayout *view; /* how the tensor was read */
  LatentLayout *layout;
  gpointer data;
};

/* LatentTensor * -> GPtrArray of LatentConstant *; it holds no references. */
static GMutex lock;
static GHashTable *constants;

static LatentConstant *
find (LatentTensor *tensor, const LatentLayout *view, const LatentLayout *layout)
{
  GPtrArray *same = constants != NULL ? g_hash_table_lookup (constants, tensor) : NULL;

  for (guint i = 0; same != NULL && i < same->len; i++) {
    LatentConstant *constant = g_ptr_array_index (same, i);
    if (latent_layout_equal (constant->layout, layout) &&
        latent_layout_equal (constant->view, view))
      return constant;
  }
  return NULL;
}

static void
add (LatentConstant *self)
{
  GPtrArray *same;

  if (constants == NULL)
    constants = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
  same = g_hash_table_lookup (constants, self->tensor);
  if (same == NULL) {
    same = g_ptr_array_new ();
    g_hash_table_insert (constants, self->tensor, same);
  }
  g_ptr_array_add (same, self);
}

static void
drop (LatentConstant *self)
{
  GPtrArray *same = g_hash_table_lookup (constants, self->tensor);

  g_ptr_array_remove_fast (same, self);
  if (same->len == 0)
    g_hash_table_remove (constants, self->tensor);
  if (g_hash_table_size (constants) == 0)
    g_clear_pointer (&constants, g_hash_table_unref);
}

static void
free_constant (LatentConstant *self)
{
  latent_tensor_unref (self->tensor);
  latent_layout_unref (self->view);
  latent_layout_unref (self->layout);
  free (self->data);
  g_free (self);
}

static gboolean
reorder (
    LatentTensor *tensor, LatentLayout *view, LatentLayout *layout, gpointer dst, GError **error)
{
  g_autoptr (LatentLayout) dense = NULL;
  g_autoptr (LatentTensor) copy = NULL;

  if (!latent_layout_needs_detour (view, layout))
    return latent_reorder_now (view, tensor->data, layout, dst, error);
  dense = latent_layout_new (view->type, &view->shape);
  copy = latent_tensor_new_shape (view->type, &view->shape, error);
  if (copy == NULL)
    return FALSE;
  latent_layout_copy (dense, copy->data, view, tensor->data, 1);
  return latent_reorder_now (dense, copy->data, layout, dst, error);
}

static LatentConstant *
new_constant (LatentTensor *tensor, LatentLayout *view, LatentLayout *layout, GError **error)
{
  LatentConstant *self = g_new0 (LatentConstant, 1);

  self->ref_count = 1;
  self->tensor = latent_tensor_ref (tensor);
  self->view = latent_layout_ref (view);
  self->layout = latent_layout_ref (layout);
  if (posix_memalign (&self->data, LATENT_ALIGNMENT, layout->size) != 0) {
    self->data = NULL;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "out of memory: %zu bytes of weights",
        layout->size);
  } else if (reorder (tensor, view, layout, self->data, error)) {
    return self;
  }
  free_constant (self);
  return NULL;
}

LatentConstant *
latent_constant_get (LatentTensor *tensor, LatentLayout *view, LatentLayout *layout, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  LatentConstant *self = find (tensor, view, layout);

  if (self != NULL) {
    self->ref_count++;
    return self;
  }
  self = new_constant (tensor, view, layout, error);
  if (self != NULL)
    add (self);
  return self;
}

void
latent_constant_unref (LatentConstant *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (self == NULL || --self->ref_count > 0)
    return;
  drop (self);
  free_constant (self);
}

gconstpointer
latent_constant_get_data (const LatentConstant *self)
{
  return self->data;
}
