// The contended path of Swift's Mutex is inside the standard library, where the thread sanitizer does not look: it would report what
// the lock protects as a race. Loaded before that library, this tells it when such a lock is taken and given back.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// Missing in programs without the sanitizer.
void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));

static void acquired(void *lock) {
    if (__tsan_acquire) __tsan_acquire(lock);
}

SWIFT void lock_slow(uint32_t thread, SELF void *self) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT bool try_lock_slow(SELF void *self) __asm__("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
SWIFT void unlock_slow(SELF void *self) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

SWIFT void lock_slow(uint32_t thread, SELF void *self) {
    SWIFT void (*original)(uint32_t, SELF void *) = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    original(thread, self);
    acquired(self);
}

SWIFT bool try_lock_slow(SELF void *self) {
    SWIFT bool (*original)(SELF void *) = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
    bool taken = original(self);
    if (taken) acquired(self);
    return taken;
}

SWIFT void unlock_slow(SELF void *self) {
    SWIFT void (*original)(SELF void *) = dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    if (__tsan_release) __tsan_release(self);
    original(self);
}
