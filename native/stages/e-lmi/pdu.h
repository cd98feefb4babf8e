// E-LMI messages (MEF 16, 5.5), from the protocol version on. Elements are type, length, value.
//
//   STATUS ENQUIRY  01 75, report type 01 01 rr, sequence numbers 02 02 send receive, data instance 03 05 00 dddddddd
//   STATUS          01 7d, the same three, UNI status 11, EVC status 21 …, CE-VLAN ID/EVC map 22 …
//   UNI status      map type (1), UNI id 51, bandwidth profile 71
//   EVC status      reference id (2), status (1), EVC type 61, EVC id 62, bandwidth profile 71
//   map             reference id (2), last 40 | sequence (1), untagged 02 | default 01 (1), VIDs 63
//   bandwidth       color 04 | coupling 02 (1), CIR, CBS, EIR, EBS as magnitude (1) and multiplier (2, of a burst 1):
//   multiplier ·
//                   10^magnitude kbit/s or kB; priorities (1)
#ifndef SLUICE_E_LMI_PDU_H
#define SLUICE_E_LMI_PDU_H

#include <stddef.h>

#include "config.h"

// 5.5.3.3.
enum e_lmi_report { E_LMI_FULL, E_LMI_CHECK, E_LMI_SINGLE_EVC, E_LMI_FULL_CONTINUED };

// 5.5.3.7: 4 partially active, 2 active, 1 new.
enum e_lmi_status {
	E_LMI_STATUS_NOT_ACTIVE = 0,
	E_LMI_STATUS_NEW = 1,
	E_LMI_STATUS_ACTIVE = 2,
	E_LMI_STATUS_PARTIALLY_ACTIVE = 4,
};

// Of a message: what fits into every frame.
#define E_LMI_PDU 1500

struct e_lmi_enquiry {
	enum e_lmi_report report;
	uint8_t send, receive; // sequence numbers
	uint32_t data_instance;
};

// How far a full status has come.
struct e_lmi_cursor {
	uint32_t evc;  // whose status is next; evc_count: all are told
	uint32_t map;  // whose map is next
	uint16_t vid;  // of it, the next VID
	uint8_t chunk; // the sequence number of its next element
};

struct e_lmi_header {
	enum e_lmi_report report;
	uint8_t send, receive;
	uint32_t data_instance;
};

// Reads a STATUS ENQUIRY, checking every length. Elements that are not known are passed over. 0, or -EBADMSG.
int e_lmi_read_enquiry(const uint8_t *pdu, size_t length, struct e_lmi_enquiry *enquiry);

// All return the length. The answer to a check.
size_t e_lmi_write_check(const struct e_lmi_header *header, uint8_t pdu[E_LMI_PDU]);
// A part of a full status from the cursor on, of which it moves to the next part. The report type is full status for
// the last one, full status continued before, whatever the header says. `status` is by EVC.
size_t e_lmi_write_full(const struct e_lmi_config *config, const uint8_t *status, const struct e_lmi_header *header,
			struct e_lmi_cursor *cursor, uint8_t pdu[E_LMI_PDU]);
bool e_lmi_all_told(const struct e_lmi_config *config, const struct e_lmi_cursor *cursor);
// An asynchronous frame about one EVC.
size_t e_lmi_write_single(uint16_t reference_id, uint8_t status, uint8_t pdu[E_LMI_PDU]);

#endif
