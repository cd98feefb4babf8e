// What the CE is told by E-LMI, as configured.
#ifndef SLUICE_E_LMI_CONFIG_H
#define SLUICE_E_LMI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define E_LMI_UNI_ID 64  // octets at most
#define E_LMI_EVC_ID 100 // the same
#define E_LMI_EVCS   1024

// Kilobits per second and kilobytes; all 0: there is none.
struct e_lmi_bandwidth {
	uint64_t cir, cbs, eir, ebs;
	bool coupling, color_aware;
};

struct e_lmi_evc {
	uint16_t reference_id;
	bool multipoint, untagged, default_evc;
	struct e_lmi_bandwidth bandwidth;
	uint64_t vlans[64]; // a bit a VID, 1 to 4094
	char id[E_LMI_EVC_ID + 1];
};

struct e_lmi_config {
	char uni_id[E_LMI_UNI_ID + 1];
	uint8_t map_type; // 1 all to one, 2 service multiplexing, 3 bundling
	bool verification;
	uint32_t verification_ms; // T392
	uint32_t spacing_ms;      // of asynchronous frames: T391 / 10
	uint8_t status_counter;   // N393
	struct e_lmi_bandwidth bandwidth;
	uint32_t evc_count;
	struct e_lmi_evc evc[]; // ascending reference ids
};

#endif
