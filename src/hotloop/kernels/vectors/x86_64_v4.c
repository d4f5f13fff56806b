#define LEVEL x86_64_v4
#define LEVEL_NAME "x86-64-v4"
#define VECTOR_BYTES 64
#define LEVEL_TARGET "arch=x86-64-v4"
#include "x86_64.h"
