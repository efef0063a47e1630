/* Is a seed in the image, and what could be meant if it is not. The faces are
 * those of the outer voxels of the volume itself; a resampled grid can end a
 * little earlier or later. */
#include <math.h>

#include "vol/orient.h"
#include "vol/patch.h"

void seed_index(const double continuous[3], int64_t index[3])
{
    for (int a = 0; a < 3; a++) {
        double c = continuous[a];

        if (!(fabs(c) < 9007199254740992.0)) /* also not a number */
            c = c < 0.0 ? -9007199254740992.0 : 9007199254740992.0;
        index[a] = (int64_t)c;
    }
}

/* Distance in mm from a continuous grid index to the volume's box, both in
 * the frame that is sliced. */
static double
distance(const struct grid *g, const struct patch_conf *conf, const double c[3])
{
    struct orient o = {{0, 1, 2}, {false, false, false}};
    double sum = 0.0;

    if (conf->orient)
        o = orient_to(g->geo.direction, "LPI");
    for (int a = 0; a < 3; a++) {
        int n = o.from[a];
        double ratio = g->input.spacing[n] / g->geo.spacing[n];
        double lo = -0.5 * ratio;
        double hi = ((double)g->input.size[n] - 0.5) * ratio;
        double last = (double)(g->geo.size[n] - 1);
        double far = 0.0;

        if (o.flip[a]) {
            double t = last - hi;

            hi = last - lo;
            lo = t;
        }
        if (c[a] < lo)
            far = lo - c[a];
        else if (c[a] > hi)
            far = c[a] - hi;
        sum += far * g->geo.spacing[n] * (far * g->geo.spacing[n]);
    }
    return sqrt(sum);
}

void seed_locate(const struct grid *g,
                 const struct patch_conf *conf,
                 const double point[3],
                 struct seed_place *out)
{
    const double negated[3] = {-point[0], -point[1], point[2]};
    double c[3];
    int64_t lo[3];
    int64_t hi[3];

    geometry_index(&g->geo, g->inverse, negated, c);
    out->negated_inside = distance(g, conf, c) == 0.0;
    geometry_index(&g->geo, g->inverse, point, out->continuous);
    seed_index(out->continuous, out->index);
    out->outside_mm = distance(g, conf, out->continuous);
    out->inside = out->outside_mm == 0.0;
    patch_box(g, conf, point, lo, hi);
    out->empty = lo[0] == hi[0] || lo[1] == hi[1] || lo[2] == hi[2];
}

status seed_check(const struct grid *g,
                  const struct patch_conf *conf,
                  const double point[3],
                  double tolerance_mm,
                  const char *name)
{
    static const char axis[3] = "XYZ";
    status st = OK;
    struct seed_place p;

    for (int a = 0; a < 3; a++)
        ENSURE(isfinite(point[a]), ERR_DATA,
               "%s: coord%c is not a number; correct the list", name, axis[a]);
    seed_locate(g, conf, point, &p);
    ENSURE(p.outside_mm <= tolerance_mm && !p.empty, ERR_DATA,
           "%s: the seed (%.9g, %.9g, %.9g) mm lies %.1f mm outside the "
           "volume; %s",
           name, point[0], point[1], point[2], p.outside_mm,
           p.negated_inside
               ? "(-x, -y, z) would be inside: the list seems to be in RAS, "
                 "LPS is needed; negate x and y"
               : "(-x, -y, z) would be outside too; check that list and image "
                 "belong together");
out:
    return st;
}
