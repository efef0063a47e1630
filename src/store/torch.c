/* Files of torch.save: a zip with the program data.pkl and one entry data/KEY
 * for each storage; before PyTorch 1.6 five programs one after the other, then
 * the storages, each behind its number of elements. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "store/torch_tree.h"
#include "store/zip.h"

enum { PROGRAM_MAX = 64 << 20, HEAD_MAX = 8 << 20 };

/* A span of the zip entry; deflated ones are unpacked here. */
static status locate(struct torch_tree *t, struct torch_storage *s)
{
    status st = OK;
    struct zip *z = t->ctx;
    char name[256];
    const struct zip_entry *e = NULL;
    struct state_span span = {0};
    uint64_t size = state_type_size(s->type);

    (void)snprintf(name, sizeof name, "data/%.*s", (int)s->key_len,
                   (const char *)s->key);
    e = zip_find(z, name);
    ENSURE(e, ERR_DATA, "%s: %s: the archive has no storage %s", t->where,
           t->path, name);
    ENSURE(s->len <= INT64_MAX / size && e->size == s->len * size, ERR_DATA,
           "%s: %s: storage %s has %llu bytes, %llu elements of %s are "
           "announced",
           t->where, t->path, name, (unsigned long long)e->size,
           (unsigned long long)s->len, state_type_name(s->type));
    span = (struct state_span){
        .at = e->at, .size = e->size, .has_crc = true, .crc = e->crc};
    if (e->deflated) {
        TRY(zip_load(z, e, &span.mem));
        span.has_crc = false;
    }
    st = state_add_span(t->state, &span, &s->span);
    if (st != OK)
        mem_free(span.mem);
out:
    return st;
}

/* "little" or "big"; older files have no such record and are little. */
static status read_order(struct state *s, struct zip *z)
{
    status st = OK;
    const struct zip_entry *e = zip_find(z, "byteorder");
    unsigned char *v = NULL;
    bool big = false;

    if (e) {
        ENSURE(e->size <= 16, ERR_DATA, "%s: byteorder has %llu bytes", s->path,
               (unsigned long long)e->size);
        TRY(zip_load(z, e, &v));
        big = e->size == 3 && memcmp(v, "big", 3) == 0;
        ENSURE(big || (e->size == 6 && memcmp(v, "little", 6) == 0), ERR_DATA,
               "%s: byteorder is neither little nor big", s->path);
    }
    s->swap = big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
out:
    mem_free(v);
    return st;
}

/* A version is a number; programs beside the weights make a TorchScript. */
static status read_records(const struct state *s, struct zip *z)
{
    status st = OK;
    const struct zip_entry *e = zip_find(z, "version");
    unsigned char *v = NULL;

    if (e) {
        ENSURE(e->size > 0 && e->size <= 16, ERR_DATA,
               "%s: version has %llu bytes", s->path,
               (unsigned long long)e->size);
        TRY(zip_load(z, e, &v));
        for (uint64_t i = 0; i < e->size; i++)
            ENSURE((v[i] >= '0' && v[i] <= '9') || v[i] == '\n', ERR_DATA,
                   "%s: version is no number", s->path);
    }
    for (size_t i = 0; i < z->n; i++) {
        const struct zip_entry *r = &z->entry[i];

        ENSURE((r->name_len < 5 || memcmp(r->name, "code/", 5) != 0) &&
                   (r->name_len != 13 ||
                    memcmp(r->name, "constants.pkl", 13) != 0),
               ERR_DATA,
               "%s: is a TorchScript program (code/, constants.pkl); save the "
               "state_dict with torch.save",
               s->path);
    }
out:
    mem_free(v);
    return st;
}

status torch_open(struct state *s)
{
    status st = OK;
    struct zip z = {0};
    const struct zip_entry *program = NULL;
    unsigned char *bytes = NULL;
    char where[512];
    struct torch_tree t = {
        .state = s, .where = where, .locate = locate, .ctx = &z};

    s->format = STATE_TORCH;
    (void)snprintf(where, sizeof where, "%s: data.pkl", s->path);
    TRY(zip_open(&s->raw, &z));
    TRY(read_records(s, &z));
    TRY(read_order(s, &z));
    program = zip_find(&z, "data.pkl");
    ENSURE(program, ERR_DATA,
           "%s: has no data.pkl; is it a file of torch.save?", s->path);
    ENSURE(program->size <= PROGRAM_MAX, ERR_DATA,
           "%s: data.pkl has %llu bytes, at most %d are read", s->path,
           (unsigned long long)program->size, (int)PROGRAM_MAX);
    TRY(zip_load(&z, program, &bytes));
    TRY(pickle_read(where, bytes, (size_t)program->size, torch_names,
                    torch_names_n, &t.pickle));
    ENSURE(t.pickle.used == program->size, ERR_DATA,
           "%s: %llu bytes after the program's end", where,
           (unsigned long long)(program->size - t.pickle.used));
    TRY(torch_tree_walk(&t));
out:
    torch_tree_free(&t);
    mem_free(bytes);
    zip_close(&z);
    return st;
}

