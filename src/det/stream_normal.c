#include "det/math.h"
#include "det/stream.h"

double stream_normal(struct stream *s)
{
    double u = 1 - stream_double(s); /* in (0, 1] */
    double v = stream_double(s);

    return __builtin_sqrt(-2 * det_log(u)) *
           det_cos(0x1.921fb54442d18p+2 * v); /* 2 pi */
}
