/* Flame graphs as SVG: static, self-contained, names escaped; a tool tip on each frame. */
#ifndef PLUGIN_FLAME_SVG_H
#define PLUGIN_FLAME_SVG_H

#include <stdio.h>

#include "capture/capture.h"
#include "plugin/error.h"

/*
 * The root on top; frames too narrow to be seen are left out. With `base` (NULL:
 * none) widths are the profile's, colours say by how much a frame's share of the
 * whole differs from the base's: orange with a "+" for more, blue with a "-" for
 * less. Names are of the files, as the user gave them. -1 for a profile with
 * values below 0.
 */
int flame_svg(FILE *out, const struct cap_profile *profile, size_t type, const struct cap_profile *base,
              const char *name, const char *base_name, struct error *error);

#endif
