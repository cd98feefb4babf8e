#include "pdu.h"

#include <errno.h>
#include <string.h>

#define VERSION 1
#define ENQUIRY 0x75
#define STATUS  0x7d

enum {
	REPORT_TYPE = 0x01,
	SEQUENCE_NUMBERS = 0x02,
	DATA_INSTANCE = 0x03,
	UNI_STATUS = 0x11,
	EVC_STATUS = 0x21,
	VLAN_MAP = 0x22,
	UNI_ID = 0x51,
	EVC_TYPE = 0x61,
	EVC_ID = 0x62,
	VLAN_LIST = 0x63,
	BANDWIDTH = 0x71,
};

#define MAP_LAST      0x40
#define MAP_UNTAGGED  0x02
#define MAP_DEFAULT   0x01
#define COUPLING_FLAG 0x02
#define COLOR_MODE    0x04
// VIDs of one element: its length is one octet.
#define MAP_VIDS 120

// ---------------------------------------------------------------- reading

int e_lmi_read_enquiry(const uint8_t *pdu, size_t length, struct e_lmi_enquiry *enquiry)
{
	enum { REPORT = 1, SEQUENCE = 2, INSTANCE = 4 };
	unsigned seen = 0;

	if (length < 2 || pdu[0] != VERSION || pdu[1] != ENQUIRY) return -EBADMSG;
	*enquiry = (struct e_lmi_enquiry){E_LMI_FULL, 0, 0, 0};
	// A type of 0 is the padding of a short frame.
	for (size_t at = 2; at + 2 <= length && pdu[at] != 0;) {
		uint8_t type = pdu[at], size = pdu[at + 1];
		const uint8_t *value = pdu + at + 2;

		if (at + 2 + size > length) return -EBADMSG;
		at += 2u + size;
		if (type == REPORT_TYPE && size == 1) {
			if (value[0] > E_LMI_FULL_CONTINUED || value[0] == E_LMI_SINGLE_EVC) return -EBADMSG;
			enquiry->report = (enum e_lmi_report)value[0];
			seen |= REPORT;
		} else if (type == SEQUENCE_NUMBERS && size == 2) {
			enquiry->send = value[0];
			enquiry->receive = value[1];
			seen |= SEQUENCE;
		} else if (type == DATA_INSTANCE && size == 5) {
			enquiry->data_instance = (uint32_t)value[1] << 24 | (uint32_t)value[2] << 16 |
						 (uint32_t)value[3] << 8 | value[4];
			seen |= INSTANCE;
		} else if (type <= DATA_INSTANCE) {
			return -EBADMSG;
		}
	}
	return seen == (REPORT | SEQUENCE | INSTANCE) ? 0 : -EBADMSG;
}

// ---------------------------------------------------------------- writing

struct writer {
	uint8_t *pdu;
	size_t length;
};

static void put8(struct writer *w, unsigned value)
{
	w->pdu[w->length++] = (uint8_t)value;
}

static void put16(struct writer *w, unsigned value)
{
	put8(w, value >> 8);
	put8(w, value);
}

static void put_text(struct writer *w, unsigned type, const char *text)
{
	size_t length = strlen(text);

	put8(w, type);
	put8(w, (unsigned)length);
	memcpy(w->pdu + w->length, text, length);
	w->length += length;
}

// Begins an element whose length is known at its end.
static size_t begin(struct writer *w, unsigned type)
{
	put8(w, type);
	put8(w, 0);
	return w->length;
}

static void end(struct writer *w, size_t from)
{
	w->pdu[from - 1] = (uint8_t)(w->length - from);
}

static void put_header(struct writer *w, const struct e_lmi_header *header, enum e_lmi_report report)
{
	put8(w, VERSION);
	put8(w, STATUS);
	put8(w, REPORT_TYPE);
	put8(w, 1);
	put8(w, report);
	if (report == E_LMI_SINGLE_EVC) return;
	put8(w, SEQUENCE_NUMBERS);
	put8(w, 2);
	put8(w, header->send);
	put8(w, header->receive);
	put8(w, DATA_INSTANCE);
	put8(w, 5);
	put8(w, 0);
	put16(w, header->data_instance >> 16);
	put16(w, header->data_instance & 0xffff);
}

// Rounded down to what magnitude and multiplier can say.
static void put_scaled(struct writer *w, uint64_t value, uint64_t most)
{
	unsigned magnitude = 0;

	for (; value > most; value /= 10)
		magnitude++;
	put8(w, magnitude);
	if (most > 0xff) put8(w, (unsigned)(value >> 8));
	put8(w, (unsigned)value);
}

