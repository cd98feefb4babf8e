// The features that a packet passes between input and lookup (`feature_in`), and between rewrite and output
// (`feature_out`), each a node. A packet only enters those that its interface has: l3-in and the lookup name the first,
// every feature node the next one by feature_next_in() or feature_next_out(), which are edges.
//
// A feature node begins its edges with FEATURE_IN_NODES (FEATURE_OUT_NODES) and puts its own behind
// (FEATURE_IN_EDGES, FEATURE_OUT_EDGES is its first number).
#ifndef SLUICE_STAGES_IP_FEATURES_H
#define SLUICE_STAGES_IP_FEATURES_H

#include "../../main/dataplane.h"

enum { FEATURE_IN_LOOKUP4 = FEATURES_IN, FEATURE_IN_LOOKUP6, FEATURE_IN_EDGES };
enum { FEATURE_OUT_DONE = FEATURES_OUT, FEATURE_OUT_EDGES };

#define FEATURE_IN_NODES                                                                                               \
	[FEATURE_ACL_IN] = "acl-in", [FEATURE_URPF] = "urpf", [FEATURE_POLICER_IN] = "policer-in",                     \
	[FEATURE_IN_LOOKUP4] = "ip4-lookup", [FEATURE_IN_LOOKUP6] = "ip6-lookup"
#define FEATURE_OUT_NODES                                                                                              \
	[FEATURE_ACL_OUT] = "acl-out", [FEATURE_POLICER_OUT] = "policer-out", [FEATURE_OUT_DONE] = "l3-out"

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
