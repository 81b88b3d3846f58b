/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/interrupt.h"

volatile sig_atomic_t latent_interrupt_flag;

static void
note_signal (int number)
{
  latent_interrupt_flag = 1;
}

void
latent_interrupt_catch (void)
{
  struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

gboolean
latent_interrupt_came (void)
{
  return latent_interrupt_flag != 0;
}

void
latent_interrupt_put (GVariantBuilder *builder)
{
  if (latent_interrupt_came ())
    g_variant_builder_add (builder, "{sv}", "interrupted", g_variant_new_boolean (TRUE));
}
