// What a provider edge says of VLANs, in frames that it sends to this machine: parsed, checked, reduced to a list of
// VLANs that are to be forgotten. No state but that of E-LMI's map and of CFM's neighbours.
#ifndef CE_AGENT_PDU_H
#define CE_AGENT_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIDS 4096
#define EVCS 1024
#define MEPS 1024

// A bit a VID. Bit 0: frames without a tag.
struct vlan_set {
	uint64_t bits[VIDS / 64];
};

struct evc {
	uint16_t reference_id; // 0: unused
	uint8_t status;        // 0xff: not told yet
	struct vlan_set vlans;
};

// A remote maintenance end point, by VLAN: its last port status.
struct mep {
	uint16_t vid, id;
	uint8_t port_status; // 0: unused
};

struct peer {
	struct evc evc[EVCS];
	struct mep mep[MEPS];
	uint8_t send, receive;  // E-LMI sequence numbers
	uint32_t data_instance; // that was told of completely
	uint32_t told_instance; // of the last STATUS
	bool want_full, continued;
	// Counters.
	uint64_t mvrp, e_lmi, ccm, malformed;
};

enum frame_kind { FRAME_NONE, FRAME_MVRP, FRAME_E_LMI, FRAME_CCM };

// One frame from a provider edge, without VLAN tags: `vid` is that of the tag that the kernel took off (0: none). VLANs
// whose addresses are to be forgotten are added to `flush`. What the frame was; FRAME_NONE: no frame of interest, or
// malformed (counted).
enum frame_kind frame_read(struct peer *peer, const uint8_t *frame, size_t length, uint16_t vid,
			   struct vlan_set *flush);

// Writes a STATUS ENQUIRY (60 octets) from this source address.
#define ENQUIRY_SIZE 60
void enquiry_write(struct peer *peer, const uint8_t source[6], uint8_t frame[ENQUIRY_SIZE]);

static inline void vlan_set_add(struct vlan_set *set, uint16_t vid)
{
	set->bits[vid / 64] |= UINT64_C(1) << vid % 64;
}

static inline bool vlan_set_has(const struct vlan_set *set, uint16_t vid)
{
	return set->bits[vid / 64] >> vid % 64 & 1;
}

#endif
