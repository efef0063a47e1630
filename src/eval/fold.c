#include "eval/fold.h"

#include "base/mem.h"

/* code [n] := class number by first appearance. */
static uint32_t encode(const int32_t *y, uint32_t n, uint32_t *code)
{
    uint32_t classes = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = 0;

        while (j < i && y[j] != y[i])
            j++;
        code[i] = j < i ? code[j] : classes++;
    }
    return classes;
}

status fold_stratified(
    const int32_t *y, uint32_t n, uint32_t folds, uint32_t *fold, uint32_t *few)
{
    status st = OK;
    uint32_t *code = NULL;
    uint32_t *left = NULL; /* [classes][folds] rows still to come */
    uint32_t *count = NULL;
    uint32_t classes;
    uint32_t most = 0;
    uint32_t least = n;
    uint32_t at = 0;

    ENSURE(folds >= 2 && folds <= n, ERR_DATA,
           "%u folds of %u rows; need 2 .. rows", folds, n);
    TRY(mem_new(n, sizeof *code, &code));
    classes = encode(y, n, code);
    TRY(mem_new((size_t)classes * folds, sizeof *left, &left));
    TRY(mem_new(classes, sizeof *count, &count));
    for (uint32_t i = 0; i < n; i++)
        count[code[i]]++;
    for (uint32_t c = 0; c < classes; c++) {
        most = count[c] > most ? count[c] : most;
        least = count[c] < least ? count[c] : least;
        for (uint32_t i = 0; i < count[c]; i++)
            left[(size_t)c * folds + at++ % folds]++;
    }
    ENSURE(most >= folds, ERR_DATA,
           "%u folds, but no class has more than %u rows", folds, most);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *mine = left + (size_t)code[i] * folds;
        uint32_t k = 0;

        while (mine[k] == 0)
            k++;
        mine[k]--;
        fold[i] = k;
    }
    if (few)
        *few = least;
out:
    mem_free(code);
    mem_free(left);
    mem_free(count);
    return st;
}
