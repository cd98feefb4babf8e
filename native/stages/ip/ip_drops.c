// Why a packet is not routed.
#include "../drop/drop_node.h"

// ---------------------------------------------------------------- l3-in

// To a station that is not the router.
DROP_NODE(mac_not_ours, "mac-not-ours", DROP_INGRESS);
// Neither IP nor ARP; or tags that the interface does not have.
DROP_NODE(unknown_ethertype, "unknown-ethertype", DROP_INGRESS);
// The interface is administratively down, or the version is off on it.
DROP_NODE(interface_disabled, "interface-disabled", DROP_INGRESS);
DROP_NODE(ip_not_enabled, "ip-not-enabled", DROP_INGRESS);
// Ends within its header, another version than its Ethernet type says, or a header length below 5 (RFC 1812, 5.2.2).
DROP_NODE(ip_header, "ip-header", DROP_INGRESS);
// Longer than the frame, or shorter than its own header.
DROP_NODE(ip_length, "ip-length", DROP_INGRESS);
DROP_NODE(ip_checksum, "ip-checksum", DROP_INGRESS);
// A source or destination that is never on a wire (RFC 1812, 5.3.7; RFC 4291, 2.5 and 2.7).
DROP_NODE(ip_source_martian, "ip-source-martian", DROP_INGRESS);
DROP_NODE(ip_destination_martian, "ip-destination-martian", DROP_INGRESS);
// A unicast packet in a frame to a group (RFC 1122, 3.3.6).
DROP_NODE(ip_link_group, "ip-unicast-in-group-frame", DROP_INGRESS);
// A link-local address in a packet for somewhere else (RFC 3927, 2.7; RFC 4291, 2.5.6).
DROP_NODE(ip_link_local, "ip-link-local", DROP_INGRESS);
// To a multicast group that the router is not in: it routes none.
DROP_NODE(ip_multicast, "ip-multicast", DROP_INGRESS);
// The broadcast address of a network that it did not come from (RFC 2644).
DROP_NODE(ip_directed_broadcast, "ip-directed-broadcast", DROP_INGRESS);
// IPv4 options or IPv6 extension headers that do not parse, or that must be known and are not (RFC 8200, 4).
DROP_NODE(ip_options, "ip-options", DROP_INGRESS);
// Refused (RFC 7126, 4.3 and 4.4).
DROP_NODE(ip_source_route, "ip-source-route", DROP_INGRESS);
// The source is not reachable by that interface (RFC 3704).
DROP_NODE(urpf, "unicast-rpf", DROP_INGRESS);

// ---------------------------------------------------------------- lookup and rewrite

DROP_NODE(ttl, "ttl-exceeded", DROP_INGRESS);
DROP_NODE(no_route, "no-route", DROP_INGRESS);
DROP_NODE(blackhole, "blackhole", DROP_INGRESS);
// By a route that says so.
DROP_NODE(unreachable, "unreachable", DROP_INGRESS);
DROP_NODE(prohibited, "prohibited", DROP_INGRESS);
// Longer than the MTU of the interface that it would leave by, and may not be fragmented.
DROP_NODE(too_big, "ip-too-big", DROP_INGRESS);
// A pool of buffers is empty, or a packet that is shared cannot be copied.
DROP_NODE(ip_no_buffer, "ip-no-buffer", DROP_INGRESS);
// The interface that it would leave by is administratively down, or gone.
DROP_NODE(interface_disabled_out, "interface-down", DROP_EGRESS);

// ---------------------------------------------------------------- for the router itself

DROP_NODE(no_listener, "no-listener", DROP_INGRESS);
// An ICMP message that does not parse, with a wrong checksum, or that asks for nothing.
DROP_NODE(icmp_malformed, "icmp-malformed", DROP_INGRESS);
DROP_NODE(icmp_unhandled, "icmp-unhandled", DROP_INGRESS);
// Fragments: overlapping (RFC 5722), too long together, too many, or not complete in time.
DROP_NODE(fragment_malformed, "fragment-malformed", DROP_INGRESS);
DROP_NODE(fragment_overlap, "fragment-overlap", DROP_INGRESS);
DROP_NODE(fragment_limit, "fragment-limit", DROP_INGRESS);
DROP_NODE(reassembly_timeout, "reassembly-timeout", DROP_INGRESS);
