/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/file-case.h"

/* .lat files written and parsed: what was put in comes out; of a file that is damaged, only what is
 * sound. */

#define N_PACKETS (2 * FILE_CASE_FRAMES)

/* GstCheck writes to a file for every assertion that holds, and these are millions. */
#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition))                                                                              \
      ck_abort_msg ("not so: %s", #condition);                                                     \
  } while (0)

/* Which packet of the file it is: one in turn; aborts where the bytes are not that packet's. */
static guint
identify (const FileCasePacket *found)
{
  guint stream = found->packet.stream;
  guint frame = (guint)(found->packet.pts / FILE_CASE_STEP);
  const LatentFilePacket wanted = file_case_describe (stream, frame);
  g_autoptr (GBytes) bytes = file_case_packet (stream, frame);

  CHECK (found->packet.pts == wanted.pts);
  CHECK (found->packet.duration == wanted.duration);
  CHECK (found->packet.key == wanted.key);
  CHECK (g_bytes_equal (bytes, found->bytes));
  return frame * 2 + stream;
}

/* All packets are the file's, each once, in order. */
static void
assert_sound (const FileCaseRun *run)
{
  guint next = 0, frames[2] = {0};

  for (guint i = 0; i < run->packets->len; i++) {
    const LatentFilePacket *packet = &file_case_get (run, i)->packet;
    guint at = identify (file_case_get (run, i));
    CHECK (at >= next);
    CHECK (at / 2 == frames[packet->stream] || packet->discont);
    next = at + 1;
    frames[packet->stream] = at / 2 + 1;
  }
}

GST_START_TEST (what_was_put_in_comes_out)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, TRUE);
  g_auto (FileCaseRun) run;
  guint n_tags;
  const LatentFileTag *tags;

  file_case_run_init (&run, __i__, file->data, file->len);
  file_case_run (&run);
  ck_assert (run.error == NULL);
  ck_assert (run.is_whole);
  ck_assert_uint_eq (run.n_damages, 0);
  ck_assert_uint_eq (run.packets->len, N_PACKETS);
  assert_sound (&run);
  for (guint i = 0; i < N_PACKETS; i++)
    ck_assert (!file_case_get (&run, i)->packet.discont);
  ck_assert_uint_eq (latent_file_parser_get_n_streams (run.parser), 2);
  ck_assert_int_eq (latent_file_parser_get_kind (run.parser, 0), LATENT_MEDIA_VIDEO);
  ck_assert_int_eq (latent_file_parser_get_kind (run.parser, 1), LATENT_MEDIA_AUDIO);
  ck_assert_uint_eq (g_bytes_get_size (latent_file_parser_get_header (run.parser, 1)), 6);
  ck_assert_int_eq (
      memcmp (g_bytes_get_data (latent_file_parser_get_header (run.parser, 0), NULL), "video", 5),
      0);
  ck_assert_uint_eq (latent_file_parser_get_duration (run.parser), 2 * FILE_CASE_SECOND);
  tags = latent_file_parser_get_tags (run.parser, &n_tags);
  ck_assert_uint_eq (n_tags, 2);
  ck_assert_uint_eq (tags[0].stream, LATENT_FILE_WHOLE);
  ck_assert_str_eq (tags[0].key, "title");
  ck_assert_str_eq (tags[0].value, "Stra\303\237e");
  ck_assert_uint_eq (tags[1].stream, 1);
}
GST_END_TEST;

