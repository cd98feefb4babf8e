// Addresses that switches are to learn at once, by request: those that another PE knew, or that moved here with a VLAN.
#ifndef SLUICE_ANNOUNCE_H
#define SLUICE_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Addresses that wait in all requests together.
#define ANNOUNCE_MAX 262144

// AnnounceMacs.To of the contract.
enum announce_to { ANNOUNCE_TO_PORT, ANNOUNCE_TO_OTHERS, ANNOUNCE_TO_NOBODY };

// Takes 6 bytes for each address. To the port: out of the logical port, to the port's own address, which goes first. To
// others: out of the other members of its bridge domain, to all stations. To others and to nobody: what the bridge has
// learned of them elsewhere is forgotten. 0; -EINVAL, -ENOBUFS, -ENOMEM with *why.
int announce(uint32_t logical_port, const uint8_t *macs, size_t length, enum announce_to to, const char **why);
// Forgets what waits.
void announce_stop(void);

#endif