/* ---- before PyTorch 1.6 ---------------------------------------------------
 */

/* The programs lie in the first bytes of the file. */
struct head {
    const char *where;
    unsigned char *bytes;
    size_t size, at;
};

static status next_program(struct head *h, struct pickle *out)
{
    status st = OK;

    TRY(pickle_read(h->where, h->bytes + h->at, h->size - h->at, torch_names,
                    torch_names_n, out));
    h->at += out->used;
out:
    return st;
}

/* Magic number (looked at already), protocol 1001, facts of the writer. */
static status read_facts(struct state *s, struct head *h)
{
    status st = OK;
    struct pickle p = {0};
    bool found = false;

    for (int i = 0; i < 2; i++) {
        pickle_free(&p);
        TRY(next_program(h, &p));
    }
    ENSURE(p.node[p.top].kind == PICKLE_INT && p.node[p.top].u.i == 1001,
           ERR_DATA, "%s: unknown protocol of torch.save, 1001 is read",
           h->where);
    pickle_free(&p);
    TRY(next_program(h, &p));
    ENSURE(p.node[p.top].kind == PICKLE_DICT, ERR_DATA,
           "%s: its third program holds no facts of the writer", h->where);
    for (uint32_t i = p.node[p.top].u.list.first; i != PICKLE_END;
         i = p.item[i].next) {
        const struct pickle_node *k = &p.node[p.item[i].key];
        const struct pickle_node *v = &p.node[p.item[i].value];

        if (k->kind != PICKLE_TEXT || k->n != 13 ||
            memcmp(k->u.s, "little_endian", 13) != 0)
            continue;
        found = v->kind == PICKLE_BOOL;
        s->swap = found &&
                  (v->u.i != 0) != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
    }
    ENSURE(found, ERR_DATA, "%s: says nothing of its byte order", h->where);
out:
    pickle_free(&p);
    return st;
}

/* Spans for storages before their places are known: tensors are checked
 * against the announced length, which is held against the file after. */
static status announce(struct torch_tree *t, struct torch_storage *s)
{
    status st = OK;
    struct state_span span = {0};
    uint64_t size = state_type_size(s->type);

    ENSURE(s->len <= t->state->raw.size / size, ERR_DATA,
           "%s: %s: its storage of %llu elements is larger than the file",
           t->where, t->path, (unsigned long long)s->len);
    span.size = s->len * size;
    TRY(state_add_span(t->state, &span, &s->span));
out:
    return st;
}

/* Storages follow in the order of the last program's list of keys. */
static status
place_storages(struct torch_tree *t, const struct pickle *keys, uint64_t at)
{
    status st = OK;
    struct state *s = t->state;
    const struct pickle_node *list = &keys->node[keys->top];
    size_t placed = 0;

    ENSURE(list->kind == PICKLE_LIST, ERR_DATA,
           "%s: has no list of its storages", t->where);
    for (uint32_t i = list->u.list.first; i != PICKLE_END;
         i = keys->item[i].next, placed++) {
        const struct pickle_node *k = &keys->node[keys->item[i].value];
        struct torch_storage *own = NULL;
        unsigned char len[8];

        if (k->kind == PICKLE_TEXT)
            own = torch_tree_find(t, k->u.s, k->n);
        ENSURE(own && s->span[own->span].at == 0, ERR_DATA,
               "%s: its list names a storage that no tensor uses, or one twice",
               t->where);
        TRY(raw_read(&s->raw, at, sizeof len, len));
        if (s->swap)
            for (int b = 0; b < 4; b++) {
                unsigned char c = len[b];

                len[b] = len[7 - b];
                len[7 - b] = c;
            }
        ENSURE(raw_le(len, 8) == own->len, ERR_DATA,
               "%s: a storage of %llu elements is announced as %llu", t->where,
               (unsigned long long)raw_le(len, 8),
               (unsigned long long)own->len);
        s->span[own->span].at = at + 8;
        at += 8 + s->span[own->span].size;
    }
    ENSURE(placed == t->n && at == s->raw.size, ERR_DATA,
           "%s: %zu storages up to byte %llu, %zu are used and the file has "
           "%llu bytes (cut short?)",
           t->where, placed, (unsigned long long)at, t->n,
           (unsigned long long)s->raw.size);
out:
    return st;
}

status torch_old_open(struct state *s)
{
    status st = OK;
    struct pickle keys = {0};
    struct head h = {.where = s->path};
    struct torch_tree t = {.state = s, .where = s->path, .locate = announce};

    s->format = STATE_TORCH_OLD;
    h.size = s->raw.size < HEAD_MAX ? (size_t)s->raw.size : HEAD_MAX;
    TRY(mem_raw(h.size, 1, &h.bytes));
    TRY(raw_read(&s->raw, 0, h.size, h.bytes));
    TRY(read_facts(s, &h));
    TRY(next_program(&h, &t.pickle));
    TRY(torch_tree_walk(&t));
    TRY(next_program(&h, &keys));
    TRY(place_storages(&t, &keys, h.at));
out:
    torch_tree_free(&t);
    pickle_free(&keys);
    mem_free(h.bytes);
    return st;
}
