#pragma once

// What the processor that runs this can do, which Swift cannot ask for.
#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

static inline int has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#endif
