/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/constant.h"

#include <stdlib.h>
#include <string.h>

#include "src/dnn/primitive.h"
#include "src/dnn/schedule.h"

struct _LatentConstant {
  guint ref_count; /* under the lock */
  LatentLayout *layout;
  gpointer data;
  guint64 hash; /* of the data */
};

/* LatentConstant *, by content; it holds no references. */
static GMutex lock;
static GHashTable *constants;

static guint
get_hash (gconstpointer constant)
{
  return (guint)((const LatentConstant *)constant)->hash;
}

static gboolean
are_equal (gconstpointer a, gconstpointer b)
{
  const LatentConstant *x = a, *y = b;

  return x->hash == y->hash && latent_layout_equal (x->layout, y->layout) &&
         memcmp (x->data, y->data, x->layout->size) == 0;
}

static void
free_constant (LatentConstant *self)
{
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
  self->layout = latent_layout_ref (layout);
  if (posix_memalign (&self->data, LATENT_ALIGNMENT, layout->size) != 0) {
    self->data = NULL;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "out of memory: %zu bytes of weights",
        layout->size);
  } else {
    memset (self->data, 0, layout->size); /* what lies between elements is compared, too */
    if (reorder (tensor, view, layout, self->data, error)) {
      self->hash = latent_hash_bytes (self->data, layout->size);
      return self;
    }
  }
  free_constant (self);
  return NULL;
}

LatentConstant *
latent_constant_get (LatentTensor *tensor, LatentLayout *view, LatentLayout *layout, GError **error)
{
  LatentConstant *self = new_constant (tensor, view, layout, error), *same;
  g_autoptr (GMutexLocker) locker = NULL;

  if (self == NULL)
    return NULL;
  locker = g_mutex_locker_new (&lock);
  if (constants == NULL)
    constants = g_hash_table_new (get_hash, are_equal);
  same = g_hash_table_lookup (constants, self);
  if (same == NULL) {
    g_hash_table_add (constants, self);
    return self;
  }
  free_constant (self);
  same->ref_count++;
  return same;
}

void
latent_constant_unref (LatentConstant *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (self == NULL || --self->ref_count > 0)
    return;
  g_hash_table_remove (constants, self);
  if (g_hash_table_size (constants) == 0)
    g_clear_pointer (&constants, g_hash_table_unref);
  free_constant (self);
}

gconstpointer
latent_constant_get_data (const LatentConstant *self)
{
  return self->data;
}
