#include "pdu.h"

#include <string.h>

#define HEADER 14

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

// ---------------------------------------------------------------- MVRP, IEEE 802.1Q-2018, 10.8 and 11.2.3

enum { MRP_NEW = 0, MRP_LV = 5 };

// The values of one vector with its packed events at `at`.
static bool mvrp_vector(const uint8_t *at, uint16_t first, unsigned count, struct vlan_set *flush)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned packed = at[i / 3];
		unsigned event = i % 3 == 0 ? packed / 36 : i % 3 == 1 ? packed / 6 % 6 : packed % 6;

		if (packed >= 216 || first + i == 0 || first + i > 4094) return false;
		// Declared anew by who forwards it now, or withdrawn by who does not any more.
		if (event == MRP_NEW || event == MRP_LV) vlan_set_add(flush, (uint16_t)(first + i));
	}
	return true;
}

static bool mvrp_read(const uint8_t *pdu, size_t length, struct vlan_set *flush)
{
	struct vlan_set found = {{0}};
	size_t at = 1;

	if (length < 3) return false;
	while (at + 2 <= length && get16(pdu + at) != 0) {
		uint8_t type = pdu[at], size = pdu[at + 1];

		for (at += 2;;) {
			unsigned header, count, events;

			if (at + 2 > length) return false;
			header = get16(pdu + at);
			at += 2;
			if (header == 0) break;
			count = header & 0x1fff;
			events = (count + 2) / 3;
			if (at + size + events > length) return false;
			if (type == 1 && (size != 2 || !mvrp_vector(pdu + at + 2, get16(pdu + at), count, &found)))
				return false;
			at += size + events;
		}
	}
	for (unsigned i = 0; i < VIDS / 64; i++)
		flush->bits[i] |= found.bits[i];
	return true;
}

// ---------------------------------------------------------------- E-LMI, MEF 16

enum { REPORT_FULL, REPORT_CHECK, REPORT_SINGLE, REPORT_CONTINUED };

static struct evc *evc_of(struct peer *peer, uint16_t id)
{
	struct evc *unused = NULL;

	for (unsigned i = 0; i < EVCS; i++) {
		if (peer->evc[i].reference_id == id) return &peer->evc[i];
		if (unused == NULL && peer->evc[i].reference_id == 0) unused = &peer->evc[i];
	}
	if (unused != NULL) *unused = (struct evc){.reference_id = id, .status = 0xff};
	return unused;
}

// Without its bit "new": 0 not active, 2 active, 4 partially active.
static void evc_status(struct peer *peer, const uint8_t *value, struct vlan_set *flush)
{
	struct evc *evc = evc_of(peer, get16(value));
	uint8_t status = value[2] & 6;

	if (evc == NULL) return;
	if (evc->status != 0xff && evc->status != status)
		for (unsigned i = 0; i < VIDS / 64; i++)
			flush->bits[i] |= evc->vlans.bits[i];
	evc->status = status;
}

static bool evc_map(struct peer *peer, const uint8_t *value, size_t size)
{
	struct evc *evc = evc_of(peer, get16(value));
	size_t list = 6 + (size > 5 ? value[5] : 0u);

	if (size < 6 || value[4] != 0x63 || list > size || value[5] % 2 != 0) return false;
	if (evc == NULL) return true;
	// The first part of an EVC's map takes the place of what was known.
	if ((value[2] & 0x3f) == 0) memset(&evc->vlans, 0, sizeof(evc->vlans));
	if (value[3] & 2) vlan_set_add(&evc->vlans, 0);
	for (size_t at = 6; at < list; at += 2) {
		uint16_t vid = get16(value + at);

		if (vid == 0 || vid > 4094) return false;
		vlan_set_add(&evc->vlans, vid);
	}
	return true;
}

// One element; its value has `size` octets.
static bool status_element(struct peer *peer, uint8_t type, const uint8_t *value, uint8_t size, struct vlan_set *flush)
{
	switch (type) {
	case 0x02:
		if (size != 2) return false;
		peer->receive = value[0];
		return true;
	case 0x03:
		if (size != 5) return false;
		peer->told_instance = (uint32_t)get16(value + 1) << 16 | get16(value + 3);
		return true;
	case 0x21:
		if (size < 3 || get16(value) == 0) return false;
		evc_status(peer, value, flush);
		return true;
	case 0x22:
		return size >= 4 && get16(value) != 0 && evc_map(peer, value, size);
	default:
		return true;
	}
}

