/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/span.h"

LatentSpan
latent_span_find (const LatentPixelMap *map, const LatentPicture *picture, const LatentLane *lane,
    const LatentComponent *component, guint sample, guint row)
{
  const gsize width = latent_component_get_size (component, picture->width);
  const gsize height = latent_component_get_size (component, picture->height);
  const gsize x = (gsize)(sample % map->tiles_x) * map->width * lane->density + lane->dx;
  const gsize y = ((gsize)(sample / map->tiles_x) * map->height + row) * lane->density + lane->dy;
  guint8 *start = picture->data[component->plane] + component->offset +
                  (gssize)MIN (y, height - 1) * picture->stride[component->plane];
  LatentSpan span = {.edge = start + (width - 1) * component->step,
      .step = (gsize)component->step * lane->density,
      .below = y >= height};

  if (x < width) {
    span.n = (guint)MIN ((width - 1 - x) / lane->density + 1, map->width);
    span.bytes = start + x * component->step;
  }
  return span;
}
