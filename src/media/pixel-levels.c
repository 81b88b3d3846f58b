/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
#include "src/media/pixel-bytes.h"
#include "src/media/quads.h"
#include "src/media/span.h"

#define GRAIN 65536 /* elements that are worth a thread */

#define ROW static inline __attribute__ ((always_inline))

typedef struct {
  const LatentPixelMap *map;
  const LatentPicture *picture;
  const LatentFormat *format;
  const LatentLayout *layout;
  const guint8 *src;
  gboolean in_quads; /* channels of 4:2:0 that lie together */
} Job;

static LatentSpan
find_target (const Job *job, guint lane, guint sample, guint row)
{
  const LatentLane *l = &job->layout->lanes[lane];
  LatentSpan target = latent_span_find (
      job->map, job->picture, l, &job->format->components[l->component], sample, row);

  if (target.below)
    target.n = 0;
  return target;
}

/* What all lanes of a row have inside the picture. */
static guint
store_quads (const Job *job, const LatentSpan *targets, const guint8 *src)
{
  const LatentPixelMap *map = job->map;
  LatentQuadRow row = {
      .luma = {targets[0].bytes, targets[2].bytes},
      .chroma = {targets[4].bytes, targets[5].bytes},
      .step = targets[4].step,
      .block = latent_pixel_map_get_block (map),
      .column_stride = (gsize)map->column_stride
  };
  guint n = targets[0].n;

  for (guint lane = 1; lane < LATENT_MAX_LANES; lane++)
    n = MIN (n, targets[lane].n);
  if (n > 0)
    latent_quads_spread (&row, n, src);
  return n;
}

ROW void
copy_steps (guint8 *restrict dst, gsize dst_step, const guint8 *src, gsize src_step, gsize n)
{
  for (gsize i = 0; i < n; i++)
    dst[i * dst_step] = src[i * src_step];
}

/* Of pixels that are three bytes, or with a fourth. */
ROW void
store_lane (const LatentSpan *target, const guint8 *src, gsize step)
{
  if (target->step == 3 && step == 3)
    copy_steps (target->bytes, 3, src, 3, target->n);
  else if (target->step == 4 && step == 3)
    copy_steps (target->bytes, 4, src, 3, target->n);
  else
    copy_steps (target->bytes, target->step, src, step, target->n);
}

static void
store_rest (const Job *job, guint row, guint begin, const LatentSpan *target, const guint8 *src)
{
  for (guint x = begin; x < target->n; x++)
    target->bytes[x * target->step] = src[latent_pixel_map_find_place (job->map, row, x)];
}

static void
fill_alpha (const Job *job, const LatentSpan *red, const LatentSpan *blue)
{
  guint8 *alpha = MIN (red->bytes, blue->bytes) + 3;

  if (job->map->color == LATENT_COLOR_RGB && red->step == 4)
    for (guint x = 0; x < red->n; x++)
      alpha[4 * x] = 255;
}

ROW void
store_row (const Job *job, guint sample, guint row)
{
  const LatentPixelMap *map = job->map;
  const guint8 *src = job->src + sample * map->sample_stride;
  const gboolean in_blocks = latent_pixel_map_get_block (map) > 1;
  LatentSpan targets[LATENT_MAX_LANES];
  guint done = 0;

  for (guint lane = 0; lane < job->layout->n_lanes; lane++)
    targets[lane] = find_target (job, lane, sample, row);
  if (job->in_quads)
    done = store_quads (job, targets, src + latent_pixel_map_find_place (map, row, 0));
  for (guint lane = 0; lane < job->layout->n_lanes; lane++) {
    const guint8 *first = src + lane * map->channel_stride;
    if (job->in_quads || in_blocks)
      store_rest (job, row, done, &targets[lane], first);
    else if (targets[lane].n > 0)
      store_lane (&targets[lane], first + row * map->row_stride, (gsize)map->column_stride);
  }
  if (targets[0].n > 0)
    fill_alpha (job, &targets[0], &targets[job->layout->n_lanes - 1]);
}

LATENT_FOR_EACH_CPU static void
store_rows (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize i = begin; i < end; i++)
    store_row (job, (guint)(i / job->map->height), (guint)(i % job->map->height));
}

void
latent_pixel_map_store_levels (
    const LatentPixelMap *self, const guint8 *src, const LatentPicture *dst)
{
  const gint64 block = latent_pixel_map_get_block (self);
  Job job = {.map = self,
      .picture = dst,
      .format = latent_format_get (dst->format),
      .layout = latent_layout_get (self->color),
      .src = src,
      .in_quads = self->color == LATENT_COLOR_I420 && self->channel_stride == 1 &&
                  self->column_stride == LATENT_MAX_LANES * block * block};
  gsize rows = (gsize)self->tiles_x * self->tiles_y * self->height;

  latent_parallel (self->threads, rows, GRAIN / ((gsize)self->width * job.layout->n_lanes) + 1,
      store_rows, &job);
  if (self->color == LATENT_COLOR_GRAY8)
    latent_picture_fill_chroma (dst);
}
