#include "rendezvous.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct rendezvous *rendezvous_make(void)
{
    void *memory = mmap(NULL, sizeof(struct rendezvous), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void rendezvous_set(struct rendezvous *rendezvous, uint32_t state)
{
    atomic_store(&rendezvous->state, state);
    syscall(SYS_futex, &rendezvous->state, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

int rendezvous_fail(struct rendezvous *rendezvous, const struct err *err)
{
    rendezvous->err = *err;
    rendezvous_set(rendezvous, RENDEZVOUS_FAILED);
    return err->code == 0 ? -EINVAL : -err->code;
}

bool rendezvous_wait(struct rendezvous *rendezvous, uint32_t state, bool (*is_other_gone)(pid_t), pid_t other)
{
    const struct timespec interval = {.tv_nsec = 100000000};
    for (uint32_t now; (now = atomic_load(&rendezvous->state)) < state;) {
        if (syscall(SYS_futex, &rendezvous->state, FUTEX_WAIT, now, &interval, NULL, 0) < 0 && errno == ETIMEDOUT &&
            is_other_gone != NULL && is_other_gone(other)) {
            return false;
        }
    }
    return true;
}