/* docs/bitstream.md draws it: the bytes are a contract. */
GST_START_TEST (bytes_are_as_documented)
{
  static const guint8 front[] = {
      0x89, 'L', 'A', 'T', 0x0d, 0x0a, 0x1a, 0x0a, 1, 0, 0, 0, 7, 0, 0, 0};
  static const guint8 streams[] = {0xb7, 'l', 'a', 't', 1, 8, 0, 0};
  static const guint8 head_and_body[] = {7, 0, 0, 0, 2, 0, 0, 0, 1, 0x80, 0xc2, 0xd7, 0x2f, 5, 'v',
      'i', 'd', 'e', 'o', 2, 0, 6, 'a', 'u', 'd', 'i', 'o', '!'};
  g_autoptr (GByteArray) file = file_case_write (7, 1, TRUE);

  ck_assert_int_eq (memcmp (file->data, front, sizeof front), 0);
  ck_assert_int_eq (memcmp (file->data + 20, streams, sizeof streams), 0);
  ck_assert_int_eq (memcmp (file->data + 44, head_and_body, sizeof head_and_body), 0);
  ck_assert_int_eq (memcmp (file->data + file->len - 32, "\xb7lat\6\10", 6), 0);
}
GST_END_TEST;

/* Where the packets end in a file. */
static void
find_ends (const GByteArray *file, gsize ends[N_PACKETS])
{
  const guint8 *from = file->data;

  for (guint i = 0; i < N_PACKETS; i++) {
    g_autoptr (GBytes) bytes = file_case_packet (i % 2, i / 2);
    gsize size;
    gconstpointer packet = g_bytes_get_data (bytes, &size);
    const guint8 *at = memmem (from, file->len - (gsize)(from - file->data), packet, size);
    ck_assert (at != NULL);
    from = at + size;
    ends[i] = (gsize)(from - file->data);
  }
}

GST_START_TEST (a_file_cut_anywhere_plays_to_its_last_whole_packet)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, __i__ % 2 == 1);
  gsize ends[N_PACKETS];

  find_ends (file, ends);
  for (gsize cut = 0; cut < file->len; cut++) {
    g_auto (FileCaseRun) run;
    guint wanted = 0;
    file_case_run_init (&run, __i__ / 2 ? FILE_CASE_SEEKED : FILE_CASE_WHOLE, file->data, cut);
    file_case_run (&run);
    while (wanted < N_PACKETS && ends[wanted] <= cut)
      wanted++;
    assert_sound (&run);
    ck_assert_msg (run.packets->len == wanted, "cut at %" G_GSIZE_FORMAT ": %u packets, not %u",
        cut, run.packets->len, wanted);
    ck_assert (!run.is_whole);
    ck_assert (run.error != NULL || run.is_ready);
  }
}
GST_END_TEST;

GST_START_TEST (a_flipped_bit_costs_little_and_makes_nothing_up)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, TRUE);
  const gsize front = 20 + 24 + 8 + 20;

  for (gsize at = 0; at < file->len; at++) {
    g_auto (FileCaseRun) run;
    file->data[at] ^= (guint8)(1 << (at + (guint)__i__) % 8);
    file_case_run_init (
        &run, __i__ % 2 ? FILE_CASE_SEEKED : FILE_CASE_WHOLE, file->data, file->len);
    file_case_run (&run);
    assert_sound (&run);
    ck_assert (run.error || !run.is_whole || run.n_damages > 0 || __i__ % 2);
    ck_assert_msg (at < front || run.packets->len >= N_PACKETS - 6,
        "byte %" G_GSIZE_FORMAT ": %u packets", at, run.packets->len);
    file->data[at] ^= (guint8)(1 << (at + (guint)__i__) % 8);
  }
}
GST_END_TEST;

GST_START_TEST (bytes_left_out_cost_what_they_held)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, TRUE);
  g_autofree guint8 *spliced = g_malloc (file->len);

  for (gsize at = 150; at + 90 < file->len - 100; at += 7) {
    g_auto (FileCaseRun) run;
    memcpy (spliced, file->data, at);
    memcpy (spliced + at, file->data + at + 90, file->len - at - 90);
    file_case_run_init (&run, __i__, spliced, file->len - 90);
    file_case_run (&run);
    assert_sound (&run);
    ck_assert_uint_gt (run.n_damages, 0);
    ck_assert_uint_ge (run.packets->len, N_PACKETS - 15);
    ck_assert_uint_lt (run.packets->len, N_PACKETS);
  }
}
GST_END_TEST;

