#include "app/cut.h"

#include <inttypes.h>

#define AT(m) CONF_AT(struct cut_conf, m)
const struct conf_row cut_rows[] = {
    {"input.list", CONF_TEXT, AT(list), "", 1, 0, NULL, "", PLACEMENT,
     "CSV with image_path, coordX, coordY, coordZ; its digest is in the "
     "result"},
    {"data.root", CONF_TEXT, AT(root), "", 1, 0, NULL, "", PLACEMENT,
     "folder that image_path is relative to; empty: that of the list"},
    {"data.strip", CONF_TEXT, AT(strip), "", 1, 0, NULL, "", PLACEMENT,
     "taken off the front of image_path, e.g. another machine's folder"},
    {"patch.radius", CONF_I64, AT(radius), "25", 1, 512, NULL, "voxels",
     IDENTITY, "half edge of a patch"},
    {"patch.spacing", CONF_F64S, AT(spacing), "[1, 1, 1]", 0.05, 100, NULL,
     "mm", IDENTITY, "resample to this spacing; []: keep the volume's grid"},
    {"patch.orient", CONF_BOOL, AT(orient), "false", 1, 0, NULL, "", IDENTITY,
     "slice in LPI with the index of the native frame: true for DeepLesion's "
     "lists, false for all others"},
    {"patch.orient_patch", CONF_BOOL, AT(orient_patch), "true", 1, 0, NULL, "",
     IDENTITY, "turn patches to LPS"},
    {"patch.tolerance_mm", CONF_F64, AT(tolerance_mm), "0", 0, 1000, NULL, "mm",
     IDENTITY, "seeds may lie this far outside their volume"},
};
const size_t cut_rows_n = sizeof cut_rows / sizeof cut_rows[0];
#undef AT

status cut_patch_conf(const struct cut_conf *c, struct patch_conf *out)
{
    status st = OK;
    const struct conf_list *mm = &c->spacing;

    ENSURE(mm->n == 0 || mm->n == 3, ERR_CONF,
           "patch.spacing: %" PRIu32 " values; three are needed, or none",
           mm->n);
    *out = (struct patch_conf){.radius = c->radius,
                               .orient = c->orient,
                               .orient_patch = c->orient_patch,
                               .resample = mm->n == 3};
    for (int a = 0; a < 3; a++)
        out->spacing_mm[a] = mm->n == 3 ? mm->v.f[a] : 1.0;
out:
    return st;
}

struct list_conf cut_list_conf(const struct cut_conf *c)
{
    return (struct list_conf){.root = c->root, .strip = c->strip};
}
