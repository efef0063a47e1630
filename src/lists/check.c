/* Lists, their volumes, and the headers of these, read by a team. */
#include "lists/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "lists/check_impl.h"
#include "vol/orient.h"
#include "vol/volume.h"

static const struct check_about ABOUT[CHECK_KINDS] = {
    [CHECK_BAD_ROW] = {CHECK_ERROR, "bad-row", "row without path or numbers",
                       "correct the list"},
    [CHECK_MISSING] = {CHECK_ERROR, "missing", "no such file",
                       "put it there, or say where volumes lie: --root, "
                       "--strip"},
    [CHECK_UNREADABLE] = {CHECK_ERROR, "unreadable", "file cannot be read",
                          "fetch or convert it again"},
    [CHECK_OUTSIDE] = {CHECK_ERROR, "outside", "seed outside its volume",
                       "do list and volume belong together? --tolerance-mm "
                       "allows for rounding"},
    [CHECK_EMPTY] = {CHECK_ERROR, "empty", "patch without a voxel",
                     "do list and volume belong together?"},
    [CHECK_HALF] = {CHECK_WARNING, "half", "most of the patch outside",
                    "look at it with fmcib-prepare --preview"},
    [CHECK_TWICE] = {CHECK_WARNING, "twice", "same seed of the same file",
                     "counts double in training, leaks between lists"},
    [CHECK_SPACING] = {CHECK_WARNING, "spacing", "spacing of no CT",
                       "0.1 to 10 mm is usual; is the header right?"},
    [CHECK_FLAT] = {CHECK_WARNING, "flat", "volume of a single slice",
                    "patches have three axes; give the whole volume"},
    [CHECK_MIRRORED] = {CHECK_WARNING, "mirrored", "orient mirrors the seed",
                        "--orient is for DeepLesion's volumes (axes PLI)"},
    [CHECK_VALUES] = {CHECK_WARNING, "values", "values are no HU",
                      "convert with slope and intercept, without windowing"},
    [CHECK_ORIENT] = {CHECK_WARNING, "orient", "orient does not fit the list",
                      "published DeepLesion lists: --orient, patch.orient: "
                      "true; lists of build --xy true: without"},
    [CHECK_READING] = {CHECK_WARNING, "reading", "numbers fit otherwise",
                       "see the counts below"},
    [CHECK_PATIENT] = {CHECK_WARNING, "patient", "patients in two lists",
                       "what is learnt of them leaks from one into the other"},
};

const struct check_about *check_kind_of(enum check_kind kind)
{
    return &ABOUT[kind];
}

const char *check_reading_name(enum check_reading r)
{
    static const char *const names[CHECK_READINGS] = {
        "LPS mm, as given", "RAS mm: -x, -y, z", "x and y interchanged",
        "voxel indices"};

    return names[r];
}

status check_add(struct check *c,
                 enum check_kind kind,
                 int list,
                 int64_t row,
                 const char *fmt,
                 ...)
{
    status st = OK;
    char text[1024];
    va_list args;
    struct check_finding *f = NULL;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    TRY(mem_grow(c->findings + 1, sizeof *c->finding, &c->finding, &c->room));
    f = &c->finding[c->findings];
    *f = (struct check_finding){kind, list, row, NULL};
    TRY(mem_text(text, &f->text));
    c->findings++;
out:
    return st;
}

/* ---- volumes ----------------------------------------------------------- */

/* "LPS": the greedy assignment of axes, as in re-orientation. */
static void axes_of(const double direction[9], char code[4])
{
    static const char grows[3][2] = {{'L', 'R'}, {'P', 'A'}, {'S', 'I'}};
    struct orient o = orient_to(direction, "LPS");

    for (int a = 0; a < 3; a++)
        code[o.from[a]] = grows[a][o.flip[a]];
    code[3] = '\0';
}

static status look(void *ctx, size_t i, int member)
{
    status st = OK;
    struct check_volume *v = &((struct check *)ctx)->volume[i];

    (void)member;
    v->st = v->path[0] ? volume_peek(v->path, &v->geo, &v->pixel) : ERR_DATA;
    if (v->st == ERR_MEM)
        return v->st;
    if (v->st != OK)
        TRY(mem_text(status_text(), &v->why));
    else
        axes_of(v->geo.direction, v->code);
out:
    return st;
}

