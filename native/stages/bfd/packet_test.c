// BFD Control packets: bytes that tshark reads as is said beside them, and faults.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "packet.h"
#include "sha1.h"

static void sha1_gives_the_digests_of_fips_180(void **state)
{
	static const struct {
		const char *message;
		uint8_t digest[SHA1_SIZE];
	} known[] = {
		{"abc", {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
			 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d}},
		{"", {0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55,
		      0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09}},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 {0x84, 0x98, 0x3e, 0x44, 0x1c, 0x3b, 0xd2, 0x6e, 0xba, 0xae,
		  0x4a, 0xa1, 0xf9, 0x51, 0x29, 0xe5, 0xe5, 0x46, 0x70, 0xf1}},
	};
	uint8_t digest[SHA1_SIZE];

	for (unsigned i = 0; i < 3; i++) {
		sha1((const uint8_t *)known[i].message, (uint32_t)strlen(known[i].message), digest);
		assert_memory_equal(digest, known[i].digest, SHA1_SIZE);
	}
}

// tshark: Version 1, Diagnostic Neighbor Signaled Session Down (3), State Up (3), Flags Poll, Control Plane
// Independent, Authentication Present; Detect Time Multiplier 3; Length 52; My Discriminator 0x11223344, Your
// 0x55667788; Desired Min TX 10 ms, Required Min RX 20 ms, Required Min Echo 0; Authentication Keyed SHA1 (4), Length
// 28, Key ID 5, Sequence Number 0x01020304; the key is "secret".
static const uint8_t known_bytes[BFD_LONGEST] = {0x23, 0xec, 0x03, 0x34, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
						 0x00, 0x00, 0x27, 0x10, 0x00, 0x00, 0x4e, 0x20, 0x00, 0x00, 0x00, 0x00,
						 0x04, 0x1c, 0x05, 0x00, 0x01, 0x02, 0x03, 0x04,
						 // The digest is of Python's hashlib.
						 0x18, 0xed, 0x99, 0x77, 0x03, 0xb8, 0xfb, 0x10, 0xce, 0x6a, 0xab, 0x08,
						 0xb5, 0xa7, 0x32, 0x9b, 0x0c, 0xa4, 0x68, 0xad};
static const struct bfd_packet known = {
	.diagnostic = BFD_DIAG_NEIGHBOR_DOWN,
	.state = BFD_STATE_UP,
	.poll = true,
	.control_plane_independent = true,
	.detect_mult = 3,
	.my_discriminator = 0x11223344,
	.your_discriminator = 0x55667788,
	.desired_min_tx = 10000,
	.required_min_rx = 20000,
	.auth_type = BFD_AUTH_KEYED_SHA1,
	.key_id = 5,
	.sequence = 0x01020304,
};
static const uint8_t key[20] = "secret";

static void write_gives_the_known_bytes_and_parse_reads_them(void **state)
{
	uint8_t bytes[BFD_LONGEST];
	struct bfd_packet read;

	assert_int_equal(bfd_write(&known, key, bytes), BFD_LONGEST);
	assert_memory_equal(bytes, known_bytes, BFD_LONGEST);
	assert_int_equal(bfd_parse(known_bytes, BFD_LONGEST, &read), BFD_FINE);
	assert_int_equal(bfd_write(&read, key, bytes), BFD_LONGEST);
	assert_memory_equal(bytes, known_bytes, BFD_LONGEST);
	assert_true(bfd_digest_is_right(bytes, key));
	for (unsigned i = 0; i < BFD_LONGEST; i++) {
		bytes[i] ^= 1;
		assert_false(bfd_digest_is_right(bytes, key));
		bytes[i] ^= 1;
	}
}

static void parse_names_what_is_wrong(void **state)
{
	static const struct {
		unsigned at, value, length;
		enum bfd_fault fault;
	} wrong[] = {
		{0, 0x23, 52, BFD_FINE},          {0, 0x23, 60, BFD_FINE}, // padding
		{0, 0x03, 52, BFD_FAULT_VERSION}, {0, 0x43, 52, BFD_FAULT_VERSION},
		{0, 0x23, 23, BFD_FAULT_LENGTH},  {0, 0x23, 51, BFD_FAULT_LENGTH},
		{3, 23, 52, BFD_FAULT_LENGTH},    {3, 25, 52, BFD_FAULT_LENGTH},
		{3, 53, 52, BFD_FAULT_LENGTH},    {3, 51, 52, BFD_FAULT_SECTION},
		{2, 0, 52, BFD_FAULT_FIELD},      {1, 0xed, 52, BFD_FAULT_FIELD}, // Multipoint
		{24, 0, 52, BFD_FAULT_SECTION},   {24, 9, 52, BFD_FINE},          // a type that is not known
		{25, 27, 52, BFD_FAULT_SECTION},  {1, 0xe8, 52, BFD_FINE}, // without A what follows is not looked at
	};
	uint8_t bytes[60];
	struct bfd_packet read;

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, known_bytes, BFD_LONGEST);
		bytes[wrong[i].at] = (uint8_t)wrong[i].value;
		if (bfd_parse(bytes, wrong[i].length, &read) != wrong[i].fault)
			fail_msg("byte %u is %u, length %u", wrong[i].at, wrong[i].value, wrong[i].length);
	}
}

static void a_discriminator_is_needed_in_init_and_up(void **state)
{
	for (uint8_t s = BFD_STATE_ADMIN_DOWN; s <= BFD_STATE_UP; s++) {
		struct bfd_packet packet = {.state = s, .detect_mult = 3, .my_discriminator = 1}, read;
		uint8_t bytes[BFD_LONGEST];
		uint32_t length = bfd_write(&packet, key, bytes);

		assert_int_equal(length, BFD_HEADER);
		assert_int_equal(bfd_parse(bytes, length, &read),
				 s <= BFD_STATE_DOWN ? BFD_FINE : BFD_FAULT_DISCRIMINATOR);
		memset(bytes + 4, 0, 4);
		assert_int_equal(bfd_parse(bytes, length, &read), BFD_FAULT_FIELD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha1_gives_the_digests_of_fips_180),
		cmocka_unit_test(write_gives_the_known_bytes_and_parse_reads_them),
		cmocka_unit_test(parse_names_what_is_wrong),
		cmocka_unit_test(a_discriminator_is_needed_in_init_and_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
