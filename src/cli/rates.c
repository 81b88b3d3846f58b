/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/rates.h"

#include <math.h>

#include "src/cli/bd-rate.h"
#include "src/cli/progress.h"
#include "src/cli/replay.h"

#define KEY_INTERVAL 250
#define DEFAULT_RATE 25 /* pictures a second, where they say none */

static const int qualities[] = {0, 10, 20, 30, 40, 50, 60};

/* One pass over the media: of the model at a quality, or of a peer. */
typedef struct {
  LatentModel *model;
  char **inputs;
  LatentSourceSettings source;
  guint threads;
  LatentMediaKind kind;
  LatentScore score;
  guint64 bytes;
  guint64 pixels;
  guint64 samples; /* of sound */
  guint rate, channels;
  /* The model. */
  LatentCoder *coder;
  LatentReplay *replay;
  /* A peer. */
  const LatentPeer *peer;
  int quality;
  LatentPeerRun *run;
} Pass;

static void
clear_pass (Pass *self)
{
  g_clear_pointer (&self->coder, latent_coder_free);
  g_clear_pointer (&self->replay, latent_replay_free);
  g_clear_pointer (&self->run, latent_peer_run_free);
  latent_score_clear (&self->score);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pass, clear_pass)

/* A LatentPacketFunc. */
static gboolean
take_packet (LatentCoder *coder, const LatentCodedPacket *packet, gpointer data, GError **error)
{
  Pass *self = data;
  GBytes *header = latent_coder_get_header (coder);
  if (self->bytes == 0)
    self->bytes = g_bytes_get_size (header);
  self->bytes += packet->size;
  return latent_replay_put (self->replay, header, packet, error);
}

/* A LatentPairFunc. */
static void
take_pair (const LatentPair *pair, gpointer data)
{
  Pass *self = data;
  if (pair->kind == LATENT_MEDIA_VIDEO) {
    latent_score_add_pictures (&self->score, pair->pictures[0], pair->pictures[1]);
    return;
  }
  for (guint i = 0; i < 2; i++)
    latent_score_add_sound (
        &self->score, i == 0, pair->values[i], pair->n / self->channels, self->channels);
}

static void
open_model (Pass *self)
{
  const LatentCoderSettings settings = {
      .threads = self->threads,
      .quality = (guint)self->quality,
      .key_interval = KEY_INTERVAL,
      .every = self->source.every,
      .fps_n = DEFAULT_RATE,
      .fps_d = 1,
  };
  self->coder = latent_coder_new (self->model, &settings, take_packet, self);
  self->replay = latent_replay_new (self->model, self->threads, take_pair, self);
}

static gboolean
put (Pass *self, const LatentSample *sample, GError **error)
{
  if (sample->kind == LATENT_MEDIA_VIDEO) {
    self->pixels += (guint64)sample->picture.width * sample->picture.height;
  } else {
    self->samples += sample->n;
    self->rate = sample->rate;
    self->channels = sample->channels;
  }
  if (self->peer) {
    if (!self->run)
      self->run = latent_peer_run_new (self->peer, self->quality, sample, &self->score, error);
    return self->run && latent_peer_run_put (self->run, sample, error);
  }
  if (sample->kind == LATENT_MEDIA_AUDIO)
    latent_replay_put_sound (self->replay, sample);
  return latent_coder_put (self->coder, sample, error);
}

static gboolean
finish (Pass *self, GError **error)
{
  if (self->peer)
    return latent_peer_run_finish (self->run, &self->bytes, error);
  if (!latent_coder_finish (self->coder, error))
    return FALSE;
  latent_replay_finish (self->replay);
  return TRUE;
}

static gboolean
run_pass (Pass *self, LatentRateRow *row, GError **error)
{
  LatentSample sample;
  g_autoptr (LatentSource) source = latent_source_new (self->inputs, &self->source, error);
  if (!source)
    return FALSE;
  if (!self->peer)
    open_model (self);
  LatentSourceResult result = latent_source_next (source, &sample, error);
  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, &sample, error))
    if (!put (self, &sample, error))
      return FALSE;
  if (result != LATENT_SOURCE_END || !finish (self, error))
    return FALSE;
  row->codec = self->peer ? self->peer->name : "latent";
  row->quality = self->quality;
  row->bytes = self->bytes;
  row->rate = self->kind == LATENT_MEDIA_VIDEO
                  ? (double)self->bytes * 8 / (double)self->pixels
                  : (double)self->bytes * 8 * self->rate / (double)self->samples / 1000;
  latent_score_get (&self->score, self->kind, self->rate, row->scores);
  return TRUE;
}

