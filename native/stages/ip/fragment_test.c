// Fragments: made where IPv4 allows it, put together for what the router answers.
#include "testing.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <time.h>

#include <rte_cycles.h>

#include "../../main/buffers.h"
#include "reassembly.h"

static void set_mtu(unsigned mtu)
{
	Sluice__Api__Operation *b = op_l3_interface("b", "main", "b", "", "10.0.2.1/24 2001:db8:2::1/64");

	b->set_l3_interface->mtu = mtu;
	apply(b);
}

// Put together by offset they are the packet; each is a whole IPv4 packet of at most `mtu` bytes.
static void fragments_are_the_packet(void **state)
{
	for (unsigned payload = 1473 - 28; payload >= 600; payload -= 97) {
		struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", payload);
		uint8_t whole[2048] = {0};
		uint32_t bytes = 0;

		set_mtu(576);
		test_receive("a", &p);
		assert_true(router_frames("b") == (payload + 8 + 551) / 552);
		for (unsigned i = 0; i < router_frames("b"); i++) {
			const uint8_t *ip = router_frame("b", i)->bytes + 14;
			unsigned length = read_be16(ip + 2), offset = (read_be16(ip + 6) & 0x1fffu) * 8;

			assert_true(length <= 576);
			assert_int_equal(router_frame("b", i)->length, 14 + length);
			assert_int_equal(test_sum(ip, 20, 0), 0);
			assert_int_equal(ip[8], 63);
			assert_int_equal(ip[6] >> 5 & 1, i + 1 < router_frames("b"));
			memcpy(whole + offset, ip + 20, length - 20);
			bytes += length - 20;
		}
		assert_int_equal(bytes, payload + 8);
		assert_memory_equal(whole, p.bytes + 14 + 20, payload + 8);
	}
	set_mtu(0);
}

static void later_fragments_carry_the_options_that_say_so(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 1000);
	// An option of 3 bytes that is not copied, router alert, which is.
	static const uint8_t options[8] = {0x1e, 3, 0, 0x94, 4, 0, 0, 1};
	uint8_t *ip = p.bytes + 14;

	memmove(ip + 28, ip + 20, 1008);
	memcpy(ip + 20, options, 8);
	ip[0] = 0x47;
	p.length = (uint16_t)(p.length + 8);
	test_put16(ip + 2, 1036);
	test_checksum4(&p);
	set_mtu(576);
	test_receive("a", &p);
	assert_int_equal(router_frames("b"), 2);
	assert_int_equal(router_frame("b", 0)->bytes[14], 0x47);
	assert_int_equal(router_frame("b", 1)->bytes[14], 0x46);
	assert_memory_equal(router_frame("b", 1)->bytes + 34, options + 3, 4);
	assert_int_equal(test_sum(router_frame("b", 1)->bytes + 14, 24, 0), 0);
	set_mtu(0);
}

// ---------------------------------------------------------------- reassembly

static struct test_packet echo_fragment(const uint8_t *echo, unsigned offset, unsigned length, bool more, unsigned id)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.1.1", length - 8);
	uint8_t *ip = p.bytes + 14;

	ip[9] = IPPROTO_ICMP;
	test_put16(ip + 4, id);
	test_put16(ip + 6, offset / 8 | (more ? 0x2000 : 0));
	memcpy(ip + 20, echo + offset, length);
	test_checksum4(&p);
	return p;
}

static void make_echo(uint8_t *echo, unsigned size)
{
	memset(echo, 0, 8);
	echo[0] = ICMP_ECHO;
	for (unsigned i = 8; i < size; i++)
		echo[i] = (uint8_t)(i * 11);
	test_put16(echo + 2, test_sum(echo, size, 0));
}

