/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "src/base/crc32c.h"
#include "src/codec/file-chunk.h"
#include "tests/file-case.h"

/* Makes the .lat files that lie in the tree: make-files CORPUS GOLDEN. CORPUS: what the fuzzer
 * begins with. GOLDEN: a file; in bad/ below it, files of two streams that a reader must refuse, or
 * play as far as they are sound. */

static void
save (const char *folder, const char *name, const GByteArray *file)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents (path, (const char *)file->data, (gssize)file->len, &error))
    g_error ("%s", error->message);
}

static void
save_and_free (const char *folder, const char *name, GByteArray *file)
{
  save (folder, name, file);
  g_byte_array_unref (file);
}

static GByteArray *
write_rest (void)
{
  g_autoptr (LatentFileWriter) writer = latent_file_writer_new (3);
  g_autoptr (GBytes) model = g_bytes_new_static ("a model", 7);
  GByteArray *file = g_byte_array_new ();
  const guint8 *text = (const guint8 *)"packet";
  LatentFilePacket packet = {.pts = 5, .duration = 7, .discont = TRUE};

  latent_file_writer_set_block_duration (writer, 0);
  latent_file_writer_add_stream (writer, LATENT_MEDIA_AUDIO, text, 6, 100, NULL);
  latent_file_writer_add_packet (writer, &packet, text, 6, NULL);
  latent_file_writer_add_model (writer, 0, model, NULL);
  packet.pts = 1000;
  packet.key = TRUE;
  latent_file_writer_add_packet (writer, &packet, text, 5, NULL);
  latent_file_writer_add_tag (writer, 0, "title", "late", NULL);
  latent_file_writer_finish (writer);
  file_case_take (writer, file);
  return file;
}

static void
save_bad (const char *folder)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, TRUE);
  g_autoptr (GByteArray) other = file_case_write (8, FILE_CASE_FRAMES, TRUE);
  guint32 crc;

  file->data[file->len / 2] ^= 16;
  save (folder, "flipped.lat", file);
  file->data[file->len / 2] ^= 16;
  g_byte_array_append (file, other->data, other->len);
  save (folder, "two-files.lat", file);
  g_byte_array_set_size (file, 1000);
  save (folder, "cut.lat", file);
  g_byte_array_append (file, other->data + 1000, other->len - 1000);
  save (folder, "spliced.lat", file);
  g_byte_array_remove_range (file, 500, 400);
  save (folder, "hole.lat", file);
  file->data[8] = 2;
  crc = GUINT32_TO_LE (latent_crc32c (0, file->data, 16));
  memcpy (file->data + 16, &crc, sizeof crc);
  save (folder, "version-2.lat", file);
  g_byte_array_set_size (file, LATENT_FILE_HEADER_BYTES);
  save (folder, "version-2-header.lat", file);
}

int
main (int argc, char **argv)
{
  g_autofree char *bad = NULL;

  if (argc != 3) {
    fprintf (stderr, "usage: make-files CORPUS GOLDEN\n");
    return 2;
  }
  save_and_free (argv[1], "whole.lat", file_case_write (7, 6, TRUE));
  save_and_free (argv[1], "unfinished.lat", file_case_write (7, 6, FALSE));
  save_and_free (argv[1], "empty.lat", file_case_write (7, 0, TRUE));
  save_and_free (argv[1], "rest.lat", write_rest ());
  save_and_free (argv[2], "two-streams.lat", file_case_write (7, FILE_CASE_FRAMES, TRUE));
  bad = g_build_filename (argv[2], "bad", NULL);
  save_bad (bad);
  return 0;
}
