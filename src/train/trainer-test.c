/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/train/trainer-private.h"

static void
add_terms (LatentTrainer *self, guint n)
{
  for (guint i = 0; i < LATENT_N_TERMS; i++) {
    double term = latent_trainer_get_term (self, LATENT_RUN_TEST, (LatentTerm)i);
    /* that one is no mean but a number of samples */
    self->sums.terms[i] += i == LATENT_TERM_CORRECT ? term : term * n;
  }
  self->sums.samples += n;
}

gboolean
latent_trainer_test (LatentTrainer *self, guint n, GError **error)
{
  guint unit = self->objective->unit;

  g_return_val_if_fail (n <= self->objective->batch, FALSE);
  n -= n % unit; /* half of a pair or a sequence says nothing */
  if (n == 0)
    return TRUE;
  latent_trainer_swap (self, TRUE);
  latent_trainer_draw_test (self, self->sums.batches++, n);
  if (!latent_trainer_run (self, LATENT_RUN_TEST, error))
    return FALSE;
  add_terms (self, n);
  return TRUE;
}

void
latent_trainer_end_test (LatentTrainer *self, LatentTrainResult *result)
{
  const double *terms = self->sums.terms;
  double n = self->sums.samples; /* without any all terms are NaN */

  latent_trainer_swap (self, FALSE);
  *result = (LatentTrainResult){
      .step = self->step,
      .loss = terms[LATENT_TERM_LOSS] / n,
      .distortion = terms[LATENT_TERM_DISTORTION] / n,
      .kl = terms[LATENT_TERM_KL] / n,
      .bits = terms[LATENT_TERM_BITS] / n,
      .accuracy = terms[LATENT_TERM_CORRECT] / n,
      .mse = terms[LATENT_TERM_MSE] / n,
      .norm = NAN,
  };
  self->sums = (LatentTrainerSums){0};
}
