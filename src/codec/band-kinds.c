/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/band.h"

/* How coded places of foretold frames are foretold: modes and vectors. */

static inline gboolean
is_moving (LatentVector vector)
{
  return !latent_vector_is_memory (vector) && (vector.x != 0 || vector.y != 0);
}

/* Neighbours to the left and above of one kind, 0 to 2. */
static guint
count_near (const LatentBand *self, guint y, guint x, LatentPlaceMode least, LatentPlaceMode most)
{
  const guint8 *here = self->foretold->modes + (gsize)(self->begin + y) * self->width + x;
  guint w = x > 0 ? here[-1] : 0, n = y > 0 ? here[-(gssize)self->width] : 0;

  return (w >= least && w <= most) + (n >= least && n <= most);
}

static LatentPlaceMode
code_mode (LatentBand *self, LatentBitCoder *bits, LatentDirection direction, guint y, guint x,
    LatentPlaceMode mode)
{
  const LatentForetold *foretold = self->foretold;
  LatentPlaceSlots *slots = &self->place_slots;
  const gsize i = (gsize)(self->begin + y) * self->width + x;
  guint stood = foretold->ages[i] >= LATENT_PLACE_LONG_AGE;
  guint moved = is_moving (foretold->before[i * LATENT_PLACE_VECTORS]);

  if (foretold->has_motion) {
    guint near = count_near (self, y, x, LATENT_PLACE_MOVED, LATENT_PLACE_SPLIT);
    if (latent_bit_coder_code (bits, direction, &slots->moved[6 * moved + 3 * stood + near],
            mode >= LATENT_PLACE_MOVED)) {
      near = count_near (self, y, x, LATENT_PLACE_SPLIT, LATENT_PLACE_SPLIT);
      return latent_bit_coder_code (
                 bits, direction, &slots->split[near], mode == LATENT_PLACE_SPLIT)
                 ? LATENT_PLACE_SPLIT
                 : LATENT_PLACE_MOVED;
    }
  }
  if (latent_bit_coder_code (bits, direction,
          &slots
               ->distant[3 * stood + count_near (self, y, x, LATENT_PLACE_LONG, LATENT_PLACE_LONG)],
          mode == LATENT_PLACE_LONG))
    return LATENT_PLACE_LONG;
  if (latent_bit_coder_code (bits, direction,
          &slots->fresh[count_near (self, y, x, LATENT_PLACE_NEW, LATENT_PLACE_NEW)],
          mode == LATENT_PLACE_NEW))
    return LATENT_PLACE_NEW;
  return LATENT_PLACE_STILL;
}

static inline gint
get_median (gint a, gint b, gint c)
{
  return MAX (MIN (a, b), MIN (MAX (a, b), c));
}

/* Vectors that may tell of the one at (y, x): those that move, 3 at most. Of this frame to the
 * left, above and above to the right, of the frame before here, to the right, below. */
static guint
find_near (const LatentForetold *self, guint begin, guint y, guint x, LatentVector *found)
{
  const gssize step = LATENT_PLACE_VECTORS, row = step * (gssize)self->width;
  const LatentVector *here = self->vectors + (gssize)y * row + x * step;
  const LatentVector *before = self->before + (gssize)y * row + x * step, none = {0};
  const gboolean has_right = x + 1 < self->width;
  const LatentVector near[6] = {x > 0 ? here[1 - step] : none, y > begin ? here[2 - row] : none,
      y > begin && has_right ? here[2 + step - row] : none, before[0],
      has_right ? before[step] : none, y + 1 < self->height ? before[row] : none};
  guint n = 0;

  for (guint k = 0; k < G_N_ELEMENTS (near) && n < 3; k++)
    if (is_moving (near[k]))
      found[n++] = near[k];
  return n;
}

LatentVector
latent_foretold_get_vector (const LatentForetold *self, guint begin, guint y, guint x)
{
  LatentVector near[3] = {{0}};

  if (find_near (self, begin, y, x, near) < 3)
    return near[0];
  return (LatentVector){(gint16)get_median (near[0].x, near[1].x, near[2].x),
      (gint16)get_median (near[0].y, near[1].y, near[2].y)};
}

