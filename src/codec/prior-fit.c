/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/prior-private.h"

#include <math.h>
#include <string.h>

#include "src/codec/band.h"

#define PASSES        2
#define CONTEXTS_MOST 5 /* weights of a prediction */
#define LARGE         8 /* channels below it are not predicted */
#define PRIOR_WEIGHT  2.0
#define OFFSET_GAIN   4 /* an offset makes one in so many symbols 0 */

typedef struct {
  guint height;
  guint width;
  gint16 *symbols;
  gint16 *previous; /* or NULL */

  /* of a frame that is foretold; else NULL */
  gint16 *expected;
  guint8 *modes;
  guint8 *ages;
  gboolean begins; /* behind a key frame */
} Frame;

/* What a model's streams hold while frames are looked at. */
typedef struct {
  LatentState *states[2]; /* the second of frames that are foretold */
  LatentState *start;
  LatentBand band; /* of these */
} Observed;

struct _LatentPriorFit {
  guint channels;
  guint height;
  guint width;
  GArray *frames;
};

static void
clear_frame (gpointer frame)
{
  Frame *self = frame;

  g_free (self->symbols);
  g_free (self->previous);
  g_free (self->expected);
  g_free (self->modes);
  g_free (self->ages);
}

LatentPriorFit *
latent_prior_fit_new (guint channels, guint height, guint width)
{
  LatentPriorFit *self = g_new0 (LatentPriorFit, 1);

  self->channels = channels;
  self->frames = g_array_new (FALSE, FALSE, sizeof (Frame));
  g_array_set_clear_func (self->frames, clear_frame);
  latent_prior_fit_resize (self, height, width);
  return self;
}

void
latent_prior_fit_free (LatentPriorFit *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->frames);
  g_free (self);
}

void
latent_prior_fit_resize (LatentPriorFit *self, guint height, guint width)
{
  self->height = height;
  self->width = width;
}

void
latent_prior_fit_add (LatentPriorFit *self, const gint16 *symbols, const gint16 *previous)
{
  gsize size = (gsize)self->channels * self->height * self->width * sizeof *symbols;
  Frame frame = {self->height, self->width, g_memdup2 (symbols, size),
      previous != NULL ? g_memdup2 (previous, size) : NULL};

  g_array_append_val (self->frames, frame);
}

void
latent_prior_fit_add_foretold (
    LatentPriorFit *self, const gint16 *symbols, const LatentForetold *foretold, gboolean begins)
{
  const gsize places = (gsize)self->height * self->width;
  const gsize size = self->channels * places * sizeof *symbols;
  Frame frame = {.height = self->height,
      .width = self->width,
      .symbols = g_memdup2 (symbols, size),
      .expected = g_memdup2 (foretold->expected, size),
      .modes = g_memdup2 (foretold->modes, places),
      .ages = g_memdup2 (foretold->ages, places),
      .begins = begins};

  g_array_append_val (self->frames, frame);
}

/* The most frequent symbol, where it is clearly more frequent than 0. */
static gint16
find_offset (const LatentPriorFit *self, guint channel, guint32 *counts)
{
  guint64 n = 0;
  gint16 found = 0;

  memset (counts, 0, 65536 * sizeof *counts);
  for (guint f = 0; f < self->frames->len; f++) {
    const Frame *frame = &g_array_index (self->frames, Frame, f);
    const gsize size = (gsize)frame->height * frame->width;
    const gint16 *q = frame->symbols + channel * size;
    if (frame->modes != NULL)
      continue;
    for (gsize i = 0; i < size; i++)
      if (++counts[(guint16)q[i]] > counts[(guint16)found])
        found = q[i];
    n += size;
  }
  return counts[(guint16)found] > counts[0] + n / OFFSET_GAIN ? found : 0;
}

/* Sums for least squares. */
typedef struct {
  double products[CONTEXTS_MOST][CONTEXTS_MOST];
  double targets[CONTEXTS_MOST];
  guint largest;
} Squares;

static void
add_squares (Squares *self, const double *x, double y, guint n)
{
  for (guint i = 0; i < n; i++) {
    for (guint k = 0; k < n; k++)
      self->products[i][k] += x[i] * x[k];
    self->targets[i] += x[i] * y;
  }
}