// In any order; the answer comes in fragments too.
static void a_fragmented_echo_is_answered(void **state)
{
	static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static uint8_t echo[4000], answer[4096];

	make_echo(echo, sizeof(echo));
	for (unsigned i = 0; i < RTE_DIM(orders); i++) {
		uint32_t bytes = 0;

		router_forget();
		for (unsigned k = 0; k < 3; k++) {
			unsigned part = orders[i][k];
			struct test_packet p = echo_fragment(echo, part * 1480, part == 2 ? 1040 : 1480, part != 2, i);

			assert_int_equal(router_frames("a"), 0);
			router_receive("a", p.bytes, p.length);
		}
		assert_int_equal(router_frames("a"), 3);
		for (unsigned k = 0; k < 3; k++) {
			const uint8_t *ip = router_frame("a", k)->bytes + 14;

			memcpy(answer + (read_be16(ip + 6) & 0x1fff) * 8, ip + 20, read_be16(ip + 2) - 20u);
			bytes += read_be16(ip + 2) - 20u;
		}
		assert_int_equal(bytes, sizeof(echo));
		assert_int_equal(answer[0], ICMP_ECHOREPLY);
		assert_memory_equal(answer + 8, echo + 8, sizeof(echo) - 8);
		assert_int_equal(test_sum(answer, sizeof(echo), 0), 0);
	}
	assert_int_equal(router_packets_in_use(), 0);
}

static void a_fragmented_ipv6_echo_is_answered(void **state)
{
	static uint8_t echo[2000];
	const unsigned first = 1400;

	router_forget();
	for (unsigned part = 0; part < 2; part++) {
		unsigned size = part == 0 ? first : sizeof(echo) - first;
		struct test_packet p = test_udp6("2001:db8:1::2", "2001:db8:1::1", size);
		uint8_t *ip = p.bytes + 14;
		uint32_t sum = (uint16_t)~test_sum(ip + 8, 32, 0);

		memset(echo, 0, 8);
		echo[0] = ICMP6_ECHO_REQUEST;
		test_put16(echo + 2, test_sum(echo, sizeof(echo), sum + IPPROTO_ICMPV6 + sizeof(echo)));
		ip[6] = IPPROTO_FRAGMENT;
		memset(ip + 40, 0, 8);
		ip[40] = IPPROTO_ICMPV6;
		test_put16(ip + 42, part == 0 ? 1 : first);
		ip[47] = 9;
		memcpy(ip + 48, echo + (part == 0 ? 0 : first), size);
		router_receive("a", p.bytes, p.length);
	}
	assert_int_equal(router_frames("a"), 2);
	assert_int_equal(router_frame("a", 0)->bytes[14 + 6], IPPROTO_FRAGMENT);
	assert_int_equal(router_frame("a", 0)->bytes[14 + 48], ICMP6_ECHO_REPLY);
	assert_int_equal(router_packets_in_use(), 0);
}

// RFC 5722: nothing of the packet is delivered, whichever fragment comes last.
static void overlapping_fragments_end_the_packet(void **state)
{
	static uint8_t echo[4000];
	uint64_t before = router_drops("fragment-overlap");
	struct test_packet p;

	make_echo(echo, sizeof(echo));
	router_forget();
	p = echo_fragment(echo, 0, 1480, true, 50);
	router_receive("a", p.bytes, p.length);
	p = echo_fragment(echo, 1472, 1480, true, 50);
	router_receive("a", p.bytes, p.length);
	assert_int_equal(router_drops("fragment-overlap"), before + 2);
	p = echo_fragment(echo, 1480, 1480, true, 50);
	router_receive("a", p.bytes, p.length);
	p = echo_fragment(echo, 2960, 1040, false, 50);
	router_receive("a", p.bytes, p.length);
	assert_int_equal(router_drops("fragment-overlap"), before + 4);
	assert_int_equal(router_frames("a"), 0);
	assert_int_equal(router_packets_in_use(), 0);
}

// ---------------------------------------------------------------- the table alone

static struct reassembly_table table;

static struct rte_mbuf *filled(uint32_t offset, uint32_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(buffers_pool());
	uint8_t *to = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)length);

	for (uint32_t i = 0; i < length; i++)
		to[i] = (uint8_t)((offset + i) * 31 ^ (offset + i) >> 8);
	return m;
}

