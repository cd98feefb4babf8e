// Why a received frame belongs to no logical port, or may not enter by it.
#include "../drop/drop_node.h"

// Ends within its Ethernet header or a tag.
DROP_NODE(malformed, "malformed", DROP_INGRESS);
// Longer than the port's MTU (bytes of L3 payload). A device may let it in: not every one can be told an exact limit.
DROP_NODE_NAMED(mtu_exceeded_in, "drop-mtu-exceeded-in", "mtu-exceeded", DROP_INGRESS);
// To a reserved address, 802.1Q-2018 table 8-1: for the router itself, or for nobody.
DROP_NODE(link_local, "link-local", DROP_INGRESS);
// No logical port of the port matches its tags.
DROP_NODE(unknown_vlan, "unknown-vlan", DROP_INGRESS);
DROP_NODE(port_disabled, "port-disabled", DROP_INGRESS);
DROP_NODE(logical_port_disabled, "logical-port-disabled", DROP_INGRESS);
// Its source is a group address.
DROP_NODE(source_multicast, "source-multicast", DROP_INGRESS);
