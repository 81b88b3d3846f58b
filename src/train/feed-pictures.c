/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/media/pixels.h"
#include "src/train/feed-units.h"
#include "src/train/picture.h"

/* Pictures: a unit is a frame, which gives some crops. An item is the place and size of a piece
 * that is a quarter larger than a crop each way, where the picture has so much, then the piece of
 * each picture: of the frame, of the frame before it (pairs), of what moves in them (moving). */

#define HEADER 8  /* bytes: guint16 width, height of the piece */
#define MOVING 15 /* levels of luma by which a moving pixel differs */

/* Streams of numbers for the place of a piece in its frame, and of a crop in its piece. */
#define CUT_STREAM (G_GUINT64_CONSTANT (1) << 55)

typedef struct {
  LatentPicture *frame, *before, *marks;
  guint8 *luma, *other; /* of the frame; of the one before, or what stands still */
  guint seen;           /* frames in a row that went into `other` */
  guint crops;          /* still to be taken of the frame */
  LatentRandom random;
} PictureState;

static gboolean
is_paired (const LatentFeedPlan *plan)
{
  return plan->n_samples > 1;
}

static gboolean
is_weighted (const LatentFeedPlan *plan)
{
  return plan->n_pictures > plan->n_samples;
}

/* The size that the net sees, and that items keep; `width`, `height` is a frame's. */
static gboolean
choose_size (LatentFeedPlan *plan, guint width, guint height, GError **error)
{
  const LatentMediaInfo *media = &plan->spec.media;
  guint density = latent_layout_get (media->color)->density;
  plan->width = width / density * density;
  plan->height = height / density * density;
  gboolean cropped = latent_recipe_get_size (plan->recipe, "crop", &plan->width, &plan->height);
  if (media->tile_width) {
    plan->width = media->tile_width;
    plan->height = media->tile_height;
  }
  plan->whole = !cropped && !media->tile_width;
  plan->piece_width = plan->width;
  plan->piece_height = plan->height;
  if (!plan->whole) {
    plan->piece_width += plan->width / 4 / density * density;
    plan->piece_height += plan->height / 4 / density * density;
  }
  if (plan->width && plan->height && plan->width % density == 0 && plan->height % density == 0)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "crop: %ux%u: of I420 pictures width and height are even", plan->width, plan->height);
  return FALSE;
}

static gboolean
measure_picture (LatentFeedPlan *plan, const LatentSample *sample, GError **error)
{
  const LatentLayout *layout = latent_layout_get (plan->spec.media.color);
  guint shift = latent_recipe_get_bool (plan->recipe, "halve");
  guint pixel_rows = 0;
  if (!choose_size (plan, sample->picture.width >> shift, sample->picture.height >> shift, error))
    return FALSE;
  plan->n_samples = latent_recipe_get_bool (plan->recipe, "pairs") ? 2 : 1;
  plan->n_pictures = plan->n_samples;
  if (latent_recipe_get_double (plan->recipe, "moving") > 0)
    plan->n_pictures++;
  plan->picture_size = latent_picture_get_size (
      plan->settings.format, plan->piece_width, plan->piece_height);
  plan->payload = HEADER + plan->n_pictures * plan->picture_size;
  pixel_rows = plan->height / layout->density;
  plan->spec.sample = (LatentShape){
      3, {layout->n_lanes, pixel_rows, plan->width / layout->density}
  };
  plan->d = latent_shape_product (&plan->spec.sample, 0, 3);
  return TRUE;
}

static void
forget (PictureState *self)
{
  g_clear_pointer (&self->frame, latent_picture_free);
  g_clear_pointer (&self->before, latent_picture_free);
  g_clear_pointer (&self->marks, latent_picture_free);
  g_clear_pointer (&self->luma, g_free);
  g_clear_pointer (&self->other, g_free);
  self->seen = self->crops = 0;
}

static void
start_pictures (LatentFeedUnits *self)
{
  if (!self->state)
    self->state = g_new0 (PictureState, 1);
  forget (self->state);
}