/* All peers are there, or it is said at once which one is not. */
static GPtrArray *
find_peers (const char *names, LatentMediaKind kind, GError **error)
{
  g_autoptr (GPtrArray) peers = g_ptr_array_new ();
  g_auto (GStrv) list = g_strsplit (names, ",", -1);
  for (guint i = 0; list[i]; i++) {
    const LatentPeer *peer = latent_peer_find (g_strstrip (list[i]), kind, error);
    if (!peer)
      return NULL;
    g_ptr_array_add (peers, (gpointer)peer);
  }
  return g_steal_pointer (&peers);
}

static gboolean
measure_codec (LatentRates *self, const Pass *settings, const int *quality, guint n,
    LatentProgress *progress, double done, double part, GError **error)
{
  g_ptr_array_add (self->codecs, (gpointer)(settings->peer ? settings->peer->name : "latent"));
  for (guint i = 0; i < n; i++) {
    g_auto (Pass) pass = *settings;
    LatentRateRow row;
    pass.quality = quality[i];
    latent_progress_say (progress, done + part * i / n, "%s at %d",
        settings->peer ? settings->peer->name : "latent", quality[i]);
    if (!run_pass (&pass, &row, error))
      return FALSE;
    g_array_append_val (self->rows, row);
  }
  return TRUE;
}

static gboolean
measure_all (LatentRates *self, Pass *settings, const GPtrArray *peers, GError **error)
{
  LatentProgress progress;
  double part = 1. / (peers->len + 1);
  latent_progress_init (&progress, "curves");
  gboolean good = measure_codec (
      self, settings, qualities, G_N_ELEMENTS (qualities), &progress, 0, part, error);
  for (guint i = 0; good && i < peers->len; i++) {
    settings->peer = g_ptr_array_index (peers, i);
    good = measure_codec (self, settings, settings->peer->qualities, LATENT_PEER_QUALITIES,
        &progress, part * (i + 1), part, error);
  }
  latent_progress_clear (&progress);
  return good;
}

LatentRates *
latent_rates_measure (LatentModel *model, char **inputs, const char *names, guint every,
    guint64 max, guint threads, GError **error)
{
  LatentMediaKind kind = latent_model_get_media_info (model)->kind;
  if (kind == LATENT_MEDIA_VECTOR) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "--against: curves are of pictures and sound, and the model is one of vectors");
    return NULL;
  }
  g_autoptr (GPtrArray) peers = find_peers (names, kind, error);
  if (!peers)
    return NULL;
  Pass settings = {.model = model, .inputs = inputs, .threads = threads, .kind = kind};
  settings.source = latent_model_get_source_settings (model);
  settings.source.every = every;
  settings.source.max = max;
  g_autoptr (LatentRates) self = g_new0 (LatentRates, 1);
  self->kind = kind;
  self->codecs = g_ptr_array_new ();
  self->rows = g_array_new (FALSE, FALSE, sizeof (LatentRateRow));
  return measure_all (self, &settings, peers, error) ? g_steal_pointer (&self) : NULL;
}

void
latent_rates_free (LatentRates *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->codecs);
  g_array_unref (self->rows);
  g_free (self);
}

/* A codec's curve; of a distance the negative is the quality. */
static GArray *
get_curve (const LatentRates *self, const char *codec, guint which)
{
  GArray *curve = g_array_new (FALSE, FALSE, sizeof (LatentRatePoint));
  double sign = latent_score_is_distance (self->kind, which) ? -1 : 1;
  for (guint i = 0; i < self->rows->len; i++) {
    const LatentRateRow *row = &g_array_index (self->rows, LatentRateRow, i);
    LatentRatePoint point = {row->rate, sign * row->scores[which]};
    if (g_str_equal (row->codec, codec))
      g_array_append_val (curve, point);
  }
  return curve;
}

double
latent_rates_compare (const LatentRates *self, guint codec, guint which)
{
  g_autoptr (GArray) ours = get_curve (self, g_ptr_array_index (self->codecs, 0), which);
  g_autoptr (GArray) theirs = get_curve (self, g_ptr_array_index (self->codecs, codec), which);
  return latent_bd_rate ((const LatentRatePoint *)(gpointer)theirs->data, theirs->len,
      (const LatentRatePoint *)(gpointer)ours->data, ours->len);
}
