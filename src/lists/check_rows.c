/* Seeds of a list in their volumes, one after the other. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "lists/check_impl.h"
#include "vol/orient.h"
#include "vol/scan.h"

/* ---- volumes ----------------------------------------------------------- */

static const double spacing_low_mm = 0.1;
static const double spacing_high_mm = 10.0;

static bool odd_spacing(const struct geometry *g)
{
    for (int a = 0; a < 3; a++)
        if (!(g->spacing[a] >= spacing_low_mm &&
              g->spacing[a] <= spacing_high_mm))
            return true;
    return false;
}

/* Does the turn to LPI reverse an axis, while the index stays? */
static bool mirrors(const struct geometry *g)
{
    struct orient o = orient_to(g->direction, "LPI");

    return o.flip[0] || o.flip[1] || o.flip[2];
}

/* What holds for a volume, told at the first row of the list that names it. */
static status look_at_volume(struct check *c,
                             int k,
                             uint32_t row,
                             const struct check_volume *v)
{
    status st = OK;
    const struct geometry *g = &v->geo;

    if (odd_spacing(g))
        TRY(check_add(c, CHECK_SPACING, k, row, "%.4g x %.4g x %.4g mm: %s",
                      g->spacing[0], g->spacing[1], g->spacing[2], v->path));
    if (g->size[0] == 1 || g->size[1] == 1 || g->size[2] == 1)
        TRY(check_add(c, CHECK_FLAT, k, row,
                      "%" PRId64 " x %" PRId64 " x %" PRId64 " voxels: %s",
                      g->size[0], g->size[1], g->size[2], v->path));
    if (c->conf.patch.orient && mirrors(g))
        TRY(check_add(c, CHECK_MIRRORED, k, row, "axes %s: %s", v->code,
                      v->path));
    if (v->values)
        TRY(check_add(c, CHECK_VALUES, k, row, "%s: %s", v->values, v->path));
out:
    return st;
}

/* ---- seeds ------------------------------------------------------------- */

static bool in_voxels(const struct geometry *g, const double x[3])
{
    for (int a = 0; a < 3; a++)
        if (!(x[a] >= -0.5 && x[a] < (double)g->size[a] - 0.5))
            return false;
    return true;
}

static void count_readings(const struct check *c,
                           const struct check_volume *v,
                           const struct grid *g,
                           const double x[3],
                           struct check_list *l)
{
    const double read[CHECK_INDEX][3] = {
        {x[0], x[1], x[2]}, {-x[0], -x[1], x[2]}, {x[1], x[0], x[2]}};

    for (int r = 0; r < CHECK_INDEX; r++) {
        struct seed_place p;

        seed_locate(g, &c->conf.patch, read[r], &p);
        l->inside[r] += p.outside_mm <= c->conf.tolerance_mm;
    }
    l->inside[CHECK_INDEX] += in_voxels(&v->geo, x);
}

/* Part of the (2 radius)^3 box that is not in the image. */
static double
share_outside(const struct check *c, const struct grid *g, const double x[3])
{
    double edge = 2.0 * (double)c->conf.patch.radius;
    int64_t lo[3];
    int64_t hi[3];
    double in = 1.0;

    patch_box(g, &c->conf.patch, x, lo, hi);
    for (int a = 0; a < 3; a++)
        in *= (double)(hi[a] - lo[a]) / edge;
    return 1.0 - in;
}

static status look_at_seed(struct check *c,
                           int k,
                           uint32_t row,
                           const struct check_volume *v,
                           const struct grid *g)
{
    status st = OK;
    struct check_list *l = &c->list[k];
    const double *x = l->list->seed[row];
    struct seed_place p;
    double share;

    l->known++;
    count_readings(c, v, g, x, l);
    seed_locate(g, &c->conf.patch, x, &p);
    if (p.outside_mm > c->conf.tolerance_mm) {
        TRY(check_add(c, CHECK_OUTSIDE, k, row,
                      "(%.9g, %.9g, %.9g) is %.1f mm outside %s", x[0], x[1],
                      x[2], p.outside_mm, v->path));
        goto out;
    }
    if (p.empty) {
        TRY(check_add(c, CHECK_EMPTY, k, row, "(%.9g, %.9g, %.9g) of %s", x[0],
                      x[1], x[2], v->path));
        goto out;
    }
    share = share_outside(c, g, x);
    l->worst = share > l->worst ? share : l->worst;
    l->whole += share == 0.0;
    l->half += share > 0.5;
    l->cut += share > 0.0 && share <= 0.5;
    if (share > 0.5)
        TRY(check_add(c, CHECK_HALF, k, row, "%.0f %% outside %s",
                      100.0 * share, v->path));
out:
    return st;
}

