/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/pixels.h"

#include <string.h>

#include "src/base/parallel.h"
#include "src/media/rows.h"
#include "src/media/span.h"

#define GRAIN          65536 /* elements that are worth a thread */
#define NEUTRAL_CHROMA 128

/* One picture on its way in or out. */
typedef struct {
  const LatentPixelMap *map;
  const LatentPicture *picture;
  const LatentFormat *format;
  const LatentLayout *layout;
  float *values;
  float scale[LATENT_MAX_LANES]; /* as LatentLaneRow wants it */
  guint group; /* lanes that are converted together: 3 where pixels are packed, 6 of 4:2:0 that lie
                  together, else 1 */
  const LatentRowKernel *kernels[LATENT_MAX_LANES]; /* of each group's first lane */
  const LatentRowKernel *rest[LATENT_MAX_LANES];    /* of each lane alone */
  guint64 not_finite;
} Job;

static LatentSpan
find_span (const Job *job, guint lane, guint sample, guint row)
{
  const LatentLane *l = &job->layout->lanes[lane];

  return latent_span_find (
      job->map, job->picture, l, &job->format->components[l->component], sample, row);
}

guint
latent_pixel_map_get_block (const LatentPixelMap *self)
{
  return MAX (self->block, 1);
}

gint64
latent_pixel_map_find_place (const LatentPixelMap *self, guint row, guint column)
{
  const guint block = latent_pixel_map_get_block (self);
  const guint part = row % block * block + column % block;

  return row / block * self->row_stride + column / block * self->column_stride +
         (gint64)part * latent_layout_get (self->color)->n_lanes * self->channel_stride;
}

static void
fill_lane (const Job *job, guint lane, guint sample, guint row, LatentLaneRow *dst)
{
  const LatentPixelMap *map = job->map;
  const LatentLane *l = &job->layout->lanes[lane];

  dst->byte_step = (gsize)job->format->components[l->component].step * l->density;
  dst->values = job->values + sample * map->sample_stride + lane * map->channel_stride +
                latent_pixel_map_find_place (map, row, 0);
  dst->block = latent_pixel_map_get_block (map);
  dst->value_step = (gsize)map->column_stride;
  dst->scale = job->scale[lane];
  dst->offset = map->offset[lane];
}

static void
replicate_edge (const LatentLaneRow *lane, guint8 level, guint begin, guint end)
{
  float value = level * lane->scale + lane->offset;

  for (guint i = begin; i < end; i++)
    lane->values[i * lane->value_step] = value;
}

/* A group's lanes in one row. Returns how many columns all of them have inside. */
static guint
find_lanes (
    const Job *job, guint first, guint sample, guint row, LatentLaneRow *lanes, LatentSpan *spans)
{
  guint n = G_MAXUINT;

  for (guint i = 0; i < job->group; i++) {
    spans[i] = find_span (job, first + i, sample, row);
    fill_lane (job, first + i, sample, row, &lanes[i]);
    lanes[i].bytes = spans[i].bytes;
    n = MIN (n, spans[i].n);
  }
  return n;
}

/* What a lane has behind the first n columns. */
static void
advance (LatentLaneRow *lane, guint n)
{
  lane->bytes += n * lane->byte_step;
  lane->values += n * lane->value_step;
}

static void
load_row (const Job *job, guint first, guint sample, guint row)
{
  LatentLaneRow lanes[LATENT_MAX_LANES];
  LatentSpan spans[LATENT_MAX_LANES];
  guint n = find_lanes (job, first, sample, row, lanes, spans);

  if (n > 0)
    job->kernels[first]->load (lanes, n);
  for (guint i = 0; i < job->group; i++) {
    replicate_edge (&lanes[i], *spans[i].edge, spans[i].n, job->map->width);
    if (spans[i].n == n)
      continue;
    advance (&lanes[i], n);
    job->rest[first + i]->load (&lanes[i], spans[i].n - n);
  }
}

/* What one lane has from column `begin` to its last. */
static guint
store_rest (
    const Job *job, guint lane, guint row, guint begin, const LatentSpan *span, LatentLaneRow *at)
{
  float *start = at->values;
  guint not_finite = 0;

  if (latent_pixel_map_get_block (job->map) == 1) {
    advance (at, begin);
    return job->rest[lane]->store (at, span->n - begin);
  }
  at->bytes += begin * at->byte_step;
  for (guint x = begin; x < span->n; x++, at->bytes += at->byte_step) {
    at->values = start + latent_pixel_map_find_place (job->map, row, x) -
                 latent_pixel_map_find_place (job->map, row, 0);
    not_finite += job->rest[lane]->store (at, 1);
  }
  return not_finite;
}

