/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How near sound comes to an original; n samples of one channel each, full scale 1. */

/* Signal over distortion in dB, whatever the loudness of `rebuilt`: the part of it that is the
 * original, scaled, against the rest (SI-SDR). */
double latent_sound_si_sdr (const float *original, const float *rebuilt, gsize n);
/* Log-spectral distance in dB: of spectra of 512 samples (Hann, every 256), the root of the mean
 * square of differences of levels in dB, averaged. Levels below -100 dB of full scale are taken as
 * that. NaN below 512 samples. */
double latent_sound_spectral_distance (const float *original, const float *rebuilt, gsize n);
/* By how many samples (0 to most) `rebuilt` is late: where the two correlate best, by size. Needs n
 * samples of the original, n + most of the other. */
gsize latent_sound_find_delay (const float *original, const float *rebuilt, gsize n, gsize most);
