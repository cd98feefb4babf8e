// Interrupts of DPDK's virtual devices, on the control thread instead of on a thread of DPDK's: what a driver does on
// them (it maps and unmaps memory, frees queues) would otherwise happen beside the workers and beside the calls that
// the control thread makes. The linker puts these functions in place of DPDK's (--wrap, native/meson.build).
#ifndef SLUICE_PORT_INTERRUPT_H
#define SLUICE_PORT_INTERRUPT_H

// What is called around each handler of a virtual device.
void interrupt_hooks(void (*before)(void), void (*after)(void));

#endif
