/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/rnn.h"

#if DNNL_VERSION_MAJOR >= 3

dnnl_status_t
latent_pd_recurrent (dnnl_primitive_desc_t *pd, dnnl_prop_kind_t prop,
    const LatentRecurrentKind *kind, const LatentRecurrentMds *mds, dnnl_primitive_attr_t attr)
{
  dnnl_engine_t engine = latent_engine_get ();

  if (kind->cell == dnnl_vanilla_lstm)
    return dnnl_lstm_forward_primitive_desc_create (pd, engine, prop, kind->direction, mds->src,
        mds->src_h, mds->src_c, mds->weights, mds->recurrence, NULL, NULL, mds->bias, mds->dst,
        mds->dst_h, mds->dst_c, 0, attr);
  if (kind->cell == dnnl_vanilla_gru)
    return dnnl_gru_forward_primitive_desc_create (pd, engine, prop, kind->direction, mds->src,
        mds->src_h, mds->weights, mds->recurrence, mds->bias, mds->dst, mds->dst_h, 0, attr);
  if (kind->cell == dnnl_lbr_gru)
    return dnnl_lbr_gru_forward_primitive_desc_create (pd, engine, prop, kind->direction, mds->src,
        mds->src_h, mds->weights, mds->recurrence, mds->bias, mds->dst, mds->dst_h, 0, attr);
  return dnnl_vanilla_rnn_forward_primitive_desc_create (pd, engine, prop, kind->activation,
      kind->direction, mds->src, mds->src_h, mds->weights, mds->recurrence, mds->bias, mds->dst,
      mds->dst_h, 0, 0, 0, attr);
}

dnnl_status_t
latent_pd_recurrent_backward (dnnl_primitive_desc_t *pd, const LatentRecurrentKind *kind,
    const LatentRecurrentMds *mds, const LatentRecurrentMds *diffs,
    const_dnnl_primitive_desc_t forward, dnnl_primitive_attr_t attr)
{
  const dnnl_prop_kind_t prop = dnnl_backward;
  dnnl_engine_t engine = latent_engine_get ();

  if (kind->cell == dnnl_vanilla_lstm)
    return dnnl_lstm_backward_primitive_desc_create (pd, engine, prop, kind->direction, mds->src,
        mds->src_h, mds->src_c, mds->weights, mds->recurrence, NULL, NULL, mds->bias, mds->dst,
        mds->dst_h, mds->dst_c, diffs->src, diffs->src_h, diffs->src_c, diffs->weights,
        diffs->recurrence, NULL, NULL, diffs->bias, diffs->dst, diffs->dst_h, diffs->dst_c, 0,
        forward, attr);
  if (kind->cell == dnnl_vanilla_gru)
    return dnnl_gru_backward_primitive_desc_create (pd, engine, prop, kind->direction, mds->src,
        mds->src_h, mds->weights, mds->recurrence, mds->bias, mds->dst, mds->dst_h, diffs->src,
        diffs->src_h, diffs->weights, diffs->recurrence, diffs->bias, diffs->dst, diffs->dst_h, 0,
        forward, attr);
  if (kind->cell == dnnl_lbr_gru)
    return dnnl_lbr_gru_backward_primitive_desc_create (pd, engine, prop, kind->direction, mds->src,
        mds->src_h, mds->weights, mds->recurrence, mds->bias, mds->dst, mds->dst_h, diffs->src,
        diffs->src_h, diffs->weights, diffs->recurrence, diffs->bias, diffs->dst, diffs->dst_h, 0,
        forward, attr);
  return dnnl_vanilla_rnn_backward_primitive_desc_create (pd, engine, prop, kind->activation,
      kind->direction, mds->src, mds->src_h, mds->weights, mds->recurrence, mds->bias, mds->dst,
      mds->dst_h, diffs->src, diffs->src_h, diffs->weights, diffs->recurrence, diffs->bias,
      diffs->dst, diffs->dst_h, 0, 0, 0, forward, attr);
}

#endif
