// Method "e-lmi": the port's UNI-N (../e-lmi). An EVC is active while all its VLANs are forwarded, partially active
// while some are.
#include <stdlib.h>

#include <rte_random.h>

#include "../e-lmi/uni_n.h"
#include "ce_e_lmi.h"
#include "ce_in.h"
#include "ce_vlans.h"

#define TYPE_E_LMI 0x88ee

struct e_lmi {
	struct ce_port *port;
	struct ce_sent *sent;
	struct timer timer;
	bool running;
	uint32_t data_instance; // of the last one that ran
	uint64_t last_enquiry_ns;
	struct uni_n uni;
	uint8_t status[E_LMI_EVCS];
};

static int send_pdu(struct e_lmi *e_lmi, uint16_t vid, uint8_t *frame, size_t length)
{
	static const uint8_t to[RTE_ETHER_ADDR_LEN] = {0x01, 0x80, 0xc2, 0, 0, 0x07};

	return ce_send_untagged(e_lmi->port, e_lmi->sent, vid, to, TYPE_E_LMI, frame, CE_HEADER + length);
}

// ---------------------------------------------------------------- states of EVCs

// The VLANs of an EVC, a bit a VID; those of the default one are what the port has and no EVC names.
static void vlans_of(const struct e_lmi_config *config, const struct e_lmi_evc *evc, const struct ce_vlans *port,
		     uint64_t vlans[64])
{
	memcpy(vlans, evc->vlans, sizeof(evc->vlans));
	for (unsigned word = 0; evc->default_evc && word < 64; word++) {
		uint64_t named = word == 0 ? 1 : 0;

		for (uint32_t i = 0; i < config->evc_count; i++)
			named |= config->evc[i].vlans[word];
		vlans[word] |= port->has[word] & ~named;
	}
	if (evc->untagged) vlans[0] |= 1;
}

static uint8_t status_of(const uint64_t vlans[64], const struct ce_vlans *port)
{
	bool any = false, all = true;

	for (unsigned word = 0; word < 64; word++) {
		any = any || (vlans[word] & port->forwards[word]) != 0;
		all = all && (vlans[word] & ~port->forwards[word]) == 0;
	}
	return any && all ? E_LMI_STATUS_ACTIVE : any ? E_LMI_STATUS_PARTIALLY_ACTIVE : E_LMI_STATUS_NOT_ACTIVE;
}

static void look(struct e_lmi *e_lmi)
{
	const struct e_lmi_config *config = e_lmi->port->config.e_lmi;
	struct ce_vlans port;
	uint64_t vlans[64];

	ce_vlans_of(e_lmi->port->port, &port);
	for (uint32_t i = 0; i < config->evc_count; i++) {
		vlans_of(config, &config->evc[i], &port, vlans);
		e_lmi->status[i] = status_of(vlans, &port);
	}
}

// ---------------------------------------------------------------- time

// A VLAN of the EVC, for the state: the first one.
static uint16_t some_vid(const struct e_lmi_evc *evc)
{
	for (uint16_t vid = 1; vid < 4095; vid++)
		if (evc->vlans[vid / 64] >> vid % 64 & 1) return vid;
	return 0;
}

// Sends what is due and arms the timer for the next. Returns the frames; *evc is the last one's.
static uint32_t run(struct e_lmi *e_lmi, uint32_t *evc)
{
	uint8_t frame[CE_HEADER + E_LMI_PDU];
	uint64_t now = control_now_ms(), next;
	uint32_t frames = 0;
	size_t length;

	timer_disarm(&e_lmi->timer);
	if (!e_lmi->running || !ce_link_up(e_lmi->port)) return 0;
	uni_n_run(&e_lmi->uni, now);
	while ((length = uni_n_asynchronous(&e_lmi->uni, now, frame + CE_HEADER, evc)) != 0) {
		uint16_t vid = some_vid(&e_lmi->port->config.e_lmi->evc[*evc]);

		if (send_pdu(e_lmi, vid, frame, length) != 0) {
			// Once more, at the next time that one may go.
			e_lmi->uni.evc[*evc].pending = true;
			break;
		}
		e_lmi->uni.evc[*evc].told_ns = e_lmi->sent->last_ns;
		frames++;
	}
	port_inject_flush();
	next = uni_n_next(&e_lmi->uni);
	if (next != E_LMI_NEVER) timer_arm(&e_lmi->timer, RTE_MAX(next, now + 1));
	return frames;
}

