#ifndef LISTS_NUMBER_H
#define LISTS_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers of the study's tables. */

/* n numbers separated by commas, blanks around each ("0.78, 0.78, 1"). */
bool number_list(const char *s, uint32_t n, double *out);

/* v, written in the shortest form and read by the table reader of the study
 * (pandas 1.5, its default): at most 17 digits, leading zeros among them, are
 * gathered by d = 10 d + digit in doubles, then there is one multiplication
 * or division by a power of ten. Up to some units in the last place from v;
 * the published lists went through it. v is finite, its power of ten at most
 * 1e300. */
double number_reread(double v);

/* v as a float. In a file of its own, because gcc 12 leaves the rounding out
 * where it makes one vector of two such conversions there and back. */
double number_f32(double v);

#endif
