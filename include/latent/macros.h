/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Marks a function as part of the installed library; all others are hidden. */
#ifndef LATENT_API
#define LATENT_API __attribute__ ((visibility ("default"))) extern
#endif
