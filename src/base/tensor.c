/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/tensor.h"

#include <stdlib.h>
#include <string.h>

#include "src/base/numeric.h"

G_DEFINE_BOXED_TYPE (LatentTensor, latent_tensor, latent_tensor_ref, latent_tensor_unref)

/* Bytes to which a tensor's own memory is aligned: a cache line, an AVX-512 register. */
#define ALIGNMENT 64

/* Bytes from which on a tensor's memory is worth a thought. */
#define BULKY 65536

/* Tensors by their content; it holds no references. */
static GMutex intern_lock;
static GHashTable *interned;

static const struct {
  const char *name;
  gsize size;
} data_types[] = {
    [LATENT_DATA_TYPE_NONE] = {"unknown",        0},
    [LATENT_DATA_TYPE_FLOAT32] = {"float32",        4},
    [LATENT_DATA_TYPE_UINT8] = {"uint8",          1},
    [LATENT_DATA_TYPE_INT8] = {"int8",           1},
    [LATENT_DATA_TYPE_UINT16] = {"uint16",         2},
    [LATENT_DATA_TYPE_INT16] = {"int16",          2},
    [LATENT_DATA_TYPE_INT32] = {"int32",          4},
    [LATENT_DATA_TYPE_INT64] = {"int64",          8},
    [LATENT_DATA_TYPE_STRING] = {"string",         0},
    [LATENT_DATA_TYPE_BOOL] = {"bool",           1},
    [LATENT_DATA_TYPE_FLOAT16] = {"float16",        2},
    [LATENT_DATA_TYPE_FLOAT64] = {"float64",        8},
    [LATENT_DATA_TYPE_UINT32] = {"uint32",         4},
    [LATENT_DATA_TYPE_UINT64] = {"uint64",         8},
    [14] = {"complex64",      0},
    [15] = {"complex128",     0},
    [LATENT_DATA_TYPE_BFLOAT16] = {"bfloat16",       2},
    [17] = {"float8e4m3fn",   0}, /* from here on ONNX's names of what is refused */
    [18] = {"float8e4m3fnuz", 0},
    [19] = {"float8e5m2",     0},
    [20] = {"float8e5m2fnuz", 0},
    [21] = {"uint4",          0},
    [22] = {"int4",           0},
};

gsize
latent_data_type_get_size (LatentDataType type)
{
  return (guint)type < G_N_ELEMENTS (data_types) ? data_types[type].size : 0;
}

const char *
latent_data_type_get_name (LatentDataType type)
{
  return (guint)type < G_N_ELEMENTS (data_types) ? data_types[type].name : "unknown";
}

/* A tensor whose shape is checked and counted, without data. */
static LatentTensor *
new_without_data (LatentDataType type, const LatentShape *shape, GError **error)
{
  g_autofree LatentTensor *self = g_new0 (LatentTensor, 1);

  if (latent_data_type_get_size (type) == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "tensors of type %s",
        latent_data_type_get_name (type));
    return NULL;
  }
  if (!latent_shape_count (shape, type, &self->n_elements, &self->size, error))
    return NULL;
  g_atomic_ref_count_init (&self->ref_count);
  self->type = type;
  self->shape = *shape;
  return g_steal_pointer (&self);
}

/* Takes the tensor: gives it back with memory, or frees it. */
static LatentTensor *
give_memory (LatentTensor *self, GError **error)
{
  /* calloc() instead of aligned_alloc(): large blocks come zeroed from the kernel, page by page as
   * they are touched. */
  self->block = calloc (1, self->size + ALIGNMENT);
  if (self->block == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "out of memory for a tensor of %zu bytes",
        self->size);
    g_free (self);
    return NULL;
  }
  self->data = (gpointer)(((guintptr)self->block + ALIGNMENT - 1) & ~(guintptr)(ALIGNMENT - 1));
  return self;
}

LatentTensor *
latent_tensor_new_shape (LatentDataType type, const LatentShape *shape, GError **error)
{
  LatentTensor *self = new_without_data (type, shape, error);

  return self == NULL ? NULL : give_memory (self, error);
}