/* Distinct paths of all lists; every list knows the numbers of its own. */
static status gather_volumes(struct check *c)
{
    status st = OK;
    uint32_t n = 0;
    uint32_t at = 0;
    const char **path = NULL;
    uint32_t **slot = NULL; /* where the number goes */
    uint32_t *order = NULL;

    for (int k = 0; k < c->lists; k++)
        n += c->list[k].list->volumes;
    TRY(mem_new(n, sizeof *path, &path));
    TRY(mem_new(n, sizeof *slot, &slot));
    TRY(mem_new(n, sizeof *order, &order));
    TRY(mem_new(n, sizeof *c->volume, &c->volume));
    for (int k = 0; k < c->lists; k++) {
        struct check_list *l = &c->list[k];

        TRY(mem_new(l->list->volumes, sizeof *l->volume, &l->volume));
        for (uint32_t v = 0; v < l->list->volumes; v++) {
            slot[at] = &l->volume[v];
            path[at] = l->list->path[l->list->first[v]];
            l->volumes += path[at++][0] != '\0';
        }
    }
    order_text(path, n, order);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(path[order[i]], path[order[i - 1]]) != 0)
            c->volume[c->volumes++].path = path[order[i]];
        *slot[order[i]] = c->volumes - 1;
    }
out:
    mem_free(path);
    mem_free(slot);
    mem_free(order);
    return st;
}

/* ---- values ------------------------------------------------------------ */

struct sampling {
    struct check *c;
    const double **seed; /* [volumes] the first seed of each, or NULL */
};

static status sample(void *ctx, size_t i, int member)
{
    const struct sampling *s = ctx;
    struct check_volume *v = &s->c->volume[i];

    (void)member;
    return v->st == OK && s->seed[i] ? check_values(v, s->seed[i]) : OK;
}

static status sample_values(struct check *c, struct team *team)
{
    status st = OK;
    struct sampling s = {.c = c};

    TRY(mem_new(c->volumes, sizeof *s.seed, &s.seed));
    for (int k = 0; k < c->lists; k++) {
        const struct list *l = c->list[k].list;

        for (uint32_t v = 0; v < l->volumes; v++)
            if (!s.seed[c->list[k].volume[v]])
                s.seed[c->list[k].volume[v]] = l->seed[l->first[v]];
    }
    TRY(team_run(team, c->volumes, sample, &s));
out:
    mem_free(s.seed);
    return st;
}

/* ---- the whole --------------------------------------------------------- */

/* Findings by kind; within one they are in the order of lists and rows. */
static status sort_findings(struct check *c)
{
    status st = OK;
    struct check_finding *sorted = NULL;
    size_t n = 0;

    TRY(mem_new(c->findings, sizeof *sorted, &sorted));
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t i = 0; i < c->findings; i++)
            if ((int)c->finding[i].kind == kind)
                sorted[n++] = c->finding[i];
    mem_free(c->finding);
    c->finding = sorted;
    c->room = c->findings;
out:
    return st;
}

/* Rows with an error: a row has one at most, since the first that is found
 * ends the look at it. */
static void count_errors(struct check *c)
{
    c->errors = check_count(c, CHECK_ERROR);
    for (int k = 0; k < c->lists; k++)
        c->rows += c->list[k].list->rows;
}

status check_run(const char *const *paths,
                 int n,
                 const struct check_conf *conf,
                 struct team *team,
                 struct check **out)
{
    status st = OK;
    struct check *c = NULL;

    ENSURE(n <= CHECK_LISTS, ERR_USAGE,
           "%d lists; at most %d are checked "
           "together",
           n, (int)CHECK_LISTS);
    TRY(mem_new(1, sizeof *c, &c));
    c->conf = *conf;
    c->conf.place.lenient = true;
    for (int k = 0; k < n; k++) {
        TRY(list_open(paths[k], &c->conf.place, &c->list[k].list));
        c->lists++;
    }
    TRY(gather_volumes(c));
    TRY(team_run(team, c->volumes, look, c));
    if (conf->values)
        TRY(sample_values(c, team));
    for (int k = 0; k < n; k++) {
        TRY(check_rows(c, k));
        TRY(check_orient(c, k));
    }
    TRY(check_twice(c));
    TRY(check_patients(c));
    TRY(sort_findings(c));
    count_errors(c);
    *out = c;
    c = NULL;
out:
    check_free(c);
    return st;
}

void check_free(struct check *c)
{
    if (!c)
        return;
    for (uint32_t i = 0; c->volume && i < c->volumes; i++) {
        mem_free(c->volume[i].why);
        mem_free(c->volume[i].values);
    }
    for (int k = 0; k < c->lists; k++) {
        struct check_list *l = &c->list[k];

        for (uint32_t i = 0; l->who && i < l->list->rows; i++)
            mem_free(l->who[i]);
        mem_free(l->who);
        mem_free(l->volume);
        list_free(l->list);
    }
    for (size_t i = 0; i < c->findings; i++)
        mem_free(c->finding[i].text);
    mem_free(c->finding);
    mem_free(c->volume);
    mem_free(c);
}

size_t check_count(const struct check *c, enum check_level level)
{
    size_t n = 0;

    for (size_t i = 0; i < c->findings; i++)
        n += check_kind_of(c->finding[i].kind)->level == level;
    return n;
}
