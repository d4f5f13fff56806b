/* Ends what level.h defines for one REAL type and what primitives.h builds on it. */
#undef QUAD
#undef LINE
#undef STORE
#undef LOAD
#undef IVEC
#undef VEC
#undef LANES
#undef NAME
#undef REAL
#undef INT
#undef SHORT
#undef MANTISSA_BITS
#undef EXPONENT_BIAS
#undef EXP_LIMIT
#undef LN2_HIGH
#undef LN2_LOW
#undef TERMS
