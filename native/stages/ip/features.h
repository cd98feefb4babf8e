// The features that a packet passes between input and lookup (`feature_in`), and between rewrite and output
// (`feature_out`), each a node. A packet only enters those that its interface has: l3-in and the lookup name the first,
// every feature node the next one by feature_next_in() or feature_next_out(), which are edges.
//
// A feature node has an edge for each of these numbers, and its own behind: FEATURE_IN_EDGES (FEATURE_OUT_EDGES) is the
// number of its first.
#ifndef SLUICE_STAGES_IP_FEATURES_H
#define SLUICE_STAGES_IP_FEATURES_H

#include "../../main/dataplane.h"

enum { FEATURE_IN_LOOKUP4 = FEATURES_IN, FEATURE_IN_LOOKUP6, FEATURE_IN_EDGES };
enum { FEATURE_OUT_DONE = FEATURES_OUT, FEATURE_OUT_EDGES };

// Whose features a packet is in the midst of.
static inline uint16_t feature_interface(struct rte_mbuf *m, bool out)
{
	return out ? packet_meta(m)->egress_interface : packet_meta(m)->interface;
}

// The edge of the first feature; and of the next after `feature`.
static inline uint8_t feature_first_in(const struct l3_interface *interface, enum ip_version version)
{
	return (uint8_t)__builtin_ctz(interface->features_in[version] | 1u << (FEATURES_IN + version));
}

static inline uint8_t feature_next_in(const struct l3_interface *interface, enum ip_version version,
				      enum feature_in feature)
{
	unsigned bits = interface->features_in[version] | 1u << (FEATURES_IN + version);

	return (uint8_t)__builtin_ctz(bits & ~0u << (feature + 1));
}

static inline uint8_t feature_first_out(const struct l3_interface *interface, enum ip_version version)
{
	return (uint8_t)__builtin_ctz(interface->features_out[version] | 1u << FEATURES_OUT);
}

static inline uint8_t feature_next_out(const struct l3_interface *interface, enum ip_version version,
				       enum feature_out feature)
{
	unsigned bits = interface->features_out[version] | 1u << FEATURES_OUT;

	return (uint8_t)__builtin_ctz(bits & ~0u << (feature + 1));
}

#endif
