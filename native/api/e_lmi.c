#include "e_lmi.h"

#include <stdlib.h>
#include <string.h>

#include "../main/stage.h"
#include "../stages/e-lmi/config.h"

static bool text_ok(const char *text, size_t least, size_t most)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~') return false;
	return length >= least && length <= most;
}

static bool bandwidth_ok(const Sluice__Api__ELmiBandwidth *b)
{
	const uint64_t rate = UINT64_C(65535000000), burst = 255000000;

	return b == NULL || (b->cir <= rate && b->eir <= rate && b->cbs <= burst && b->ebs <= burst);
}

// What belongs to two EVCs. False: something does.
static bool evc_ok(const Sluice__Api__ELmiEvc *evc, uint64_t vlans[64], uint64_t references[1024], unsigned *untagged,
		   unsigned *defaults)
{
	uint64_t bit = UINT64_C(1) << evc->reference_id % 64;

	if (evc->reference_id == 0 || evc->reference_id > 65535 || references[evc->reference_id / 64] & bit)
		return false;
	references[evc->reference_id / 64] |= bit;
	for (size_t i = 0; i < evc->n_vlans; i++) {
		uint32_t vid = evc->vlans[i];

		if (vid == 0 || vid > 4094 || vlans[vid / 64] >> vid % 64 & 1) return false;
		vlans[vid / 64] |= UINT64_C(1) << vid % 64;
	}
	*untagged += evc->untagged;
	*defaults += evc->default_evc;
	return text_ok(evc->id, 1, E_LMI_EVC_ID) && bandwidth_ok(evc->bandwidth);
}

const char *e_lmi_check(const Sluice__Api__ELmi *e_lmi)
{
	uint64_t vlans[64] = {0}, references[1024] = {0};
	unsigned untagged = 0, defaults = 0;
	bool seconds_ok =
		(e_lmi->polling_seconds == 0 || (e_lmi->polling_seconds >= 5 && e_lmi->polling_seconds <= 30)) &&
		(e_lmi->polling_verification_seconds == 0 ||
		 (e_lmi->polling_verification_seconds >= 5 && e_lmi->polling_verification_seconds <= 30));

	if (!text_ok(e_lmi->uni_id, 0, E_LMI_UNI_ID) || !bandwidth_ok(e_lmi->bandwidth) || e_lmi->n_evcs > E_LMI_EVCS ||
	    (unsigned)e_lmi->map_type > SLUICE__API__ELMI_MAP_TYPE__E_LMI_BUNDLING)
		return "e_lmi has a uni_id of at most 64 bytes, a known map_type and at most 1024 EVCs";
	if (!seconds_ok || e_lmi->status_counter == 1 || e_lmi->status_counter > 10)
		return "the timers of e_lmi are 5 to 30 seconds, its counter 2 to 10";
	for (size_t i = 0; i < e_lmi->n_evcs; i++)
		if (!evc_ok(e_lmi->evcs[i], vlans, references, &untagged, &defaults))
			return "an EVC has an id and a reference_id of its own, and VLANs that no other one has";
	if (untagged > 1 || defaults > 1) return "one EVC is the default one, and one has untagged frames";
	return NULL;
}

static struct e_lmi_bandwidth bandwidth_of(const Sluice__Api__ELmiBandwidth *wanted)
{
	if (wanted == NULL) return (struct e_lmi_bandwidth){0};
	return (struct e_lmi_bandwidth){.cir = wanted->cir,
					.cbs = wanted->cbs,
					.eir = wanted->eir,
					.ebs = wanted->ebs,
					.coupling = wanted->coupling,
					.color_aware = wanted->color_aware};
}

static int by_reference_id(const void *a, const void *b)
{
	return (int)((const struct e_lmi_evc *)a)->reference_id - (int)((const struct e_lmi_evc *)b)->reference_id;
}

const struct e_lmi_config *e_lmi_build(struct generation *g, const Sluice__Api__ELmi *wanted, const char *port)
{
	struct e_lmi_config *e_lmi = generation_alloc(g, sizeof(*e_lmi) + wanted->n_evcs * sizeof(e_lmi->evc[0]));

	if (e_lmi == NULL) return NULL;
	snprintf(e_lmi->uni_id, sizeof(e_lmi->uni_id), "%s", *wanted->uni_id != 0 ? wanted->uni_id : port);
	e_lmi->map_type = (uint8_t)(wanted->map_type ? wanted->map_type : SLUICE__API__ELMI_MAP_TYPE__E_LMI_BUNDLING);
	e_lmi->verification = !wanted->polling_verification_off;
	e_lmi->verification_ms =
		1000 * (wanted->polling_verification_seconds ? wanted->polling_verification_seconds : 15);
	e_lmi->spacing_ms = 100 * (wanted->polling_seconds ? wanted->polling_seconds : 10);
	e_lmi->status_counter = (uint8_t)(wanted->status_counter ? wanted->status_counter : 4);
	e_lmi->bandwidth = bandwidth_of(wanted->bandwidth);
	e_lmi->evc_count = (uint32_t)wanted->n_evcs;
	for (size_t i = 0; i < wanted->n_evcs; i++) {
		const Sluice__Api__ELmiEvc *from = wanted->evcs[i];
		struct e_lmi_evc *evc = &e_lmi->evc[i];

		evc->reference_id = (uint16_t)from->reference_id;
		evc->multipoint = from->multipoint;
		evc->untagged = from->untagged;
		evc->default_evc = from->default_evc;
		evc->bandwidth = bandwidth_of(from->bandwidth);
		snprintf(evc->id, sizeof(evc->id), "%s", from->id);
		for (size_t v = 0; v < from->n_vlans; v++)
			evc->vlans[from->vlans[v] / 64] |= UINT64_C(1) << from->vlans[v] % 64;
	}
	qsort(e_lmi->evc, e_lmi->evc_count, sizeof(e_lmi->evc[0]), by_reference_id);
	return e_lmi;
}
