/* What was counted in the published lists (head of March 2025), and digests
 * of their first columns as int32. */
#include <inttypes.h>
#include <string.h>

#include "lists/made.h"

static const struct published {
    const char *set;
    const char *list;
    struct made_count count[MADE_COUNTS];
    const char *first;
} PUBLISHED[] = {
    {"deeplesion",
     "pretrain",
     {{"rows", 11467},
      {"patients", 2312},
      {"studies", 4612},
      {"series", 5513},
      {"volumes", 7127},
      {"class -1", 11467}},
     "d0249b02d40be235524c193e6687178e300b6ac10723b4e8a82f15ac22fbfe06"},
    {"deeplesion",
     "task1_train",
     {{"rows", 2610},
      {"patients", 553},
      {"studies", 1027},
      {"series", 1236},
      {"volumes", 1603},
      {"class 0", 116},
      {"class 1", 374},
      {"class 2", 351},
      {"class 3", 230},
      {"class 4", 1141},
      {"class 5", 100},
      {"class 6", 115},
      {"class 7", 183}},
     "58c44c022e6273e6079c608d2e3de5db738a69455eea66ec6df5109e8c46ab82"},
    {"deeplesion",
     "task1_val",
     {{"rows", 1220},
      {"patients", 384},
      {"studies", 670},
      {"series", 767},
      {"volumes", 915},
      {"class 0", 50},
      {"class 1", 232},
      {"class 2", 176},
      {"class 3", 133},
      {"class 4", 474},
      {"class 5", 41},
      {"class 6", 55},
      {"class 7", 59}},
     "51911aef746437792d37e2eb5bfd412c3153b2675fccacec02dcc882b989e883"},
    {"deeplesion",
     "task1_test",
     {{"rows", 1221},
      {"patients", 395},
      {"studies", 683},
      {"series", 778},
      {"volumes", 924},
      {"class 0", 42},
      {"class 1", 218},
      {"class 2", 195},
      {"class 3", 129},
      {"class 4", 467},
      {"class 5", 44},
      {"class 6", 64},
      {"class 7", 62}},
     "a0bb0b97569d02107129520447956a131c7c8bdb713f2eea6192ed67ed422b6d"},
    {"luna16",
     "luna16_training_annotations",
     {{"rows", 677}, {"scans", 433}, {"class 0", 350}, {"class 1", 327}},
     "3af872cd30bcb51f92b27d35931b29a2b2cb8d9a0a0d9235a5d00ae3a1f4f44c"},
    {"luna16",
     "task2_train",
     {{"rows", 338}, {"scans", 266}, {"class 0", 175}, {"class 1", 163}},
     "5fdfc4e8fc6f60e852fc0e3c8ae7ecf5bdb13bb0734b178d27fdb330a8482041"},
    {"luna16",
     "task2_val",
     {{"rows", 169}, {"scans", 150}, {"class 0", 87}, {"class 1", 82}},
     "4097fa515c34a3c79051df235e000ec3f41ddf3bab3ff043fbf2fd0ad2d46b56"},
    {"luna16",
     "task2_test",
     {{"rows", 170}, {"scans", 150}, {"class 0", 88}, {"class 1", 82}},
     "bd93017bd5cc8fa9179c975415fa153e566b9db7fcf57fb2e7434dc5b9bb025f"},
    {"lung1",
     "lung1",
     {{"rows", 421},
      {"patients", 421},
      {"deaths", 373},
      {"alive at 2 years", 169},
      {"dead before 2 years", 251}},
     ""},
    {"lung1",
     "lung1_analysed",
     {{"rows", 420},
      {"patients", 420},
      {"alive at 2 years", 169},
      {"dead before 2 years", 251}},
     ""},
    {"radio",
     "radio",
     {{"rows", 144},
      {"patients", 144},
      {"deaths", 51},
      {"alive at 2 years", 105},
      {"dead before 2 years", 28}},
     ""},
    {"radio",
     "radio_analysed",
     {{"rows", 133},
      {"patients", 133},
      {"alive at 2 years", 105},
      {"dead before 2 years", 28}},
     ""},
};

static void compare_count(const struct made_count *want, struct made_list *l)
{
    uint64_t have = 0;

    for (int i = 0; i < l->counts; i++)
        if (strcmp(l->count[i].what, want->what) == 0)
            have = l->count[i].n;
    l->compared++;
    if (have != want->n)
        text_add(&l->differs, "%s%s %" PRIu64 ", published %" PRIu64,
                 l->differs.len ? "; " : "", want->what, have, want->n);
}

static void compare(const struct published *p, struct made_list *l)
{
    for (int i = 0; i < MADE_COUNTS && p->count[i].what[0]; i++)
        compare_count(&p->count[i], l);
    if (!p->first[0] || !l->first[0])
        return;
    l->compared++;
    if (strcmp(p->first, l->first) != 0)
        text_add(&l->differs,
                 "%sother rows, or in another order (first "
                 "column)",
                 l->differs.len ? "; " : "");
}

status made_compare(const char *set, struct made *m)
{
    status st = OK;

    for (int i = 0; i < m->lists; i++) {
        struct made_list *l = &m->list[i];

        for (size_t k = 0; k < sizeof PUBLISHED / sizeof PUBLISHED[0]; k++)
            if (strcmp(PUBLISHED[k].set, set) == 0 &&
                strcmp(PUBLISHED[k].list, l->name) == 0)
                compare(&PUBLISHED[k], l);
        TRY(text_status(&l->differs));
    }
out:
    return st;
}
