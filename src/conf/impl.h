#ifndef CONF_IMPL_H
#define CONF_IMPL_H

/* What conf.c fills and dump.c prints. */
#include "conf/conf.h"
#include "conf/value.h"

struct conf_entry {
    const struct conf_row *row;
    void *target;
    struct conf_value value;
    uint32_t line;     /* in the file, 0 when not given there */
    bool names_preset; /* the run id does not see it, only what it sets */
};

struct conf {
    struct conf_entry *entries; /* table order */
    size_t n;
};

#endif