static gboolean
make_shape (LatentShape *shape, guint n_dims, const gint64 *dims, GError **error)
{
  if (n_dims > LATENT_MAX_DIMS) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "a tensor of %u dimensions; the limit is %u", n_dims, LATENT_MAX_DIMS);
    return FALSE;
  }
  *shape = (LatentShape){.n = n_dims};
  for (guint i = 0; i < n_dims; i++)
    shape->dims[i] = dims[i];
  return TRUE;
}

LatentTensor *
latent_tensor_new (LatentDataType type, guint n_dims, const gint64 *dims, GError **error)
{
  LatentShape shape;

  if (!make_shape (&shape, n_dims, dims, error))
    return NULL;
  return latent_tensor_new_shape (type, &shape, error);
}

LatentTensor *
latent_tensor_new_from_bytes (
    LatentDataType type, guint n_dims, const gint64 *dims, GBytes *bytes, GError **error)
{
  LatentShape shape;
  LatentTensor *self;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  if (!make_shape (&shape, n_dims, dims, error))
    return NULL;
  self = new_without_data (type, &shape, error);
  if (self == NULL)
    return NULL;
  if (size != self->size) {
    g_autofree char *text = latent_shape_to_string (&shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "a %s tensor of shape %s takes %zu bytes, %zu are given", latent_data_type_get_name (type),
        text, self->size, size);
    g_free (self);
    return NULL;
  }
  if (data != NULL && (guintptr)data % latent_data_type_get_alignment (type) == 0) {
    self->data = (gpointer)data;
    self->owner = g_bytes_ref (bytes);
    return self;
  }
  self = give_memory (self, error);
  if (self != NULL && size > 0)
    memcpy (self->data, data, size);
  return self;
}

gboolean
latent_tensor_is_bulky (const LatentTensor *self)
{
  return self->size >= BULKY && self->shape.n >= 2 &&
         (latent_data_type_is_real (self->type) || self->type == LATENT_DATA_TYPE_INT8 ||
             self->type == LATENT_DATA_TYPE_UINT8);
}

guint64
latent_hash_bytes (gconstpointer data, gsize size)
{
  guint64 hash = size * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15), word;

  for (gsize i = 0; i < size; i += sizeof word) {
    word = 0;
    memcpy (&word, (const guint8 *)data + i, MIN (sizeof word, size - i));
    hash = (hash ^ word) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
    hash ^= hash >> 32;
  }
  return hash;
}

LatentTensor *
latent_tensor_new_in_file (
    LatentDataType type, const LatentShape *shape, LatentFile *file, guint64 offset, GError **error)
{
  LatentTensor *self = new_without_data (type, shape, error);

  if (self == NULL)
    return NULL;
  self->file = latent_file_ref (file);
  self->offset = offset;
  return self;
}

LatentTensor *
latent_tensor_load (LatentTensor *self, GError **error)
{
  LatentTensor *loaded;

  if (self->file == NULL || g_atomic_pointer_get (&self->data) != NULL)
    return latent_tensor_ref (self);
  loaded = latent_tensor_new_shape (self->type, &self->shape, error);
  if (loaded != NULL &&
      latent_file_read_part (self->file, loaded->data, self->size, self->offset, error))
    return loaded;
  latent_tensor_unref (loaded);
  return NULL;
}

gboolean
latent_tensor_hold (LatentTensor *self, GError **error)
{
  LatentTensor *loaded = latent_tensor_load (self, error);

  if (loaded == NULL)
    return FALSE;
  if (loaded != self && g_atomic_pointer_compare_and_exchange (&self->data, NULL, loaded->data))
    self->block = g_steal_pointer (&loaded->block);
  latent_tensor_unref (loaded);
  return TRUE;
}

static guint
get_hash (gconstpointer tensor)
{
  return ((const LatentTensor *)tensor)->hash;
}

static gboolean
are_equal (gconstpointer a, gconstpointer b)
{
  const LatentTensor *x = a;
  const LatentTensor *y = b;

  return x->type == y->type && latent_shape_equal (&x->shape, &y->shape) &&
         memcmp (x->data, y->data, x->size) == 0;
}

