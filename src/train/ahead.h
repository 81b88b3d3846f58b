/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/shuffle.h"

/* Items that a thread reads ahead, so that decoding goes on while a net learns. They come as they
 * would without it. Takes `items`, which only that thread uses from then on; `most` items wait at
 * any time, 1 or more. */
LatentItems *latent_items_read_ahead (LatentItems *items, guint most);
