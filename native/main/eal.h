// Start and end of DPDK's environment.
#ifndef SLUICE_MAIN_EAL_H
#define SLUICE_MAIN_EAL_H

#include "options.h"

// One main lcore for the control thread and one for each worker. Clears options->huge_pages where there are too few.
// 0 or -errno, with a line in the log.
int eal_start(struct options *options);
void eal_stop(void);

#endif
