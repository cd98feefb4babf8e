// ARP and Neighbor Discovery messages: what is written is read again, what the RFCs forbid is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "arp.h"
#include "nd.h"

static void arp_survives_writing_and_reading(void **state)
{
	struct arp arp = {.operation = ARP_REQUEST,
			  .sender_mac = {{2, 0, 0, 0, 0, 1}},
			  .sender = {10, 0, 0, 1},
			  .target = {10, 0, 0, 2}},
		   again;
	uint8_t bytes[ARP_SIZE];

	arp_write(&arp, bytes);
	assert_true(arp_parse(bytes, sizeof(bytes), &again));
	assert_memory_equal(&arp, &again, sizeof(arp));
	assert_false(arp_parse(bytes, sizeof(bytes) - 1, &again));
}

static void arp_refuses_what_cannot_be(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} wrong[] = {{1, 6}, {3, 1}, {4, 8}, {5, 16}, {7, 0}, {7, 3}, {8, 1}, {14, 224}, {14, 127}, {14, 255}};
	struct arp arp = {.operation = ARP_REPLY, .sender_mac = {{2, 0, 0, 0, 0, 1}}, .sender = {10, 0, 0, 1}}, out;
	uint8_t bytes[ARP_SIZE];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		arp_write(&arp, bytes);
		bytes[wrong[i].at] = wrong[i].value;
		if (arp_parse(bytes, sizeof(bytes), &out)) fail_msg("byte %u as %u", wrong[i].at, wrong[i].value);
	}
	// A sender without an address only probes.
	memset(arp.sender, 0, sizeof(arp.sender));
	arp_write(&arp, bytes);
	assert_true(arp_parse(bytes, sizeof(bytes), &out));
	memset(&arp.sender_mac, 0, sizeof(arp.sender_mac));
	arp_write(&arp, bytes);
	assert_false(arp_parse(bytes, sizeof(bytes), &out));
}

#define TARGET                                                                                                         \
	{                                                                                                              \
		0x20, 0x01, 0x0d, 0xb8, [15] = 1                                                                       \
	}
#define OTHER                                                                                                          \
	{                                                                                                              \
		0xfe, 0x80, [15] = 2                                                                                   \
	}

static const struct nd advertisement = {.type = ND_TYPE_NEIGHBOUR_ADVERTISEMENT,
					.flags = ND_ROUTER | ND_SOLICITED | ND_OVERRIDE,
					.source = TARGET,
					.destination = OTHER,
					.target = TARGET,
					.has_mac = true,
					.mac = {{2, 0, 0, 0, 0, 1}}};

static struct nd solicitation(void)
{
	struct nd nd = {.type = ND_TYPE_NEIGHBOUR_SOLICITATION,
			.source = OTHER,
			.target = TARGET,
			.has_mac = true,
			.mac = {{2, 0, 0, 0, 0, 2}}};

	nd_solicited_group(nd.target, nd.destination);
	return nd;
}

static void nd_survives_writing_and_reading(void **state)
{
	struct nd messages[] = {advertisement, solicitation()}, again;
	uint8_t packet[ND_SIZE];

	for (size_t i = 0; i < 2; i++)
		for (int mac = 0; mac < 2; mac++) {
			uint32_t length, sum = 0;

			messages[i].has_mac = mac != 0;
			if (mac == 0) messages[i].mac = (struct rte_ether_addr){0};
			length = nd_write(&messages[i], packet);
			assert_true(nd_parse(packet, length, IP6_SIZE, &again));
			assert_memory_equal(&messages[i], &again, offsetof(struct nd, has_mac) + 1);
			// RFC 8200, 8.1: with its own checksum the sum is all ones.
			for (uint32_t k = 8; k < length; k += 2)
				sum += (uint32_t)(packet[k] << 8 | packet[k + 1]);
			sum += length - IP6_SIZE + 58;
			sum = (sum & 0xffff) + (sum >> 16);
			assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
			for (uint32_t cut = 0; cut < length; cut++)
				if (cut != IP6_SIZE + 24) assert_false(nd_parse(packet, cut, IP6_SIZE, &again));
			messages[i].mac = (struct rte_ether_addr){{2, 0, 0, 0, 0, 1}};
		}
}

// One change to a solicitation or an advertisement that makes it one to be dropped.
static void nd_refuses_what_the_rfc_forbids(void **state)
{
	static const struct {
		const char *name;
		bool solicits;
		unsigned at;
		uint8_t value;
	} wrong[] = {
		{"hop limit", true, 7, 254},
		{"code", true, IP6_SIZE + 1, 1},
		{"another type", true, IP6_SIZE, 138},
		{"option of length 0", true, IP6_SIZE + 25, 0},
		{"option that ends behind the packet", true, IP6_SIZE + 25, 2},
		{"MAC of a group", true, IP6_SIZE + 26, 3},
		{"target is a group", true, IP6_SIZE + 8, 0xff},
		{"source is a group", true, 8, 0xff},
		{"target is a group (advertisement)", false, IP6_SIZE + 8, 0xff},
		{"solicited and to a group", false, 24, 0xff},
		{"hop limit (advertisement)", false, 7, 64},
	};
	struct nd asks = solicitation(), again;
	uint8_t packet[ND_SIZE];
	uint32_t length;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		length = nd_write(wrong[i].solicits ? &asks : &advertisement, packet);
		packet[wrong[i].at] = wrong[i].value;
		if (nd_parse(packet, length, IP6_SIZE, &again)) fail_msg("%s", wrong[i].name);
	}
	// 7.1.1: without a source there is no MAC of it, and only the group is asked.
	memset(asks.source, 0, sizeof(asks.source));
	length = nd_write(&asks, packet);
	assert_false(nd_parse(packet, length, IP6_SIZE, &again));
	asks.has_mac = false;
	length = nd_write(&asks, packet);
	assert_true(nd_parse(packet, length, IP6_SIZE, &again));
	memcpy(asks.destination, asks.target, sizeof(asks.destination));
	length = nd_write(&asks, packet);
	assert_false(nd_parse(packet, length, IP6_SIZE, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp_survives_writing_and_reading),
		cmocka_unit_test(arp_refuses_what_cannot_be),
		cmocka_unit_test(nd_survives_writing_and_reading),
		cmocka_unit_test(nd_refuses_what_the_rfc_forbids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
