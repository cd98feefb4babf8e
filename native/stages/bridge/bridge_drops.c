// Why the bridge sends a frame nowhere.
#include "../drop/drop_node.h"

// The logical port is in no bridge domain.
DROP_NODE(no_bridge_domain, "no-bridge-domain", DROP_INGRESS);
// The destination is where the frame came from.
DROP_NODE(fdb_same_port, "fdb-same-port", DROP_INGRESS);
// Both logical ports are in one split horizon group.
DROP_NODE(split_horizon, "split-horizon", DROP_INGRESS);
// The destination is unknown and the bridge domain does not flood such frames.
DROP_NODE(unknown_unicast, "unknown-unicast", DROP_INGRESS);
// No other member may get the flooded frame.
DROP_NODE(flood_no_member, "flood-no-member", DROP_INGRESS);
