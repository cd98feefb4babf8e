// Neighbours as queries read them (struct stage, neighbours_read).
#ifndef SLUICE_NEIGHBOUR_READ_H
#define SLUICE_NEIGHBOUR_READ_H

#include "neighbour.h"

unsigned neighbours_read(uint32_t interface, uint64_t *cursor, struct neighbour_row *rows, unsigned max);

#endif
