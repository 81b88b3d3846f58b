/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The whole of liblatent. GStreamer applications want latent/gst.h too. */
#include <latent/codec.h>
#include <latent/error.h>
#include <latent/file.h>
#include <latent/model.h>
#include <latent/program.h>
#include <latent/session.h>
#include <latent/tensor.h>
