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

static const struct {
  LatentDataType type;
  dnnl_data_type_t kind;
} types[] = {
    {LATENT_DATA_TYPE_FLOAT32,  dnnl_f32 },
    {LATENT_DATA_TYPE_BFLOAT16, dnnl_bf16},
    {LATENT_DATA_TYPE_INT32,    dnnl_s32 },
    {LATENT_DATA_TYPE_INT8,     dnnl_s8  },
    {LATENT_DATA_TYPE_UINT8,    dnnl_u8  },
};

dnnl_data_type_t
latent_dnnl_get_type (LatentDataType type)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].type == type)
      return types[i].kind;
  return dnnl_data_type_undef;
}

LatentDataType
latent_dnnl_find_type (dnnl_data_type_t type)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].kind == type)
      return types[i].type;
  return LATENT_DATA_TYPE_NONE;
}

gboolean
latent_engine_has_int8 (void)
{
  guint isa = dnnl_get_effective_cpu_isa ();

  return (isa & dnnl_cpu_isa_avx512_core_vnni) == dnnl_cpu_isa_avx512_core_vnni ||
         (isa & dnnl_cpu_isa_avx2_vnni) == dnnl_cpu_isa_avx2_vnni;
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

static gint n_primitives; /* atomic */

gboolean
latent_dnnl_create (dnnl_primitive_t *primitive, const_dnnl_primitive_desc_t pd, GError **error)
{
  g_atomic_int_inc (&n_primitives);
  return latent_dnnl_check (dnnl_primitive_create (primitive, pd), "creating a primitive", error);
}

guint
latent_engine_count_primitives (void)
{
  return (guint)g_atomic_int_get (&n_primitives);
}

/* Instruction sets are sets of bits. */
gboolean
latent_engine_has_bf16 (void)
{
  return (dnnl_get_effective_cpu_isa () & dnnl_cpu_isa_avx512_core_bf16) ==
         dnnl_cpu_isa_avx512_core_bf16;
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
