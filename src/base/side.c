#include "base/side.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

enum side_state { SIDE_IDLE, SIDE_RUNS, SIDE_ENDED, SIDE_QUIT };

struct side {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t to_side, to_main;
    enum side_state state;
    side_fn *fn;
    void *ctx;
    void *question; /* open while it is not NULL */
    status st;
    struct trail trail;
};

static void *side_main(void *arg)
{
    struct side *s = arg;

    (void)pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->state != SIDE_RUNS && s->state != SIDE_QUIT)
            (void)pthread_cond_wait(&s->to_side, &s->lock);
        if (s->state == SIDE_QUIT)
            break;
        (void)pthread_mutex_unlock(&s->lock);
        s->st = s->fn(s->ctx);
        if (s->st != OK)
            trail_save(&s->trail);
        (void)pthread_mutex_lock(&s->lock);
        s->state = SIDE_ENDED;
        (void)pthread_cond_broadcast(&s->to_main);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

status side_new(struct side **out)
{
    struct side *s = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *s, &s));
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->to_side, NULL);
    (void)pthread_cond_init(&s->to_main, NULL);
    int rc = pthread_create(&s->thread, NULL, side_main, s);
    ENSURE(rc == 0, ERR_RUN, "cannot start a thread: %s", strerror(rc));
    *out = s;
    s = NULL;
out:
    mem_free(s);
    return st;
}

void side_start(struct side *s, side_fn *fn, void *ctx)
{
    (void)pthread_mutex_lock(&s->lock);
    BUG_IF(s->state != SIDE_IDLE);
    s->fn = fn;
    s->ctx = ctx;
    s->state = SIDE_RUNS;
    (void)pthread_cond_signal(&s->to_side);
    (void)pthread_mutex_unlock(&s->lock);
}

static struct timespec in_us(long us)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += us / 1000000;
    t.tv_nsec += us % 1000000 * 1000;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        t.tv_sec++;
    }
    return t;
}

bool side_done(struct side *s, long us, status *st)
{
    struct timespec until = in_us(us);
    bool ended;
    int rc = 0;

    (void)pthread_mutex_lock(&s->lock);
    while (s->state != SIDE_ENDED && !s->question && rc == 0)
        rc = pthread_cond_timedwait(&s->to_main, &s->lock, &until);
    ended = s->state == SIDE_ENDED;
    if (ended) {
        s->state = SIDE_IDLE;
        *st = s->st;
        if (s->st != OK)
            trail_load(&s->trail);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return ended;
}

void side_ask(struct side *s, void *what)
{
    (void)pthread_mutex_lock(&s->lock);
    s->question = what;
    (void)pthread_cond_broadcast(&s->to_main);
    while (s->question)
        (void)pthread_cond_wait(&s->to_side, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
}

void *side_question(struct side *s)
{
    (void)pthread_mutex_lock(&s->lock);
    void *what = s->question;
    (void)pthread_mutex_unlock(&s->lock);
    return what;
}

void side_answer(struct side *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->question = NULL;
    (void)pthread_cond_signal(&s->to_side);
    (void)pthread_mutex_unlock(&s->lock);
}

void side_free(struct side *s)
{
    if (!s)
        return;
    (void)pthread_mutex_lock(&s->lock);
    while (s->state == SIDE_RUNS) {
        s->question = NULL; /* nobody answers any more */
        (void)pthread_cond_signal(&s->to_side);
        (void)pthread_cond_wait(&s->to_main, &s->lock);
    }
    s->state = SIDE_QUIT;
    (void)pthread_cond_signal(&s->to_side);
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
    (void)pthread_cond_destroy(&s->to_side);
    (void)pthread_cond_destroy(&s->to_main);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s);
}
