// Why a frame cannot leave by the logical port that the bridge chose.
#include "../drop/drop_node.h"

// No room in front of the frame for another tag: a device that gives buffers without headroom.
DROP_NODE(no_headroom, "no-headroom", DROP_INGRESS);
// Its tags are not those of the logical port: it would belong to another one on the wire.
DROP_NODE(encapsulation_mismatch, "encapsulation-mismatch", DROP_EGRESS);
// Longer than the port's MTU (bytes of L3 payload).
DROP_NODE(mtu_exceeded, "mtu-exceeded", DROP_EGRESS);
// The port is disabled, has no device or no link.
DROP_NODE(port_down, "port-down", DROP_EGRESS);
// A static address points to a disabled logical port.
DROP_NODE(egress_disabled, "egress-disabled", DROP_EGRESS);
