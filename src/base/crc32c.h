/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* CRC32C (Castagnoli: polynomial 0x1EDC6F41 reflected, begun and ended with all ones, as in iSCSI
 * and ext4) of bytes that follow on bytes whose checksum is `crc`; 0 for none yet. */
guint32 latent_crc32c (guint32 crc, const guint8 *data, gsize size);
/* The same without the CPU's help. */
guint32 latent_crc32c_by_table (guint32 crc, const guint8 *data, gsize size);
