/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/train/objective-private.h"

/* Reads the key `loss`: "mse", or losses by range of elements, "mse:0-16,bce:16-100"; a number may
 * stand before each, "0.5*mse:0-16". */

static gboolean
find_name (const char *const *names, const char *name, guint *index)
{
  for (*index = 0; names[*index] != NULL; ++*index)
    if (g_str_equal (names[*index], name))
      return TRUE;
  return FALSE;
}

/* "16-100" */
static gboolean
parse_range (const char *text, gsize d, LatentLossGroup *group)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", -1);
  guint64 begin, end;

  if (g_strv_length (ends) != 2 || !g_ascii_string_to_unsigned (ends[0], 10, 0, d, &begin, NULL) ||
      !g_ascii_string_to_unsigned (ends[1], 10, 0, d, &end, NULL) || begin >= end)
    return FALSE;
  group->begin = begin;
  group->end = end;
  return TRUE;
}

/* "0.5*" before a name: moves *text behind it. */
static gboolean
parse_weight (const char **text, double *weight)
{
  const char *star = strchr (*text, '*');
  char *end;

  *weight = 1;
  if (star == NULL)
    return TRUE;
  *weight = g_ascii_strtod (*text, &end);
  *text = star + 1;
  return end == star && isfinite (*weight) && *weight > 0;
}

static gboolean
parse_group (
    const char *text, const char *const *names, gsize d, LatentLossGroup *group, GError **error)
{
  const char *name = text;
  double weight;
  gboolean is_weighted = parse_weight (&name, &weight);
  g_auto (GStrv) parts = g_strsplit (name, ":", 2);
  g_autofree char *list = g_strjoinv (", ", (char **)names);

  *group = (LatentLossGroup){.is_all = TRUE, .begin = 0, .end = d, .weight = weight};
  if (!is_weighted)
    return latent_objective_fail (error, "loss", "'%s' wants a number above 0 before *", text);
  if (parts[0] == NULL || !find_name (names, g_strstrip (parts[0]), &group->kind))
    return latent_objective_fail (
        error, "loss", "'%s' is none of: %s", parts[0] != NULL ? parts[0] : "", list);
  if (parts[1] == NULL)
    return TRUE;
  group->is_all = FALSE;
  if (parse_range (g_strstrip (parts[1]), d, group))
    return TRUE;
  return latent_objective_fail (error, "loss",
      "'%s' wants a range of elements BEGIN-END within the 0-%zu of the output", text, d);
}

static gint
compare_groups (gconstpointer a, gconstpointer b)
{
  const LatentLossGroup *x = a;
  const LatentLossGroup *y = b;

  return (x->begin > y->begin) - (x->begin < y->begin);
}

/* Every element in one range: what is left out by mistake would never be learned. */
static gboolean
check_cover (const GArray *groups, gsize d, GError **error)
{
  gsize end = 0;

  for (guint i = 0; i < groups->len; i++) {
    const LatentLossGroup *group = &g_array_index (groups, LatentLossGroup, i);
    if (group->begin < end)
      return latent_objective_fail (
          error, "loss", "elements %zu-%zu are in two ranges", group->begin, MIN (end, group->end));
    if (group->begin > end)
      return latent_objective_fail (
          error, "loss", "elements %zu-%zu are in no range", end, group->begin);
    end = group->end;
  }
  return end == d ||
         latent_objective_fail (error, "loss", "elements %zu-%zu are in no range", end, d);
}

GArray *
latent_loss_parse (const char *text, const char *const *names, gsize d, GError **error)
{
  g_autoptr (GArray) groups = g_array_new (FALSE, FALSE, sizeof (LatentLossGroup));
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    LatentLossGroup group;
    if (!parse_group (parts[i], names, d, &group, error))
      return NULL;
    g_array_append_val (groups, group);
  }
  g_array_sort (groups, compare_groups);
  return check_cover (groups, d, error) ? g_steal_pointer (&groups) : NULL;
}