GST_START_TEST (bytes_that_come_twice_are_given_once)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, TRUE);
  const gsize n = 400; /* more than a block */

  for (gsize at = n + 150; at < file->len - 100; at += 5) {
    g_autoptr (GByteArray) spliced = g_byte_array_new ();
    g_auto (FileCaseRun) run;
    g_byte_array_append (spliced, file->data, (guint)at);
    g_byte_array_append (spliced, file->data + at - n, (guint)(file->len - at + n));
    file_case_run_init (&run, __i__, spliced->data, spliced->len);
    file_case_run (&run);
    assert_sound (&run);
    ck_assert_uint_gt (run.n_damages, 0);
    ck_assert_uint_ge (run.packets->len, N_PACKETS - 6);
  }
}
GST_END_TEST;

GST_START_TEST (another_file_behind_is_not_played)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, __i__ < 2);
  g_autoptr (GByteArray) other = file_case_write (8, 3, TRUE);
  g_auto (FileCaseRun) run;

  g_byte_array_append (file, other->data, other->len);
  file_case_run_init (&run, __i__ % 2 ? FILE_CASE_SEEKED : FILE_CASE_WHOLE, file->data, file->len);
  file_case_run (&run);
  assert_sound (&run);
  ck_assert_uint_eq (run.packets->len, N_PACKETS);
  ck_assert_uint_gt (run.n_damages, 0);
}
GST_END_TEST;

GST_START_TEST (another_files_packets_are_not_this_files)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, FALSE);
  g_autoptr (GByteArray) other = file_case_write (8, FILE_CASE_FRAMES, FALSE);
  g_auto (FileCaseRun) run;

  /* both have the same layout: the second half is the other's */
  ck_assert_uint_eq (file->len, other->len);
  memcpy (file->data + file->len / 2, other->data + file->len / 2, file->len - file->len / 2);
  file_case_run_init (&run, __i__, file->data, file->len);
  file_case_run (&run);
  assert_sound (&run);
  ck_assert_uint_gt (run.n_damages, 0);
  ck_assert_uint_lt (run.packets->len, N_PACKETS / 2 + 6);
}
GST_END_TEST;

static const struct {
  guint64 time; /* in tenths of a second */
  LatentFileSnap snap;
  guint64 found;
} seeks[] = {
    {0,  LATENT_FILE_SNAP_BEFORE,  0 },
    {4,  LATENT_FILE_SNAP_BEFORE,  0 },
    {5,  LATENT_FILE_SNAP_BEFORE,  5 },
    {9,  LATENT_FILE_SNAP_BEFORE,  5 },
    {6,  LATENT_FILE_SNAP_AFTER,   10},
    {10, LATENT_FILE_SNAP_AFTER,   10},
    {7,  LATENT_FILE_SNAP_NEAREST, 5 },
    {8,  LATENT_FILE_SNAP_NEAREST, 10},
    {19, LATENT_FILE_SNAP_AFTER,   15},
    {99, LATENT_FILE_SNAP_BEFORE,  15},
};

/* After a seek comes the key packet, and all that follow it; nothing of it is damaged. */
static void
check_seek (FileCaseRun *run, guint row)
{
  gboolean has_video = FALSE;

  g_array_set_size (run->packets, 0);
  ck_assert (
      latent_file_parser_seek (run->parser, 0, seeks[row].time * FILE_CASE_STEP, seeks[row].snap));
  ck_assert_uint_eq (file_case_run (run), seeks[row].found * FILE_CASE_STEP);
  ck_assert_uint_eq (file_case_run (run), G_MAXUINT64);
  for (guint i = 0; i < run->packets->len; i++) {
    const LatentFilePacket *packet = &file_case_get (run, i)->packet;
    identify (file_case_get (run, i));
    if (packet->stream != 0 || has_video)
      continue;
    has_video = TRUE;
    ck_assert_uint_eq (packet->pts, seeks[row].found * FILE_CASE_STEP);
    ck_assert (packet->discont);
  }
  ck_assert (has_video);
  ck_assert_uint_ge (run->packets->len, N_PACKETS - 2 * seeks[row].found);
  ck_assert_uint_eq (run->n_damages, 0);
}

