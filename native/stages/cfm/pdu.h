// CFM PDUs: IEEE 802.1Q-2018, clause 21; those of measurement: ITU-T G.8013, clause 9.
//
//   0           1        2       3                  4
//   | level (3) | opcode | flags | first TLV offset | fields … | TLVs … | 0 |
//   | version(5)|
//
//   CCM   70  sequence 4, MEP id 2, MAID 48, 16 octets of G.8013
//   LBM    4  transaction id 4                                        LBR the same
//   LTM   17  transaction id 4, TTL 1, original MAC 6, target MAC 6
//   LTR    6  transaction id 4, reply TTL 1, relay action 1
//   DMM   32  times 8 each: TxTimeStampf, RxTimeStampf, TxTimeStampb, RxTimeStampb           DMR the same
//   SLM   16  source MEP id 2, responder MEP id 2, test id 4, TxFCf 4, TxFCb 4               SLR the same
//   TLV       type 1, length 2, value; type 0 is the last and has no length
#ifndef SLUICE_CFM_PDU_H
#define SLUICE_CFM_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CFM_TYPE   0x8902
#define CFM_HEADER 4
#define CFM_MAID   48

enum cfm_opcode {
	CFM_CCM = 1,
	CFM_LBR = 2,
	CFM_LBM = 3,
	CFM_LTR = 4,
	CFM_LTM = 5,
	CFM_DMR = 46,
	CFM_DMM = 47,
	CFM_SLR = 54,
	CFM_SLM = 55,
};

enum cfm_port_status { CFM_PORT_NONE = 0, CFM_PORT_BLOCKED = 1, CFM_PORT_UP = 2 };
enum { CFM_INTERFACE_NONE = 0, CFM_INTERFACE_UP = 1, CFM_INTERFACE_LAST = 7 };

// Class 1 group address of a level (table 8-13); class 2 is the same plus 8 in the last octet.
static const uint8_t cfm_group[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x30};

struct cfm_header {
	uint8_t level, version, opcode, flags, first_tlv;
};

// Reads CFM_HEADER bytes of a PDU of `length`. False: no CFM PDU, or shorter than its opcode allows (20.51.4.2). A
// later version is taken as this one.
bool cfm_parse_header(const uint8_t *pdu, uint32_t length, struct cfm_header *header);

// ---------------------------------------------------------------- CCM

struct cfm_ccm {
	bool rdi;
	uint8_t interval; // as in the flags, 0 to 7
	uint32_t sequence;
	uint16_t mep_id;
	uint8_t maid[CFM_MAID];
	uint8_t port_status;      // enum cfm_port_status; NONE: no TLV, or a value that is not known
	uint8_t interface_status; // 0 to CFM_INTERFACE_LAST
};

#define CFM_CCM_LONGEST (CFM_HEADER + 70 + 4 + 4 + 1)

// `length` bytes of the PDU are there; TLVs behind them count as none. False: not to be taken (20.51.4.2, 21.6).
bool cfm_parse_ccm(const uint8_t *pdu, uint32_t length, struct cfm_ccm *ccm);
uint32_t cfm_write_ccm(const struct cfm_ccm *ccm, uint8_t level, uint8_t pdu[CFM_CCM_LONGEST]);

// The MAID of two names (21.6.5). False: a format, length or name that cannot be.
bool cfm_maid(uint8_t md_format, const uint8_t *md_name, size_t md_length, uint8_t ma_format, const uint8_t *ma_name,
	      size_t ma_length, uint8_t maid[CFM_MAID]);

// ---------------------------------------------------------------- loopback

// At least LBM's fixed part. Returns the length of the PDU: data octet i is (uint8_t)i.
uint32_t cfm_write_lbm(uint8_t level, uint32_t transaction, uint32_t data, uint8_t *pdu);
#define CFM_LBM_LONGEST(data) (CFM_HEADER + 4 + 3 + (data) + 1)
// Of what must come back as it was: all behind the transaction id.
uint32_t cfm_digest(uint32_t digest, const uint8_t *bytes, uint32_t length);
#define CFM_DIGEST  2166136261u // of nothing
#define CFM_LB_TAIL 8           // where that begins

// ---------------------------------------------------------------- linktrace

struct cfm_ltm {
	bool use_fdb_only;
	uint32_t transaction;
	uint8_t ttl;
	uint8_t original[6], target[6];
	bool has_egress;
	uint8_t egress[8]; // LTM Egress Identifier TLV
};
#define CFM_LTM_LONGEST (CFM_HEADER + 17 + 11 + 1)
bool cfm_parse_ltm(const uint8_t *pdu, uint32_t length, struct cfm_ltm *ltm);
uint32_t cfm_write_ltm(const struct cfm_ltm *ltm, uint8_t level, uint8_t pdu[CFM_LTM_LONGEST]);

struct cfm_ltr {
	bool use_fdb_only, forwarded, terminal;
	uint32_t transaction;
	uint8_t ttl, relay_action;
	bool has_egress_identifiers;
	uint8_t last_egress[8], next_egress[8];
	uint8_t ingress_action, egress_action; // 0: no TLV
	uint8_t ingress_mac[6], egress_mac[6];
};
#define CFM_LTR_LONGEST (CFM_HEADER + 6 + 19 + 10 + 10 + 1)
bool cfm_parse_ltr(const uint8_t *pdu, uint32_t length, struct cfm_ltr *ltr);
uint32_t cfm_write_ltr(const struct cfm_ltr *ltr, uint8_t level, uint8_t pdu[CFM_LTR_LONGEST]);

// ---------------------------------------------------------------- measurement

// Times are nanoseconds since 1970; on the wire seconds and nanoseconds, 4 octets each. 0: not set.
struct cfm_dm {
	uint64_t tx_f, rx_f, tx_b;
};
#define CFM_DM_LONGEST(data) (CFM_HEADER + 32 + 3 + (data) + 1)
bool cfm_parse_dm(const uint8_t *pdu, uint32_t length, struct cfm_dm *dm);
uint32_t cfm_write_dmm(uint8_t level, uint64_t tx_f, uint32_t data, uint8_t *pdu);
// Makes the DMR of a DMM where it lies; it is as long.
void cfm_answer_dmm(uint8_t *pdu, uint64_t rx_f, uint64_t tx_b);

struct cfm_sl {
	uint16_t source, responder;
	uint32_t test, tx_f, tx_b;
};
#define CFM_SL_LENGTH (CFM_HEADER + 16 + 1)
bool cfm_parse_sl(const uint8_t *pdu, uint32_t length, struct cfm_sl *sl);
uint32_t cfm_write_sl(const struct cfm_sl *sl, uint8_t level, uint8_t opcode, uint8_t flags,
		      uint8_t pdu[CFM_SL_LENGTH]);

#endif
