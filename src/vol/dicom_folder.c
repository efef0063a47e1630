/* Which files of a folder are the CT series. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "vol/dicom_series.h"

enum { LISTED = 8 }; /* groups that a message names */

#define CT_CLASS        "1.2.840.10008.5.1.4.1.1.2"
#define SECONDARY_CLASS "1.2.840.10008.5.1.4.1.1.7"
#define DICOMDIR_CLASS  "1.2.840.10008.1.3.10"

struct names {
    char **name;
    size_t n, cap;
};

static void names_free(struct names *l)
{
    for (size_t i = 0; i < l->n; i++)
        mem_free(l->name[i]);
    mem_free(l->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of a folder, sorted: the order of a folder is the file system's. */
static status list_names(const char *dir, struct names *out)
{
    status st = OK;
    struct names l = {NULL, 0, 0};
    DIR *d = opendir(dir);
    const struct dirent *e;

    ENSURE(d, ERR_FILE, "%s: %s", dir, strerror(errno));
    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        TRY(mem_grow(l.n + 1, sizeof *l.name, &l.name, &l.cap));
        TRY(mem_text(e->d_name, &l.name[l.n]));
        l.n++;
    }
    if (l.n > 0)
        qsort(l.name, l.n, sizeof *l.name, by_name);
    *out = l;
    l = (struct names){NULL, 0, 0};
out:
    if (d)
        (void)closedir(d);
    names_free(&l);
    return st;
}

/* Names that promise DICOM: without the mark they are damaged, not alien.
 * PACS name files by UIDs, so what stands after the last dot may be digits. */
static bool promises_dicom(const char *name)
{
    static const char *const ends[] = {"dcm", "dicom", "ima"};
    const char *dot = strrchr(name, '.');

    if (!dot)
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcasecmp(dot + 1, ends[i]) == 0)
            return true;
    return dot[1] != '\0' && dot[1 + strspn(dot + 1, "0123456789")] == '\0';
}

enum group { CT, LOCALIZER, SECONDARY, OTHER };

static enum group group_of(const struct dicom_head *h)
{
    if (h->pixels == DICOM_NONE ||
        (h->modality[0] && strcmp(h->modality, "CT") != 0))
        return OTHER;
    if (strncmp(h->sop_class, SECONDARY_CLASS, strlen(SECONDARY_CLASS)) == 0)
        return SECONDARY;
    return strcmp(h->kind, "LOCALIZER") == 0 ? LOCALIZER : CT;
}

static bool same_group(const struct dicom_head *a, const struct dicom_head *b)
{
    return group_of(a) == group_of(b) && strcmp(a->series, b->series) == 0 &&
           strcmp(a->modality, b->modality) == 0;
}

/* A header that ends between two elements looks whole. */
static status check_whole(const char *path, const struct dicom_head *h)
{
    status st = OK;
    bool ct = strcmp(h->modality, "CT") == 0 || h->modality[0] == '\0' ||
              strcmp(h->sop_class, CT_CLASS) == 0;

    ENSURE(
        !ct || h->pixels != DICOM_NONE, ERR_DATA,
        "%s: a DICOM file of modality \"%s\" without pixel data (7fe0,0010): "
        "truncated; fetch the file again",
        path, h->modality);
out:
    return st;
}

struct slices {
    struct dicom_slice *s;
    size_t n, cap;
};

static status add_file(const char *dir, const char *name, struct slices *all)
{
    status st = OK;
    struct dicom_slice s = {NULL, {.rows = 0}, 0.0};
    bool is = promises_dicom(name);

    TRY(file_join(dir, name, &s.path));
    if (file_is_dir(s.path))
        goto out;
    if (!is)
        TRY(dicom_is(s.path, &is));
    if (!is)
        goto out;
    TRY(dicom_head_read(s.path, &s.head));
    if (strcmp(s.head.sop_class, DICOMDIR_CLASS) == 0 ||
        strcmp(name, "DICOMDIR") == 0)
        goto out;
    TRY(check_whole(s.path, &s.head));
    TRY(mem_grow(all->n + 1, sizeof s, &all->s, &all->cap));
    all->s[all->n++] = s;
    s.path = NULL;
out:
    mem_free(s.path);
    return st;
}

void dicom_slices_free(struct dicom_slice *s, size_t n)
{
    for (size_t i = 0; s && i < n; i++)
        mem_free(s[i].path);
    mem_free(s);
}

