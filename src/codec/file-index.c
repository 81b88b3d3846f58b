/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-index.h"

#include "src/base/limits.h"
#include "src/codec/file-bytes.h"

static LatentFileEntry *
get_entry (const LatentFileIndex *self, guint i)
{
  return &g_array_index (self->entries, LatentFileEntry, i);
}

void
latent_file_index_init (LatentFileIndex *self)
{
  self->duration = 0;
  self->entries = g_array_new (FALSE, FALSE, sizeof (LatentFileEntry));
  self->late = g_array_new (FALSE, FALSE, sizeof (guint64));
}

void
latent_file_index_clear (LatentFileIndex *self)
{
  g_clear_pointer (&self->entries, g_array_unref);
  g_clear_pointer (&self->late, g_array_unref);
  self->duration = 0;
}

static void
thin (LatentFileIndex *self)
{
  guint n_of_stream[LATENT_LIMIT_STREAMS] = {0};
  guint kept = 0;

  for (guint i = 0; i < self->entries->len; i++) {
    LatentFileEntry *entry = get_entry (self, i);
    if (n_of_stream[entry->stream]++ % 2 == 0)
      *get_entry (self, kept++) = *entry;
  }
  g_array_set_size (self->entries, kept);
}

void
latent_file_index_add (LatentFileIndex *self, const LatentFileEntry *entry)
{
  if (self->entries->len >= LATENT_LIMIT_INDEX_ENTRIES)
    thin (self);
  g_array_append_val (self->entries, *entry);
}

void
latent_file_index_put (const LatentFileIndex *self, GByteArray *body)
{
  LatentFileEntry last = {0};
  guint64 offset = 0;

  latent_file_put_varint (body, self->duration);
  latent_file_put_varint (body, self->late->len);
  for (guint i = 0; i < self->late->len; i++) {
    guint64 next = g_array_index (self->late, guint64, i);
    latent_file_put_varint (body, next - offset);
    offset = next;
  }
  for (guint i = 0; i < self->entries->len; i++) {
    const LatentFileEntry *entry = get_entry (self, i);
    guint8 stream = (guint8)entry->stream;
    latent_file_put_varint (body, entry->offset - last.offset);
    g_byte_array_append (body, &stream, 1);
    latent_file_put_step (body, last.time, entry->time);
    last = *entry;
  }
}

static gboolean
get_late (LatentFileIndex *self, guint64 end, LatentReader *reader)
{
  guint64 n = latent_reader_get_varint (reader);
  guint64 offset = 0;

  if (n > LATENT_LIMIT_LATE_CHUNKS)
    return FALSE;
  for (guint64 i = 0; i < n; i++) {
    guint64 step = latent_reader_get_varint (reader);
    if (step >= end - offset)
      return FALSE;
    offset += step;
    g_array_append_val (self->late, offset);
  }
  return TRUE;
}

static gboolean
get_entries (LatentFileIndex *self, guint n_streams, guint64 end, LatentReader *reader)
{
  LatentFileEntry entry = {0};

  while (latent_reader_get_left (reader) > 0) {
    guint64 step = latent_reader_get_varint (reader);
    entry.stream = latent_reader_get_u8 (reader);
    entry.time = latent_file_get_step (reader, entry.time);
    if (reader->failed || step >= end - entry.offset || entry.stream >= n_streams ||
        entry.time >= LATENT_LIMIT_TIME || self->entries->len >= LATENT_LIMIT_INDEX_ENTRIES)
      return FALSE;
    entry.offset += step;
    g_array_append_val (self->entries, entry);
  }
  return TRUE;
}

gboolean
latent_file_index_get (
    LatentFileIndex *self, guint n_streams, guint64 offset, const guint8 *body, gsize size)
{
  LatentReader reader;

  latent_file_index_clear (self);
  latent_file_index_init (self);
  latent_reader_init (&reader, body, size);
  self->duration = latent_reader_get_varint (&reader);
  if (self->duration < LATENT_LIMIT_TIME && get_late (self, offset, &reader) &&
      get_entries (self, n_streams, offset, &reader) && !reader.failed)
    return TRUE;
  latent_file_index_clear (self);
  latent_file_index_init (self);
  return FALSE;
}

static guint64
get_distance (const LatentFileEntry *entry, guint64 time)
{
  return MAX (entry->time, time) - MIN (entry->time, time);
}

const LatentFileEntry *
latent_file_index_find (
    const LatentFileIndex *self, guint stream, guint64 time, LatentFileSnap snap)
{
  const LatentFileEntry *before = NULL, *after = NULL;

  for (guint i = 0; i < self->entries->len; i++) {
    const LatentFileEntry *entry = get_entry (self, i);
    if (entry->stream != stream)
      continue;
    if (entry->time <= time && (!before || entry->time >= before->time))
      before = entry;
    if (entry->time >= time && (!after || entry->time < after->time))
      after = entry;
  }
  if (!before || !after)
    return before ? before : after;
  if (snap == LATENT_FILE_SNAP_NEAREST)
    return get_distance (before, time) <= get_distance (after, time) ? before : after;
  return snap == LATENT_FILE_SNAP_AFTER ? after : before;
}
