// A redirected frame (RFC 7348, 5): behind IP and UDP to port 4789
//
//    0       1          4     7
//    | flags | reserved | VNI | direction |    the frame as on the segment's port, with its tags
//
// flags: 0x08, the VNI is valid. The last octet, reserved, says where the frame was going when it met the block: 0 from the
// CE, 1 towards it. The UDP checksum is 0 (RFC 7348; RFC 6935 for IPv6).
#ifndef SLUICE_ETHERNET_SEGMENT_VXLAN_H
#define SLUICE_ETHERNET_SEGMENT_VXLAN_H

#include <stdbool.h>
#include <stdint.h>

#define VXLAN_PORT   4789
#define VXLAN_HEADER 8
#define VXLAN_FLAGS  0x08
#define UDP_HEADER   8

enum { VXLAN_FROM_CE, VXLAN_TO_CE };

#endif