GST_START_TEST (seeks_end_at_key_packets)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, __i__ % 2 == 0);

  for (FileCaseFeed feed = FILE_CASE_WHOLE; feed < FILE_CASE_N_FEEDS; feed++) {
    g_auto (FileCaseRun) run;
    file_case_run_init (&run, feed, file->data, file->len);
    file_case_run (&run);
    for (guint i = 0; i < G_N_ELEMENTS (seeks); i++) {
      if (feed != FILE_CASE_SEEKED && __i__ % 2 == 1 && seeks[i].time > 20)
        continue; /* where the end is is not known */
      check_seek (&run, i);
    }
  }
}
GST_END_TEST;

GST_START_TEST (a_seek_of_bytes_that_come_in_order_needs_their_size)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, __i__ % 2 == 0);
  g_auto (FileCaseRun) run;
  LatentFileEvent event;
  gsize given = 200;

  /* as far as READY */
  file_case_run_init (&run, FILE_CASE_WHOLE, file->data, given);
  latent_file_parser_push (run.parser, 0, file->data, given);
  while (latent_file_parser_next (run.parser, &event, NULL) != LATENT_FILE_READY)
    ;
  run.is_ready = TRUE;
  ck_assert (!latent_file_parser_seek (run.parser, 0, FILE_CASE_SECOND, LATENT_FILE_SNAP_BEFORE));
  run.size = file->len;
  run.feed = FILE_CASE_SEEKED;
  latent_file_parser_set_size (run.parser, file->len);
  for (guint i = 0; i < G_N_ELEMENTS (seeks); i++)
    check_seek (&run, i);
}
GST_END_TEST;

GST_START_TEST (a_file_that_was_not_finished_has_a_duration)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, FALSE);
  g_auto (FileCaseRun) run;

  file_case_run_init (&run, FILE_CASE_SEEKED, file->data, file->len);
  file_case_run (&run);
  ck_assert_uint_eq (latent_file_parser_get_duration (run.parser), 2 * FILE_CASE_SECOND);
  ck_assert (!run.is_whole);
  ck_assert_uint_eq (run.n_damages, 0);
}
GST_END_TEST;

GST_START_TEST (a_late_reader_begins_at_a_block)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, TRUE);
  g_autoptr (GByteArray) joined = g_byte_array_new ();
  const guint8 *sync = file->data;
  g_auto (FileCaseRun) run;
  guint front = 0;

  for (guint i = 0; i < 6; i++) { /* streams, tags, blocks */
    sync = memmem (sync + 1, file->len - (gsize)(sync + 1 - file->data), "\xb7lat", 4);
    if (i == 2)
      front = (guint)(sync - file->data);
  }
  g_byte_array_append (joined, file->data, front);
  g_byte_array_append (joined, sync, file->len - (guint)(sync - file->data));
  file_case_run_init (&run, FILE_CASE_WHOLE, joined->data, joined->len);
  file_case_run (&run);
  assert_sound (&run);
  ck_assert_uint_eq (run.n_damages, 0);
  ck_assert_uint_gt (run.packets->len, 0);
  ck_assert_uint_gt (file_case_get (&run, 0)->packet.pts, 0);
}
GST_END_TEST;

static const struct {
  gsize at;
  const char *bytes;
  gsize n;
  LatentError code;
  const char *text;
} refusals[] = {
    {8,  "\2\0\0\0\7\0\0\0\xd1\xd4\xd0\x18", 12, LATENT_ERROR_UNSUPPORTED, "version 2"       },
    {0,  "RIFF",                             4,  LATENT_ERROR_FORMAT,      "not a .lat file" },
    {22, "x",                                1,  LATENT_ERROR_FORMAT,      "no sound headers"},
    {53, "x",                                1,  LATENT_ERROR_FORMAT,      "no sound headers"},
};

