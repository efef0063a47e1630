/* Which index axis runs along which world axis, by the greedy rule. */
#include "vol/orient.h"

#include <math.h>
#include <string.h>

/* owner[r] := the index axis (column) that is given world axis r. */
static void assign(const double m[9], int owner[3])
{
    bool row[3] = {false, false, false};
    bool column[3] = {false, false, false};

    for (int turn = 0; turn < 3; turn++) {
        int best = -1;

        for (int i = 0; i < 9; i++) /* later entries win ties */
            if (!row[i / 3] && !column[i % 3] &&
                (best < 0 || fabs(m[i]) >= fabs(m[best])))
                best = i;
        row[best / 3] = true;
        column[best % 3] = true;
        owner[best / 3] = best % 3;
    }
}

struct orient orient_to(const double direction[9], const char code[4])
{
    static const char toward[7] = "RLAPIS"; /* -x +x -y +y -z +z */
    struct orient o;
    int owner[3];

    assign(direction, owner);
    for (int a = 0; a < 3; a++) {
        int k = (int)(strchr(toward, code[a]) - toward);
        int c = owner[k / 2];

        o.from[a] = c;
        o.flip[a] = (direction[3 * (k / 2) + c] > 0.0) != (k % 2 == 1);
    }
    return o;
}

struct geometry orient_geometry(const struct geometry *g, struct orient o)
{
    struct geometry out = *g;
    double corner[3];

    for (int a = 0; a < 3; a++) {
        int c = o.from[a];

        out.size[a] = g->size[c];
        out.spacing[a] = g->spacing[c];
        for (int r = 0; r < 3; r++)
            out.direction[3 * r + a] = g->direction[3 * r + c];
        corner[a] = o.flip[a] ? (double)(g->size[c] - 1) : 0.0;
    }
    geometry_point(&out, corner, out.origin);
    for (int a = 0; a < 3; a++)
        for (int r = 0; r < 3 && o.flip[a]; r++)
            out.direction[3 * r + a] = -out.direction[3 * r + a];
    return out;
}
