/* To be written. */
#include "loadgen/io.h"