static void
clear_pictures (LatentFeedUnits *self)
{
  if (self->state)
    forget (self->state);
  g_free (self->state);
}

/* What stands still: the median of the frames so far, to which every frame moves it a step; the
 * first frames take large ones. */
static void
update_median (PictureState *self, gsize n)
{
  guint step = MAX (16 / (1 + self->seen / 4), 1);
  for (gsize i = 0; i < n; i++) {
    gint difference = (gint)self->luma[i] - self->other[i];
    self->other[i] = (guint8)(self->other[i] + CLAMP (difference, -(gint)step, (gint)step));
  }
}

/* Finds what moves in the frame: against the one before in pairs, else against what stands still.
 */
static void
mark_moving (const LatentFeedPlan *plan, PictureState *self)
{
  const LatentPicture *frame = self->frame;
  gsize n = (gsize)frame->width * frame->height;
  if (!self->luma) {
    self->luma = g_malloc (n);
    self->other = g_malloc (n);
    self->marks = latent_picture_new (frame->format, frame->width, frame->height);
    latent_picture_get_luma (frame, self->other);
  }
  latent_picture_get_luma (frame, self->luma);
  latent_picture_mark (self->marks, self->luma, self->other, MOVING);
  if (is_paired (plan))
    memcpy (self->other, self->luma, n);
  else
    update_median (self, n);
  self->seen++;
}

static gboolean
check_size (
    const LatentFeedPlan *plan, const LatentPicture *frame, const char *origin, GError **error)
{
  guint density = latent_layout_get (plan->spec.media.color)->density;
  if (!plan->whole || (frame->width / density * density == plan->width &&
                          frame->height / density * density == plan->height))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%s: %ux%u, pictures before are %ux%u: crop (WxH) takes pieces of pictures of any size",
      origin, frame->width, frame->height, plan->width, plan->height);
  return FALSE;
}

static gboolean
put_picture (LatentFeedUnits *self, const LatentSample *sample, GError **error)
{
  const LatentFeedPlan *plan = self->plan;
  PictureState *state = self->state;
  LatentPicture *frame = latent_recipe_get_bool (plan->recipe, "halve")
                             ? latent_picture_halve (&sample->picture)
                             : latent_picture_copy (&sample->picture);
  gboolean anew = latent_feed_units_note_origin (self, sample->origin);
  self->taken = self->unit++;
  if (!check_size (plan, frame, sample->origin, error)) {
    latent_picture_free (frame);
    return FALSE;
  }
  if (anew || (state->frame &&
                  (state->frame->width != frame->width || state->frame->height != frame->height)))
    forget (state);
  g_clear_pointer (&state->before, latent_picture_free);
  state->before = g_steal_pointer (&state->frame);
  state->frame = frame;
  if (is_weighted (plan))
    mark_moving (plan, state);
  /* Pictures that are smaller than a crop are left out. */
  gboolean fits = frame->width >= plan->width && frame->height >= plan->height &&
                  (state->before || !is_paired (plan));
  if (!fits || !latent_feed_units_want (self, self->taken))
    return TRUE;
  state->crops = plan->whole ? 1 : (guint)latent_recipe_get_int (plan->recipe, "crops");
  guint64 seed = self->part.test ? 0 : (guint64)latent_recipe_get_int (plan->recipe, "seed");
  latent_random_init (
      &state->random, seed, LATENT_RANDOM_CROP, self->epoch << 32 | (self->taken & G_MAXUINT32));
  return TRUE;
}

/* A place below `room`, on the grid of the layout. */
static guint
draw_place (LatentRandom *random, guint room, guint density)
{
  return (guint)latent_random_below (random, room / density + 1) * density;
}

