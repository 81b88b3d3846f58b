/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* encode-picture MODEL.onnx PICTURE.ppm: prints the latents of a picture, one channel a line.
 *
 * The library without GStreamer: a model, a session, a picture in, latents out. Reads binary PNM:
 * .ppm for models of RGB, .pgm for models of GRAY8. */
#include <latent/latent.h>
#include <stdio.h>

/* Reads a binary PNM of 8 bits a sample without comments; dst points into data. */
static gboolean
parse_pnm (const char *data, gsize size, LatentPicture *dst)
{
  int header = 0;
  char kind;
  unsigned width, height;
  if (sscanf (data, "P%c %u %u 255%n", &kind, &width, &height, &header) != 3 || header == 0)
    return FALSE;
  if ((kind != '5' && kind != '6') || width == 0 || height == 0)
    return FALSE;

  guint bytes = kind == '6' ? 3 : 1;
  gsize begin = header + 1; /* one white space ends the header */
  if (width > G_MAXINT / 3 || size < begin || (size - begin) / (width * bytes) < height)
    return FALSE;
  *dst = (LatentPicture){
      .format = kind == '6' ? LATENT_PIXEL_FORMAT_RGB : LATENT_PIXEL_FORMAT_GRAY8,
      .width = width,
      .height = height,
      .data = {(guint8 *)data + begin},
      .stride = {width * bytes},
  };
  return TRUE;
}

/* dims: frames or tiles, channels, height, width. */
static void
print_latent (const float *latent, const gint64 *dims, gsize n)
{
  gsize line = n / (dims[0] * dims[1]);
  for (gsize i = 0; i < n; i++)
    printf ("%g%c", latent[i], (i + 1) % line == 0 ? '\n' : ' ');
}

static gboolean
encode (LatentModel *model, const LatentPicture *picture, GError **error)
{
  g_autoptr (LatentSession)
      session = latent_session_new (model, LATENT_MODE_ENCODE, LATENT_PRECISION_AUTO, 1, 1, error);
  if (!session)
    return FALSE;
  if (!latent_session_set_video (session, picture->format, picture->width, picture->height, error))
    return FALSE;

  latent_session_put_picture (session, 0, picture);
  if (!latent_session_run (session, error))
    return FALSE;

  gsize size = latent_session_get_latent_size (session);
  g_autofree float *latent = g_malloc (size);
  guint n_dims;
  const gint64 *dims = latent_session_get_latent_dims (session, &n_dims);
  latent_session_get_latent (session, 0, latent);
  print_latent (latent, dims, size / sizeof (float));
  return TRUE;
}

int
main (int argc, char **argv)
{
  if (argc != 3) {
    fprintf (stderr, "usage: %s MODEL.onnx PICTURE.ppm\n", argv[0]);
    return 2;
  }

  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  gsize size;
  LatentPicture picture;
  g_autoptr (LatentModel) model = latent_model_load (argv[1], &error);
  if (!model || !g_file_get_contents (argv[2], &data, &size, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  if (!parse_pnm (data, size, &picture)) {
    fprintf (stderr, "%s: not a binary PNM picture of 8 bits\n", argv[2]);
    return 1;
  }
  if (!latent_session_supports_format (model, picture.format)) {
    fprintf (stderr, "%s takes other pictures than %s\n", argv[1], argv[2]);
    return 1;
  }
  if (!encode (model, &picture, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  return 0;
}
