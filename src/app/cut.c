#include "app/cut.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

#define AT(m) CONF_AT(struct cut_conf, m)
const struct conf_row cut_rows[] = {
    {"input.list", CONF_TEXT, AT(list), "", 1, 0, NULL, "", PLACEMENT,
     "CSV with image_path, coordX, coordY, coordZ; its digest is in the "
     "result"},
    {"data.root", CONF_TEXT, AT(root), "", 1, 0, NULL, "", PLACEMENT,
     "folder that image_path is relative to; empty: that of the list"},
    {"data.strip", CONF_TEXT, AT(strip), "", 1, 0, NULL, "", PLACEMENT,
     "taken off the front of image_path, e.g. another machine's folder"},
    {"patch.path", CONF_ENUM, AT(path), "training", 1, 0, "training|inference",
     "", IDENTITY,
     "how patches are cut: training keeps the volume's type, resamples as ITK; "
     "inference is the study's for new data: normalised floats, 1 mm along the "
     "patient's axes, zeros where the volume ends"},
    {"patch.sampling", CONF_ENUM, AT(sampling), "monai-1.4", 1, 0,
     "monai-1.4|ideal", "", IDENTITY,
     "inference: where a voxel is sampled; MONAI 1.2 to 1.5 miss its place by "
     "up to half of |spacing - 1| mm at the volume's border, 1.1 did not"},
    {"patch.precropped", CONF_BOOL, AT(precropped), "false", 1, 0, NULL, "",
     IDENTITY,
     "inference: the volume is the patch, normalised and padded, not turned or "
     "resampled; axes are x, y, z then, as in the original"},
    {"patch.size", CONF_I64S, AT(size), "[]", 1, 1024, NULL, "voxels", IDENTITY,
     "inference: size of a patch along z, y, x; []: twice patch.radius"},
    {"patch.radius", CONF_I64, AT(radius), "25", 1, 512, NULL, "voxels",
     IDENTITY, "half edge of a patch"},
    {"patch.spacing", CONF_F64S, AT(spacing), "[1, 1, 1]", 0.05, 100, NULL,
     "mm", IDENTITY,
     "training: resample to this spacing; []: keep the volume's grid"},
    {"patch.orient", CONF_BOOL, AT(orient), "false", 1, 0, NULL, "", IDENTITY,
     "training: slice in LPI with the index of the native frame: true for "
     "DeepLesion's "
     "lists, false for all others"},
    {"patch.orient_patch", CONF_BOOL, AT(orient_patch), "true", 1, 0, NULL, "",
     IDENTITY, "training: turn patches to LPS"},
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

status cut_cutter_conf(const struct cut_conf *c, struct cutter_conf *out)
{
    status st = OK;
    struct cutter_conf k = {.tolerance_mm = c->tolerance_mm,
                            .infer.ideal = c->sampling == 1};

    TRY(cut_patch_conf(c, &k.train));
    ENSURE(c->path == 1 || !c->precropped, ERR_CONF,
           "patch.precropped is of the inference path; set patch.path to "
           "inference");
    ENSURE(c->size.n == 0 || c->size.n == 3, ERR_CONF,
           "patch.size: %" PRIu32 " values; three are needed, or none",
           c->size.n);
    k.path = c->path == 0 ? CUTTER_TRAINING : CUTTER_INFERENCE;
    if (c->precropped)
        k.path = CUTTER_PRECROPPED;
    for (int a = 0; a < 3; a++)
        k.infer.size[a] = c->size.n == 3 ? c->size.v.i[a] : 2 * c->radius;
    *out = k;
out:
    return st;
}

/* "patch.radius: 25" to "patch.radius=25"; other keys are passed over. */
static status sets_of(char *text, const char **sets, size_t most, size_t *n)
{
    status st = OK;
    char *rest = text;

    for (char *line; (line = strsep(&rest, "\n"));) {
        char *colon = strstr(line, ": ");

        if (strncmp(line, "patch.", 6) != 0 || !colon)
            continue;
        ENSURE(*n < most, ERR_DATA, "more than %zu keys patch.* in a store",
               most);
        memmove(colon, colon + 1, strlen(colon));
        *colon = '=';
        sets[(*n)++] = line;
    }
out:
    return st;
}

status cut_of_identity(const char *identity, struct cutter_conf *out)
{
    status st = OK;
    struct cut_conf c = {0};
    const struct conf_table table = {cut_rows, cut_rows_n, &c};
    const char *sets[32];
    struct conf *conf = NULL;
    char *text = NULL;
    size_t n = 0;

    TRY(mem_text(identity, &text));
    TRY(sets_of(text, sets, sizeof sets / sizeof sets[0], &n));
    TRY(conf_load(&table, 1, NULL, 0, NULL, sets, n, &conf));
    TRY(cut_cutter_conf(&c, out));
out:
    conf_free(conf);
    mem_free(text);
    return st;
}

struct list_conf cut_list_conf(const struct cut_conf *c)
{
    return (struct list_conf){.root = c->root, .strip = c->strip};
}
