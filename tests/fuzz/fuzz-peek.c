/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/mman.h>
#include <unistd.h>

#include "src/onnx/peek.h"

/* Looks for metadata in bytes as in a file: what a folder of models is searched by. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *path = NULL;
  g_autofree char *id = NULL;
  int file = memfd_create ("peek", 0);

  g_assert_cmpint (file, >=, 0);
  if (write (file, data, size) == (gssize)size) {
    path = g_strdup_printf ("/proc/self/fd/%d", file);
    id = latent_onnx_peek (path, "latent.id", NULL);
    if (id)
      g_assert_true (g_utf8_validate (id, -1, NULL));
  }
  close (file);
  return 0;
}
