/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

typedef struct {
  const char *path;      /* of the model */
  const char *precision; /* NULL: auto */
  guint threads;
  guint batch;
  guint width, height; /* of pictures */
  guint frames;        /* or so many tenths of a second of sound */
} LatentBenchElements;

/* Times the elements that run a model: each by itself, between two pads, and an encoder with its
 * decoder behind a queue. An array of dictionaries (aa{sv}), not floating. The model must not be
 * loaded meanwhile, so that the time of starting is that of loading it, too. */
GVariant *latent_bench_elements (const LatentBenchElements *self, GError **error);