static gboolean
take_piece (LatentFeedUnits *self, guint8 *item)
{
  const LatentFeedPlan *plan = self->plan;
  PictureState *state = self->state;
  const LatentPicture *const pictures[] = {
      is_paired (plan) ? state->before : state->frame,
      is_paired (plan) ? state->frame : state->marks,
      state->marks,
  };
  guint density = latent_layout_get (plan->spec.media.color)->density;
  if (state->crops == 0)
    return FALSE;
  state->crops--;
  /* Tests see the crop alone. */
  guint16 size[2] = {
      (guint16)MIN (state->frame->width / density * density,
          self->part.test ? plan->width : plan->piece_width),
      (guint16)MIN (state->frame->height / density * density,
          self->part.test ? plan->height : plan->piece_height),
  };
  guint x = draw_place (&state->random, state->frame->width - size[0], density);
  guint y = draw_place (&state->random, state->frame->height - size[1], density);
  memcpy (item, size, sizeof size);
  for (guint i = 0; i < plan->n_pictures; i++) {
    LatentPicture piece = latent_picture_wrap (
        plan->settings.format, size[0], size[1], item + HEADER + i * plan->picture_size);
    latent_picture_cut (&piece, pictures[i], x, y, FALSE);
  }
  return TRUE;
}

/* Levels to the net's values. */
static void
load_picture (const LatentFeedPlan *plan, const LatentPicture *picture, const float *scale,
    const float *offset, float *dst)
{
  const LatentLayout *layout = latent_layout_get (plan->spec.media.color);
  LatentPixelMap map = {
      .color = plan->spec.media.color,
      .tiles_x = 1,
      .tiles_y = 1,
      .width = plan->width / layout->density,
      .height = plan->height / layout->density,
      .sample_stride = (gint64)plan->d,
      .row_stride = plan->width / layout->density,
      .column_stride = 1,
      .threads = 1,
  };
  map.channel_stride = (gint64)map.width * map.height;
  memcpy (map.scale, scale, sizeof map.scale);
  memcpy (map.offset, offset, sizeof map.offset);
  latent_pixel_map_load (&map, dst, picture);
}

/* Where a sample is cut out of its piece. */
typedef struct {
  guint x, y;
  gboolean mirrored;
} Cut;

static Cut
draw_cut (const LatentFeedPlan *plan, const guint16 size[2], LatentRandom *random)
{
  guint density = latent_layout_get (plan->spec.media.color)->density;
  Cut cut = {0};
  if (!random)
    return cut;
  cut.x = draw_place (random, size[0] - plan->width, density);
  cut.y = draw_place (random, size[1] - plan->height, density);
  cut.mirrored = latent_recipe_get_bool (plan->recipe, "flip") &&
                 latent_random_below (random, 2) == 1;
  return cut;
}

static void
unpack_picture (const LatentFeedPlan *plan, const guint8 *item, guint which, LatentRandom *random,
    float *src, float *weights)
{
  g_autoptr (LatentPicture)
      crop = latent_picture_new (plan->settings.format, plan->width, plan->height);
  guint16 size[2];
  memcpy (size, item, sizeof size);
  Cut cut = draw_cut (plan, size, random);
  guint8 *pieces = (guint8 *)item + HEADER; /* which are only read */
  LatentPicture piece = latent_picture_wrap (
      plan->settings.format, size[0], size[1], pieces + which * plan->picture_size);
  latent_picture_cut (crop, &piece, cut.x, cut.y, cut.mirrored);
  load_picture (plan, crop, plan->scale, plan->offset, src);
  if (!weights || !is_weighted (plan))
    return;
  float scale[LATENT_MAX_LANES], offset[LATENT_MAX_LANES];
  for (guint i = 0; i < LATENT_MAX_LANES; i++) {
    scale[i] = (float)(latent_recipe_get_double (plan->recipe, "moving") / 255);
    offset[i] = 1;
  }
  piece = latent_picture_wrap (plan->settings.format, size[0], size[1],
      pieces + (plan->n_pictures - 1) * plan->picture_size);
  latent_picture_cut (crop, &piece, cut.x, cut.y, cut.mirrored);
  load_picture (plan, crop, scale, offset, weights);
}

const LatentFeedKind latent_feed_pictures = {
    measure_picture,
    start_pictures,
    put_picture,
    take_piece,
    clear_pictures,
    unpack_picture,
};
