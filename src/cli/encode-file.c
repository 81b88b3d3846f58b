/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/encode-file.h"

#include "src/cli/code-file.h"
#include "src/cli/interrupt.h"
#include "src/cli/progress.h"
#include "src/cli/replay.h"
#include "src/codec/model-packet.h"

/* Where packets go. */
typedef struct {
  LatentCodeFile *file;
  LatentReplay *replay; /* or NULL */
  LatentEncodeResult *result;
} Target;

/* A LatentPacketFunc. */
static gboolean
take_packet (LatentCoder *coder, const LatentCodedPacket *packet, gpointer data, GError **error)
{
  Target *self = data;
  GBytes *header = latent_coder_get_header (coder);
  self->result->frames += packet->n_frames;
  self->result->keys += packet->file.key;
  self->result->seconds = (double)(packet->file.pts + packet->file.duration) / 1e9;
  return latent_code_file_put (self->file, header, packet, error) &&
         (!self->replay || latent_replay_put (self->replay, header, packet, error));
}

static gboolean
code_all (LatentCoder *coder, LatentReplay *replay, LatentSource *source, GError **error)
{
  LatentProgress progress;
  LatentSample sample;
  latent_progress_init (&progress, "samples");
  LatentSourceResult result = latent_source_next (source, &sample, error);
  gboolean good = TRUE;
  while (good && result == LATENT_SOURCE_SAMPLE) {
    if (replay && sample.kind == LATENT_MEDIA_AUDIO)
      latent_replay_put_sound (replay, &sample);
    good = latent_coder_put (coder, &sample, error);
    latent_progress_update (
        &progress, latent_source_get_progress (source), latent_source_get_count (source));
    if (latent_interrupt_came ())
      break;
    if (good)
      result = latent_source_next (source, &sample, error);
  }
  latent_progress_clear (&progress);
  if (!good || result == LATENT_SOURCE_ERROR || !latent_coder_finish (coder, error))
    return FALSE;
  if (replay)
    latent_replay_finish (replay);
  return TRUE;
}

static gboolean
check_model (const LatentEncodeFile *self, GError **error)
{
  if (latent_model_get_media_info (self->model)->kind != LATENT_MEDIA_VECTOR)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "%s: .lat files hold pictures or sound, and the model is one of vectors; .npy takes those",
      self->output);
  return FALSE;
}

gboolean
latent_encode_file (const LatentEncodeFile *self, LatentEncodeResult *result, GError **error)
{
  g_autoptr (GBytes) embedded = NULL;
  LatentMediaKind kind = latent_model_get_media_info (self->model)->kind;
  *result = (LatentEncodeResult){0};
  if (!check_model (self, error) ||
      (self->embed && !(embedded = latent_model_packet_put (self->model, error))))
    return FALSE;
  LatentSourceSettings settings = latent_model_get_source_settings (self->model);
  settings.every = self->every;
  settings.max = self->max;
  g_autoptr (LatentSource) source = latent_source_new (self->inputs, &settings, error);
  g_autoptr (LatentCodeFile)
      file = source ? latent_code_file_new (self->output, kind, embedded, error) : NULL;
  if (!file)
    return FALSE;
  g_autoptr (LatentReplay)
      replay = self->psnr ? latent_replay_new (self->model, self->coder.threads, NULL, NULL) : NULL;
  Target target = {file, replay, result};
  g_autoptr (LatentCoder)
      coder = latent_coder_new (self->model, &self->coder, take_packet, &target);
  if (!code_all (coder, replay, source, error) ||
      !latent_code_file_finish (file, &result->bytes, error))
    return FALSE;
  if (replay)
    result->psnr = latent_measure_get_psnr (
        latent_measure_get_mse (latent_replay_get_measure (replay)));
  return TRUE;
}
