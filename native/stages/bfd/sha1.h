// SHA-1 (FIPS 180-4, 6.1), which RFC 5880 authenticates with.
#ifndef SLUICE_BFD_SHA1_H
#define SLUICE_BFD_SHA1_H

#include <stdint.h>

#define SHA1_SIZE    20
#define SHA1_LONGEST 119 // bytes of a message: two blocks with their padding

// The digest of at most SHA1_LONGEST bytes.
void sha1(const uint8_t *bytes, uint32_t length, uint8_t digest[SHA1_SIZE]);

#endif
