#define LEVEL x86_64_v3
#define LEVEL_NAME "x86-64-v3"
#define VECTOR_BYTES 32
#define LEVEL_TARGET "arch=x86-64-v3"
#include "x86_64.h"
