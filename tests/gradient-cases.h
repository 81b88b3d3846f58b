/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A net (see net-text.h) whose derivatives by each of its inputs and parameters are checked. Keep
 * arrays small: each of their elements is moved four times. Where a function has a kink, choose
 * ranges that keep 1/64 away from it. */
typedef struct {
  const char *name;
  const char *net;
} GradientCase;

/* Lists by family, each of which ends with an empty one. */
extern const GradientCase gradient_cases[];
extern const GradientCase gradient_cases_layers[];
extern const GradientCase gradient_cases_losses[];
extern const GradientCase gradient_cases_recurrent[];
