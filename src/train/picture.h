/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

/* What is done to pictures (GRAY8, RGB, I420) before a net learns from them. Places and sizes in
 * pixels, even ones of I420. */

/* A picture in memory of its own: every plane as small as can be. */
LatentPicture *latent_picture_new (LatentPixelFormat format, guint width, guint height);
void latent_picture_free (LatentPicture *self);
LatentPicture *latent_picture_copy (const LatentPicture *self);
/* Bytes of a plane's row, and its rows. */
void latent_picture_get_plane_size (
    const LatentPicture *self, guint plane, gsize *row, gsize *rows);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPicture, latent_picture_free)

/* Bytes of a picture whose planes are as small as can be. */
gsize latent_picture_get_size (LatentPixelFormat format, guint width, guint height);
/* A picture that lies in such bytes. */
LatentPicture latent_picture_wrap (
    LatentPixelFormat format, guint width, guint height, guint8 *data);
/* Copies the part of src at (x, y) that dst is large, mirrored or not. */
void latent_picture_cut (
    const LatentPicture *dst, const LatentPicture *src, guint x, guint y, gboolean mirrored);
/* A new picture, each pixel the mean of 2x2; what is odd is left out. */
LatentPicture *latent_picture_halve (const LatentPicture *src);
/* Brightness of each pixel, width x height. */
void latent_picture_get_luma (const LatentPicture *src, guint8 *luma);
/* Marks in all components (255, else 0) which pixels differ in `luma` and `other` by more than
 * `most`; chroma where any of its pixels does. */
void latent_picture_mark (
    const LatentPicture *dst, const guint8 *luma, const guint8 *other, guint most);