GST_START_TEST (what_cannot_be_read_is_refused)
{
  g_autoptr (GByteArray) file = file_case_write (7, 2, TRUE);
  g_auto (FileCaseRun) run;

  memcpy (file->data + refusals[__i__].at, refusals[__i__].bytes, refusals[__i__].n);
  file_case_run_init (&run, FILE_CASE_WHOLE, file->data, file->len);
  file_case_run (&run);
  ck_assert (run.error != NULL);
  ck_assert_msg (
      g_error_matches (run.error, LATENT_ERROR, refusals[__i__].code), "%s", run.error->message);
  ck_assert_msg (
      strstr (run.error->message, refusals[__i__].text) != NULL, "%s", run.error->message);
}
GST_END_TEST;

GST_START_TEST (a_damaged_file_header_is_left_out)
{
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, TRUE);
  g_auto (FileCaseRun) run;

  file->data[13] = 'x'; /* the id */
  file_case_run_init (&run, __i__, file->data, file->len);
  file_case_run (&run);
  ck_assert_uint_eq (run.packets->len, N_PACKETS);
  ck_assert_uint_eq (run.n_damages, 1);
}
GST_END_TEST;

GST_START_TEST (models_are_stored_once_and_late_tags_are_known_early)
{
  g_autoptr (LatentFileWriter) writer = latent_file_writer_new (1);
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (GBytes) model = g_bytes_new_static ("a model", 7);
  g_autoptr (GBytes) other = g_bytes_new_static ("another", 7);
  g_auto (FileCaseRun) run;
  LatentFilePacket packet = {.key = TRUE};
  guint n_tags;

  latent_file_writer_add_stream (writer, LATENT_MEDIA_AUDIO, (const guint8 *)"h", 1, 0, NULL);
  ck_assert (latent_file_writer_add_model (writer, 0, model, NULL));
  ck_assert (latent_file_writer_add_packet (writer, &packet, (const guint8 *)"1", 1, NULL));
  ck_assert (latent_file_writer_add_model (writer, 0, model, NULL));
  ck_assert (latent_file_writer_add_packet (writer, &packet, (const guint8 *)"2", 1, NULL));
  ck_assert (latent_file_writer_add_model (writer, 0, other, NULL));
  ck_assert (latent_file_writer_add_tag (writer, 0, "title", "late", NULL));
  ck_assert (latent_file_writer_add_packet (writer, &packet, (const guint8 *)"3", 1, NULL));
  latent_file_writer_finish (writer);
  ck_assert (!latent_file_writer_add_tag (writer, 0, "title", "too late", NULL));
  ck_assert (!latent_file_writer_add_packet (writer, &packet, (const guint8 *)"4", 1, NULL));
  file_case_take (writer, file);
  file_case_run_init (&run, __i__, file->data, file->len);
  file_case_run (&run);
  ck_assert_uint_eq (run.n_models, 2);
  ck_assert_uint_eq (run.packets->len, 3);
  latent_file_parser_get_tags (run.parser, &n_tags);
  ck_assert_uint_eq (n_tags, 1);
}
GST_END_TEST;

