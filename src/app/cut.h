#ifndef APP_CUT_H
#define APP_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "conf/conf.h"
#include "store/list.h"
#include "vol/cutter.h"
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
    int path;     /* 0 training, 1 inference */
    int sampling; /* of the inference path: 0 monai-1.4, 1 ideal */
    bool precropped;
    struct conf_list size; /* inference: z, y, x; empty: 2 radius */
};

extern const struct conf_row cut_rows[];
extern const size_t cut_rows_n;

/* How the training path cuts. ERR_CONF: patch.spacing is not three values or
 * none. */
status cut_patch_conf(const struct cut_conf *c, struct patch_conf *out);
/* How a patch is cut, by either path. ERR_CONF: a list of the wrong length, or
 * patch.precropped without patch.path inference. */
status cut_cutter_conf(const struct cut_conf *c, struct cutter_conf *out);
/* The same from the identity configuration (conf_dump) of a program that had
 * these keys; those it did not have yet have their default. */
status cut_of_identity(const char *identity, struct cutter_conf *out);
struct list_conf cut_list_conf(const struct cut_conf *c);

#endif
