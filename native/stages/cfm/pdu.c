#include "pdu.h"

#include <string.h>

enum {
	TLV_END = 0,
	TLV_PORT_STATUS = 2,
	TLV_DATA = 3,
	TLV_INTERFACE_STATUS = 4,
	TLV_REPLY_INGRESS = 5,
	TLV_REPLY_EGRESS = 6,
	TLV_LTM_EGRESS = 7,
	TLV_LTR_EGRESS = 8,
};

#define FLAG_RDI      0x80
#define FLAG_FDB_ONLY 0x80
#define FLAG_FORWARD  0x40
#define FLAG_TERMINAL 0x20

enum { CCM_FIELDS = 70, LB_FIELDS = 4, LTM_FIELDS = 17, LTR_FIELDS = 6, DM_FIELDS = 32, SL_FIELDS = 16 };

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value & 0xffff);
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

static uint8_t *put_header(uint8_t *pdu, uint8_t level, uint8_t opcode, uint8_t flags, uint8_t fields)
{
	pdu[0] = (uint8_t)(level << 5);
	pdu[1] = opcode;
	pdu[2] = flags;
	pdu[3] = fields;
	return pdu + CFM_HEADER;
}

static uint8_t *put_tlv(uint8_t *at, uint8_t type, uint16_t length)
{
	*at = type;
	return put16(at + 1, length);
}

// Octets of fields in front of the TLVs; 0: an opcode that is not read here.
static uint8_t fields_of(uint8_t opcode)
{
	switch (opcode) {
	case CFM_CCM:
		return CCM_FIELDS;
	case CFM_LBM:
	case CFM_LBR:
		return LB_FIELDS;
	case CFM_LTM:
		return LTM_FIELDS;
	case CFM_LTR:
		return LTR_FIELDS;
	case CFM_DMM:
	case CFM_DMR:
		return DM_FIELDS;
	case CFM_SLM:
	case CFM_SLR:
		return SL_FIELDS;
	default:
		return 0;
	}
}

bool cfm_parse_header(const uint8_t *pdu, uint32_t length, struct cfm_header *header)
{
	if (length < CFM_HEADER) return false;
	*header = (struct cfm_header){pdu[0] >> 5, pdu[0] & 0x1f, pdu[1], pdu[2], pdu[3]};
	// A longer fixed part is one of a later version (20.51.4.3).
	return header->first_tlv >= fields_of(header->opcode) && length >= CFM_HEADER + (uint32_t)header->first_tlv;
}

struct tlv {
	uint8_t type;
	uint16_t length;
	const uint8_t *value;
};

// The next TLV of those at *at; false: there is none, or it is not wholly there.
static bool next_tlv(const uint8_t **at, const uint8_t *end, struct tlv *tlv)
{
	const uint8_t *it = *at;

	if (end - it < 3 || it[0] == TLV_END) return false;
	*tlv = (struct tlv){it[0], get16(it + 1), it + 3};
	if (end - tlv->value < tlv->length) return false;
	*at = tlv->value + tlv->length;
	return true;
}

static const uint8_t *tlvs_of(const uint8_t *pdu)
{
	return pdu + CFM_HEADER + pdu[3];
}

static bool is_whole(const uint8_t *pdu, uint32_t length, uint8_t opcode, uint8_t other)
{
	struct cfm_header header;

	return cfm_parse_header(pdu, length, &header) && (header.opcode == opcode || header.opcode == other);
}

// ---------------------------------------------------------------- CCM

bool cfm_parse_ccm(const uint8_t *pdu, uint32_t length, struct cfm_ccm *ccm)
{
	const uint8_t *at, *end = pdu + length;
	struct tlv tlv;

	if (!is_whole(pdu, length, CFM_CCM, CFM_CCM)) return false;
	*ccm = (struct cfm_ccm){
		.rdi = (pdu[2] & FLAG_RDI) != 0,
		.interval = pdu[2] & 7,
		.sequence = get32(pdu + 4),
		.mep_id = get16(pdu + 8) & 0x1fff,
	};
	memcpy(ccm->maid, pdu + 10, CFM_MAID);
	for (at = tlvs_of(pdu); next_tlv(&at, end, &tlv);) {
		if (tlv.length < 1) continue;
		if (tlv.type == TLV_PORT_STATUS && tlv.value[0] <= CFM_PORT_UP) ccm->port_status = tlv.value[0];
		if (tlv.type == TLV_INTERFACE_STATUS && tlv.value[0] <= CFM_INTERFACE_LAST)
			ccm->interface_status = tlv.value[0];
	}
	return true;
}

