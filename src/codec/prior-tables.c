/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/codec/band.h"
#include "src/codec/prior-private.h"

#define LOGIT_UNIT 32 /* of LatentLogistic's */

static const LatentPriorChannel plain_channel = {
    .weights = {.spatial = {10, 10, -6, 2}, .temporal = {8, 8, -6, 0, 16}}
};

static gsize
count_slots (guint channels)
{
  return LATENT_SHARED_SLOTS + (gsize)channels * LATENT_CHANNEL_SLOTS;
}

void
latent_prior_tables_init (LatentPriorTables *self, guint channels)
{
  self->channels = channels;
  self->slots = g_new0 (LatentPriorSlot, count_slots (channels));
  self->parameters = g_new (LatentPriorChannel, channels);
  for (guint i = 0; i < G_N_ELEMENTS (self->mixers); i++)
    self->mixers[i] = LATENT_PRIOR_MIXER_ONE * 3 / 10;
  for (guint c = 0; c < channels; c++)
    self->parameters[c] = plain_channel;
}

void
latent_prior_tables_init_alike (
    LatentPriorTables *self, guint channels, const LatentPriorTables *model)
{
  latent_prior_tables_init (self, channels);
  memcpy (self->mixers, model->mixers, sizeof self->mixers);
  memcpy (self->slots, model->slots, LATENT_SHARED_SLOTS * sizeof *self->slots);
  for (guint c = 0; c < channels; c++) {
    memcpy (self->slots + count_slots (c), model->slots + LATENT_SHARED_SLOTS,
        LATENT_CHANNEL_SLOTS * sizeof *self->slots);
    self->parameters[c] = model->parameters[0];
  }
}

void
latent_prior_tables_clear (LatentPriorTables *self)
{
  g_clear_pointer (&self->slots, g_free);
  g_clear_pointer (&self->parameters, g_free);
}

/* The adaptive probabilities that tables themselves are coded by. */
typedef struct {
  LatentSlot confidence[LATENT_PRIOR_CONFIDENCES][LATENT_PRIOR_CONFIDENCES];
  LatentSlot logit[LATENT_PRIOR_CONFIDENCES][33];
  LatentSlot mixer[33];
  LatentSlot offset[33];
  LatentSlot mode[4];
  LatentSlot weight[33];
} TextState;

static gint
code_difference (
    LatentBitCoder *bits, LatentDirection direction, LatentSlot *slots, gint value, gint reference)
{
  gint difference = (gint16)(value - reference);
  gboolean negative = difference < 0;

  difference = (gint)latent_bit_coder_code_golomb (bits, direction, slots, (guint)ABS (difference));
  if (difference == 0)
    return reference;
  negative = latent_bit_coder_code (bits, direction, &slots[32], negative);
  return reference + (negative ? -difference : difference);
}

static gint8
code_small (LatentBitCoder *bits, LatentDirection direction, LatentSlot *slots, gint8 value,
    gint8 reference, gint limit)
{
  gint coded = code_difference (bits, direction, slots, value, reference);

  return (gint8)CLAMP (coded, -limit, limit);
}

static void
code_slot (LatentBitCoder *bits, LatentDirection direction, TextState *state, LatentPriorSlot *slot,
    const LatentPriorSlot *reference)
{
  guint n = 0;

  while (n + 1 < LATENT_PRIOR_CONFIDENCES &&
         latent_bit_coder_code (
             bits, direction, &state->confidence[reference->confidence][n], slot->confidence > n))
    n++;
  slot->confidence = (guint8)n;
  if (n == 0)
    slot->logit = reference->logit;
  else
    slot->logit = code_small (
        bits, direction, state->logit[n], slot->logit, reference->logit, LATENT_PRIOR_LOGIT_LIMIT);
}

static void
code_weights (LatentBitCoder *bits, LatentDirection direction, LatentSlot *slots, gint8 *weights,
    const gint8 *reference, guint n)
{
  for (guint i = 0; i < n; i++)
    weights[i] = code_small (bits, direction, slots, weights[i], reference[i], 127);
}