static void
sum_frame (Squares *spatial, Squares *temporal, const Frame *frame, guint channel, gint offset)
{
  const gsize size = (gsize)frame->height * frame->width;
  const gssize width = frame->width, at[4] = {-1, -width, -width - 1, -width + 1};
  const gint16 *q = frame->symbols + channel * size;
  const gint16 *p = frame->previous != NULL ? frame->previous + channel * size : NULL;

  for (guint y = 1; y < frame->height; y++)
    for (guint x = 1; x + 1 < frame->width; x++) {
      const gint16 *here = q + y * width + x, *before = p != NULL ? p + y * width + x : NULL;
      double value = *here - offset, neighbours[5];
      spatial->largest = MAX (spatial->largest, (guint)fabs (value));
      for (guint k = 0; k < 4; k++)
        neighbours[k] = here[at[k]] - offset;
      add_squares (spatial, neighbours, value, 4);
      if (p == NULL)
        continue;
      for (guint k = 0; k < 4; k++)
        neighbours[k] = here[at[k]] - before[at[k]];
      neighbours[4] = *before - offset;
      add_squares (temporal, neighbours, value, 5);
    }
}

/* Gauss, with a little added to the diagonal. FALSE where there is nothing to solve. */
static gboolean
solve (Squares *self, guint n, gint8 *weights)
{
  double trace = 0;

  for (guint i = 0; i < n; i++)
    trace += self->products[i][i];
  if (trace == 0)
    return FALSE;
  for (guint i = 0; i < n; i++)
    self->products[i][i] += 1e-4 * trace + 1;
  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < n; k++) {
      double factor = self->products[k][i] / self->products[i][i];
      if (k == i)
        continue;
      for (guint j = i; j < n; j++)
        self->products[k][j] -= factor * self->products[i][j];
      self->targets[k] -= factor * self->targets[i];
    }
  for (guint i = 0; i < n; i++)
    weights[i] = (gint8)CLAMP (lrint (16 * self->targets[i] / self->products[i][i]), -127, 127);
  return TRUE;
}

static void
fit_prediction (const LatentPriorFit *self, guint channel, LatentPriorChannel *parameters)
{
  Squares spatial = {0}, temporal = {0};
  LatentChannelWeights weights = parameters->weights;

  for (guint f = 0; f < self->frames->len; f++)
    if (g_array_index (self->frames, Frame, f).modes == NULL)
      sum_frame (&spatial, &temporal, &g_array_index (self->frames, Frame, f), channel,
          parameters->offset);
  if (spatial.largest < LARGE)
    return;
  if (solve (&spatial, 4, weights.spatial))
    memcpy (parameters->weights.spatial, weights.spatial, sizeof weights.spatial);
  if (solve (&temporal, 5, weights.temporal))
    memcpy (parameters->weights.temporal, weights.temporal, sizeof weights.temporal);
}

/* Back to the start, but for the mixers and modes. */
static void
forget (const LatentPriorFit *self, LatentState *state, const LatentState *start)
{
  memcpy (state->shared, start->shared, sizeof state->shared);
  for (guint c = 0; c < self->channels; c++)
    memcpy (state->channels[c].slots, start->channels[c].slots, sizeof state->channels[c].slots);
}

/* Of a stream of foretold frames. */
static LatentBand *
find_band (const LatentPriorFit *self, Observed *observed, const Frame *frame)
{
  LatentBand *band = &observed->band;

  if (band->memory == NULL || band->rows != frame->height || band->width != frame->width) {
    latent_band_clear (band);
    latent_band_init (band, self->channels, frame->height, frame->width, 0, frame->height);
    latent_band_forget (band);
  }
  if (!frame->begins)
    return band;
  latent_band_forget (band);
  forget (self, observed->states[1], observed->start);
  return band;
}

static void
observe_foretold (const LatentPriorFit *self, Observed *observed, const Frame *frame,
    const LatentChannelWeights *weights, LatentBitCoder *bits)
{
  LatentForetold foretold = {.height = frame->height,
      .width = frame->width,
      .has_motion = TRUE,
      .modes = frame->modes,
      .ages = frame->ages,
      .expected = frame->expected};
  LatentBand *band = find_band (self, observed, frame);

  band->state = observed->states[1];
  band->weights = weights;
  band->foretold = &foretold;
  bits->first = (const LatentSlot *)band->state;
  latent_band_code (band, bits, LATENT_OBSERVE, frame->symbols, NULL);
  band->foretold = NULL;
}

static void
observe_frame (const LatentPriorFit *self, Observed *observed, const Frame *frame,
    const LatentChannelWeights *weights, LatentBitCoder *bits)
{
  LatentBand band;

  if (frame->previous == NULL)
    forget (self, observed->states[0], observed->start);
  latent_band_init (&band, self->channels, frame->height, frame->width, 0, frame->height);
  band.state = observed->states[0];
  band.weights = weights;
  bits->first = (const LatentSlot *)band.state;
  latent_band_code (&band, bits, LATENT_OBSERVE, frame->symbols, frame->previous);
  latent_band_clear (&band);
}

