/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

#define T "latent.training."

/* 16 samples of nothing, and of 10 in the middle. */
#define SILENCE "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
#define CLICK   "0 0 0 0 0 0 0 10 0 0 0 0 0 0 0 0"

/* clang-format off */
static const OpsCase cases[] = {
    /* Weights of a window of 4 are sin^2: 0.1464466 0.8535534 0.8535534 0.1464466. */
    {T "OverlapAdd", 1, "hop:i=2 sequence:i=3", {"f[3,1,4]:1 2 3 4 5 6 7 8 0 0 0 0"},
     {"f[3,1,2]:0 0 3.2928932 5.7071068 5.9748737 1.1715729"}},
    {T "OverlapAdd", 1, "hop:i=2 sequence:i=1", {"f[2,1,4]:1 2 3 4 5 6 7 8"}, {"f[2,1,2]:0 0 0 0"}},
    {T "OverlapAdd", 1, "hop:i=4 sequence:i=2", {"f[2,1,4]:1 2 3 4 5 6 7 8"}, {"f[2,1,4]:1 2 3 4 5 6 7 8"}},
    /* Windows that were cut from 1 2 3 ... come back, each channel by itself. */
    {T "OverlapAdd", 1, "hop:i=2 sequence:i=2", {"f[2,2,4]:1 2 3 4 -1 -2 -3 -4 3 4 5 6 -3 -4 -5 -6"},
     {"f[2,2,2]:0 0 0 0 3 4 -3 -4"}},
    {T "OverlapAdd", 1, "hop:i=2 sequence:i=3", {"f[3,1,5]:1 2 3 4 5 3 4 5 6 7 5 6 7 8 9"},
     {"f[3,1,2]:0 0 0 0 5 6"}},
    {T "OverlapAddGrad", 1, "hop:i=2 sequence:i=3", {"f[3,1,2]:9 9 1 10 2 20", "f[3,1,4]:0 0 0 0 0 0 0 0 0 0 0 0"},
     {"f[3,1,4]:0 0 0.8535534 1.4644661 0.1464466 8.5355339 1.7071068 2.9289322 0.2928932 17.0710678 0 0"}},
    {T "OverlapAdd", 1, "hop:i=5", {"f[1,1,4]:1 2 3 4"}, {""}, "no sequences"},
    {T "OverlapAdd", 1, "hop:i=0", {"f[1,1,4]:1 2 3 4"}, {""}, "no sequences"},
    {T "OverlapAdd", 1, "hop:i=2 sequence:i=2", {"f[1,1,4]:1 2 3 4"}, {""}, "no sequences of 2"},
    /* The click has the same power at each frequency: (10 x 0.4043261)^2. 10 log10 (17.3479597). */
    {T "SpectralError", 1, "size:i=16 hop:i=16 floor:f=1", {"f[1,1,16]:" SILENCE, "f[1,1,16]:" CLICK}, {"f[]:12.392484"}},
    {T "SpectralError", 1, "size:i=16 hop:i=16 floor:f=1", {"f[1,1,16]:" CLICK, "f[1,1,16]:" SILENCE}, {"f[]:12.392484"}},
    {T "SpectralError", 1, "size:i=16 hop:i=16", {"f[1,1,16]:" CLICK, "f[1,1,16]:" CLICK}, {"f[]:0"}},
    {T "SpectralError", 1, "size:i=16 hop:i=16 floor:f=1",
     {"f[2,1,16]:" SILENCE " " SILENCE, "f[2,1,16]:" SILENCE " " CLICK}, {"f[]:6.196242"}},
    {T "SpectralError", 1, "size:i=16 hop:i=16 floor:f=1",
     {"f[2,1,16]:" SILENCE " " SILENCE, "f[2,1,16]:" SILENCE " " CLICK, "", "f[1]:1"}, {"f[]:0"}},
    /* Windows of a sequence lie behind one another. */
    {T "SpectralError", 1, "size:i=16 hop:i=16 floor:f=1 sequence:i=2",
     {"f[2,1,8]:" SILENCE, "f[2,1,8]:" CLICK}, {"f[]:12.392484"}},
    {T "SpectralErrorGrad", 1, "size:i=16 hop:i=16", {"f[]:1", "f[1,1,16]:" CLICK, "f[1,1,16]:" CLICK}, {"f[1,1,16]:" SILENCE}},
    {T "SpectralError", 1, "size:i=24 hop:i=8", {"f[1,1,32]:" SILENCE " " SILENCE, "f[1,1,32]:" SILENCE " " SILENCE}, {""}, "a power of 2"},
    {T "SpectralError", 1, "size:i=16 hop:i=0", {"f[1,1,16]:" SILENCE, "f[1,1,16]:" SILENCE}, {""}, "a power of 2"},
    {T "SpectralError", 1, "size:i=32 hop:i=8", {"f[1,1,16]:" SILENCE, "f[1,1,16]:" SILENCE}, {""}, "have no frames of 32"},
    {T "SpectralError", 1, "size:i=16 hop:i=8", {"f[1,1,16]:" SILENCE, "f[1,2,8]:" SILENCE}, {""}, "target"},
};
/* clang-format on */

GST_START_TEST (gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_sound_suite (void)
{
  Suite *suite = suite_create ("ops-sound");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_sound)
