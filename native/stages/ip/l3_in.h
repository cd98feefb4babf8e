// What the parts of the node l3-in share: its edges, and what packets that follow each other have in common.
#ifndef SLUICE_STAGES_IP_L3_IN_H
#define SLUICE_STAGES_IP_L3_IN_H

#include "../classify/tags.h"
#include "features.h"
#include "ip.h"

enum {
	IN_LOCAL = FEATURE_IN_EDGES, // for the router itself, whatever the routes say: groups
	IN_OPTIONS,
	IN_ARP,
	IN_MAC_NOT_OURS,
	IN_ETHERTYPE,
	IN_INTERFACE_DISABLED,
	IN_NOT_ENABLED,
	IN_HEADER,
	IN_LENGTH,
	IN_CHECKSUM,
	IN_SOURCE,
	IN_DESTINATION,
	IN_LINK_GROUP,
	IN_LINK_LOCAL,
	IN_EDGES,
};

// Packets of one logical port, or of one bridge domain.
struct l3_run {
	const struct l3_interface *it; // NULL: none
	uint32_t ingress, bridge_domain;
	uint64_t mac;
	uint8_t offset;            // of the L3 header
	uint8_t next[IP_VERSIONS]; // edge of a packet that is fine
	uint32_t packets;
	uint64_t octets;
	uint32_t received[IP_VERSIONS];
};

#endif
