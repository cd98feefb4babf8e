// The addresses of a bridge domain at one moment: what the repetitions of a mac-move announce.
#ifndef SLUICE_MAC_SET_H
#define SLUICE_MAC_SET_H

#include <stdbool.h>
#include <stdint.h>

// Shared by all logical ports of the bridge domain that are released together.
struct mac_set {
	uint32_t bridge_domain;
	uint32_t references;
	uint32_t count, room;
	uint32_t lost; // memory was short
	uint64_t *key; // fdb_key
};

// The set of a bridge domain that is being collected: a new, empty one, or the one begun before; the caller gets a
// reference. NULL: out of memory.
struct mac_set *mac_set_begin(uint32_t bridge_domain);
// Fills all sets begun since the last time, in one walk of the forwarding database.
void mac_sets_collect(void);
void mac_set_release(struct mac_set *set);

#endif
