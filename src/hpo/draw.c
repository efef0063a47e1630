#include "hpo/draw.h"

double draw_double(struct draw *d)
{
    return d->mt ? mt_double(d->mt) : stream_double(&d->stream);
}
