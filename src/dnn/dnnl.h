/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <oneapi/dnnl/dnnl.h>

#include "src/base/shape.h"

/* The one door to oneDNN, private to src/dnn. What differs between oneDNN 2.6 and 3.x is declared
 * here and lives in shim-v2.c and shim-v3.c, of which one is compiled. */

/* A memory descriptor by reference: a struct in 2.6, opaque in 3.x. */
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t LatentMd;
typedef const_dnnl_memory_desc_t LatentConstMd;
#else
typedef dnnl_memory_desc_t *LatentMd;
typedef const dnnl_memory_desc_t *LatentConstMd;
#endif

dnnl_engine_t latent_engine_get (void);

/* TRUE for success, else an error that says what was tried. */
gboolean latent_dnnl_check (dnnl_status_t status, const char *what, GError **error);

/* The one place where primitives are made, and counted. */
gboolean latent_dnnl_create (
    dnnl_primitive_t *primitive, const_dnnl_primitive_desc_t pd, GError **error);

/* oneDNN's name of a type that its arrays may have; dnnl_data_type_undef for others. */
dnnl_data_type_t latent_dnnl_get_type (LatentDataType type);
LatentDataType latent_dnnl_find_type (dnnl_data_type_t type); /* the other way */

static inline gboolean
latent_md_is_possible (LatentDataType type, const LatentShape *shape)
{
  for (guint i = 0; i < shape->n; i++)
    if (shape->dims[i] <= 0)
      return FALSE;
  return latent_dnnl_get_type (type) != dnnl_data_type_undef && shape->n > 0;
}

/* Strides in elements; NULL lets the primitive choose the layout (format_tag any). NULL where
 * oneDNN has no such descriptor: no dimensions, an empty one, a type it does not know. */
LatentMd latent_md_new (LatentDataType type, const LatentShape *shape, const gint64 *strides);
LatentMd latent_md_copy (LatentConstMd md);
void latent_md_free (LatentMd md);
LatentDataType latent_md_get_type (LatentConstMd md);
void latent_md_get_shape (LatentConstMd md, LatentShape *shape);
/* FALSE for a blocked or padded layout. */
gboolean latent_md_get_strides (LatentConstMd md, gint64 *strides);

dnnl_status_t latent_post_ops_append_eltwise (
    dnnl_post_ops_t ops, dnnl_alg_kind_t algorithm, float alpha, float beta);
dnnl_status_t latent_post_ops_append_sum (dnnl_post_ops_t ops);

typedef struct {
  LatentConstMd src;
  LatentConstMd weights;
  LatentConstMd bias; /* may be NULL */
  LatentConstMd dst;
  LatentConstMd forward; /* of derivatives: what the convolution read; NULL: src says it */
} LatentProductMds;

typedef struct {
  dnnl_dims_t kernel; /* pooling only */
  dnnl_dims_t strides;
  dnnl_dims_t dilates; /* 0 for none */
  dnnl_dims_t pads_begin;
  dnnl_dims_t pads_end;
} LatentDnnlWindow;

/* Whether a reorder of row-major data into that layout gives what it should. */
gboolean latent_reorder_is_right (LatentConstMd dst);

/* Descriptors of forward inference. */
dnnl_status_t latent_pd_convolution (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_deconvolution (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr);
/* Whether a deconvolution, or a convolution backwards to its data, of that implementation computes
 * what it should. */
gboolean latent_deconvolution_is_right (const char *kernel);
dnnl_status_t latent_pd_inner_product (
    dnnl_primitive_desc_t *pd, const LatentProductMds *mds, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_matmul (
    dnnl_primitive_desc_t *pd, const LatentProductMds *mds, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_pooling (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd src, LatentConstMd dst, const LatentDnnlWindow *window,
    dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_eltwise (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd data, float alpha, float beta, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_binary (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd src0, LatentConstMd src1, LatentConstMd dst, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_softmax (dnnl_primitive_desc_t *pd, gboolean log, LatentConstMd data,
    int axis, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_batch_normalization (dnnl_primitive_desc_t *pd, LatentConstMd data,
    float epsilon, unsigned flags, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_layer_normalization (dnnl_primitive_desc_t *pd, LatentConstMd data,
    float epsilon, unsigned flags, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_reduction (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd src, LatentConstMd dst, float p, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_resampling (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    const float *factors, LatentConstMd src, LatentConstMd dst, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_prelu (dnnl_primitive_desc_t *pd, LatentConstMd data, LatentConstMd weights,
    dnnl_primitive_attr_t attr);

/* Descriptors of derivatives. `mds` has those of what is derived in the place of what it is derived
 * by: src of diff_src, and so on. */
dnnl_status_t latent_pd_convolution_backward_data (dnnl_primitive_desc_t *pd,
    const LatentProductMds *mds, const LatentDnnlWindow *window, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_convolution_backward_weights (dnnl_primitive_desc_t *pd,
    const LatentProductMds *mds, const LatentDnnlWindow *window, dnnl_primitive_attr_t attr);
/* Of a function by its input; `data` is the layout of all three arrays. */
dnnl_status_t latent_pd_eltwise_backward (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd data, float alpha, float beta, dnnl_primitive_attr_t attr);
/* `forward` is set, too: the pool that makes the workspace which the derivative of maxima reads.
 * `dst` may leave the layout open. */
dnnl_status_t latent_pd_pooling_backward (dnnl_primitive_desc_t *pd, dnnl_primitive_desc_t *forward,
    dnnl_alg_kind_t algorithm, LatentConstMd src, LatentConstMd dst, const LatentDnnlWindow *window,
    dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_softmax_backward (dnnl_primitive_desc_t *pd, gboolean log,
    LatentConstMd data, int axis, dnnl_primitive_attr_t attr);
/* By the data, the scale and the shift. */
dnnl_status_t latent_pd_batch_normalization_backward (dnnl_primitive_desc_t *pd, LatentConstMd data,
    float epsilon, unsigned flags, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_layer_normalization_backward (dnnl_primitive_desc_t *pd, LatentConstMd data,
    LatentConstMd statistics, float epsilon, unsigned flags, dnnl_primitive_attr_t attr);
/* Layer normalization that tells means and variances. */
dnnl_status_t latent_pd_layer_statistics (dnnl_primitive_desc_t *pd, LatentConstMd data,
    LatentConstMd statistics, float epsilon, unsigned flags, dnnl_primitive_attr_t attr);
dnnl_status_t latent_pd_resampling_backward (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd src, LatentConstMd dst, dnnl_primitive_attr_t attr);

static inline void
latent_post_ops_free (dnnl_post_ops_t ops)
{
  dnnl_post_ops_destroy (ops);
}

static inline void
latent_attr_free (dnnl_primitive_attr_t attr)
{
  dnnl_primitive_attr_destroy (attr);
}

static inline void
latent_pd_free (dnnl_primitive_desc_t pd)
{
  dnnl_primitive_desc_destroy (pd);
}

static inline void
latent_memory_free (dnnl_memory_t memory)
{
  dnnl_memory_destroy (memory);
}

static inline void
latent_stream_free (dnnl_stream_t stream)
{
  dnnl_stream_destroy (stream);
}

static inline void
latent_primitive_free (dnnl_primitive_t primitive)
{
  dnnl_primitive_destroy (primitive);
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (LatentMd, latent_md_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (dnnl_post_ops_t, latent_post_ops_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (dnnl_primitive_attr_t, latent_attr_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (dnnl_primitive_desc_t, latent_pd_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (dnnl_memory_t, latent_memory_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (dnnl_stream_t, latent_stream_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (dnnl_primitive_t, latent_primitive_free, NULL)
