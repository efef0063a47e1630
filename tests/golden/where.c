#include "golden/where.h"

#include <unistd.h>

#include "base/file.h"

#include "check.h"

enum { PATH_SIZE = 4096, JSON_MAX = 1 << 26, SKIPPED = 77 };

static size_t skipped; /* cases */

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static const char *source(void)
{
    const char *dir = variable("FMCIB_SOURCE");

    return dir ? dir : ".";
}

static const char *golden_at(const char *name)
{
    static char path[PATH_SIZE];
    const char *dir = variable("FMCIB_GOLDEN");

    if (dir) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, name);
        return path;
    }
    (void)snprintf(path, sizeof path, "%s/../shared/golden", source());
    if (access(path, F_OK) == 0)
        (void)snprintf(path, sizeof path, "%s/../shared/golden/%s", source(),
                       name);
    else
        (void)snprintf(path, sizeof path, "%s/tests/golden/data/%s", source(),
                       name);
    return path;
}

static const char *ct_at(const char *name)
{
    static char path[PATH_SIZE];
    const char *dir = variable("FMCIB_CT_DATA");

    (void)snprintf(path, sizeof path, "%s%s/%s", dir ? dir : source(),
                   dir ? "" : "/../shared/ct-data", name);
    return path;
}

static bool is_there(const char *path, const char *who)
{
    if (access(path, R_OK) == 0)
        return true;
    printf("SKIP: %s cannot be read (%s names the folder)\n", path, who);
    return false;
}

bool golden_there(const char *name)
{
    return is_there(golden_at(name), "FMCIB_GOLDEN");
}

bool ct_there(const char *name)
{
    return is_there(ct_at(name), "FMCIB_CT_DATA");
}

const char *golden_path(const char *name)
{
    if (!golden_there(name))
        golden_skip();
    return golden_at(name);
}

const char *ct_path(const char *name)
{
    if (!ct_there(name))
        golden_skip();
    return ct_at(name);
}

const char *golden_own(const char *name)
{
    static char path[PATH_SIZE];

    if (variable("FMCIB_GOLDEN") && access(golden_at(name), R_OK) == 0)
        return golden_at(name);
    (void)snprintf(path, sizeof path, "%s/tests/golden/data/%s", source(),
                   name);
    return path;
}

struct json *golden_json(const char *name)
{
    struct json *j = NULL;

    assert_ok(json_read(golden_path(name), JSON_MAX, &j));
    return j;
}

void golden_skip(void)
{
    skipped++;
    skip();
    abort(); /* skip() has left */
}

int golden_end(int failed, size_t cases)
{
    if (skipped > 0)
        printf("SKIP: %zu of %zu cases, for files that are not there\n",
               skipped, cases);
    if (failed)
        return failed;
    return skipped == cases ? SKIPPED : 0;
}