static guint
store_row (const Job *job, guint first, guint sample, guint row)
{
  LatentLaneRow lanes[LATENT_MAX_LANES];
  LatentSpan spans[LATENT_MAX_LANES];
  guint n = find_lanes (job, first, sample, row, lanes, spans), not_finite = 0;

  for (guint i = 0; i < job->group; i++)
    if (spans[i].below)
      n = 0;
  if (n > 0)
    not_finite = job->kernels[first]->store (lanes, n);
  for (guint i = 0; i < job->group; i++) {
    if (!spans[i].below && spans[i].n > n)
      not_finite += store_rest (job, first + i, row, n, &spans[i], &lanes[i]);
  }
  return not_finite;
}

static void
load_rows (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize i = begin; i < end; i++) {
    for (guint lane = 0; lane < job->layout->n_lanes; lane += job->group)
      load_row (job, lane, (guint)(i / job->map->height), (guint)(i % job->map->height));
  }
}

static void
store_rows (gsize begin, gsize end, gpointer data)
{
  Job *job = data;
  guint64 not_finite = 0;

  for (gsize i = begin; i < end; i++) {
    for (guint lane = 0; lane < job->layout->n_lanes; lane += job->group)
      not_finite += store_row (
          job, lane, (guint)(i / job->map->height), (guint)(i % job->map->height));
  }
  __atomic_fetch_add (&job->not_finite, not_finite, __ATOMIC_RELAXED);
}

static guint
choose_group (const LatentPixelMap *map)
{
  if (map->color == LATENT_COLOR_RGB)
    return 3;
  return map->color == LATENT_COLOR_I420 && map->channel_stride == 1 &&
                 map->column_stride ==
                     6 * latent_pixel_map_get_block (map) * latent_pixel_map_get_block (map)
             ? 6
             : 1;
}

static void
init_job (Job *job, const LatentPixelMap *map, float *values, const LatentPicture *picture)
{
  LatentLaneRow lanes[LATENT_MAX_LANES];

  *job = (Job){.map = map,
      .picture = picture,
      .format = latent_format_get (picture->format),
      .layout = latent_layout_get (map->color),
      .values = values,
      .group = choose_group (map)};
  for (guint i = 0; i < job->layout->n_lanes; i++) {
    fill_lane (job, i, 0, 0, &lanes[i]);
    lanes[i].bytes = find_span (job, i, 0, 0).edge;
    job->rest[i] = latent_row_kernel_find (&lanes[i], 1);
  }
  for (guint first = 0; first < job->layout->n_lanes; first += job->group)
    job->kernels[first] = latent_row_kernel_find (lanes + first, job->group);
}

static void
run_job (Job *job, LatentParallelFunc func)
{
  const LatentPixelMap *map = job->map;
  gsize rows = (gsize)map->tiles_x * map->tiles_y * map->height;

  latent_parallel (
      map->threads, rows, GRAIN / ((gsize)map->width * job->layout->n_lanes) + 1, func, job);
}

void
latent_pixel_map_load (const LatentPixelMap *self, float *dst, const LatentPicture *src)
{
  Job job;

  init_job (&job, self, dst, src);
  memcpy (job.scale, self->scale, sizeof job.scale);
  run_job (&job, load_rows);
}

void
latent_picture_fill_chroma (const LatentPicture *dst)
{
  const LatentFormat *format = latent_format_get (dst->format);

  for (guint plane = 1; plane < format->n_planes; plane++) {
    const LatentComponent *c = &format->components[plane];
    gsize size = (gsize)latent_component_get_size (c, dst->width) * c->step;

    for (guint y = 0; y < latent_component_get_size (c, dst->height); y++)
      memset (dst->data[plane] + (gssize)y * dst->stride[plane], NEUTRAL_CHROMA, size);
  }
}

guint64
latent_pixel_map_store (const LatentPixelMap *self, const float *src, const LatentPicture *dst)
{
  Job job;

  /* Only loading writes to the values. */
  init_job (&job, self, (float *)src, dst);
  for (guint lane = 0; lane < job.layout->n_lanes; lane++)
    job.scale[lane] = self->scale[lane] != 0 ? 1 / self->scale[lane] : 0;
  run_job (&job, store_rows);
  if (self->color == LATENT_COLOR_GRAY8)
    latent_picture_fill_chroma (dst);
  return job.not_finite;
}
