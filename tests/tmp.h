#ifndef TESTS_TMP_H
#define TESTS_TMP_H

/* A folder of its own for a test that writes files, and files in it. Include
 * after check.h. */
#include <ftw.h>
#include <unistd.h>

#include "check.h"

enum { TMP_PATH = 512 };

static inline int
tmp_remove(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
    (void)sb;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* Make a folder under $TMPDIR (default /tmp); its path goes to dir. */
static inline void tmp_make(char dir[TMP_PATH])
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(dir, TMP_PATH, "%s/fmcib-test-XXXXXX",
                   base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(dir));
}

/* Remove the folder and everything in it. */
static inline void tmp_clean(const char *dir)
{
    assert_int_equal(nftw(dir, tmp_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* dir/name into out. */
static inline const char *
tmp_path(const char *dir, const char *name, char out[TMP_PATH])
{
    int n = snprintf(out, TMP_PATH, "%s/%s", dir, name);

    assert_true(n > 0 && n < TMP_PATH);
    return out;
}

/* Write a file dir/name of len bytes; its path goes to out. */
static inline const char *tmp_write(const char *dir,
                                    const char *name,
                                    const void *bytes,
                                    size_t len,
                                    char out[TMP_PATH])
{
    FILE *f = fopen(tmp_path(dir, name, out), "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    return out;
}

#endif
