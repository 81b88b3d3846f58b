/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/gst/tags.h"

#include <gst/check/gstcheck.h>

static void
take (const char *key, const char *value, gpointer data)
{
  GString *text = data;

  g_string_append_printf (text, "%s:%s\n", key, value);
}

static char *
to_text (const GstTagList *tags)
{
  GString *text = g_string_new (NULL);

  latent_gst_tags_put (tags, take, text);
  return g_string_free (text, FALSE);
}

static const struct {
  const char *key;
  const char *value; /* as text */
} rows[] = {
    {GST_TAG_TITLE,                 "A = \"b\"\nStra\303\237e"},
    {GST_TAG_TRACK_NUMBER,          "7"                       },
    {GST_TAG_DURATION,              "5000000000"              },
    {GST_TAG_DATE,                  "2024-02-29"              },
    {GST_TAG_DATE_TIME,             "2024-02-29T10:11:12Z"    },
    {GST_TAG_BEATS_PER_MINUTE,      "120.5"                   },
    {GST_TAG_GEO_LOCATION_LATITUDE, "-33.25"                  },
};

GST_START_TEST (tags_go_there_and_back)
{
  g_autoptr (GstTagList) tags = gst_tag_list_new_empty ();
  g_autofree char *wanted = g_strdup_printf ("%s:%s\n", rows[__i__].key, rows[__i__].value);
  g_autofree char *text = NULL;

  latent_gst_tags_get (tags, rows[__i__].key, rows[__i__].value);
  text = to_text (tags);
  ck_assert_str_eq (text, wanted);
}
GST_END_TEST;

GST_START_TEST (values_of_a_tag_are_kept_apart)
{
  g_autoptr (GstTagList) tags = gst_tag_list_new_empty ();
  g_autofree char *text = NULL;

  latent_gst_tags_get (tags, GST_TAG_ARTIST, "A");
  latent_gst_tags_get (tags, GST_TAG_ARTIST, "B");
  text = to_text (tags);
  ck_assert_str_eq (text, "artist:A\nartist:B\n");
}
GST_END_TEST;

GST_START_TEST (what_is_no_text_is_left_out)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, 4, NULL);
  g_autoptr (GstSample) sample = gst_sample_new (buffer, NULL, NULL, NULL);
  g_autoptr (GstTagList) tags = gst_tag_list_new (
      GST_TAG_IMAGE, sample, GST_TAG_CONTAINER_FORMAT, "AVI", GST_TAG_COMMENT, "kept", NULL);
  g_autofree char *text = to_text (tags);

  ck_assert_str_eq (text, "comment:kept\n");
}
GST_END_TEST;

GST_START_TEST (what_is_wrong_or_unknown_does_no_harm)
{
  g_autoptr (GstTagList) tags = gst_tag_list_new_empty ();
  g_autofree char *text = NULL;

  latent_gst_tags_get (tags, GST_TAG_TRACK_NUMBER, "seven");
  latent_gst_tags_get (tags, GST_TAG_DATE, "");
  latent_gst_tags_get (tags, GST_TAG_TITLE, "");
  latent_gst_tags_get (tags, GST_TAG_IMAGE, "x");
  latent_gst_tags_get (tags, "no such tag", "x");
  text = to_text (tags);
  ck_assert_str_eq (text, "extended-comment:image=x\nextended-comment:no such tag=x\n");
}
GST_END_TEST;

static Suite *
gst_tags_suite (void)
{
  Suite *suite = suite_create ("gst-tags");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, tags_go_there_and_back, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tcase, values_of_a_tag_are_kept_apart);
  tcase_add_test (tcase, what_is_no_text_is_left_out);
  tcase_add_test (tcase, what_is_wrong_or_unknown_does_no_harm);
  return suite;
}

GST_CHECK_MAIN (gst_tags);