LatentTensor *
latent_tensor_intern (LatentTensor *self)
{
  g_autoptr (GMutexLocker) locker = NULL;
  LatentTensor *same;
  guint hash;

  if (g_atomic_int_get (&self->interned))
    return self;
  hash = (guint)latent_hash_bytes (self->data, self->size);
  locker = g_mutex_locker_new (&intern_lock);
  if (g_atomic_int_get (&self->interned)) /* by another thread, meanwhile */
    return self;
  self->hash = hash;
  if (interned == NULL)
    interned = g_hash_table_new (get_hash, are_equal);
  same = g_hash_table_lookup (interned, self);
  if (same == NULL) {
    g_atomic_int_set (&self->interned, TRUE);
    g_hash_table_add (interned, self);
    return self;
  }
  latent_tensor_ref (same);
  latent_tensor_unref (self);
  return same;
}

LatentTensor *
latent_tensor_ref (LatentTensor *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/* An interned tensor may be found, and held again, by another thread until the lock is had. */
static gboolean
drop_ref (LatentTensor *self)
{
  g_autoptr (GMutexLocker) locker = NULL;

  if (!g_atomic_int_get (&self->interned))
    return g_atomic_ref_count_dec (&self->ref_count);
  locker = g_mutex_locker_new (&intern_lock);
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return FALSE;
  g_hash_table_remove (interned, self);
  if (g_hash_table_size (interned) == 0)
    g_clear_pointer (&interned, g_hash_table_unref);
  return TRUE;
}

void
latent_tensor_unref (LatentTensor *self)
{
  if (self == NULL || !drop_ref (self))
    return;
  g_clear_pointer (&self->owner, g_bytes_unref);
  g_clear_pointer (&self->file, latent_file_unref);
  free (self->block);
  g_free (self);
}

LatentDataType
latent_tensor_get_data_type (const LatentTensor *self)
{
  return self->type;
}

const gint64 *
latent_tensor_get_dims (const LatentTensor *self, guint *n_dims)
{
  *n_dims = self->shape.n;
  return self->shape.dims;
}

gconstpointer
latent_tensor_get_data (const LatentTensor *self, gsize *size)
{
  if (size != NULL)
    *size = self->size;
  return latent_tensor_hold ((LatentTensor *)self, NULL) ? self->data : NULL;
}

gpointer
latent_tensor_get_writable_data (LatentTensor *self)
{
  g_return_val_if_fail (self->owner == NULL, NULL);
  return self->data;
}

static void
unref_tensor (gpointer tensor)
{
  latent_tensor_unref (tensor);
}

GBytes *
latent_tensor_to_bytes (LatentTensor *self)
{
  if (self->owner != NULL)
    return g_bytes_ref (self->owner);
  if (!latent_tensor_hold (self, NULL))
    return g_bytes_new (NULL, 0);
  return g_bytes_new_with_free_func (
      self->data, self->size, unref_tensor, latent_tensor_ref (self));
}

/* For the handful of elements of a shape or a scalar, where memory is not a matter of input. */
static LatentTensor *
new_small (LatentDataType type, const LatentShape *shape)
{
  g_autoptr (GError) error = NULL;
  LatentTensor *self = latent_tensor_new_shape (type, shape, &error);

  if (self == NULL)
    g_error ("%s", error->message);
  return self;
}

LatentTensor *
latent_tensor_new_int64s (const gint64 *values, guint n)
{
  LatentShape shape = {1, {n}};
  LatentTensor *self = new_small (LATENT_DATA_TYPE_INT64, &shape);

  if (n > 0)
    memcpy (self->data, values, n * sizeof (gint64));
  return self;
}

LatentTensor *
latent_tensor_new_float (float value)
{
  LatentShape shape = {0};
  LatentTensor *self = new_small (LATENT_DATA_TYPE_FLOAT32, &shape);

  *(float *)self->data = value;
  return self;
}

gint64
latent_tensor_get_int (const LatentTensor *self, gsize i)
{
  gint64 value = 0;

  g_return_val_if_fail (i < self->n_elements, 0);
  latent_load_ints (self->type, self->data, i, 1, &value);
  return value;
}

double
latent_tensor_get_double (const LatentTensor *self, gsize i)
{
  double value = 0;

  g_return_val_if_fail (i < self->n_elements, 0);
  latent_load_doubles (self->type, self->data, i, 1, &value);
  return value;
}
