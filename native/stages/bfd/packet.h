// BFD Control packets (RFC 5880, 4.1), with the authentication section of SHA-1 (4.4).
//
//   0            1            2           3
//   | vers| diag | Sta|PFCADM | Detect Mult | Length |
//   | My Discriminator                               |  4
//   | Your Discriminator                             |  8
//   | Desired Min TX Interval                        | 12   microseconds
//   | Required Min RX Interval                       | 16
//   | Required Min Echo RX Interval                  | 20
//   | Auth Type  | Auth Len   | Key ID    | Reserved |  24   where A is set
//   | Sequence Number                                |  28
//   | Hash (20 bytes)                                |  32
#ifndef SLUICE_BFD_PACKET_H
#define SLUICE_BFD_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#define BFD_HEADER  24
#define BFD_SHA1    28 // bytes of the authentication section
#define BFD_LONGEST (BFD_HEADER + BFD_SHA1)

#define BFD_PORT          3784 // RFC 5881, 4
#define BFD_PORT_MULTIHOP 4784 // RFC 5883, 5

// As BfdState of the contract.
enum bfd_state { BFD_STATE_ADMIN_DOWN, BFD_STATE_DOWN, BFD_STATE_INIT, BFD_STATE_UP };

enum bfd_diagnostic {
	BFD_DIAG_NONE,
	BFD_DIAG_DETECTION_EXPIRED,
	BFD_DIAG_ECHO_FAILED,
	BFD_DIAG_NEIGHBOR_DOWN,
	BFD_DIAG_FORWARDING_RESET,
	BFD_DIAG_PATH_DOWN,
	BFD_DIAG_CONCATENATED_DOWN,
	BFD_DIAG_ADMIN_DOWN,
};

// As BfdAuthenticationType of the contract.
enum bfd_auth_type { BFD_AUTH_NONE = 0, BFD_AUTH_KEYED_SHA1 = 4, BFD_AUTH_METICULOUS_SHA1 = 5 };

struct bfd_packet {
	uint8_t diagnostic;
	uint8_t state; // enum bfd_state
	bool poll, final, control_plane_independent, demand;
	uint8_t detect_mult;
	uint32_t my_discriminator, your_discriminator;
	uint32_t desired_min_tx, required_min_rx, required_min_echo_rx;
	uint8_t auth_type; // 0: no section; what is below only of SHA-1
	uint8_t key_id;
	uint32_t sequence;
};

enum bfd_fault {
	BFD_FINE,
	BFD_FAULT_VERSION,       // not 1
	BFD_FAULT_LENGTH,        // shorter than it must be, or longer than what there is
	BFD_FAULT_FIELD,         // Detect Mult or My Discriminator 0, Multipoint set
	BFD_FAULT_DISCRIMINATOR, // Your Discriminator 0 in a state that has one
	BFD_FAULT_SECTION, // an authentication section that does not fill the packet, or of another length than its
			   // type
};

// 6.8.6, as far as the message itself says. A section of a type that is not known is taken: the session refuses it.
enum bfd_fault bfd_parse(const uint8_t *bytes, uint32_t length, struct bfd_packet *packet);

// Writes it; where it has a section of SHA-1, the digest is made with the key, padded with zeros (6.7.4). Returns the
// length.
uint32_t bfd_write(const struct bfd_packet *packet, const uint8_t key[20], uint8_t bytes[BFD_LONGEST]);

// Whether the digest of a packet with a section of SHA-1 is the one that this key gives.
bool bfd_digest_is_right(const uint8_t bytes[BFD_LONGEST], const uint8_t key[20]);

#endif