static bool status_read(struct peer *peer, const uint8_t *pdu, size_t length, struct vlan_set *flush)
{
	uint8_t report;

	if (length < 5 || pdu[0] != 1 || pdu[1] != 0x7d || pdu[2] != 1 || pdu[3] != 1 || pdu[4] > REPORT_CONTINUED)
		return false;
	report = pdu[4];
	// A type of 0 is the padding of a short frame.
	for (size_t at = 5; at + 2 <= length && pdu[at] != 0; at += 2u + pdu[at + 1]) {
		if (at + 2 + pdu[at + 1] > length) return false;
		if (!status_element(peer, pdu[at], pdu + at + 2, pdu[at + 1], flush)) return false;
	}
	peer->continued = report == REPORT_CONTINUED;
	if (report == REPORT_FULL) peer->data_instance = peer->told_instance;
	if (report == REPORT_FULL || report == REPORT_CONTINUED) peer->want_full = false;
	if (report == REPORT_CHECK) peer->want_full = peer->told_instance != peer->data_instance;
	return true;
}

void enquiry_write(struct peer *peer, const uint8_t source[6], uint8_t frame[ENQUIRY_SIZE])
{
	static const uint8_t head[] = {0x01, 0x80, 0xc2, 0, 0, 0x07};
	uint32_t instance = peer->data_instance;

	memset(frame, 0, ENQUIRY_SIZE);
	memcpy(frame, head, sizeof(head));
	memcpy(frame + 6, source, 6);
	frame[12] = 0x88;
	frame[13] = 0xee;
	if (++peer->send == 0) peer->send = 1;
	const uint8_t body[] = {1,
				0x75,
				1,
				1,
				peer->continued   ? REPORT_CONTINUED
				: peer->want_full ? REPORT_FULL
						  : REPORT_CHECK,
				2,
				2,
				peer->send,
				peer->receive,
				3,
				5,
				0,
				(uint8_t)(instance >> 24),
				(uint8_t)(instance >> 16),
				(uint8_t)(instance >> 8),
				(uint8_t)instance};
	memcpy(frame + HEADER, body, sizeof(body));
}

// ---------------------------------------------------------------- CFM, IEEE 802.1Q-2018, 21.6

#define CCM_TLVS 74 // of the header's 4 octets and 70 more
#define CCM_TAIL 70
#define TLV_PORT 2

static bool ccm_read(struct peer *peer, const uint8_t *pdu, size_t length, uint16_t vid, struct vlan_set *flush)
{
	struct mep *unused = NULL;
	uint16_t id;

	if (length < CCM_TLVS + 1 || pdu[1] != 1 || pdu[3] < CCM_TAIL) return false;
	id = get16(pdu + 8);
	for (size_t at = 4u + pdu[3]; at < length && pdu[at] != 0;) {
		size_t size;

		if (at + 3 > length) return false;
		size = get16(pdu + at + 1);
		if (at + 3 + size > length) return false;
		if (pdu[at] == TLV_PORT) {
			uint8_t status = size == 1 ? pdu[at + 3] : 0;

			if (status != 1 && status != 2) return false;
			for (unsigned i = 0; i < MEPS; i++) {
				struct mep *mep = &peer->mep[i];

				if (mep->port_status == 0) {
					if (unused == NULL) unused = mep;
					continue;
				}
				if (mep->vid != vid || mep->id != id) continue;
				if (mep->port_status != status) vlan_set_add(flush, vid);
				mep->port_status = status;
				return true;
			}
			if (unused != NULL) *unused = (struct mep){vid, id, status};
			return true;
		}
		at += 3 + size;
	}
	return true;
}

// ---------------------------------------------------------------- frames

enum frame_kind frame_read(struct peer *peer, const uint8_t *frame, size_t length, uint16_t vid, struct vlan_set *flush)
{
	static const uint8_t reserved[] = {0x01, 0x80, 0xc2, 0, 0};
	const uint8_t *pdu = frame + HEADER;
	enum frame_kind kind = FRAME_NONE;
	bool good = true;

	if (length < HEADER || vid > 4094 || memcmp(frame, reserved, sizeof(reserved)) != 0) return FRAME_NONE;
	length -= HEADER;
	switch (get16(frame + 12) << 8 | frame[5]) {
	case 0x88f521:
	case 0x88f50d:
		// Of a tagged one it is the customer's own.
		if (vid != 0) return FRAME_NONE;
		kind = FRAME_MVRP;
		good = mvrp_read(pdu, length, flush);
		peer->mvrp += good;
		break;
	case 0x88ee07:
		if (vid != 0) return FRAME_NONE;
		kind = FRAME_E_LMI;
		good = status_read(peer, pdu, length, flush);
		peer->e_lmi += good;
		break;
	default:
		if (get16(frame + 12) != 0x8902 || (frame[5] & 0xf0) != 0x30 || frame[5] > 0x37) return FRAME_NONE;
		// Other OAM is not of interest.
		if (length < 2 || pdu[1] != 1) return FRAME_NONE;
		kind = FRAME_CCM;
		good = ccm_read(peer, pdu, length, vid, flush);
		peer->ccm += good;
		break;
	}
	peer->malformed += !good;
	return good ? kind : FRAME_NONE;
}
