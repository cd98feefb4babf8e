// The provider's end of E-LMI (MEF 16, 5.6): answers enquiries, verifies that the CE asks, tells of changes. Pure:
// PDUs, the EVCs' states and the time come in, PDUs to send come out.
#ifndef SLUICE_E_LMI_UNI_N_H
#define SLUICE_E_LMI_UNI_N_H

#include "pdu.h"

#define E_LMI_NEVER UINT64_MAX

struct uni_evc {
	uint8_t status;   // enum e_lmi_status without new
	bool is_new;      // the CE does not know it yet
	bool told_new;    // as new in a message that the CE has not acknowledged
	bool pending;     // an asynchronous frame is to be sent
	uint64_t told_ns; // owner: when the last one was
};

struct uni_n {
	const struct e_lmi_config *config;
	uint8_t send, receive; // sequence counters
	uint32_t data_instance;
	struct e_lmi_cursor cursor; // of the full status under way
	bool operational;
	uint8_t in_sequence; // enquiries without an error, up to N393
	uint8_t errors;      // in sequence, up to N393
	uint64_t verify_at;  // T392
	uint64_t last_async_ms;
	uint64_t full_enquiries, check_enquiries, timeouts, sequence_errors, protocol_errors, asynchronous_sent;
	struct uni_evc evc[E_LMI_EVCS];
	uint8_t status[E_LMI_EVCS]; // as it is told
};

// Begins with all EVCs new; `status` is by EVC.
void uni_n_start(struct uni_n *uni, const struct e_lmi_config *config, const uint8_t *status, uint32_t data_instance);
// The EVCs are in these states now: changes become asynchronous frames.
void uni_n_follow(struct uni_n *uni, const uint8_t *status);
// A PDU of the CE. Returns the length of the answer; 0: there is none, and the PDU was malformed.
size_t uni_n_receive(struct uni_n *uni, const uint8_t *pdu, size_t length, uint64_t now_ms, uint8_t answer[E_LMI_PDU]);
// T392.
void uni_n_run(struct uni_n *uni, uint64_t now_ms);
// An asynchronous frame that is due, and its EVC's index. 0: there is none.
size_t uni_n_asynchronous(struct uni_n *uni, uint64_t now_ms, uint8_t pdu[E_LMI_PDU], uint32_t *evc);
// When to call the two again.
uint64_t uni_n_next(const struct uni_n *uni);

#endif
