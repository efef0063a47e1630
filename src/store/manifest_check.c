#include "store/manifest_check.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum { RECORD_MAX = 4096 };

const char *manifest_state_name(enum manifest_state s)
{
    static const char *const names[MANIFEST_STATES] = {"ok", "wrong", "missing",
                                                       "unknown", "unproven"};

    return names[s];
}

unsigned manifest_wanted(const struct manifest_file *f)
{
    unsigned sums = manifest_sums(f);

    return sums ? sums : 1U << SUM_SHA256;
}

bool manifest_size_fits(const struct manifest_file *f,
                        uint64_t size,
                        struct text *why)
{
    if (f->bytes < 0 || (uint64_t)f->bytes == size)
        return true;
    text_add(why, "%" PRIu64 " bytes, the manifest has %" PRId64, size,
             f->bytes);
    return false;
}

enum manifest_state manifest_judge(const struct manifest_file *f,
                                   const char *recorded,
                                   const struct sums *made,
                                   struct text *why)
{
    const char *between = "";

    if (!manifest_size_fits(f, made->size, why))
        return MANIFEST_WRONG;
    for (int k = 0; k < SUM_KINDS; k++)
        if (*f->sum[k] && strcmp(f->sum[k], made->hex[k]) != 0) {
            why->len = 0;
            text_add(why, "%s is %s, the manifest has %s",
                     sum_name((enum sum_kind)k), made->hex[k], f->sum[k]);
            return MANIFEST_WRONG;
        } else if (*f->sum[k]) {
            text_add(why, "%s%s", between, sum_name((enum sum_kind)k));
            between = ", ";
        }
    if (manifest_sums(f))
        return MANIFEST_OK;
    if (*recorded && strcmp(recorded, made->hex[SUM_SHA256]) != 0) {
        text_add(why, "sha256 is %s, recorded at its download is %s",
                 made->hex[SUM_SHA256], recorded);
        return MANIFEST_WRONG;
    }
    text_add(why, *recorded ? "sha256 recorded at its download"
                            : "no sum is published or recorded");
    return *recorded ? MANIFEST_OK : MANIFEST_UNPROVEN;
}

static status record_path(const char *path, char **out)
{
    struct text t = {0};

    text_add(&t, "%s.sha256", path);
    if (text_status(&t) == OK)
        *out = t.s;
    return text_status(&t);
}

status manifest_record_read(const char *path, char hex[SHA256_HEX])
{
    status st = OK;
    char *name = NULL;
    char *bytes = NULL;
    size_t len = 0;

    TRY(record_path(path, &name));
    if (!file_exists(name)) {
        hex[0] = '\0';
        goto out;
    }
    TRY(file_read(name, RECORD_MAX, &bytes, &len));
    ENSURE(strspn(bytes, "0123456789abcdef") == SHA256_HEX - 1 &&
               strncmp(bytes + SHA256_HEX - 1, "  ", 2) == 0,
           ERR_DATA,
           "%s: is no recorded sum (64 digits, two blanks, a name); remove it "
           "or the file it is of",
           name);
    memcpy(hex, bytes, SHA256_HEX - 1);
    hex[SHA256_HEX - 1] = '\0';
out:
    mem_free(name);
    mem_free(bytes);
    return st;
}

status manifest_record_write(const char *path, const char hex[SHA256_HEX])
{
    status st = OK;
    const char *slash = strrchr(path, '/');
    struct text t = {0};
    char *name = NULL;

    TRY(record_path(path, &name));
    text_add(&t, "%s  %s\n", hex, slash ? slash + 1 : path);
    TRY(text_status(&t));
    TRY(file_publish(name, t.s, t.len));
out:
    text_free(&t);
    mem_free(name);
    return st;
}