/* The first of every group, and how many of them are CT series. */
static size_t count_series(const struct slices *all, const char *uid)
{
    size_t found = 0;

    for (size_t i = 0; i < all->n; i++) {
        size_t k = 0;

        while (!same_group(&all->s[k].head, &all->s[i].head))
            k++;
        if (k == i && group_of(&all->s[i].head) == CT &&
            (!uid || strcmp(uid, all->s[i].head.series) == 0))
            found++;
    }
    return found;
}

static void describe(const struct slices *all, size_t first, struct text *t)
{
    static const char *const what[] = {"CT", "CT localizer",
                                       "secondary capture", ""};
    const struct dicom_head *h = &all->s[first].head;
    enum group g = group_of(h);
    size_t n = 0;

    for (size_t i = first; i < all->n; i++)
        n += same_group(&all->s[i].head, h);
    text_add(t, "%s%s %s", t->len ? "; " : "",
             g == OTHER ? (h->modality[0] ? h->modality : "no modality")
                        : what[g],
             h->series[0] ? h->series : "without UID");
    if (h->description[0])
        text_add(t, " \"%s\"", h->description);
    text_add(t, ": %zu file%s", n, n == 1 ? "" : "s");
}

/* "CT 1.2.3 "thorax": 120 files; RTSTRUCT 1.2.4: 1 file" */
static void list_groups(const struct slices *all, struct text *t)
{
    size_t groups = 0;

    for (size_t i = 0; i < all->n; i++) {
        size_t k = 0;

        while (!same_group(&all->s[k].head, &all->s[i].head))
            k++;
        if (k == i && groups++ < LISTED)
            describe(all, i, t);
    }
    if (groups > LISTED)
        text_add(t, "; and %zu more", groups - LISTED);
}

static status choose(const char *dir, const char *uid, struct slices *all)
{
    status st = OK;
    struct text t = {NULL, 0, 0, OK};
    size_t found = count_series(all, uid);
    size_t kept = 0;

    list_groups(all, &t);
    TRY(text_status(&t));
    ENSURE(all->n > 0, ERR_DATA,
           "%s: no DICOM file in this folder (files need the \"DICM\" mark); "
           "list the folder that holds the slices",
           dir);
    ENSURE(found > 0 || !uid, ERR_DATA,
           "%s: no CT series %s in this folder; it holds: %s", dir, uid, t.s);
    ENSURE(found > 0, ERR_DATA,
           "%s: no CT series in this folder; it holds: %s; list the folder of "
           "the scan",
           dir, t.s);
    ENSURE(found == 1, ERR_DATA,
           "%s: %zu CT series in this folder: %s; name one as FOLDER#UID, or "
           "keep each in a folder of its own",
           dir, found, t.s);
    for (size_t i = 0; i < all->n; i++) {
        const struct dicom_head *h = &all->s[i].head;

        if (group_of(h) == CT && (!uid || strcmp(uid, h->series) == 0))
            all->s[kept++] = all->s[i];
        else
            mem_free(all->s[i].path);
    }
    all->n = kept;
out:
    text_free(&t);
    return st;
}

static status read_folder(const char *dir, const char *uid, struct slices *out)
{
    status st = OK;
    struct slices all = {NULL, 0, 0};
    struct names l = {NULL, 0, 0};

    TRY(list_names(dir, &l));
    for (size_t i = 0; i < l.n; i++)
        TRY(add_file(dir, l.name[i], &all));
    TRY(choose(dir, uid, &all));
    *out = all;
    all = (struct slices){NULL, 0, 0};
out:
    names_free(&l);
    dicom_slices_free(all.s, all.n);
    return st;
}

status dicom_folder(const char *path, struct dicom_slice **out, size_t *out_n)
{
    status st = OK;
    struct slices all = {NULL, 0, 0};
    const char *hash = strrchr(path, '#');
    char *dir = NULL;

    TRY(mem_text(path, &dir));
    if (file_is_dir(path)) {
        TRY(read_folder(path, NULL, &all));
    } else if (hash && !file_exists(path)) {
        dir[hash - path] = '\0';
        TRY(read_folder(dir, hash + 1, &all));
    } else {
        TRY(mem_grow(1, sizeof *all.s, &all.s, &all.cap));
        TRY(dicom_head_read(path, &all.s[0].head));
        TRY(check_whole(path, &all.s[0].head));
        TRY(mem_text(path, &all.s[0].path));
        all.n = 1;
        TRY(choose(path, NULL, &all));
    }
    *out = all.s;
    *out_n = all.n;
    all = (struct slices){NULL, 0, 0};
out:
    mem_free(dir);
    dicom_slices_free(all.s, all.n);
    return st;
}
