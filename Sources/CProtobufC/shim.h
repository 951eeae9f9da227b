#ifndef LOTS_CPROTOBUFC_SHIM_H
#define LOTS_CPROTOBUFC_SHIM_H

#include <protobuf-c/protobuf-c.h>

/* What generated init functions set every string to. Swift does not import arrays of unknown size. Never written to. */
static inline char *lots_protobuf_empty_string(void) {
    return (char *)protobuf_c_empty_string;
}

#endif