static void run_due(struct timer *timer)
{
	uint32_t evc;

	(void)run((struct e_lmi *)(void *)((uint8_t *)timer - offsetof(struct e_lmi, timer)), &evc);
}

// ---------------------------------------------------------------- what happens

static void e_lmi_vlans(void *state)
{
	struct e_lmi *e_lmi = state;
	uint32_t evc;

	if (!e_lmi->running) return;
	look(e_lmi);
	uni_n_follow(&e_lmi->uni, e_lmi->status);
	(void)run(e_lmi, &evc);
}

static void e_lmi_changed(void *state, const struct ce_change *changes, unsigned count)
{
	struct e_lmi *e_lmi = state;
	const struct e_lmi_config *config = e_lmi->port->config.e_lmi;
	uint32_t frames, evc = 0;

	look(e_lmi);
	uni_n_follow(&e_lmi->uni, e_lmi->status);
	frames = run(e_lmi, &evc);
	// The one that was told of at once; the others have their time in the state.
	for (unsigned i = 0; frames != 0 && i < count; i++)
		if (changes[i].vid != 0 && config->evc[evc].vlans[changes[i].vid / 64] >> changes[i].vid % 64 & 1)
			ce_report(&changes[i], ce_e_lmi.name, frames, e_lmi->sent->last_ns);
}

static void e_lmi_received(void *state, const uint8_t *frame, size_t length)
{
	struct e_lmi *e_lmi = state;
	uint8_t answer[CE_HEADER + E_LMI_PDU];
	uint32_t evc;
	size_t size =
		uni_n_receive(&e_lmi->uni, frame + CE_HEADER, length - CE_HEADER, control_now_ms(), answer + CE_HEADER);

	if (size == 0) {
		e_lmi->sent->refused++;
		return;
	}
	e_lmi->last_enquiry_ns = control_realtime_ns();
	(void)send_pdu(e_lmi, e_lmi->sent->last_vid, answer, size);
	(void)run(e_lmi, &evc);
}

static void e_lmi_link(void *state)
{
	uint32_t evc;

	(void)run(state, &evc);
}

// ---------------------------------------------------------------- life

static void *e_lmi_open(struct ce_port *port, struct ce_sent *sent)
{
	struct e_lmi *e_lmi = calloc(1, sizeof(*e_lmi));

	if (e_lmi == NULL) return NULL;
	e_lmi->port = port;
	e_lmi->sent = sent;
	e_lmi->timer.run = run_due;
	e_lmi->data_instance = (uint32_t)rte_rand();
	return e_lmi;
}

static void e_lmi_close(void *state)
{
	struct e_lmi *e_lmi = state;

	if (e_lmi == NULL) return;
	timer_disarm(&e_lmi->timer);
	free(e_lmi);
}

static bool e_lmi_enabled(const struct ce_notification *config)
{
	return config->e_lmi != NULL;
}

// Another configuration begins anew, with another data instance: the CE asks for all of it.
static void e_lmi_configured(void *state)
{
	struct e_lmi *e_lmi = state;
	uint32_t evc;

	if (e_lmi->running) e_lmi->data_instance = e_lmi->uni.data_instance;
	e_lmi->running = e_lmi_enabled(&e_lmi->port->config);
	if (e_lmi->running) {
		look(e_lmi);
		uni_n_start(&e_lmi->uni, e_lmi->port->config.e_lmi, e_lmi->status, e_lmi->data_instance + 1);
	}
	(void)run(e_lmi, &evc);
}

static uint8_t e_lmi_takes(const struct ce_notification *config)
{
	return e_lmi_enabled(config) ? CE_IN_E_LMI : CE_IN_NONE;
}

const struct uni_n *ce_e_lmi_uni(const void *state, uint64_t *last_enquiry_ns)
{
	const struct e_lmi *e_lmi = state;

	if (e_lmi == NULL || !e_lmi->running) return NULL;
	*last_enquiry_ns = e_lmi->last_enquiry_ns;
	return &e_lmi->uni;
}

const struct ce_method ce_e_lmi = {
	.name = "e-lmi",
	.open = e_lmi_open,
	.close = e_lmi_close,
	.enabled = e_lmi_enabled,
	.configured = e_lmi_configured,
	.changed = e_lmi_changed,
	.vlans = e_lmi_vlans,
	.takes = e_lmi_takes,
	.received = e_lmi_received,
	.link = e_lmi_link,
};
