/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/http-case.h"

#include <stdlib.h>
#include <string.h>

/* Reads a request up to its empty line. */
static char *
read_request (GInputStream *input)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char byte;

  while (!g_str_has_suffix (text->str, "\r\n\r\n") &&
         g_input_stream_read (input, &byte, 1, NULL, NULL) == 1)
    g_string_append_c (text, byte);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
answer (HttpCase *self, GSocketConnection *connection)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autofree char *request = read_request (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  const char *range = strstr (request, "bytes=");
  const guint size = self->file->len;
  guint from = 0;
  g_autofree char *head = NULL;

  if (range && self->has_ranges)
    from = (guint)MIN (strtoul (range + 6, NULL, 10), size);
  head = from > 0
             ? g_strdup_printf ("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes "
                                "%u-%u/%u\r\nAccept-Ranges: bytes\r\nContent-Length: %u\r\n"
                                "Connection: close\r\n\r\n",
                   from, size - 1, size, size - from)
             : g_strdup_printf ("HTTP/1.1 200 OK\r\nAccept-Ranges: %s\r\nContent-Length: %u\r\n"
                                "Connection: close\r\n\r\n",
                   self->has_ranges ? "bytes" : "none", size);
  g_output_stream_write_all (output, head, strlen (head), NULL, NULL, NULL);
  if (g_str_has_prefix (request, "GET"))
    g_output_stream_write_all (output, self->file->data + from, size - from, NULL, NULL, NULL);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

static gpointer
serve (gpointer data)
{
  HttpCase *self = data;

  while (TRUE) {
    g_autoptr (GSocketConnection)
        connection = g_socket_listener_accept (self->listener, NULL, self->cancel, NULL);

    if (!connection)
      return NULL;
    answer (self, connection);
  }
}

void
http_case_init (HttpCase *self, GByteArray *file, gboolean has_ranges)
{
  *self = (HttpCase){.listener = g_socket_listener_new (),
      .cancel = g_cancellable_new (),
      .file = file,
      .has_ranges = has_ranges};
  self->port = g_socket_listener_add_any_inet_port (self->listener, NULL, NULL);
  g_assert_cmpuint (self->port, >, 0);
  self->thread = g_thread_new ("http", serve, self);
}

void
http_case_clear (HttpCase *self)
{
  g_cancellable_cancel (self->cancel);
  g_thread_join (self->thread);
  g_object_unref (self->listener);
  g_object_unref (self->cancel);
}
