/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/push-case.h"

#include <gst/base/gstpushsrc.h>

#define PUSH_TYPE_CASE (push_case_get_type ())
G_DECLARE_FINAL_TYPE (PushCase, push_case, PUSH, CASE, GstPushSrc)

struct _PushCase {
  GstPushSrc parent;

  const GByteArray *file;
  guint block;
  gboolean is_seekable;
  guint64 offset;
  guint n_pushed;
  gint n_seeks; /* atomic */
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("application/x-latent"));

G_DEFINE_TYPE (PushCase, push_case, GST_TYPE_PUSH_SRC)

static gboolean
start (GstBaseSrc *base)
{
  PushCase *self = PUSH_CASE (base);

  self->offset = 0;
  return TRUE;
}

static gboolean
get_size (GstBaseSrc *base, guint64 *size)
{
  *size = PUSH_CASE (base)->file->len;
  return TRUE;
}

static gboolean
is_seekable (GstBaseSrc *base)
{
  return PUSH_CASE (base)->is_seekable;
}

static gboolean
do_seek (GstBaseSrc *base, GstSegment *segment)
{
  PushCase *self = PUSH_CASE (base);

  if (segment->start > 0 && !self->is_seekable)
    return FALSE;
  self->offset = segment->start;
  g_atomic_int_inc (&self->n_seeks);
  return TRUE;
}

static GstFlowReturn
create (GstPushSrc *base, GstBuffer **buffer)
{
  PushCase *self = PUSH_CASE (base);
  gsize size;

  if (self->offset >= self->file->len)
    return GST_FLOW_EOS;
  if (self->n_pushed++ % 4 == 0)
    g_usleep (self->n_pushed * 37 % 200);
  size = MIN (self->block, self->file->len - self->offset);
  *buffer = gst_buffer_new_memdup (self->file->data + self->offset, size);
  GST_BUFFER_OFFSET (*buffer) = self->offset;
  self->offset += size;
  return GST_FLOW_OK;
}

static void
push_case_init (PushCase *self)
{
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_BYTES);
}

static void
push_case_class_init (PushCaseClass *klass)
{
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  base_class->start = start;
  base_class->get_size = get_size;
  base_class->is_seekable = is_seekable;
  base_class->do_seek = do_seek;
  GST_PUSH_SRC_CLASS (klass)->create = create;
  gst_element_class_add_static_pad_template (GST_ELEMENT_CLASS (klass), &src_template);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Pushed bytes", "Source",
      "Pushes bytes from memory", "gst-latent");
}

GstElement *
push_case_new (const GByteArray *file, guint block, gboolean seekable)
{
  PushCase *self = g_object_new (PUSH_TYPE_CASE, NULL);

  self->file = file;
  self->block = block;
  self->is_seekable = seekable;
  return GST_ELEMENT (self);
}

guint
push_case_get_n_seeks (GstElement *self)
{
  return (guint)g_atomic_int_get (&PUSH_CASE (self)->n_seeks);
}