/* Mixers of frames with one before: from those that are foretold, where there were any. */
static void
take_mixers (LatentState *state, const LatentState *foretold)
{
  const gsize size = sizeof (LatentMixer);

  memcpy (state->mixers + WZ + LATENT_CLASSES_A, foretold->mixers + WZ + LATENT_CLASSES_A,
      (LATENT_CLASSES_T - 1) * LATENT_CLASSES_A * size);
  memcpy (state->mixers + WS, foretold->mixers + WS, 5 * size);
  for (guint k = 0; k < LATENT_UNARY; k++)
    memcpy (state->mixers + WM + k * 4 + 1, foretold->mixers + WM + k * 4 + 1, 3 * size);
  state->mixers[WP + 1] = foretold->mixers[WP + 1];
}

/* Codes all frames from the state given, which goes back to it at key frames but for the mixers and
 * modes; counts what each probability met. */
static void
observe (const LatentPriorFit *self, LatentState *state, const LatentChannelWeights *weights,
    guint32 (*counts)[2])
{
  const gsize size = latent_state_get_size (self->channels);
  g_autofree LatentState *start = g_memdup2 (state, size);
  g_autofree LatentState *other = g_memdup2 (state, size);
  Observed observed = {
      .states = {state, other}
  };
  LatentBitCoder bits = {.logistic = latent_logistic_get (), .counts = counts};
  guint foretold = 0;

  observed.start = start;
  for (guint f = 0; f < self->frames->len; f++) {
    const Frame *frame = &g_array_index (self->frames, Frame, f);
    foretold += frame->modes != NULL;
    if (frame->modes != NULL)
      observe_foretold (self, &observed, frame, weights, &bits);
    else
      observe_frame (self, &observed, frame, weights, &bits);
  }
  latent_band_clear (&observed.band);
  if (foretold > 0)
    take_mixers (state, other);
}

static void
set_slot (LatentPriorSlot *slot, const LatentPriorSlot *reference, double zeros, double ones)
{
  double n = zeros + ones;
  double p = 1 / (1 + exp (-reference->logit / 8.0));

  slot->confidence = (guint8)MIN (g_bit_storage ((gulong)n), LATENT_PRIOR_CONFIDENCES - 1);
  p = (ones + PRIOR_WEIGHT * p) / (n + PRIOR_WEIGHT);
  slot->logit = (gint8)CLAMP (
      lrint (8 * log (p / (1 - p))), -LATENT_PRIOR_LOGIT_LIMIT, LATENT_PRIOR_LOGIT_LIMIT);
  if (slot->confidence == 0)
    slot->logit = reference->logit;
}

/* The place of a table's slot among the counts, which lie as the state does. */
static gsize
find_count (gsize slot)
{
  const gsize own = slot - LATENT_SHARED_SLOTS, channel = own / LATENT_CHANNEL_SLOTS;
  const gsize first = (sizeof (LatentState) + channel * sizeof (LatentChannelState)) / 4;

  return slot < LATENT_SHARED_SLOTS ? slot : first + own % LATENT_CHANNEL_SLOTS;
}

static void
set_mixers (LatentPriorTables *tables, const LatentState *state)
{
  for (guint i = 0; i < G_N_ELEMENTS (tables->mixers); i++)
    tables->mixers[i] = (gint8)CLAMP (
        state->mixers[i / LATENT_MIXER_INPUTS].weights[i % LATENT_MIXER_INPUTS] /
            ((1 << LATENT_MIXER_SHIFT) / LATENT_PRIOR_MIXER_ONE),
        -127, 127);
}

static void
set_modes (LatentPriorTables *tables, const LatentState *state)
{
  for (guint c = 0; c < tables->channels; c++)
    memcpy (tables->parameters[c].modes, state->channels[c].modes, 2);
}