static void put_bandwidth(struct writer *w, const struct e_lmi_bandwidth *b)
{
	size_t from;

	if ((b->cir | b->cbs | b->eir | b->ebs) == 0) return;
	from = begin(w, BANDWIDTH);
	put8(w, (b->coupling ? COUPLING_FLAG : 0) | (b->color_aware ? COLOR_MODE : 0));
	put_scaled(w, b->cir, 0xffff);
	put_scaled(w, b->cbs, 0xff);
	put_scaled(w, b->eir, 0xffff);
	put_scaled(w, b->ebs, 0xff);
	// Not by priority: all of them.
	put8(w, 0);
	end(w, from);
}

static void put_uni(struct writer *w, const struct e_lmi_config *config)
{
	size_t from = begin(w, UNI_STATUS);

	put8(w, config->map_type);
	put_text(w, UNI_ID, config->uni_id);
	put_bandwidth(w, &config->bandwidth);
	end(w, from);
}

static void put_evc(struct writer *w, const struct e_lmi_evc *evc, uint8_t status)
{
	size_t from = begin(w, EVC_STATUS);

	put16(w, evc->reference_id);
	put8(w, status);
	put8(w, EVC_TYPE);
	put8(w, 1);
	put8(w, evc->multipoint);
	put_text(w, EVC_ID, evc->id);
	put_bandwidth(w, &evc->bandwidth);
	end(w, from);
}

// The next VID of the EVC from `vid` on; 4095: none.
static uint16_t next_vid(const struct e_lmi_evc *evc, uint16_t vid)
{
	while (vid < 4095 && !(evc->vlans[vid / 64] >> vid % 64 & 1))
		vid++;
	return vid;
}

// One element of an EVC's map; moves the cursor.
static void put_map(struct writer *w, const struct e_lmi_evc *evc, struct e_lmi_cursor *cursor)
{
	size_t from = begin(w, VLAN_MAP), list, flags;
	uint16_t vid = next_vid(evc, cursor->vid);

	put16(w, evc->reference_id);
	flags = w->length;
	put8(w, cursor->chunk & 0x3f);
	put8(w, (evc->untagged ? MAP_UNTAGGED : 0) | (evc->default_evc ? MAP_DEFAULT : 0));
	list = begin(w, VLAN_LIST);
	for (unsigned n = 0; n < MAP_VIDS && vid < 4095; n++, vid = next_vid(evc, (uint16_t)(vid + 1)))
		put16(w, vid);
	end(w, list);
	end(w, from);
	cursor->vid = vid;
	cursor->chunk++;
	if (vid < 4095) return;
	w->pdu[flags] |= MAP_LAST;
	cursor->map++;
	cursor->vid = 0;
	cursor->chunk = 0;
}

size_t e_lmi_write_check(const struct e_lmi_header *header, uint8_t pdu[E_LMI_PDU])
{
	struct writer w = {pdu, 0};

	put_header(&w, header, E_LMI_CHECK);
	return w.length;
}

bool e_lmi_all_told(const struct e_lmi_config *config, const struct e_lmi_cursor *cursor)
{
	return cursor->evc == config->evc_count && cursor->map == config->evc_count;
}

size_t e_lmi_write_full(const struct e_lmi_config *config, const uint8_t *status, const struct e_lmi_header *header,
			struct e_lmi_cursor *cursor, uint8_t pdu[E_LMI_PDU])
{
	// An element is at most 257 octets long.
	const size_t room = E_LMI_PDU - 257;
	struct writer w = {pdu, 0};
	size_t report;

	put_header(&w, header, E_LMI_FULL);
	report = 4;
	put_uni(&w, config);
	for (; cursor->evc < config->evc_count && w.length <= room; cursor->evc++)
		put_evc(&w, &config->evc[cursor->evc], status[cursor->evc]);
	while (cursor->evc == config->evc_count && cursor->map < config->evc_count && w.length <= room)
		put_map(&w, &config->evc[cursor->map], cursor);
	pdu[report] = e_lmi_all_told(config, cursor) ? E_LMI_FULL : E_LMI_FULL_CONTINUED;
	return w.length;
}

size_t e_lmi_write_single(uint16_t reference_id, uint8_t status, uint8_t pdu[E_LMI_PDU])
{
	struct writer w = {pdu, 0};

	put_header(&w, NULL, E_LMI_SINGLE_EVC);
	put8(&w, EVC_STATUS);
	put8(&w, 3);
	put16(&w, reference_id);
	put8(&w, status);
	return w.length;
}
