#ifndef APP_CUT_H
#define APP_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "conf/conf.h"
#include "store/list.h"
#include "vol/patch.h"

/* Keys of programs that cut patches from the volumes of a list: input.list,
 * data.*, patch.*. */
struct cut_conf {
    const char *list;
    const char *root;
    const char *strip;
    int64_t radius;
    struct conf_list spacing; /* empty: no resampling */
    bool orient;
    bool orient_patch;
    double tolerance_mm;
};

extern const struct conf_row cut_rows[];
extern const size_t cut_rows_n;

/* How a patch is cut. ERR_CONF: patch.spacing is not three values or none. */
status cut_patch_conf(const struct cut_conf *c, struct patch_conf *out);
struct list_conf cut_list_conf(const struct cut_conf *c);

#endif
