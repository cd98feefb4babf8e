// What the agent understands, the bytes of its requests, and any bytes at all (with sanitizers).
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flush.h"
#include "pdu.h"
#include "unixctl.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

static struct peer peer;
static struct vlan_set flush;

static unsigned flushed(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < VIDS / 64; i++)
		count += (unsigned)__builtin_popcountll(flush.bits[i]);
	return count;
}

// A frame to 01-80-C2-00-00-xx of this type, its payload in hexadecimal, padded to 60 octets.
static enum frame_kind hear(unsigned last, unsigned type, uint16_t vid, const char *payload)
{
	uint8_t frame[2048] = {0x01, 0x80, 0xc2, 0, 0, (uint8_t)last,        2,
			       0,    0,    0,    0, 1, (uint8_t)(type >> 8), (uint8_t)type};
	size_t length = 14;

	for (; *payload != 0; payload += 2) {
		unsigned octet;

		CHECK(sscanf(payload, "%2x", &octet) == 1);
		frame[length++] = (uint8_t)octet;
	}
	memset(&flush, 0, sizeof(flush));
	return frame_read(&peer, frame, length < 60 ? 60 : length, vid, &flush);
}

static void mvrp_new_and_leave_flush(void)
{
	memset(&peer, 0, sizeof(peer));
	// 10 New, 11 JoinIn, 12 Lv, 13 Mt.
	CHECK(hear(0x21, 0x88f5, 0,
		   "000102"
		   "0004000a"
		   "0b90"
		   "0000"
		   "0000") == FRAME_MVRP);
	CHECK(flushed() == 2 && vlan_set_has(&flush, 10) && vlan_set_has(&flush, 12));
	CHECK(hear(0x0d, 0x88f5, 0,
		   "000102"
		   "0001000a"
		   "b4"
		   "0000"
		   "0000") == FRAME_MVRP &&
	      vlan_set_has(&flush, 10));
	// In a VLAN, to another address, of another type: not a provider edge's word.
	CHECK(hear(0x21, 0x88f5, 7,
		   "000102"
		   "0001000a"
		   "b4"
		   "0000"
		   "0000") == FRAME_NONE &&
	      flushed() == 0);
	CHECK(hear(0x20, 0x88f5, 0,
		   "000102"
		   "0001000a"
		   "b4"
		   "0000"
		   "0000") == FRAME_NONE);
	CHECK(peer.malformed == 0);
	// Cut, VLAN 4095, impossible event: nothing of the frame counts.
	CHECK(hear(0x21, 0x88f5, 0,
		   "000102"
		   "1fff000a"
		   "b4") == FRAME_NONE &&
	      flushed() == 0);
	CHECK(hear(0x21, 0x88f5, 0,
		   "000102"
		   "00020ffe"
		   "b4"
		   "0000"
		   "0000") == FRAME_NONE &&
	      flushed() == 0);
	CHECK(hear(0x21, 0x88f5, 0,
		   "000102"
		   "0001000a"
		   "b4"
		   "0001000b"
		   "d8"
		   "0000"
		   "0000") == FRAME_NONE &&
	      flushed() == 0);
	CHECK(peer.malformed == 3);
}

