#include "vol/heading.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

enum { MOST = 1 << 20, WORD = 64 };

status heading_open(const char *path, struct heading *out)
{
    status st = OK;
    struct heading h = {.path = path};
    uint64_t size = 0;
    FILE *f = NULL;

    TRY(file_size(path, &size)); /* refuses folders */
    if (size > MOST)
        size = MOST;
    TRY(mem_raw((size_t)size + 1, 1, &h.text));
    ENSURE(size > 0, ERR_DATA, "%s: is empty; fetch the file again", path);
    f = fopen(path, "rb");
    ENSURE(f, ERR_FILE, "%s: %s", path, strerror(errno));
    h.len = fread(h.text, 1, (size_t)size, f);
    ENSURE(!ferror(f), ERR_FILE, "%s: read: %s", path, strerror(errno));
    *out = h;
    h.text = NULL;
out:
    if (f)
        (void)fclose(f);
    mem_free(h.text);
    return st;
}

void heading_free(struct heading *h)
{
    mem_free(h->text);
    h->text = NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

char *heading_line(struct heading *h, bool *ended)
{
    char *s = h->text + h->at;
    size_t left = h->len - h->at;
    char *end = left ? memchr(s, '\n', left) : NULL;

    if (left == 0)
        return NULL;
    *ended = end != NULL;
    if (!end)
        end = s + left; /* one byte more than len is ours */
    h->at = (size_t)(end - h->text) + (*ended ? 1 : 0);
    h->line++;
    while (end > s && is_blank(end[-1]))
        end--;
    *end = '\0';
    while (is_blank(*s))
        s++;
    return s;
}

/* The next word of a value; false at its end. */
static bool next_word(const char **s, char word[WORD])
{
    size_t n = 0;

    while (is_blank(**s))
        ++*s;
    while (**s && !is_blank(**s)) {
        if (n < WORD - 1)
            word[n++] = **s;
        ++*s;
    }
    word[n] = '\0';
    return n > 0;
}

status heading_numbers(const struct heading *h,
                       const char *key,
                       const char *value,
                       int n,
                       double *out)
{
    status st = OK;
    const char *s = value;
    char word[WORD];
    int found = 0;

    while (next_word(&s, word)) {
        ENSURE(found < n && text_to_double(word, &out[found]), ERR_DATA,
               "%s: line %d: %s is \"%.60s\", %d number%s needed; correct the "
               "header",
               h->path, h->line, key, value, n, n == 1 ? " is" : "s are");
        found++;
    }
    ENSURE(found == n, ERR_DATA,
           "%s: line %d: %s has %d numbers (\"%.60s\"), %d are needed; correct "
           "the header",
           h->path, h->line, key, found, value, n);
out:
    return st;
}

status heading_integers(const struct heading *h,
                        const char *key,
                        const char *value,
                        int n,
                        int64_t *out)
{
    status st = OK;
    const char *s = value;
    char word[WORD];
    int found = 0;

    while (next_word(&s, word)) {
        ENSURE(found < n && text_to_i64(word, &out[found]), ERR_DATA,
               "%s: line %d: %s is \"%.60s\", %d whole number%s needed; "
               "correct the header",
               h->path, h->line, key, value, n, n == 1 ? " is" : "s are");
        found++;
    }
    ENSURE(found == n, ERR_DATA,
           "%s: line %d: %s has %d numbers (\"%.60s\"), %d are needed; correct "
           "the header",
           h->path, h->line, key, found, value, n);
out:
    return st;
}

status heading_file(const struct heading *h,
                    const char *name,
                    const struct segment *model,
                    struct layout *l)
{
    status st = OK;
    const char *slash = strrchr(h->path, '/');
    struct segment s = *model;
    struct text dir = {0};
    char *path = NULL;

    ENSURE(*name, ERR_DATA, "%s: line %d: the name of a data file is empty",
           h->path, h->line);
    if (slash) {
        text_put(&dir, h->path, (size_t)(slash - h->path) + 1);
        TRY(text_status(&dir));
        TRY(file_join(dir.s, name, &path));
    } else {
        TRY(mem_text(name, &path));
    }
    s.path = path;
    TRY(layout_add(l, &s));
out:
    mem_free(path);
    text_free(&dir);
    return st;
}

/* Slices to the files, evenly. */
static status share_slices(const struct heading *h, bool flat, struct layout *l)
{
    status st = OK;
    int64_t files = (int64_t)l->segments;
    int64_t n = l->geo.size[2];

    ENSURE(files > 0 && n % files == 0 && (!flat || n == files), ERR_DATA,
           "%s: names %" PRId64 " data files for %" PRId64 " slices: "
           "truncated, or a wrong header",
           h->path, files, n);
    for (size_t i = 0; i < l->segments; i++)
        l->segment[i].slices = n / files;
out:
    return st;
}

/* One more file, if slices are left for it. */
static status add_one(const struct heading *h,
                      const char *name,
                      const struct segment *model,
                      struct layout *l)
{
    status st = OK;

    ENSURE((int64_t)l->segments < l->geo.size[2], ERR_DATA,
           "%s: line %d: more data files than the volume has slices "
           "(%" PRId64 ")",
           h->path, h->line, l->geo.size[2]);
    TRY(heading_file(h, name, model, l));
out:
    return st;
}

status heading_list(struct heading *h,
                    const struct segment *model,
                    bool flat,
                    struct layout *l)
{
    status st = OK;
    bool ended = false;
    char *name = NULL;

    while ((name = heading_line(h, &ended)) != NULL && *name)
        TRY(add_one(h, name, model, l));
    TRY(share_slices(h, flat, l));
out:
    return st;
}

/* pattern with its one %d replaced; false: no such pattern. */
static bool print_number(struct text *t, const char *pattern, int64_t number)
{
    const char *mark = strchr(pattern, '%');
    const char *s = mark ? mark + 1 : NULL;
    bool zero = false;
    int width = 0;

    if (!s || strchr(s, '%'))
        return false;
    zero = *s == '0';
    while (isdigit((unsigned char)*s) && width < 100)
        width = 10 * width + (*s++ - '0');
    if (*s != 'd' || width >= 100)
        return false;
    text_add(t, "%.*s", (int)(mark - pattern), pattern);
    if (zero)
        text_add(t, "%0*" PRId64, width, number);
    else
        text_add(t, "%*" PRId64, width, number);
    text_add(t, "%s", s + 1);
    return true;
}

/* first, last, step and, if given, the dimension of a file. */
static status
pattern_range(const struct heading *h, const char *value, int64_t range[4])
{
    status st = OK;
    const char *s = value;
    char word[WORD];
    int n = 0;

    while (next_word(&s, word))
        n++;
    range[3] = 2;
    TRY(heading_integers(h, "pattern of data files", value, n == 4 ? 4 : 3,
                         range));
    for (int i = 0; i < 3; i++)
        ENSURE(range[i] >= (i == 2 ? -INT32_MAX : 0) && range[i] <= INT32_MAX &&
                   (i != 2 || range[i] != 0),
               ERR_DATA,
               "%s: line %d: the range of data files, \"%.60s\", is "
               "impossible; correct the header",
               h->path, h->line, value);
    ENSURE(range[3] == 2 || range[3] == 3, ERR_DATA,
           "%s: line %d: the data files are %" PRId64 "-D; 2-D and 3-D ones "
           "are read",
           h->path, h->line, range[3]);
out:
    return st;
}

status heading_pattern(const struct heading *h,
                       const char *value,
                       const struct segment *model,
                       struct layout *l)
{
    status st = OK;
    size_t n = strcspn(value, " \t");
    struct text pattern = {0};
    struct text name = {0};
    int64_t r[4] = {0, 0, 0, 0};

    text_put(&pattern, value, n);
    TRY(text_status(&pattern));
    TRY(pattern_range(h, value + n, r));
    for (int64_t i = r[0]; r[2] > 0 ? i <= r[1] : i >= r[1]; i += r[2]) {
        name.len = 0;
        ENSURE(print_number(&name, pattern.s, i), ERR_DATA,
               "%s: line %d: the pattern of data files \"%.60s\" needs one %%d "
               "(or %%03d)",
               h->path, h->line, pattern.s);
        TRY(text_status(&name));
        TRY(add_one(h, name.s, model, l));
    }
    TRY(share_slices(h, r[3] == 2, l));
out:
    text_free(&pattern);
    text_free(&name);
    return st;
}
