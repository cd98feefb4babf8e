// Headers of UDP packets that neighbours of the router send, and their checksums (RFC 1071).
#ifndef SLUICE_TESTING_UDP_H
#define SLUICE_TESTING_UDP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>

static inline void test_put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

// The ones' complement of the sum, as headers have it; `sum`: of what goes before.
static inline uint16_t test_sum(const uint8_t *at, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++)
		sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline void test_ip4_checksum(uint8_t *ip)
{
	test_put16(ip + 10, 0);
	test_put16(ip + 10, test_sum(ip, (ip[0] & 0xfu) * 4u, 0));
}

// Of UDP header and payload, `length` octets, with the pseudo header of the IP header before it (RFC 768, RFC
// 8200, 8.1): 0 where the packet has its checksum and that is right.
static inline uint16_t test_udp_sum(const uint8_t *ip, const uint8_t *udp, unsigned length)
{
	unsigned size = ip[0] >> 4 == 6 ? 16 : 4;

	return test_sum(udp, length, (uint16_t)~test_sum(udp - 2 * size, 2 * size, 17 + length));
}

#define TEST_UDP_HEADERS (14 + 40)

struct test_udp {
	const uint8_t *to_mac, *from_mac;
	const char *from, *to; // of one family
	uint8_t ttl;
	unsigned length; // of UDP header and payload
};

// Writes Ethernet and IP header into what is zero, TEST_UDP_HEADERS octets at most; where the UDP header begins.
static inline uint8_t *test_udp_headers(uint8_t *frame, const struct test_udp *it)
{
	bool v6 = strchr(it->from, ':') != NULL;
	unsigned header = v6 ? 40 : 20, size = v6 ? 16 : 4;
	uint8_t *ip = frame + 14;

	memcpy(frame, it->to_mac, 6);
	memcpy(frame + 6, it->from_mac, 6);
	memcpy(frame + 12, v6 ? "\x86\xdd" : "\x08\x00", 2);
	ip[0] = v6 ? 0x60 : 0x45;
	test_put16(ip + (v6 ? 4 : 2), it->length + (v6 ? 0 : 20));
	ip[v6 ? 6 : 9] = 17;
	ip[v6 ? 7 : 8] = it->ttl;
	inet_pton(v6 ? AF_INET6 : AF_INET, it->from, ip + header - 2 * size);
	inet_pton(v6 ? AF_INET6 : AF_INET, it->to, ip + header - size);
	if (!v6) test_ip4_checksum(ip);
	return ip + header;
}

#endif