static void
code_channel (LatentBitCoder *bits, LatentDirection direction, TextState *state,
    LatentPriorChannel *channel, const LatentPriorChannel *reference)
{
  channel->offset = (gint16)code_difference (
      bits, direction, state->offset, channel->offset, reference->offset);
  for (guint i = 0; i < 2; i++) {
    gboolean plain = latent_bit_coder_code (
        bits, direction, &state->mode[2 * i], channel->modes[i] == LATENT_MODE_PLAIN);
    gboolean temporal = !plain && i == 1 &&
                        latent_bit_coder_code (
                            bits, direction, &state->mode[3], channel->modes[i] == 2);
    channel->modes[i] = plain      ? LATENT_MODE_PLAIN
                        : temporal ? LATENT_MODE_TEMPORAL
                                   : LATENT_MODE_SPATIAL;
  }
  code_weights (
      bits, direction, state->weight, channel->weights.spatial, reference->weights.spatial, 4);
  code_weights (
      bits, direction, state->weight, channel->weights.temporal, reference->weights.temporal, 5);
}

static void
code_tables (LatentPriorTables *self, LatentBitCoder *bits, LatentDirection direction,
    const LatentPriorTables *reference)
{
  TextState state;

  for (gsize i = 0; i < sizeof state / sizeof (LatentSlot); i++)
    ((LatentSlot *)&state)[i] = LATENT_SLOT_NEW;
  code_weights (
      bits, direction, state.mixer, self->mixers, reference->mixers, G_N_ELEMENTS (self->mixers));
  for (gsize i = 0; i < count_slots (self->channels); i++)
    code_slot (bits, direction, &state, &self->slots[i], &reference->slots[i]);
  for (guint c = 0; c < self->channels; c++)
    code_channel (bits, direction, &state, &self->parameters[c], &reference->parameters[c]);
}

GByteArray *
latent_prior_tables_put (const LatentPriorTables *self, const LatentPriorTables *reference)
{
  LatentBitCoder bits = {0};
  gsize room = 8 * count_slots (self->channels) + 4096;
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_set_size (bytes, (guint)room);
  latent_range_encoder_init (&bits.encoder, bytes->data, room);
  /* An encoder writes to its tables what is there. */
  code_tables ((LatentPriorTables *)self, &bits, LATENT_ENCODE, reference);
  g_byte_array_set_size (bytes, (guint)latent_range_encoder_finish (&bits.encoder));
  return bytes;
}

void
latent_prior_tables_get (
    LatentPriorTables *self, const LatentPriorTables *reference, const guint8 *data, gsize size)
{
  LatentBitCoder bits = {0};

  latent_range_decoder_init (&bits.decoder, data, size);
  code_tables (self, &bits, LATENT_DECODE, reference);
}

static LatentSlot
make_slot (const LatentPriorSlot *self, const LatentLogistic *logistic)
{
  /* of 4096: how far the next decision moves it */
  static const guint16 rates[LATENT_PRIOR_CONFIDENCES] = {
      1600, 1400, 1200, 1000, 800, 600, 500, 400};
  guint p = logistic->squash[self->logit * LOGIT_UNIT + LATENT_LOGIT_LIMIT];

  return p << 16 | rates[self->confidence];
}

void
latent_prior_tables_fill_state (const LatentPriorTables *self, LatentState *state)
{
  const LatentLogistic *logistic = latent_logistic_get ();

  for (gsize i = 0; i < LATENT_SHARED_SLOTS; i++)
    state->shared[i] = make_slot (&self->slots[i], logistic);
  for (gsize i = 0; i < G_N_ELEMENTS (self->mixers); i++)
    state->mixers[i / LATENT_MIXER_INPUTS].weights[i % LATENT_MIXER_INPUTS] =
        (gint16)(self->mixers[i] * ((1 << LATENT_MIXER_SHIFT) / LATENT_PRIOR_MIXER_ONE));
  for (guint c = 0; c < self->channels; c++) {
    LatentChannelState *channel = &state->channels[c];
    for (gsize i = 0; i < LATENT_CHANNEL_SLOTS; i++)
      channel->slots[i] = make_slot (&self->slots[count_slots (c) + i], logistic);
    channel->offset = self->parameters[c].offset;
    memcpy (channel->modes, self->parameters[c].modes, sizeof channel->modes);
  }
}
