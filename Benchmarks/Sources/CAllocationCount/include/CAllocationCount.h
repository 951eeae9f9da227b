#ifndef C_ALLOCATION_COUNT_H
#define C_ALLOCATION_COUNT_H

/// How often memory was asked for since the program began; -1 where it cannot be counted.
long c_allocation_count(void);

#endif
