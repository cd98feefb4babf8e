#include "sha256.h"

#include <string.h>

#define BLOCK 64

static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint32_t round_constant[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static inline uint32_t turn(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static inline uint32_t load(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void store(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

// FIPS 180-4, 6.2.2.
static void compress(uint32_t state[8], const uint8_t block[BLOCK])
{
	uint32_t w[64], s[8];

	for (unsigned i = 0; i < 16; i++)
		w[i] = load(block + 4 * i);
	for (unsigned i = 16; i < 64; i++)
		w[i] = w[i - 16] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
		       (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		uint32_t one = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
			       ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constant[i] + w[i];
		uint32_t two = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
			       ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += one;
		s[0] = one + two;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

// The last block of a message whose first block was the key's.
static void finish(uint32_t state[8], const uint8_t *message, size_t length)
{
	uint8_t block[BLOCK] = {0};

	memcpy(block, message, length);
	block[length] = 0x80;
	store(block + BLOCK - 4, (uint32_t)(BLOCK + length) * 8);
	compress(state, block);
}

void hmac_key_set(struct hmac_key *key, const uint8_t *bytes, size_t length)
{
	uint8_t inner[BLOCK], outer[BLOCK];

	memset(inner, 0x36, sizeof(inner));
	memset(outer, 0x5c, sizeof(outer));
	for (size_t i = 0; i < length && i < BLOCK; i++) {
		inner[i] ^= bytes[i];
		outer[i] ^= bytes[i];
	}
	memcpy(key->inner, start, sizeof(start));
	memcpy(key->outer, start, sizeof(start));
	compress(key->inner, inner);
	compress(key->outer, outer);
}

void hmac_sha256_128(const struct hmac_key *key, const uint8_t *message, size_t length, uint8_t mac[HMAC_SIZE])
{
	uint32_t state[8];
	uint8_t digest[32];

	memcpy(state, key->inner, sizeof(state));
	finish(state, message, length);
	for (unsigned i = 0; i < 8; i++)
		store(digest + 4 * i, state[i]);
	memcpy(state, key->outer, sizeof(state));
	finish(state, digest, sizeof(digest));
	for (unsigned i = 0; i < HMAC_SIZE / 4; i++)
		store(mac + 4 * i, state[i]);
}
