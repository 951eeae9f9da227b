// The allocator's settings, where the C library has them.
#pragma once
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

static inline void CAllocator_keep(int mapping_threshold, int trim_threshold) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, mapping_threshold);
    mallopt(M_TRIM_THRESHOLD, trim_threshold);
#else
    (void)mapping_threshold;
    (void)trim_threshold;
#endif
}
