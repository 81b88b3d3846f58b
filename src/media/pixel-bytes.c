/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/pixel-bytes.h"

#include <math.h>
#include <string.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
#include "src/media/quads.h"
#include "src/media/span.h"

#define GRAIN 65536 /* elements that are worth a thread */
#define BLOCK 256   /* columns whose levels are at hand at a time */

#define ROW static inline __attribute__ ((always_inline))

typedef struct {
  const LatentByteMap *map;
  const LatentPicture *picture;
  const LatentFormat *format;
  const LatentLayout *layout;
  guint8 *dst;
} Job;

void
latent_byte_map_init (LatentByteMap *self, const LatentPixelMap *map, LatentDataType type,
    const LatentQuantization *quantization)
{
  const gint least = type == LATENT_DATA_TYPE_INT8 ? -128 : 0;
  const float zero_point = (float)quantization->zero_points[0];

  self->map = *map;
  self->is_identity = TRUE;
  for (guint lane = 0; lane < latent_layout_get (map->color)->n_lanes; lane++)
    for (gint level = 0; level < 256; level++) {
      float real = (float)level * map->scale[lane] + map->offset[lane];
      float integer = rintf (real / quantization->scales[0]) + zero_point;
      gint clamped = integer > (float)least ? (gint)fminf (integer, (float)(least + 255)) : least;
      self->tables[lane][level] = (guint8)clamped;
      self->is_identity = self->is_identity && self->tables[lane][level] == level;
    }
}

static LatentSpan
find_source (const Job *job, guint lane, guint sample, guint row)
{
  const LatentLane *l = &job->layout->lanes[lane];

  return latent_span_find (
      &job->map->map, job->picture, l, &job->format->components[l->component], sample, row);
}

ROW void
gather_steps (const guint8 *src, gsize step, gsize n, guint8 *restrict dst)
{
  for (gsize i = 0; i < n; i++)
    dst[i] = src[i * step];
}

/* n columns from `begin` on. */
ROW void
gather (const LatentSpan *source, gsize begin, gsize n, guint8 *dst)
{
  gsize inside = source->n > begin ? MIN (n, source->n - begin) : 0;

  if (inside > 0 && source->step == 1)
    memcpy (dst, source->bytes + begin, inside);
  else if (inside > 0 && source->step == 2)
    gather_steps (source->bytes + begin * 2, 2, inside, dst);
  else if (inside > 0)
    gather_steps (source->bytes + begin * source->step, source->step, inside, dst);
  if (inside < n)
    memset (dst + inside, *source->edge, n - inside);
}

ROW void
interleave (guint8 levels[][BLOCK], guint n_lanes, gsize n, guint8 *restrict dst)
{
  for (gsize i = 0; i < n; i++)
    for (guint lane = 0; lane < n_lanes; lane++)
      dst[i * n_lanes + lane] = levels[lane][i];
}

ROW void
scatter (const LatentPixelMap *map, guint8 levels[][BLOCK], guint n_lanes, gsize n, guint8 *dst)
{
  const gboolean packed = map->channel_stride == 1 && map->column_stride == (gint64)n_lanes;

  if (packed && n_lanes == 6)
    interleave (levels, 6, n, dst);
  else if (packed && n_lanes == 3)
    interleave (levels, 3, n, dst);
  else
    for (guint lane = 0; lane < n_lanes; lane++)
      for (gsize i = 0; i < n; i++)
        dst[(gint64)lane * map->channel_stride + (gint64)i * map->column_stride] = levels[lane][i];
}

/* What all lanes of 4:2:0 have inside the picture, where levels are the integers and six of them
 * lie together. Returns how many columns. */
static guint
load_quads (const Job *job, const LatentSpan *sources, guint8 *dst)
{
  const LatentPixelMap *map = &job->map->map;
  LatentQuadRow row = {
      .luma = {(guint8 *)sources[0].bytes, (guint8 *)sources[2].bytes},
      .chroma = {(guint8 *)sources[4].bytes, (guint8 *)sources[5].bytes},
      .step = sources[4].step,
      .block = 1,
      .column_stride = LATENT_MAX_LANES
  };
  guint n = sources[0].n;

  if (map->color != LATENT_COLOR_I420 || !job->map->is_identity || map->channel_stride != 1 ||
      map->column_stride != LATENT_MAX_LANES)
    return 0;
  for (guint lane = 1; lane < LATENT_MAX_LANES; lane++)
    n = MIN (n, sources[lane].n);
  latent_quads_gather (&row, n, dst);
  return n;
}

ROW void
load_row (const Job *job, guint sample, guint row)
{
  const LatentPixelMap *map = &job->map->map;
  const guint n_lanes = job->layout->n_lanes;
  guint8 *dst = job->dst + sample * map->sample_stride + row * map->row_stride;
  guint8 levels[LATENT_MAX_LANES][BLOCK];
  LatentSpan sources[LATENT_MAX_LANES];

  for (guint lane = 0; lane < n_lanes; lane++)
    sources[lane] = find_source (job, lane, sample, row);
  for (gsize begin = load_quads (job, sources, dst); begin < map->width; begin += BLOCK) {
    gsize n = MIN (map->width - begin, BLOCK);
    for (guint lane = 0; lane < n_lanes; lane++) {
      gather (&sources[lane], begin, n, levels[lane]);
      for (gsize i = 0; i < n && !job->map->is_identity; i++)
        levels[lane][i] = job->map->tables[lane][levels[lane][i]];
    }
    scatter (map, levels, n_lanes, n, dst + (gint64)begin * map->column_stride);
  }
}

LATENT_FOR_EACH_CPU static void
load_rows (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize i = begin; i < end; i++)
    load_row (job, (guint)(i / job->map->map.height), (guint)(i % job->map->map.height));
}

void
latent_byte_map_load (const LatentByteMap *self, guint8 *dst, const LatentPicture *src)
{
  const LatentPixelMap *map = &self->map;
  Job job = {.map = self,
      .picture = src,
      .format = latent_format_get (src->format),
      .layout = latent_layout_get (map->color),
      .dst = dst};
  gsize rows = (gsize)map->tiles_x * map->tiles_y * map->height;

  latent_parallel (
      map->threads, rows, GRAIN / ((gsize)map->width * job.layout->n_lanes) + 1, load_rows, &job);
}