uint32_t cfm_write_ccm(const struct cfm_ccm *ccm, uint8_t level, uint8_t pdu[CFM_CCM_LONGEST])
{
	uint8_t *at = put_header(pdu, level, CFM_CCM, (uint8_t)((ccm->rdi ? FLAG_RDI : 0) | ccm->interval), CCM_FIELDS);

	at = put16(put32(at, ccm->sequence), ccm->mep_id);
	at = put(at, ccm->maid, CFM_MAID);
	memset(at, 0, 16);
	at += 16;
	if (ccm->port_status != CFM_PORT_NONE) {
		at = put_tlv(at, TLV_PORT_STATUS, 1);
		*at++ = ccm->port_status;
	}
	if (ccm->interface_status != CFM_INTERFACE_NONE) {
		at = put_tlv(at, TLV_INTERFACE_STATUS, 1);
		*at++ = ccm->interface_status;
	}
	*at++ = TLV_END;
	return (uint32_t)(at - pdu);
}

// ---------------------------------------------------------------- names

static bool is_text(const uint8_t *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (name[i] < ' ' || name[i] > '~') return false;
	return length >= 1;
}

static bool is_md_name(uint8_t format, const uint8_t *name, size_t length)
{
	switch (format) {
	case 1:
		return length == 0;
	case 3:
		return length == 8;
	case 2:
	case 4:
		return is_text(name, length) && length <= 43;
	default:
		return false;
	}
}

static bool is_ma_name(uint8_t format, const uint8_t *name, size_t length)
{
	switch (format) {
	case 1:
		return length == 2 && get16(name) >= 1 && get16(name) <= 4094;
	case 2:
		return is_text(name, length) && length <= 45;
	case 3:
		return length == 2;
	case 4:
		return length == 7;
	case 32: // G.8013, annex A: ICC and UMC, filled up with zeros
		return length == 13 && is_text(name, strnlen((const char *)name, length));
	default:
		return false;
	}
}

bool cfm_maid(uint8_t md_format, const uint8_t *md_name, size_t md_length, uint8_t ma_format, const uint8_t *ma_name,
	      size_t ma_length, uint8_t maid[CFM_MAID])
{
	size_t md_room = md_format == 1 ? 1 : 2 + md_length;
	uint8_t *at = maid;

	if (!is_md_name(md_format, md_name, md_length) || !is_ma_name(ma_format, ma_name, ma_length)) return false;
	if (md_room + 2 + ma_length > CFM_MAID || (ma_format == 32 && md_format != 1)) return false;
	memset(maid, 0, CFM_MAID);
	*at++ = md_format;
	if (md_format != 1) {
		*at++ = (uint8_t)md_length;
		at = put(at, md_name, md_length);
	}
	*at++ = ma_format;
	*at++ = (uint8_t)ma_length;
	put(at, ma_name, ma_length);
	return true;
}

// ---------------------------------------------------------------- loopback

static uint8_t *put_data(uint8_t *at, uint32_t data)
{
	if (data != 0) {
		at = put_tlv(at, TLV_DATA, (uint16_t)data);
		for (uint32_t i = 0; i < data; i++)
			*at++ = (uint8_t)i;
	}
	*at++ = TLV_END;
	return at;
}

uint32_t cfm_write_lbm(uint8_t level, uint32_t transaction, uint32_t data, uint8_t *pdu)
{
	uint8_t *at = put32(put_header(pdu, level, CFM_LBM, 0, LB_FIELDS), transaction);

	return (uint32_t)(put_data(at, data) - pdu);
}

// FNV-1a.
uint32_t cfm_digest(uint32_t digest, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		digest = (digest ^ bytes[i]) * 16777619u;
	return digest;
}

// ---------------------------------------------------------------- linktrace

bool cfm_parse_ltm(const uint8_t *pdu, uint32_t length, struct cfm_ltm *ltm)
{
	const uint8_t *at, *end = pdu + length;
	struct tlv tlv;

	if (!is_whole(pdu, length, CFM_LTM, CFM_LTM)) return false;
	*ltm = (struct cfm_ltm){
		.use_fdb_only = (pdu[2] & FLAG_FDB_ONLY) != 0, .transaction = get32(pdu + 4), .ttl = pdu[8]};
	memcpy(ltm->original, pdu + 9, 6);
	memcpy(ltm->target, pdu + 15, 6);
	for (at = tlvs_of(pdu); next_tlv(&at, end, &tlv);) {
		if (tlv.type != TLV_LTM_EGRESS || tlv.length < sizeof(ltm->egress)) continue;
		ltm->has_egress = true;
		memcpy(ltm->egress, tlv.value, sizeof(ltm->egress));
	}
	return true;
}

uint32_t cfm_write_ltm(const struct cfm_ltm *ltm, uint8_t level, uint8_t pdu[CFM_LTM_LONGEST])
{
	uint8_t *at = put_header(pdu, level, CFM_LTM, ltm->use_fdb_only ? FLAG_FDB_ONLY : 0, LTM_FIELDS);

	at = put32(at, ltm->transaction);
	*at++ = ltm->ttl;
	at = put(put(at, ltm->original, 6), ltm->target, 6);
	if (ltm->has_egress) at = put(put_tlv(at, TLV_LTM_EGRESS, 8), ltm->egress, 8);
	*at++ = TLV_END;
	return (uint32_t)(at - pdu);
}

