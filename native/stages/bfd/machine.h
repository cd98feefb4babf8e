// A session of RFC 5880 in asynchronous mode as a function of what it is, what happens and when. Times and intervals
// are microseconds. `random` is any number: it jitters the next transmission (6.8.7).
#ifndef SLUICE_BFD_MACHINE_H
#define SLUICE_BFD_MACHINE_H

#include "packet.h"

#define BFD_SLOW  1000000u // 6.8.3: at least, while the session is not up
#define BFD_NEVER UINT64_MAX

struct bfd_parameters {
	uint32_t desired_min_tx, required_min_rx;
	uint8_t detect_mult;
	bool admin_down;
	uint32_t late_before; // the end of the detection time, at most half of it: then it is late. 0: it never is
};

// The variables of 6.8.1.
struct bfd_machine {
	struct bfd_parameters parameters;
	uint8_t state, remote_state; // enum bfd_state
	uint8_t diagnostic, remote_diagnostic;
	bool remote_demand;
	uint8_t remote_detect_mult; // 0: not heard yet
	uint32_t local_discriminator, remote_discriminator;
	uint32_t remote_min_rx, remote_desired_min_tx;
	// In use: what is announced may wait for the end of a Poll Sequence (6.8.3).
	uint32_t desired_min_tx, required_min_rx;
	bool polling;                  // until a packet with F
	bool poll_again;               // the parameters changed meanwhile
	bool late;                     // up, and not heard for most of the detection time
	uint64_t sent_at, received_at; // periodic packets; valid ones
	uint64_t send_at, expires_at;  // BFD_NEVER: not
};

// What the caller has to do.
// LATE: it has become late, or is it no more, and is up.
enum { BFD_SEND = 1, BFD_SEND_FINAL = 2, BFD_CHANGED = 4, BFD_LATE = 8 };

void bfd_begin(struct bfd_machine *machine, const struct bfd_parameters *parameters, uint32_t discriminator,
	       uint64_t now);
// A packet that bfd_parse() and the authentication took, for this session.
unsigned bfd_receive(struct bfd_machine *machine, const struct bfd_packet *packet, uint64_t now, uint32_t random);
// What is due at `now`; nothing is lost where it comes late or early.
unsigned bfd_time(struct bfd_machine *machine, uint64_t now, uint32_t random);
unsigned bfd_change(struct bfd_machine *machine, const struct bfd_parameters *parameters, uint64_t now,
		    uint32_t random);
// Has the other side answer at once (a Poll Sequence, 6.5), where the session is up.
unsigned bfd_ask(struct bfd_machine *machine, uint64_t now, uint32_t random);
// When bfd_time() is to be called; BFD_NEVER.
uint64_t bfd_due(const struct bfd_machine *machine);
// The packet to send, without authentication; `final`: the answer to a Poll.
void bfd_compose(const struct bfd_machine *machine, bool final, struct bfd_packet *packet);

// Between transmissions, before jitter; 0: none wanted.
uint32_t bfd_tx_interval(const struct bfd_machine *machine);
// That the other side transmits with at most; 0: not heard yet.
uint32_t bfd_rx_interval(const struct bfd_machine *machine);
// 6.8.4; 0: not heard yet.
uint64_t bfd_detection_time(const struct bfd_machine *machine);

// ---------------------------------------------------------------- authentication, 6.7.4

struct bfd_auth {
	uint8_t type; // enum bfd_auth_type
	uint8_t key_id;
	uint8_t key[20]; // padded with zeros
};

struct bfd_sequence {
	uint32_t sent, received;  // bfd.XmitAuthSeq, bfd.RcvAuthSeq
	bool known;               // bfd.AuthSeqKnown
	uint8_t last[BFD_HEADER]; // that was sent, without its section
};

// Whether a packet is to be taken; `bytes` is the whole of it. machine->received_at is of the one before.
bool bfd_authenticate(const struct bfd_auth *auth, struct bfd_sequence *sequence, const struct bfd_machine *machine,
		      const struct bfd_packet *packet, const uint8_t bytes[BFD_LONGEST], uint64_t now);
// Puts the section in.
void bfd_number(const struct bfd_auth *auth, struct bfd_sequence *sequence, struct bfd_packet *packet);

#endif
