/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/engine.h"

#include "src/dnn/dnnl.h"

dnnl_engine_t
latent_engine_get (void)
{
  static gsize once;

  if (g_once_init_enter (&once)) {
    dnnl_engine_t engine = NULL;
    dnnl_engine_create (&engine, dnnl_cpu, 0);
    g_once_init_leave (&once, (gsize)engine);
  }
  return (dnnl_engine_t)once;
}

gboolean
latent_dnnl_check (dnnl_status_t status, const char *what, GError **error)
{
  static const char *const names[] = {"success", "out of memory", "invalid arguments",
      "unimplemented", "last implementation reached", "runtime error", "not required"};

  if (status == dnnl_success)
    return TRUE;
  g_set_error (error, LATENT_ERROR,
      status == dnnl_out_of_memory ? LATENT_ERROR_LIMIT : LATENT_ERROR_FAILED, "oneDNN: %s: %s",
      what, (guint)status < G_N_ELEMENTS (names) ? names[status] : "unknown error");
  return FALSE;
}

gpointer
latent_engine_new_stream (GError **error)
{
  dnnl_stream_t stream = NULL;

  if (!latent_dnnl_check (
          dnnl_stream_create (&stream, latent_engine_get (), dnnl_stream_default_flags),
          "creating a stream", error))
    return NULL;
  return stream;
}

void
latent_engine_free_stream (gpointer stream)
{
  if (stream != NULL)
    dnnl_stream_destroy (stream);
}
