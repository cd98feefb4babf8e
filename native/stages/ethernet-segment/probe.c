#include "probe.h"

#include <string.h>

#include <rte_byteorder.h>

#include "../block-point/block_in.h"

#define SIGNED (PROBE_BODY - HMAC_SIZE)

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put64(uint8_t *at, uint64_t value)
{
	value = rte_cpu_to_be_64(value);
	memcpy(at, &value, sizeof(value));
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return rte_be_to_cpu_64(value);
}

void probe_write(const struct probe *probe, const struct hmac_key *key, const struct rte_ether_addr *source,
		 uint16_t tpid, uint8_t frame[PROBE_FRAME])
{
	static const uint8_t address[] = SEGMENT_PROBE_ADDRESS;
	uint8_t *body = frame + ETHERNET_HEADER + TAG_SIZE;

	memcpy(frame, address, sizeof(address));
	memcpy(frame + RTE_ETHER_ADDR_LEN, source, RTE_ETHER_ADDR_LEN);
	put16(frame + 12, tpid);
	// Network control (802.1Q-2018, annex I).
	put16(frame + 14, (uint16_t)(7 << 13 | probe->vid));
	put16(frame + 16, SEGMENT_PROBE_TYPE);
	put16(body, PROBE_SUBTYPE);
	body[2] = PROBE_VERSION;
	body[3] = probe->kind;
	memcpy(body + 4, probe->esi, sizeof(probe->esi));
	put16(body + 14, probe->vid);
	body[16] = probe->version == IP_V4 ? 4 : 16;
	body[17] = 0;
	memcpy(body + 18, probe->from.bytes, sizeof(probe->from.bytes));
	put64(body + 34, probe->stamp);
	put64(body + 42, probe->sequence);
	hmac_sha256_128(key, body, SIGNED, body + SIGNED);
}

bool probe_parse(const uint8_t *body, size_t length, struct probe *probe)
{
	static const uint8_t none[12];

	if (length < PROBE_BODY || read_be16(body) != PROBE_SUBTYPE || body[2] != PROBE_VERSION) return false;
	if (body[3] == 0 || body[3] > PROBE_KINDS || (body[16] != 4 && body[16] != 16) || body[17] != 0) return false;
	if (body[16] == 4 && memcmp(body + 22, none, sizeof(none)) != 0) return false;
	*probe = (struct probe){
		.kind = body[3],
		.version = body[16] == 4 ? IP_V4 : IP_V6,
		.vid = read_be16(body + 14),
		.stamp = get64(body + 34),
		.sequence = get64(body + 42),
	};
	memcpy(probe->esi, body + 4, sizeof(probe->esi));
	memcpy(probe->from.bytes, body + 18, sizeof(probe->from.bytes));
	return true;
}

bool probe_is_genuine(const uint8_t *body, const struct hmac_key *key)
{
	uint8_t mac[HMAC_SIZE], difference = 0;

	hmac_sha256_128(key, body, SIGNED, mac);
	// In the same time whatever differs.
	for (unsigned i = 0; i < HMAC_SIZE; i++)
		difference |= mac[i] ^ body[SIGNED + i];
	return difference == 0;
}
