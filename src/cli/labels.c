/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/labels.h"

#include <latent/error.h>
#include <math.h>

#include "src/base/numeric.h"
#include "src/media/array.h"

#define MAX_BYTES   (1u << 30) /* of all labels of a file */
#define MAX_CLASSES 65536
#define BLOCK       1024 /* samples read at a time */

struct _LatentLabels {
  char *path;
  guint64 n;
  guint width;
  guint16 *classes; /* n, or NULL */
  float *values;    /* n x width, or NULL */
};

void
latent_labels_free (LatentLabels *self)
{
  if (!self)
    return;
  g_free (self->path);
  g_free (self->classes);
  g_free (self->values);
  g_free (self);
}

static gboolean
complain (const LatentLabels *self, int code, GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, LATENT_ERROR, code, "%s: %s", self->path, text);
  return FALSE;
}

static gboolean
make_room (LatentLabels *self, const LatentArrayFile *file, gboolean classes, GError **error)
{
  const LatentArrayHeader *header = latent_array_file_get_header (file);
  gsize elements = latent_array_file_get_sample_elements (file);
  gsize item = classes ? sizeof (guint16) : elements * sizeof (float);
  self->n = (guint64)header->shape.dims[0];
  if (classes && elements != 1)
    return complain (self, LATENT_ERROR_SHAPE, error,
        "%" G_GSIZE_FORMAT " numbers a sample; a class is one", elements);
  if (self->n == 0)
    return complain (self, LATENT_ERROR_FORMAT, error, "there is nothing in it");
  if (elements > MAX_CLASSES || self->n > MAX_BYTES / item)
    return complain (
        self, LATENT_ERROR_LIMIT, error, "more labels than %u MiB hold", MAX_BYTES >> 20);
  self->width = (guint)elements;
  if (classes)
    self->classes = g_try_malloc (self->n * item);
  else
    self->values = g_try_malloc (self->n * item);
  return self->classes || self->values ||
         complain (self, LATENT_ERROR_LIMIT, error, "memory is short for its labels");
}

static gboolean
keep (LatentLabels *self, guint64 first, const double *numbers, gsize n, GError **error)
{
  for (gsize i = 0; i < n; i++) {
    guint64 sample = (first + i) / self->width;
    if (self->values && isfinite (numbers[i])) {
      self->values[first + i] = (float)numbers[i];
    } else if (self->classes && numbers[i] >= 0 && numbers[i] < MAX_CLASSES &&
               numbers[i] == floor (numbers[i])) {
      self->classes[first + i] = (guint16)numbers[i];
    } else {
      return complain (self, LATENT_ERROR_FORMAT, error,
          "the label of sample %" G_GUINT64_FORMAT " is %g, not %s", sample, numbers[i],
          self->values ? "finite" : "a class (a whole number from 0 to 65535)");
    }
  }
  return TRUE;
}

static gboolean
read_all (LatentLabels *self, LatentArrayFile *file, GError **error)
{
  LatentDataType type = latent_array_file_get_header (file)->type;
  g_autofree guint8 *block = g_malloc (latent_array_file_get_sample_size (file) * BLOCK);
  g_autofree double *numbers = g_new (double, (gsize)self->width *BLOCK);
  guint64 done = 0;
  for (;;) {
    gssize n = latent_array_file_read (file, block, BLOCK, error);
    if (n <= 0)
      return n == 0;
    latent_load_doubles (type, block, 0, (gsize)n * self->width, numbers);
    if (!keep (self, done * self->width, numbers, (gsize)n * self->width, error))
      return FALSE;
    done += (guint64)n;
  }
}

LatentLabels *
latent_labels_load (const char *path, gboolean classes, GError **error)
{
  g_autoptr (LatentLabels) self = g_new0 (LatentLabels, 1);
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, error);
  self->path = g_strdup (path);
  if (!file || !make_room (self, file, classes, error) || !read_all (self, file, error))
    return NULL;
  for (guint64 i = 0; classes && i < self->n; i++)
    self->width = MAX (self->width, self->classes[i] + 1u);
  return g_steal_pointer (&self);
}

const char *
latent_labels_get_path (const LatentLabels *self)
{
  return self->path;
}

guint64
latent_labels_get_n (const LatentLabels *self)
{
  return self->n;
}

guint
latent_labels_get_width (const LatentLabels *self)
{
  return self->width;
}

guint
latent_labels_get_class (const LatentLabels *self, guint64 i)
{
  return self->classes[i];
}

const float *
latent_labels_get_values (const LatentLabels *self, guint64 i)
{
  return self->values + i * self->width;
}

guint8 *
latent_labels_pick (const LatentLabels *self, guint64 begin, guint64 end, guint64 few)
{
  guint8 *picked = g_new0 (guint8, self->n);
  g_autofree guint64 *counts = g_new0 (guint64, self->width);
  for (guint64 i = begin; i < MIN (end, self->n); i++)
    picked[i] = counts[self->classes[i]]++ < few;
  return picked;
}
