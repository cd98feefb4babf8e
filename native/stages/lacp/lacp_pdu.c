#include "lacp_pdu.h"

#include <errno.h>
#include <string.h>

#define ACTOR_AT    2
#define PARTNER_AT  22
#define INFO_LENGTH 20

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void get_info(const uint8_t *at, struct lacp_info *info)
{
	info->system_priority = get16(at + 2);
	memcpy(info->system, at + 4, sizeof(info->system));
	info->key = get16(at + 10);
	info->port_priority = get16(at + 12);
	info->port = get16(at + 14);
	info->state = at[16];
}

static void put_info(uint8_t *at, uint8_t type, const struct lacp_info *info)
{
	at[0] = type;
	at[1] = INFO_LENGTH;
	put16(at + 2, info->system_priority);
	memcpy(at + 4, info->system, sizeof(info->system));
	put16(at + 10, info->key);
	put16(at + 12, info->port_priority);
	put16(at + 14, info->port);
	at[16] = info->state;
}

int lacp_decode(const uint8_t *pdu, size_t size, struct lacp_pdu *out)
{
	// A later version may say more behind what version 1 knows; its TLVs are where they were.
	if (size < LACP_PDU_SIZE || pdu[0] != SLOW_SUBTYPE_LACP || pdu[1] < 1) return -EBADMSG;
	if (pdu[ACTOR_AT] != 1 || pdu[ACTOR_AT + 1] != INFO_LENGTH || pdu[PARTNER_AT] != 2 ||
	    pdu[PARTNER_AT + 1] != INFO_LENGTH)
		return -EBADMSG;
	get_info(pdu + ACTOR_AT, &out->actor);
	get_info(pdu + PARTNER_AT, &out->partner);
	return 0;
}

void lacp_encode(const struct lacp_pdu *in, uint8_t pdu[LACP_PDU_SIZE])
{
	memset(pdu, 0, LACP_PDU_SIZE);
	pdu[0] = SLOW_SUBTYPE_LACP;
	pdu[1] = 1;
	put_info(pdu + ACTOR_AT, 1, &in->actor);
	put_info(pdu + PARTNER_AT, 2, &in->partner);
	// The collector passes on at once: its delay is 0.
	pdu[42] = 3;
	pdu[43] = 16;
}

int marker_answer(uint8_t *pdu, size_t size)
{
	if (size < LACP_PDU_SIZE || pdu[0] != SLOW_SUBTYPE_MARKER || pdu[1] < 1 || pdu[2] != 1 || pdu[3] != 16)
		return -EBADMSG;
	pdu[2] = 2;
	return 0;
}