static status look_at_row(struct check *c, int k, uint32_t row)
{
    status st = OK;
    const struct list *l = c->list[k].list;
    uint32_t own = l->volume[row];
    const struct check_volume *v = &c->volume[c->list[k].volume[own]];
    const double *x = l->seed[row];
    struct grid g;

    if (!l->path[row][0] || !isfinite(x[0] + x[1] + x[2])) {
        TRY(check_add(c, CHECK_BAD_ROW, k, row, "%s",
                      l->path[row][0] ? "coordX, coordY or coordZ is no number"
                                      : "image_path is empty"));
        goto out;
    }
    if (v->st != OK) {
        bool there =
            v->st != ERR_FILE || file_exists(v->path) || file_is_dir(v->path);

        TRY(check_add(c, there ? CHECK_UNREADABLE : CHECK_MISSING, k, row, "%s",
                      there ? v->why : v->path));
        goto out;
    }
    if (l->first[own] == row)
        TRY(look_at_volume(c, k, row, v));
    st = patch_grid(&v->geo, &c->conf.patch, &g);
    if (st == ERR_DATA) {
        st = check_add(c, CHECK_UNREADABLE, k, row, "%s", status_text());
        goto out;
    }
    TRY(st);
    TRY(look_at_seed(c, k, row, v, &g));
out:
    return st;
}

/* ---- readings ---------------------------------------------------------- */

static bool whole_numbers(const struct list *l)
{
    for (uint32_t i = 0; i < l->rows; i++)
        for (int a = 0; a < 3; a++)
            if (l->seed[i][a] != floor(l->seed[i][a]))
                return false;
    return true;
}

/* Does another reading put more seeds inside? Or could whole numbers that are
 * inside as points just as well be voxels? */
static status judge_readings(struct check *c, int k)
{
    status st = OK;
    const struct check_list *l = &c->list[k];
    int best = CHECK_LPS;

    for (int r = CHECK_RAS; r < CHECK_READINGS; r++)
        if (l->inside[r] > l->inside[best])
            best = r;
    if (best != CHECK_LPS)
        TRY(check_add(c, CHECK_READING, k, -1,
                      "%s: %" PRIu32 " of %" PRIu32 " seeds inside, as given "
                      "%" PRIu32 "%s",
                      check_reading_name((enum check_reading)best),
                      l->inside[best], l->known, l->inside[CHECK_LPS],
                      best == CHECK_RAS
                          ? "; the list seems to be in RAS: negate x and y"
                      : best == CHECK_INDEX ? "; points in mm are needed"
                                            : ""));
    else if (l->known && l->inside[CHECK_INDEX] == l->known &&
             whole_numbers(l->list))
        TRY(check_add(c, CHECK_READING, k, -1,
                      "all numbers are whole and within the voxels of their "
                      "volumes: are they indices? points in mm are needed"));
out:
    return st;
}

status check_rows(struct check *c, int k)
{
    status st = OK;

    for (uint32_t i = 0; i < c->list[k].list->rows; i++)
        TRY(look_at_row(c, k, i));
    TRY(judge_readings(c, k));
out:
    return st;
}

/* ---- values ------------------------------------------------------------ */

static const char *judge_values(double lo, double hi, bool nan)
{
    if (nan)
        return "some are not numbers";
    if (lo == hi)
        return "all are equal";
    if (lo >= -1.0 && hi <= 1.0)
        return "scaled to one";
    if (lo >= 0.0 && hi <= 255.0)
        return "windowed to 8 bits";
    if (lo >= 20000.0)
        return "32768 is not taken off";
    if (lo >= 0.0)
        return "none is negative: is the intercept (-1024) not applied?";
    if (lo < -10000.0 || hi > 40000.0)
        return "far beyond those of a CT";
    return NULL;
}

/* The slice (axis 2) of a seed, the middle one when the seed is outside. */
static int64_t slice_of(const struct geometry *g, const double *point)
{
    double inverse[9];
    double c[3];
    int64_t index[3];

    geometry_inverse(g, inverse);
    geometry_index(g, inverse, point, c);
    seed_index(c, index);
    return index[2] >= 0 && index[2] < g->size[2] ? index[2] : g->size[2] / 2;
}

/* One slice: it holds air and body. */
status check_values(struct check_volume *v, const double *point)
{
    status st = OK;
    struct scan *s = NULL;
    struct volume part = {0};
    int64_t at = slice_of(&v->geo, point);
    const int64_t lo[3] = {0, 0, at};
    const int64_t hi[3] = {v->geo.size[0], v->geo.size[1], at + 1};
    bool nan = false;
    const char *odd;

    st = scan_open(v->path, &s);
    if (st == OK)
        st = scan_part(s, lo, hi, &part);
    if (st == ERR_DATA || st == ERR_FILE) {
        st = mem_text(status_text(), &v->values);
        goto out;
    }
    TRY(st);
    v->lowest = INFINITY;
    v->highest = -INFINITY;
    for (int64_t i = 0; i < hi[0] * hi[1]; i++) {
        double x = pixel_get(part.pixel, part.data, (size_t)i);

        nan |= isnan(x);
        v->lowest = x < v->lowest ? x : v->lowest;
        v->highest = x > v->highest ? x : v->highest;
    }
    odd = judge_values(v->lowest, v->highest, nan);
    if (odd) {
        char text[160];

        (void)snprintf(text, sizeof text, "%.6g to %.6g: %s", v->lowest,
                       v->highest, odd);
        TRY(mem_text(text, &v->values));
    }
out:
    volume_free(&part);
    scan_close(s);
    return st;
}