static void e_lmi_change_flushes_the_evcs_vlans(void)
{
	uint8_t enquiry[ENQUIRY_SIZE];
	static const uint8_t own[6] = {2, 0, 0, 0, 0, 9};
	static const uint8_t check[] = {0x01, 0x80, 0xc2, 0, 0, 7, 2, 0, 0, 0, 0, 9, 0x88, 0xee, 1,
					0x75, 1,    1,    1, 2, 2, 1, 0, 3, 5, 0, 0, 0,    0,    0};

	memset(&peer, 0, sizeof(peer));
	enquiry_write(&peer, own, enquiry);
	CHECK(memcmp(enquiry, check, sizeof(check)) == 0);
	// The answer to the check has another instance: all of it is asked for.
	CHECK(hear(7, 0x88ee, 0,
		   "017d"
		   "010101"
		   "02020101"
		   "03050000000005") == FRAME_E_LMI &&
	      peer.want_full);
	enquiry_write(&peer, own, enquiry);
	CHECK(enquiry[18] == 0 && enquiry[21] == 2 && enquiry[22] == 1);
	CHECK(hear(7, 0x88ee, 0,
		   "017d"
		   "010100"
		   "02020202"
		   "03050000000005"
		   "2103000102"
		   "220a000140006304000a0014") == FRAME_E_LMI);
	CHECK(flushed() == 0 && !peer.want_full && peer.data_instance == 5);
	// EVC 1 is not active any more.
	CHECK(hear(7, 0x88ee, 0,
		   "017d"
		   "010102"
		   "2103000100") == FRAME_E_LMI);
	CHECK(flushed() == 2 && vlan_set_has(&flush, 10) && vlan_set_has(&flush, 20));
	CHECK(hear(7, 0x88ee, 0,
		   "017d"
		   "010102"
		   "2103000100") == FRAME_E_LMI &&
	      flushed() == 0);
	// New and active: the same EVC.
	CHECK(hear(7, 0x88ee, 0,
		   "017d"
		   "010102"
		   "2103000103") == FRAME_E_LMI &&
	      flushed() == 2);
	CHECK(hear(7, 0x88ee, 0,
		   "017d"
		   "010102"
		   "210300") == FRAME_E_LMI ||
	      peer.malformed > 0);
}

// A CCM in VLAN 30 of MEP 5; TLV 4 interface status up, TLV 2 port status.
static enum frame_kind ccm(unsigned status, uint16_t vid)
{
	char payload[400];
	int at = sprintf(payload, "a0010446"
				  "00000001"
				  "0005");

	for (unsigned i = 0; i < 64; i++)
		at += sprintf(payload + at, "00");
	sprintf(payload + at,
		"04000101"
		"020001%02x"
		"00",
		status);
	return hear(0x35, 0x8902, vid, payload);
}

static void ccm_port_status_change_flushes(void)
{
	memset(&peer, 0, sizeof(peer));
	CHECK(ccm(2, 30) == FRAME_CCM && flushed() == 0);
	CHECK(ccm(2, 30) == FRAME_CCM && flushed() == 0);
	CHECK(ccm(1, 30) == FRAME_CCM && flushed() == 1 && vlan_set_has(&flush, 30));
	CHECK(ccm(2, 31) == FRAME_CCM && flushed() == 0);
	CHECK(ccm(7, 30) == FRAME_NONE && peer.malformed == 1);
}

static void requests_are_these_bytes(void)
{
	// AF_BRIDGE, port 7, NTF_MASTER; neither NUD_PERMANENT nor NUD_NOARP; VLAN 30.
	static const uint8_t bulk[] = {0x2c, 0, 0, 0, 0x1d, 0, 5, 2, 9,    0, 0,    0, 0, 0, 0, 0, 7, 0, 0,  0, 7, 0,
				       0,    0, 0, 0, 4,    0, 6, 0, 0x10, 0, 0xc0, 0, 0, 0, 6, 0, 5, 0, 30, 0, 0, 0};
	static const uint8_t one[] = {0x30, 0, 0, 0, 0x1d, 0, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 7,  0, 0, 0,
				      0,    0, 4, 0, 10,   0, 2, 0, 2, 0, 0, 0, 0, 5, 0, 0, 6, 0, 5, 0, 30, 0, 0, 0};
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 5};
	uint8_t message[FLUSH_MESSAGE];

	CHECK(flush_message(message, 7, 30, 9) == sizeof(bulk));
	CHECK(memcmp(message, bulk, sizeof(bulk)) == 0);
	CHECK(flush_message(message, 7, 0, 9) == sizeof(bulk) - 8);
	CHECK(flush_entry_message(message, 7, 30, mac, 9) == sizeof(one));
	CHECK(memcmp(message, one, sizeof(one)) == 0);
}

