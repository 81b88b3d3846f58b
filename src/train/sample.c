/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/sample.h"

#include "src/model/model.h"

LatentPixelFormat
latent_model_get_pixel_format (const LatentModel *model)
{
  static const LatentPixelFormat formats[] = {
      [LATENT_COLOR_RGB] = LATENT_PIXEL_FORMAT_RGB,
      [LATENT_COLOR_GRAY8] = LATENT_PIXEL_FORMAT_GRAY8,
      [LATENT_COLOR_I420] = LATENT_PIXEL_FORMAT_I420,
  };
  return formats[latent_model_get_media_info (model)->color];
}

LatentSourceSettings
latent_model_get_source_settings (const LatentModel *model)
{
  const LatentMediaInfo *media = latent_model_get_media_info (model);
  gboolean scaled = latent_model_get_metadata (model, "latent.scale") != NULL;
  return (LatentSourceSettings){
      .kind = media->kind,
      .format = latent_model_get_pixel_format (model),
      .width = media->tile_width ? 0 : media->fixed_width,
      .height = media->tile_width ? 0 : media->fixed_height,
      .rate = media->rate,
      .channels = media->kind == LATENT_MEDIA_AUDIO ? media->channels : 0,
      .scale = scaled ? latent_model_get_scale (model, 0) : 0,
      .offset = scaled ? latent_model_get_offset (model, 0) : 0,
  };
}