bool cfm_parse_ltr(const uint8_t *pdu, uint32_t length, struct cfm_ltr *ltr)
{
	const uint8_t *at, *end = pdu + length;
	struct tlv tlv;

	if (!is_whole(pdu, length, CFM_LTR, CFM_LTR)) return false;
	*ltr = (struct cfm_ltr){
		.use_fdb_only = (pdu[2] & FLAG_FDB_ONLY) != 0,
		.forwarded = (pdu[2] & FLAG_FORWARD) != 0,
		.terminal = (pdu[2] & FLAG_TERMINAL) != 0,
		.transaction = get32(pdu + 4),
		.ttl = pdu[8],
		.relay_action = pdu[9],
	};
	for (at = tlvs_of(pdu); next_tlv(&at, end, &tlv);) {
		if (tlv.type == TLV_LTR_EGRESS && tlv.length >= 16) {
			ltr->has_egress_identifiers = true;
			memcpy(ltr->last_egress, tlv.value, 8);
			memcpy(ltr->next_egress, tlv.value + 8, 8);
		} else if (tlv.type == TLV_REPLY_INGRESS && tlv.length >= 7) {
			ltr->ingress_action = tlv.value[0];
			memcpy(ltr->ingress_mac, tlv.value + 1, 6);
		} else if (tlv.type == TLV_REPLY_EGRESS && tlv.length >= 7) {
			ltr->egress_action = tlv.value[0];
			memcpy(ltr->egress_mac, tlv.value + 1, 6);
		}
	}
	return true;
}

uint32_t cfm_write_ltr(const struct cfm_ltr *ltr, uint8_t level, uint8_t pdu[CFM_LTR_LONGEST])
{
	uint8_t flags = (uint8_t)((ltr->use_fdb_only ? FLAG_FDB_ONLY : 0) | (ltr->forwarded ? FLAG_FORWARD : 0) |
				  (ltr->terminal ? FLAG_TERMINAL : 0));
	uint8_t *at = put32(put_header(pdu, level, CFM_LTR, flags, LTR_FIELDS), ltr->transaction);

	*at++ = ltr->ttl;
	*at++ = ltr->relay_action;
	if (ltr->has_egress_identifiers)
		at = put(put(put_tlv(at, TLV_LTR_EGRESS, 16), ltr->last_egress, 8), ltr->next_egress, 8);
	if (ltr->ingress_action != 0) {
		at = put_tlv(at, TLV_REPLY_INGRESS, 7);
		*at++ = ltr->ingress_action;
		at = put(at, ltr->ingress_mac, 6);
	}
	if (ltr->egress_action != 0) {
		at = put_tlv(at, TLV_REPLY_EGRESS, 7);
		*at++ = ltr->egress_action;
		at = put(at, ltr->egress_mac, 6);
	}
	*at++ = TLV_END;
	return (uint32_t)(at - pdu);
}

// ---------------------------------------------------------------- measurement

#define SECOND_NS 1000000000u

static uint64_t get_time(const uint8_t *at)
{
	return (uint64_t)get32(at) * SECOND_NS + get32(at + 4);
}

static uint8_t *put_time(uint8_t *at, uint64_t ns)
{
	return put32(put32(at, (uint32_t)(ns / SECOND_NS)), (uint32_t)(ns % SECOND_NS));
}

bool cfm_parse_dm(const uint8_t *pdu, uint32_t length, struct cfm_dm *dm)
{
	if (!is_whole(pdu, length, CFM_DMM, CFM_DMR)) return false;
	*dm = (struct cfm_dm){get_time(pdu + 4), get_time(pdu + 12), get_time(pdu + 20)};
	return true;
}

uint32_t cfm_write_dmm(uint8_t level, uint64_t tx_f, uint32_t data, uint8_t *pdu)
{
	uint8_t *at = put_time(put_header(pdu, level, CFM_DMM, 0, DM_FIELDS), tx_f);

	memset(at, 0, 24);
	return (uint32_t)(put_data(at + 24, data) - pdu);
}

void cfm_answer_dmm(uint8_t *pdu, uint64_t rx_f, uint64_t tx_b)
{
	pdu[1] = CFM_DMR;
	put_time(put_time(pdu + 12, rx_f), tx_b);
}

bool cfm_parse_sl(const uint8_t *pdu, uint32_t length, struct cfm_sl *sl)
{
	if (!is_whole(pdu, length, CFM_SLM, CFM_SLR)) return false;
	*sl = (struct cfm_sl){get16(pdu + 4), get16(pdu + 6), get32(pdu + 8), get32(pdu + 12), get32(pdu + 16)};
	return true;
}

uint32_t cfm_write_sl(const struct cfm_sl *sl, uint8_t level, uint8_t opcode, uint8_t flags, uint8_t pdu[CFM_SL_LENGTH])
{
	uint8_t *at = put_header(pdu, level, opcode, flags, SL_FIELDS);

	at = put32(put16(put16(at, sl->source), sl->responder), sl->test);
	at = put32(put32(at, sl->tx_f), sl->tx_b);
	*at++ = TLV_END;
	return (uint32_t)(at - pdu);
}
