/* Members sleep on a condition until a new job number appears, then draw
 * items from a shared counter until none is left. */
#include "base/team.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct team {
    pthread_mutex_t lock;
    pthread_cond_t start;
    pthread_cond_t done;
    pthread_t *threads; /* size - 1 */
    int size;
    int started;
    int busy;
    bool quit;
    unsigned long job;
    team_fn *fn;
    void *ctx;
    size_t n;
    size_t next;
    size_t bad; /* lowest failing item, SIZE_MAX when none */
    status bad_status;
    struct trail bad_trail;
};

struct member {
    struct team *team;
    int index;
};

static void note_failure(struct team *t, size_t item, status st)
{
    if (item < t->bad) {
        t->bad = item;
        t->bad_status = st;
        trail_save(&t->bad_trail);
    }
}

/* Called and left with the lock held. */
static void work(struct team *t, int member)
{
    while (t->next < t->n) {
        size_t item = t->next++;
        status st;

        pthread_mutex_unlock(&t->lock);
        st = t->fn(t->ctx, item, member);
        pthread_mutex_lock(&t->lock);
        if (st != OK)
            note_failure(t, item, st);
    }
}

static void *member_main(void *arg)
{
    struct member *m = arg;
    struct team *t = m->team;
    int index = m->index;
    unsigned long seen = 0;

    mem_free(m);
    pthread_mutex_lock(&t->lock);
    for (;;) {
        while (!t->quit && t->job == seen)
            pthread_cond_wait(&t->start, &t->lock);
        if (t->quit)
            break;
        seen = t->job;
        work(t, index);
        if (--t->busy == 0)
            pthread_cond_signal(&t->done);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

status team_new(int threads, struct team **out)
{
    status st = OK;
    struct team *t = NULL;
    struct member *m = NULL;

    BUG_IF(threads < 1);
    TRY(mem_new(1, sizeof *t, &t));
    t->size = threads;
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->start, NULL);
    (void)pthread_cond_init(&t->done, NULL);
    TRY(mem_new((size_t)threads, sizeof *t->threads, &t->threads));
    for (int i = 1; i < threads; i++) {
        TRY(mem_new(1, sizeof *m, &m));
        m->team = t;
        m->index = i;
        ENSURE(
            pthread_create(&t->threads[i - 1], NULL, member_main, m) == 0,
            ERR_RUN,
            "thread %d of %d cannot be started (limit of processes reached?)",
            i + 1, threads);
        m = NULL; /* the thread frees it */
        t->started++;
    }
    *out = t;
    t = NULL;
out:
    mem_free(m);
    team_free(t);
    return st;
}

int team_size(const struct team *t)
{
    return t->size;
}

status team_run(struct team *t, size_t n, team_fn *fn, void *ctx)
{
    status st = OK;

    pthread_mutex_lock(&t->lock);
    t->fn = fn;
    t->ctx = ctx;
    t->n = n;
    t->next = 0;
    t->bad = SIZE_MAX;
    if (n > 1 && t->size > 1) {
        t->busy = t->size - 1;
        t->job++;
        pthread_cond_broadcast(&t->start);
    }
    work(t, 0);
    while (t->busy > 0)
        pthread_cond_wait(&t->done, &t->lock);
    if (t->bad != SIZE_MAX) {
        trail_load(&t->bad_trail);
        st = t->bad_status;
    }
    pthread_mutex_unlock(&t->lock);
    return st;
}

void team_free(struct team *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->quit = true;
    pthread_cond_broadcast(&t->start);
    pthread_mutex_unlock(&t->lock);
    for (int i = 0; i < t->started; i++)
        pthread_join(t->threads[i], NULL);
    pthread_cond_destroy(&t->start);
    pthread_cond_destroy(&t->done);
    pthread_mutex_destroy(&t->lock);
    mem_free(t->threads);
    mem_free(t);
}