static void any_bytes(unsigned seed)
{
	static const uint16_t types[] = {0x88f5, 0x88ee, 0x8902};
	static const uint8_t last[] = {0x21, 0x07, 0x35};
	static const char *const begins[] = {"000102", "017d01010002020101", "a001044600000001"};

	memset(&peer, 0, sizeof(peer));
	srand(seed);
	for (unsigned i = 0; i < 300000; i++) {
		unsigned kind = (unsigned)rand() % 3;
		size_t length = 14 + (size_t)rand() % 200, at = 14;
		// Exactly as long as it says: a read beyond is seen.
		uint8_t *frame = malloc(length);
		struct vlan_set set = {{0}};

		for (size_t b = 0; b < length; b++)
			frame[b] = (uint8_t)(rand() % 4 == 0 ? rand() : rand() % 8);
		memcpy(frame, (const uint8_t[]){0x01, 0x80, 0xc2, 0, 0, last[kind]}, 6);
		frame[12] = (uint8_t)(types[kind] >> 8);
		frame[13] = (uint8_t)types[kind];
		for (const char *from = begins[kind]; *from != 0 && at < length && rand() % 8 != 0; from += 2) {
			unsigned octet = 0;

			(void)sscanf(from, "%2x", &octet);
			frame[at++] = (uint8_t)octet;
		}
		(void)frame_read(&peer, frame, length, (uint16_t)(rand() % 2 == 0 ? 0 : rand() % 4096), &set);
		CHECK(!vlan_set_has(&set, 4095));
		free(frame);
	}
	CHECK(peer.mvrp > 0 && peer.e_lmi > 0 && peer.malformed > 0);
	printf("any bytes: mvrp %llu, e-lmi %llu, ccm %llu, malformed %llu\n", (unsigned long long)peer.mvrp,
	       (unsigned long long)peer.e_lmi, (unsigned long long)peer.ccm, (unsigned long long)peer.malformed);
}

// What Open vSwitch answers, whole or in part.
static int answered(const char *text, char **printed)
{
	static char answer[512];
	size_t size = strlen(text);

	strcpy(answer, text);
	for (size_t part = 0; part < size; part++)
		CHECK(unixctl_length(answer, part) == 0);
	CHECK(unixctl_length(answer, size) == size);
	return unixctl_result(answer, size, printed);
}

static void answers_of_open_vswitch_are_read(void)
{
	char *printed;

	CHECK(answered("{\"error\":null,\"id\":1,\"result\":\" 1  10  02:00\\n\\\"}\\\\\\u00e9\\n\"}", &printed) == 0);
	CHECK(strcmp(printed, " 1  10  02:00\n\"}\\?\n") == 0);
	CHECK(answered("{\"id\":1,\"result\":null,\"error\":null}", &printed) == 0 && *printed == '\0');
	CHECK(answered("{\"error\":\"no such bridge\",\"id\":1,\"result\":null}", &printed) == -EPERM);
	CHECK(answered("{\"more\":[1,{\"a\":\"]\"}],\"error\":null,\"result\":\"x\",\"id\":1}", &printed) == 0);
	CHECK(strcmp(printed, "x") == 0);
	CHECK(answered("{}", &printed) == -EPROTO);
	CHECK(answered("{\"id\":1}", &printed) == -EPROTO);
	CHECK(answered("{1}", &printed) == -EPROTO);
}

// Nothing is read behind what is there.
static void any_answer(unsigned seed)
{
	static const char some[] = "{}[]\",:\\nu0eresult\"error\"null";

	srand(seed);
	for (unsigned round = 0; round < 100000; round++) {
		size_t size = 1 + (size_t)rand() % 40, length;
		char *answer = malloc(size), *printed;

		for (size_t i = 0; i < size; i++)
			answer[i] = some[(size_t)rand() % (sizeof(some) - 1)];
		answer[0] = '{';
		length = unixctl_length(answer, size);
		CHECK(length <= size);
		if (length != 0) unixctl_result(answer, length, &printed);
		free(answer);
	}
}

int main(void)
{
	unsigned seed = getenv("SEED") != NULL ? (unsigned)strtoul(getenv("SEED"), NULL, 0) : (unsigned)time(NULL);

	printf("SEED=%u\n", seed);
	mvrp_new_and_leave_flush();
	e_lmi_change_flushes_the_evcs_vlans();
	ccm_port_status_change_flushes();
	requests_are_these_bytes();
	answers_of_open_vswitch_are_read();
	any_answer(seed);
	any_bytes(seed);
	puts("ok");
	return 0;
}