/* One pass: from tables to better ones. */
static void
improve (const LatentPriorFit *self, LatentPriorTables *tables, const LatentPriorTables *reference)
{
  const gsize size = latent_state_get_size (self->channels);
  g_autofree LatentState *state = g_malloc0 (size);
  g_autofree LatentChannelWeights *weights = g_new (LatentChannelWeights, self->channels);
  g_autofree guint32 (*counts)[2] = g_malloc0 (size / sizeof (LatentSlot) * sizeof *counts);
  const gsize n = LATENT_SHARED_SLOTS + (gsize)self->channels * LATENT_CHANNEL_SLOTS;

  latent_prior_tables_fill_state (tables, state);
  for (guint c = 0; c < self->channels; c++)
    weights[c] = tables->parameters[c].weights;
  observe (self, state, weights, counts);
  for (gsize i = 0; i < n; i++) {
    const guint32 *count = counts[find_count (i)];
    set_slot (&tables->slots[i], &reference->slots[i], count[0], count[1]);
  }
  set_mixers (tables, state);
  set_modes (tables, state);
}

LatentPrior *
latent_prior_fit_finish (LatentPriorFit *self)
{
  LatentPriorTables tables = {0}, reference = {0};
  g_autofree guint32 *counts = g_new (guint32, 65536);
  LatentPrior *prior;

  latent_prior_tables_init_alike (&tables, self->channels, latent_prior_get_default_tables ());
  latent_prior_tables_init_alike (&reference, self->channels, latent_prior_get_default_tables ());
  for (guint c = 0; c < self->channels; c++) {
    tables.parameters[c].offset = find_offset (self, c, counts);
    fit_prediction (self, c, &tables.parameters[c]);
  }
  for (guint pass = 0; pass < PASSES && self->frames->len > 0; pass++)
    improve (self, &tables, &reference);
  prior = latent_prior_new_from_tables (&tables);
  latent_prior_tables_clear (&tables);
  latent_prior_tables_clear (&reference);
  return prior;
}

/* Sums the counts of a fit's channels to those of one. */
static void
add_alike (
    const LatentPriorFit *self, const LatentPriorTables *model, double (*sums)[2], double *mixers)
{
  LatentPriorTables tables = {0};
  const gsize size = latent_state_get_size (self->channels);
  const gsize n = LATENT_SHARED_SLOTS + (gsize)self->channels * LATENT_CHANNEL_SLOTS;
  g_autofree LatentState *state = g_malloc0 (size);
  g_autofree LatentChannelWeights *weights = g_new (LatentChannelWeights, self->channels);
  g_autofree guint32 (*counts)[2] = g_malloc0 (size / sizeof (LatentSlot) * sizeof *counts);

  latent_prior_tables_init_alike (&tables, self->channels, model);
  latent_prior_tables_fill_state (&tables, state);
  for (guint c = 0; c < self->channels; c++)
    weights[c] = tables.parameters[c].weights;
  observe (self, state, weights, counts);
  for (gsize i = 0; i < n; i++) {
    const guint32 *count = counts[find_count (i)];
    const gsize own = (i - LATENT_SHARED_SLOTS) % LATENT_CHANNEL_SLOTS;
    double *sum = sums[i < LATENT_SHARED_SLOTS ? i : LATENT_SHARED_SLOTS + own];
    sum[0] += count[0];
    sum[1] += count[1];
  }
  for (guint i = 0; i < LATENT_MIXERS; i++)
    for (guint k = 0; k < LATENT_MIXER_INPUTS; k++)
      mixers[i * LATENT_MIXER_INPUTS + k] += state->mixers[i].weights[k];
  latent_prior_tables_clear (&tables);
}

char *
latent_prior_fit_print_default (LatentPriorFit **fits, guint n)
{
  LatentPriorTables tables = {0}, reference = {0};
  const gsize slots = LATENT_SHARED_SLOTS + LATENT_CHANNEL_SLOTS;
  g_autoptr (GByteArray) bytes = NULL;

  latent_prior_tables_init (&tables, 1);
  latent_prior_tables_init (&reference, 1);
  for (guint pass = 0; pass < PASSES; pass++) {
    g_autofree double (*sums)[2] = g_malloc0 (slots * sizeof *sums);
    double mixers[LATENT_MIXERS * LATENT_MIXER_INPUTS] = {0};
    for (guint f = 0; f < n; f++)
      add_alike (fits[f], &tables, sums, mixers);
    for (gsize i = 0; i < slots; i++)
      set_slot (&tables.slots[i], &reference.slots[i], sums[i][0], sums[i][1]);
    for (guint i = 0; i < G_N_ELEMENTS (mixers); i++)
      tables.mixers[i] = (gint8)CLAMP (mixers[i] / n / 256, -127, 127);
  }
  bytes = latent_prior_tables_put (&tables, &reference);
  latent_prior_tables_clear (&tables);
  latent_prior_tables_clear (&reference);
  return g_base64_encode (bytes->data, bytes->len);
}