static gint
code_component (
    LatentBitCoder *bits, LatentDirection direction, LatentSlot *slots, gint value, gint expected)
{
  gint difference = value - expected;
  gboolean negative = difference < 0;

  difference = (gint)latent_bit_coder_code_golomb (bits, direction, slots, (guint)ABS (difference));
  if (difference == 0)
    return expected;
  negative = latent_bit_coder_code (bits, direction, &slots[32], negative);
  value = expected + (negative ? -difference : difference);
  return CLAMP (value, -LATENT_VECTOR_MAX, LATENT_VECTOR_MAX);
}

static LatentVector
code_vector (LatentBand *self, LatentBitCoder *bits, LatentDirection direction, guint class,
    LatentVector vector, LatentVector expected)
{
  LatentSlot (*slots)[33] = self->place_slots.vectors + (gsize)2 * class;

  vector.x = (gint16)code_component (bits, direction, slots[0], vector.x, expected.x);
  vector.y = (gint16)code_component (bits, direction, slots[1], vector.y, expected.y);
  return vector;
}

/* The pieces' vectors; where something else stood there long each may be as that was. */
static void
code_pieces (LatentBand *self, LatentBitCoder *bits, LatentDirection direction, guint class,
    gboolean has_memory, LatentVector *vectors, LatentVector expected)
{
  guint remembered = 0;

  for (guint k = 0; k < LATENT_PLACE_VECTORS; k++) {
    if (has_memory && latent_bit_coder_code (bits, direction,
                          &self->place_slots.remembered[k * (k + 1) / 2 + remembered],
                          latent_vector_is_memory (vectors[k]))) {
      vectors[k] = LATENT_VECTOR_MEMORY;
      remembered++;
      continue;
    }
    vectors[k] = code_vector (self, bits, direction,
        k == remembered ? class : LATENT_VECTOR_CLASSES - 1, vectors[k], expected);
    expected = vectors[k];
  }
}

static void
code_vectors (LatentBand *self, LatentBitCoder *bits, LatentDirection direction, guint y, guint x,
    gboolean is_split)
{
  const LatentForetold *foretold = self->foretold;
  const gsize i = (gsize)(self->begin + y) * self->width + x;
  LatentVector *vectors = foretold->vectors + i * LATENT_PLACE_VECTORS;
  LatentVector expected = latent_foretold_get_vector (foretold, self->begin, self->begin + y, x);
  guint near = count_near (self, y, x, LATENT_PLACE_MOVED, LATENT_PLACE_SPLIT);

  if (is_split) {
    code_pieces (
        self, bits, direction, near, foretold->ages[i] < LATENT_PLACE_LONG_AGE, vectors, expected);
    return;
  }
  vectors[0] = code_vector (self, bits, direction, near, vectors[0], expected);
  for (guint k = 1; k < LATENT_PLACE_VECTORS; k++)
    vectors[k] = vectors[0];
}

void
latent_band_code_kind (
    LatentBand *self, LatentBitCoder *bits, LatentDirection direction, guint y, guint x)
{
  /* In classes of how neighbours changed: what is moved is known best. */
  static const guint8 classes[] = {[LATENT_PLACE_STILL] = 2,
      [LATENT_PLACE_LONG] = 3,
      [LATENT_PLACE_NEW] = 4,
      [LATENT_PLACE_MOVED] = 0,
      [LATENT_PLACE_SPLIT] = 1};
  const LatentForetold *foretold = self->foretold;
  const gsize i = (gsize)(self->begin + y) * self->width + x;
  LatentPlaceMode mode = LATENT_PLACE_HELD;
  gboolean stood = foretold->ages[i] >= LATENT_PLACE_LONG_AGE;

  if (direction != LATENT_OBSERVE) {
    if (self->active[y * self->stride + x])
      mode = code_mode (self, bits, direction, y, x, foretold->modes[i]);
    foretold->modes[i] = (guint8)mode;
    if (mode >= LATENT_PLACE_MOVED)
      code_vectors (self, bits, direction, y, x, mode == LATENT_PLACE_SPLIT);
    else
      for (guint k = 0; k < LATENT_PLACE_VECTORS; k++)
        foretold->vectors[i * LATENT_PLACE_VECTORS + k] = (LatentVector){0};
  }
  mode = foretold->modes[i];
  self->kinds[y * self->stride + x] = mode == LATENT_PLACE_LONG && stood ? 4 : classes[mode];
}
