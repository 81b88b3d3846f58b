/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/dnnl.h"

#if DNNL_VERSION_MAJOR < 3

/* `forward` is the primitive that a derivative belongs to; NULL for none. */
static dnnl_status_t
create (dnnl_primitive_desc_t *pd, dnnl_status_t status, gconstpointer op,
    dnnl_primitive_attr_t attr, const_dnnl_primitive_desc_t forward)
{
  if (status != dnnl_success)
    return status;
  return dnnl_primitive_desc_create (pd, op, attr, latent_engine_get (), forward);
}

static dnnl_status_t
create_convolution (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  dnnl_convolution_desc_t op;
  return create (pd,
      dnnl_dilated_convolution_forward_desc_init (&op, dnnl_forward_training,
          dnnl_convolution_direct, mds->forward != NULL ? mds->forward : mds->src, mds->weights,
          mds->bias, mds->dst, window->strides, window->dilates, window->pads_begin,
          window->pads_end),
      &op, attr, NULL);
}

dnnl_status_t
latent_pd_convolution_backward_data (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_convolution_desc_t op;
  dnnl_status_t status = create_convolution (&forward, mds, window, attr);

  if (status != dnnl_success)
    return status;
  return create (pd,
      dnnl_dilated_convolution_backward_data_desc_init (&op, dnnl_convolution_direct, mds->src,
          mds->weights, mds->dst, window->strides, window->dilates, window->pads_begin,
          window->pads_end),
      &op, attr, forward);
}

dnnl_status_t
latent_pd_convolution_backward_weights (dnnl_primitive_desc_t *pd, const LatentProductMds *mds,
    const LatentDnnlWindow *window, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_convolution_desc_t op;
  dnnl_status_t status = create_convolution (&forward, mds, window, attr);

  if (status != dnnl_success)
    return status;
  return create (pd,
      dnnl_dilated_convolution_backward_weights_desc_init (&op, dnnl_convolution_direct, mds->src,
          mds->weights, mds->bias, mds->dst, window->strides, window->dilates, window->pads_begin,
          window->pads_end),
      &op, attr, forward);
}

dnnl_status_t
latent_pd_eltwise_backward (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd data, float alpha, float beta, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_eltwise_desc_t op;
  dnnl_status_t status = create (&forward,
      dnnl_eltwise_forward_desc_init (&op, dnnl_forward_training, algorithm, data, alpha, beta),
      &op, attr, NULL);

  if (status != dnnl_success)
    return status;
  return create (pd, dnnl_eltwise_backward_desc_init (&op, algorithm, data, data, alpha, beta), &op,
      attr, forward);
}

dnnl_status_t
latent_pd_pooling_backward (dnnl_primitive_desc_t *pd, dnnl_primitive_desc_t *forward,
    dnnl_alg_kind_t algorithm, LatentConstMd src, LatentConstMd dst, const LatentDnnlWindow *window,
    dnnl_primitive_attr_t attr)
{
  dnnl_pooling_v2_desc_t op;
  dnnl_status_t status = create (forward,
      dnnl_pooling_v2_forward_desc_init (&op, dnnl_forward_training, algorithm, src, dst,
          window->strides, window->kernel, window->dilates, window->pads_begin, window->pads_end),
      &op, attr, NULL);

  if (status != dnnl_success)
    return status;
  dst = dnnl_primitive_desc_query_md (*forward, dnnl_query_dst_md, 0);
  return create (pd,
      dnnl_pooling_v2_backward_desc_init (&op, algorithm, src, dst, window->strides, window->kernel,
          window->dilates, window->pads_begin, window->pads_end),
      &op, attr, *forward);
}

dnnl_status_t
latent_pd_softmax_backward (dnnl_primitive_desc_t *pd, gboolean log, LatentConstMd data, int axis,
    dnnl_primitive_attr_t attr)
{
  const dnnl_alg_kind_t algorithm = log ? dnnl_softmax_log : dnnl_softmax_accurate;
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_softmax_v2_desc_t op;
  dnnl_status_t status = create (&forward,
      dnnl_softmax_v2_forward_desc_init (&op, dnnl_forward_training, algorithm, data, data, axis),
      &op, attr, NULL);

  if (status != dnnl_success)
    return status;
  return create (pd, dnnl_softmax_v2_backward_desc_init (&op, algorithm, data, data, data, axis),
      &op, attr, forward);
}

dnnl_status_t
latent_pd_batch_normalization_backward (dnnl_primitive_desc_t *pd, LatentConstMd data,
    float epsilon, unsigned flags, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_batch_normalization_desc_t op;
  dnnl_status_t status = create (&forward,
      dnnl_batch_normalization_forward_desc_init (&op, dnnl_forward_training, data, epsilon, flags),
      &op, attr, NULL);

  if (status != dnnl_success)
    return status;
  return create (pd,
      dnnl_batch_normalization_backward_desc_init (&op, dnnl_backward, data, data, epsilon, flags),
      &op, attr, forward);
}

dnnl_status_t
latent_pd_layer_statistics (dnnl_primitive_desc_t *pd, LatentConstMd data, LatentConstMd statistics,
    float epsilon, unsigned flags, dnnl_primitive_attr_t attr)
{
  dnnl_layer_normalization_desc_t op;
  return create (pd,
      dnnl_layer_normalization_forward_desc_init (
          &op, dnnl_forward_training, data, statistics, epsilon, flags),
      &op, attr, NULL);
}

dnnl_status_t
latent_pd_layer_normalization_backward (dnnl_primitive_desc_t *pd, LatentConstMd data,
    LatentConstMd statistics, float epsilon, unsigned flags, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_layer_normalization_desc_t op;
  dnnl_status_t status = latent_pd_layer_statistics (
      &forward, data, statistics, epsilon, flags, attr);

  if (status != dnnl_success)
    return status;
  return create (pd,
      dnnl_layer_normalization_backward_desc_init (
          &op, dnnl_backward, data, data, statistics, epsilon, flags),
      &op, attr, forward);
}

dnnl_status_t
latent_pd_resampling_backward (dnnl_primitive_desc_t *pd, dnnl_alg_kind_t algorithm,
    LatentConstMd src, LatentConstMd dst, dnnl_primitive_attr_t attr)
{
  g_auto (dnnl_primitive_desc_t) forward = NULL;
  dnnl_resampling_desc_t op;
  dnnl_status_t status = create (&forward,
      dnnl_resampling_forward_desc_init (&op, dnnl_forward_training, algorithm, NULL, src, dst),
      &op, attr, NULL);

  if (status != dnnl_success)
    return status;
  return create (
      pd, dnnl_resampling_backward_desc_init (&op, algorithm, NULL, src, dst), &op, attr, forward);
}

#endif