// Random fragments of a few packets, some overlapping, some twice: what comes out whole is right, and nothing is lost.
static void random_fragments(void **state)
{
	unsigned seed = getenv("SEED") != NULL ? (unsigned)strtoul(getenv("SEED"), NULL, 0) : (unsigned)time(NULL);
	unsigned whole_count = 0, in_use = router_packets_in_use();
	uint64_t now = 1;

	print_message("SEED=%u\n", seed);
	srand(seed);
	for (unsigned round = 0; round < 30000; round++) {
		struct rte_mbuf *out[2 * REASSEMBLY_FRAGMENTS];
		struct reassembly *whole = NULL;
		uint32_t parts = 2 + (uint32_t)rand() % 5, part = (uint32_t)rand() % parts;
		struct reassembly_piece piece = {.offset = part * 64, .length = 64, .more = part + 1 < parts};
		struct rte_mbuf *m;
		unsigned count = 0;

		piece.key.identification = (uint32_t)rand() % 400 * 8 + parts;
		if (piece.more && rand() % 50 == 0) piece.length = 72;
		m = filled(piece.offset, piece.length);
		now += rte_get_tsc_hz() / 100;
		switch (reassembly_add(&table, m, &piece, now, &whole, out, &count)) {
		case REASSEMBLY_KEPT:
			break;
		case REASSEMBLY_WHOLE:
			whole_count++;
			m = reassembly_join(&table, whole);
			assert_int_equal(m->pkt_len, 64 * parts);
			for (uint32_t i = 0; i < m->pkt_len; i++) {
				uint8_t byte;

				assert_int_equal(*(const uint8_t *)rte_pktmbuf_read(m, i, 1, &byte),
						 (uint8_t)(i * 31 ^ i >> 8));
			}
			rte_pktmbuf_free(m);
			break;
		default:
			rte_pktmbuf_free(m);
		}
		rte_pktmbuf_free_bulk(out, count);
		assert_true(table.used <= REASSEMBLY_PACKETS && table.held <= REASSEMBLY_ALL);
		assert_int_equal(router_packets_in_use() - in_use, table.held);
	}
	assert_true(whole_count > 100);
	for (struct rte_mbuf *first, *out[REASSEMBLY_FRAGMENTS]; table.used != 0;) {
		unsigned count;

		assert_true(reassembly_expire(&table, UINT64_MAX, &first, out, &count));
		rte_pktmbuf_free(first);
		rte_pktmbuf_free_bulk(out, count);
	}
	assert_int_equal(router_packets_in_use(), in_use);
}

static void time_ends_a_packet_that_is_not_whole(void **state)
{
	struct reassembly_piece piece = {.length = 64, .more = true, .key = {.version = IP_V4}};
	struct rte_mbuf *first, *out[2 * REASSEMBLY_FRAGMENTS], *m = filled(0, 64);
	struct reassembly *whole;
	uint64_t hz = rte_get_tsc_hz();
	unsigned count;

	assert_int_equal(reassembly_add(&table, m, &piece, hz, &whole, out, &count), REASSEMBLY_KEPT);
	assert_false(reassembly_expire(&table, hz * REASSEMBLY_SECONDS4, &first, out, &count));
	assert_true(reassembly_expire(&table, hz * (REASSEMBLY_SECONDS4 + 1), &first, out, &count));
	assert_ptr_equal(first, m);
	assert_int_equal(count, 0);
	rte_pktmbuf_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_are_the_packet),
		cmocka_unit_test(later_fragments_carry_the_options_that_say_so),
		cmocka_unit_test(a_fragmented_echo_is_answered),
		cmocka_unit_test(a_fragmented_ipv6_echo_is_answered),
		cmocka_unit_test(overlapping_fragments_end_the_packet),
		cmocka_unit_test(random_fragments),
		cmocka_unit_test(time_ends_a_packet_that_is_not_whole),
	};

	return cmocka_run_group_tests(tests, test_set_up, test_tear_down);
}
