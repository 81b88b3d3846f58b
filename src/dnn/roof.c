/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/roof.h"

#include <time.h>

#include "src/dnn/primitive.h"

/* A primitive with memory that the library allocates. */
static const struct {
  int argument;
  dnnl_query_t what;
  int index;
} arguments[] = {
    {DNNL_ARG_SRC,        dnnl_query_src_md,        0},
    {DNNL_ARG_WEIGHTS,    dnnl_query_weights_md,    0},
    {DNNL_ARG_BIAS,       dnnl_query_weights_md,    1},
    {DNNL_ARG_DST,        dnnl_query_dst_md,        0},
    {DNNL_ARG_SCRATCHPAD, dnnl_query_scratchpad_md, 0},
};

#define N_ARGUMENTS G_N_ELEMENTS (arguments)

typedef struct {
  dnnl_primitive_t primitive;
  dnnl_stream_t stream;
  int n;
  dnnl_exec_arg_t arguments[N_ARGUMENTS];
} Bare;

static void
clear_bare (Bare *self)
{
  for (int i = 0; i < self->n; i++)
    dnnl_memory_destroy (self->arguments[i].memory);
  if (self->stream != NULL)
    dnnl_stream_destroy (self->stream);
  if (self->primitive != NULL)
    dnnl_primitive_destroy (self->primitive);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bare, clear_bare)

/* Numbers that take no detour through subnormals. */
static void
fill_memory (dnnl_memory_t memory, gsize size)
{
  gpointer handle = NULL;
  float *data;

  dnnl_memory_get_data_handle (memory, &handle);
  data = handle;
  for (gsize i = 0; data != NULL && i < size / sizeof (float); i++)
    data[i] = (float)(i % 17) / 16.0f;
}

static gboolean
add_argument (Bare *self, const_dnnl_primitive_desc_t pd, guint i, GError **error)
{
  LatentConstMd md = dnnl_primitive_desc_query_md (pd, arguments[i].what, arguments[i].index);
  gsize size = md != NULL ? dnnl_memory_desc_get_size (md) : 0;
  dnnl_exec_arg_t *slot = &self->arguments[self->n];

  if (size == 0)
    return TRUE;
  slot->arg = arguments[i].argument;
  if (!latent_dnnl_check (
          dnnl_memory_create (&slot->memory, md, latent_engine_get (), DNNL_MEMORY_ALLOCATE),
          "allocating memory", error))
    return FALSE;
  self->n++;
  fill_memory (slot->memory, size);
  return TRUE;
}

static double
get_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

gboolean
latent_roof_measure (const LatentStep *step, guint runs, double *time, GError **error)
{
  const_dnnl_primitive_desc_t pd = latent_primitive_step_get_bare (step);
  g_auto (Bare) bare = {0};

  *time = 0;
  if (pd == NULL)
    return TRUE;
  if (!latent_dnnl_create (&bare.primitive, pd, error) ||
      !latent_dnnl_check (
          dnnl_stream_create (&bare.stream, latent_engine_get (), dnnl_stream_default_flags),
          "creating a stream", error))
    return FALSE;
  for (guint i = 0; i < N_ARGUMENTS; i++)
    if (!add_argument (&bare, pd, i, error))
      return FALSE;
  for (guint i = 0; i < runs; i++) {
    double start = get_time (), end;
    if (!latent_dnnl_check (
            dnnl_primitive_execute (bare.primitive, bare.stream, bare.n, bare.arguments),
            "executing a primitive", error))
      return FALSE;
    end = get_time ();
    *time = i == 0 ? end - start : MIN (*time, end - start);
  }
  return TRUE;
}
