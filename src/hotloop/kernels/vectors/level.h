/* All primitives for one instruction-set level. Before including it define
     LEVEL         the suffix of the names, e.g. x86_64_v3
     LEVEL_NAME    the public name, e.g. "x86-64-v3"
     VECTOR_BYTES  16, 32 or 64: the register width of the level. Wider vectors than registers split and spill, 10 to 25 times slower.
   The order of every sum depends on n and the level alone, so results repeat to the bit on any CPU of the level. */
#include <stdint.h>
#include <string.h>
#include "vectors.h"

#define JOIN_(a, b, c) a##_##b##_##c
#define JOIN(a, b, c) JOIN_(a, b, c)

#define REAL float
#define INT int32_t
#define SHORT f32
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127
#define EXP_LIMIT 87.0f
#define LN2_HIGH 0.693359375f          /* ln 2 = high + low; n * high is exact for the n that occur (Cody and Waite 1980) */
#define LN2_LOW (-2.12194440054690583e-4f)
#define TERMS 8
#include "primitives.h"
#undef REAL
#undef INT
#undef SHORT
#undef MANTISSA_BITS
#undef EXPONENT_BIAS
#undef EXP_LIMIT
#undef LN2_HIGH
#undef LN2_LOW
#undef TERMS

#define REAL double
#define INT int64_t
#define SHORT f64
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define EXP_LIMIT 708.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define TERMS 14
#include "primitives.h"

#define TABLE(SHORT)                                                                                          \
    {                                                                                                         \
        JOIN(dot, SHORT, LEVEL), JOIN(scale_add, SHORT, LEVEL), JOIN(accumulate, SHORT, LEVEL),               \
        JOIN(standardize, SHORT, LEVEL), JOIN(exponential, SHORT, LEVEL), JOIN(logistic, SHORT, LEVEL)        \
    }

const struct vectors JOIN(vectors, of, LEVEL) = {LEVEL_NAME, TABLE(f32), TABLE(f64)};
