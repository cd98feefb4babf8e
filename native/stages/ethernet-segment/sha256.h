// SHA-256 (FIPS 180-4), as HMAC-SHA-256-128 (RFC 2104, RFC 4868) of short messages under a key that stays.
#ifndef SLUICE_ETHERNET_SEGMENT_SHA256_H
#define SLUICE_ETHERNET_SEGMENT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define HMAC_SIZE 16
// Longest message: it takes one block with its padding.
#define HMAC_MESSAGE 55

// The states after the two blocks that the key makes.
struct hmac_key {
	uint32_t inner[8], outer[8];
};

// A key of at most 64 bytes.
void hmac_key_set(struct hmac_key *key, const uint8_t *bytes, size_t length);
// The first 128 bits of the digest of at most HMAC_MESSAGE bytes.
void hmac_sha256_128(const struct hmac_key *key, const uint8_t *message, size_t length, uint8_t mac[HMAC_SIZE]);

#endif
