/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The whole of liblatent: models, programs, sessions. See latent/gst.h for GStreamer applications. */
#include <latent/error.h>
#include <latent/model.h>
#include <latent/program.h>
#include <latent/session.h>
#include <latent/tensor.h>
