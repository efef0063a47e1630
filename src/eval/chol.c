#include "eval/chol.h"

#include <math.h>
#include <stddef.h>

uint32_t chol_factor(double *a, uint32_t d, const double *floor, double *pivot)
{
    for (uint32_t j = 0; j < d; j++) {
        double *row = a + (size_t)j * d;

        for (uint32_t k = 0; k < j; k++) {
            const double *left = a + (size_t)k * d;

            for (uint32_t i = 0; i < k; i++)
                row[k] -= row[i] * left[i];
            row[k] /= left[k];
        }
        pivot[j] = row[j];
        for (uint32_t k = 0; k < j; k++)
            pivot[j] -= row[k] * row[k];
        if (!(pivot[j] > floor[j]))
            return j;
        row[j] = sqrt(pivot[j]);
    }
    return d;
}

void chol_solve(const double *l, uint32_t d, double *b)
{
    for (uint32_t j = 0; j < d; j++) {
        for (uint32_t k = 0; k < j; k++)
            b[j] -= l[(size_t)j * d + k] * b[k];
        b[j] /= l[(size_t)j * d + j];
    }
    for (uint32_t j = d; j-- > 0;) {
        for (uint32_t k = j + 1; k < d; k++)
            b[j] -= l[(size_t)k * d + j] * b[k];
        b[j] /= l[(size_t)j * d + j];
    }
}