GST_START_TEST (a_writer_refuses_what_no_file_can_hold)
{
  g_autoptr (LatentFileWriter) writer = latent_file_writer_new (1);
  g_autoptr (GByteArray) big = g_byte_array_new ();
  LatentFilePacket packet = {.stream = 1, .pts = 5};
  const guint8 *text = (const guint8 *)"x";

  g_byte_array_set_size (big, 4097);
  ck_assert (!latent_file_writer_add_stream (writer, LATENT_MEDIA_VIDEO, big->data, 4097, 0, NULL));
  ck_assert (!latent_file_writer_add_stream (writer, LATENT_MEDIA_VECTOR, text, 1, 0, NULL));
  for (guint i = 0; i < 16; i++)
    ck_assert (latent_file_writer_add_stream (writer, LATENT_MEDIA_VIDEO, text, 1, 0, NULL));
  ck_assert (!latent_file_writer_add_stream (writer, LATENT_MEDIA_VIDEO, text, 1, 0, NULL));
  ck_assert (!latent_file_writer_add_tag (writer, 16, "title", "x", NULL));
  ck_assert (!latent_file_writer_add_tag (writer, 0, "title", "\xff", NULL));
  ck_assert (latent_file_writer_add_packet (writer, &packet, text, 1, NULL));
  packet.pts = 4;
  ck_assert (!latent_file_writer_add_packet (writer, &packet, text, 1, NULL));
  ck_assert (!latent_file_writer_add_packet (writer, &packet, text, 0, NULL));
  packet.stream = 16;
  ck_assert (!latent_file_writer_add_packet (writer, &packet, text, 1, NULL));
  ck_assert (!latent_file_writer_add_stream (writer, LATENT_MEDIA_VIDEO, text, 1, 0, NULL));
}
GST_END_TEST;

/* What the container costs: speech of 50 packets a second in blocks of half a second, 4 bytes a
 * packet at most. */
GST_START_TEST (packets_cost_few_bytes)
{
  g_autoptr (LatentFileWriter) writer = latent_file_writer_new (1);
  g_autoptr (GByteArray) file = g_byte_array_new ();
  guint8 bytes[20] = {0};

  latent_file_writer_add_stream (
      writer, LATENT_MEDIA_AUDIO, (const guint8 *)"h", 1, FILE_CASE_SECOND / 50, NULL);
  for (guint i = 0; i < 3000; i++) {
    LatentFilePacket packet = {
        .pts = i * FILE_CASE_SECOND / 50, .duration = FILE_CASE_SECOND / 50, .key = i % 50 == 0};
    ck_assert (latent_file_writer_add_packet (writer, &packet, bytes, 20, NULL));
  }
  latent_file_writer_finish (writer);
  file_case_take (writer, file);
  ck_assert_uint_le (file->len - 3000 * 20, 3000 * 4);
}
GST_END_TEST;

static Suite *
file_suite (void)
{
  Suite *suite = suite_create ("file");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, what_was_put_in_comes_out, 0, FILE_CASE_N_FEEDS);
  tcase_add_test (tcase, bytes_are_as_documented);
  tcase_add_loop_test (tcase, a_file_cut_anywhere_plays_to_its_last_whole_packet, 0, 4);
  tcase_add_loop_test (tcase, a_flipped_bit_costs_little_and_makes_nothing_up, 0, 4);
  tcase_add_loop_test (tcase, bytes_left_out_cost_what_they_held, 0, FILE_CASE_N_FEEDS);
  tcase_add_loop_test (tcase, bytes_that_come_twice_are_given_once, 0, FILE_CASE_N_FEEDS);
  tcase_add_loop_test (tcase, another_file_behind_is_not_played, 0, 4);
  tcase_add_loop_test (tcase, another_files_packets_are_not_this_files, 0, FILE_CASE_N_FEEDS);
  tcase_add_loop_test (tcase, seeks_end_at_key_packets, 0, 2);
  tcase_add_loop_test (tcase, a_seek_of_bytes_that_come_in_order_needs_their_size, 0, 2);
  tcase_add_test (tcase, a_file_that_was_not_finished_has_a_duration);
  tcase_add_test (tcase, a_late_reader_begins_at_a_block);
  tcase_add_loop_test (tcase, what_cannot_be_read_is_refused, 0, G_N_ELEMENTS (refusals));
  tcase_add_loop_test (tcase, a_damaged_file_header_is_left_out, 0, FILE_CASE_N_FEEDS);
  tcase_add_loop_test (
      tcase, models_are_stored_once_and_late_tags_are_known_early, 0, FILE_CASE_N_FEEDS);
  tcase_add_test (tcase, a_writer_refuses_what_no_file_can_hold);
  tcase_add_test (tcase, packets_cost_few_bytes);
  return suite;
}

GST_CHECK_MAIN (file);
