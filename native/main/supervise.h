// Tells systemd that the engine is ready and that its control thread lives.
#ifndef SLUICE_MAIN_SUPERVISE_H
#define SLUICE_MAIN_SUPERVISE_H

// Says READY=1, and from the control thread WATCHDOG=1 three times within $WATCHDOG_USEC.
void supervise_start(void);

#endif
