#include "uni_n.h"

#include <string.h>

void uni_n_start(struct uni_n *uni, const struct e_lmi_config *config, const uint8_t *status, uint32_t data_instance)
{
	memset(uni, 0, sizeof(*uni));
	uni->config = config;
	// 0 is what a CE has that knows nothing.
	uni->data_instance = data_instance != 0 ? data_instance : 1;
	uni->verify_at = E_LMI_NEVER;
	for (uint32_t i = 0; i < config->evc_count; i++) {
		uni->evc[i].status = status[i];
		uni->evc[i].is_new = true;
	}
}

void uni_n_follow(struct uni_n *uni, const uint8_t *status)
{
	bool changed = false;

	for (uint32_t i = 0; i < uni->config->evc_count; i++) {
		if (uni->evc[i].status == status[i]) continue;
		uni->evc[i].status = status[i];
		uni->evc[i].pending = true;
		changed = true;
	}
	if (changed && ++uni->data_instance == 0) uni->data_instance = 1;
}

static uint8_t told_status(const struct uni_evc *evc)
{
	return (uint8_t)(evc->status | (evc->is_new ? E_LMI_STATUS_NEW : 0));
}

// ---------------------------------------------------------------- errors

static void failed(struct uni_n *uni)
{
	uni->in_sequence = 0;
	if (uni->errors < uni->config->status_counter) uni->errors++;
	if (uni->errors == uni->config->status_counter) uni->operational = false;
}

static void succeeded(struct uni_n *uni)
{
	uni->errors = 0;
	if (uni->in_sequence < uni->config->status_counter) uni->in_sequence++;
	if (uni->in_sequence == uni->config->status_counter) uni->operational = true;
}

void uni_n_run(struct uni_n *uni, uint64_t now)
{
	if (uni->verify_at > now) return;
	uni->timeouts++;
	failed(uni);
	// Of a CE that has been given up no more is expected.
	uni->verify_at = uni->errors == uni->config->status_counter ? E_LMI_NEVER : now + uni->config->verification_ms;
}

// ---------------------------------------------------------------- enquiries

// The CE has got what was sent last: what was new in it is not any more.
static void acknowledged(struct uni_n *uni)
{
	for (uint32_t i = 0; i < uni->config->evc_count; i++) {
		if (uni->evc[i].told_new) uni->evc[i].is_new = false;
		uni->evc[i].told_new = false;
	}
}

static size_t write_full(struct uni_n *uni, const struct e_lmi_header *header, bool from_the_start,
			 uint8_t answer[E_LMI_PDU])
{
	uint32_t first;
	size_t length;

	if (from_the_start || e_lmi_all_told(uni->config, &uni->cursor)) uni->cursor = (struct e_lmi_cursor){0};
	first = uni->cursor.evc;
	for (uint32_t i = 0; i < uni->config->evc_count; i++)
		uni->status[i] = told_status(&uni->evc[i]);
	length = e_lmi_write_full(uni->config, uni->status, header, &uni->cursor, answer);
	for (uint32_t i = first; i < uni->cursor.evc; i++)
		uni->evc[i].told_new = uni->evc[i].is_new;
	return length;
}

size_t uni_n_receive(struct uni_n *uni, const uint8_t *pdu, size_t length, uint64_t now, uint8_t answer[E_LMI_PDU])
{
	struct e_lmi_enquiry enquiry;
	struct e_lmi_header header;

	if (e_lmi_read_enquiry(pdu, length, &enquiry) != 0) {
		uni->protocol_errors++;
		return 0;
	}
	// 5.6.2: the CE repeats the number that we sent last; before we have sent any, it has 0.
	if (enquiry.receive != uni->send) {
		uni->sequence_errors++;
		failed(uni);
	} else {
		succeeded(uni);
		acknowledged(uni);
	}
	uni->receive = enquiry.send;
	if (++uni->send == 0) uni->send = 1;
	if (uni->config->verification) uni->verify_at = now + uni->config->verification_ms;
	header = (struct e_lmi_header){enquiry.report, uni->send, uni->receive, uni->data_instance};
	if (enquiry.report == E_LMI_CHECK) {
		uni->check_enquiries++;
		return e_lmi_write_check(&header, answer);
	}
	uni->full_enquiries++;
	return write_full(uni, &header, enquiry.report == E_LMI_FULL, answer);
}

// ---------------------------------------------------------------- changes

static bool any_pending(const struct uni_n *uni)
{
	for (uint32_t i = 0; i < uni->config->evc_count; i++)
		if (uni->evc[i].pending) return true;
	return false;
}

static uint64_t async_at(const struct uni_n *uni)
{
	return uni->last_async_ms == 0 ? 0 : uni->last_async_ms + uni->config->spacing_ms;
}

size_t uni_n_asynchronous(struct uni_n *uni, uint64_t now, uint8_t pdu[E_LMI_PDU], uint32_t *evc)
{
	if (async_at(uni) > now) return 0;
	for (*evc = 0; *evc < uni->config->evc_count; ++*evc) {
		struct uni_evc *at = &uni->evc[*evc];

		if (!at->pending) continue;
		at->pending = false;
		uni->last_async_ms = now;
		uni->asynchronous_sent++;
		return e_lmi_write_single(uni->config->evc[*evc].reference_id, told_status(at), pdu);
	}
	return 0;
}

uint64_t uni_n_next(const struct uni_n *uni)
{
	uint64_t async = any_pending(uni) ? async_at(uni) : E_LMI_NEVER;

	return async < uni->verify_at ? async : uni->verify_at;
}
