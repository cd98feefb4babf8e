#include "machine.h"

#include <string.h>

static uint32_t max32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint32_t bfd_tx_interval(const struct bfd_machine *machine)
{
	bool both_up = machine->state == BFD_STATE_UP && machine->remote_state == BFD_STATE_UP;

	if (machine->remote_min_rx == 0 || (machine->remote_demand && both_up && !machine->polling)) return 0;
	return max32(machine->desired_min_tx, machine->remote_min_rx);
}

uint32_t bfd_rx_interval(const struct bfd_machine *machine)
{
	if (machine->remote_detect_mult == 0) return 0;
	return max32(machine->required_min_rx, machine->remote_desired_min_tx);
}

uint64_t bfd_detection_time(const struct bfd_machine *machine)
{
	return (uint64_t)machine->remote_detect_mult * bfd_rx_interval(machine);
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t late_at(const struct bfd_machine *machine)
{
	if (machine->state != BFD_STATE_UP || machine->late || machine->parameters.late_before == 0) return BFD_NEVER;
	return machine->expires_at - min64(machine->parameters.late_before, bfd_detection_time(machine) / 2);
}

uint64_t bfd_due(const struct bfd_machine *machine)
{
	return min64(late_at(machine), min64(machine->send_at, machine->expires_at));
}

// 6.8.7: less by 0 to 25 %, and where one packet is all that is waited for, by at least 10 %.
static uint64_t jittered(const struct bfd_machine *machine, uint32_t random)
{
	uint64_t interval = bfd_tx_interval(machine);
	uint64_t most = machine->parameters.detect_mult == 1 ? interval * 90 / 100 : interval,
		 least = interval * 75 / 100;

	return interval == 0 ? 0 : least + random % (most - least + 1);
}

static void schedule(struct bfd_machine *machine, uint64_t now, uint32_t random)
{
	uint64_t at = machine->sent_at + jittered(machine, random);

	if (bfd_tx_interval(machine) == 0)
		machine->send_at = BFD_NEVER;
	else
		machine->send_at = at > now ? at : now;
}

// 6.8.3: while the session is not up nobody is asked whether intervals may change.
static void take_parameters(struct bfd_machine *machine)
{
	const struct bfd_parameters *p = &machine->parameters;

	machine->desired_min_tx =
		machine->state == BFD_STATE_UP ? p->desired_min_tx : max32(p->desired_min_tx, BFD_SLOW);
	machine->required_min_rx = p->required_min_rx;
}

static void go(struct bfd_machine *machine, enum bfd_state state, enum bfd_diagnostic diagnostic)
{
	bool was_up = machine->state == BFD_STATE_UP;

	machine->state = state;
	machine->diagnostic = diagnostic;
	machine->late = false;
	// From slow to what was asked for, which the other side has to be told of.
	machine->polling = state == BFD_STATE_UP;
	machine->poll_again = false;
	if (was_up || state == BFD_STATE_UP) take_parameters(machine);
}

void bfd_begin(struct bfd_machine *machine, const struct bfd_parameters *parameters, uint32_t discriminator,
	       uint64_t now)
{
	*machine = (struct bfd_machine){
		.parameters = *parameters,
		.state = parameters->admin_down ? BFD_STATE_ADMIN_DOWN : BFD_STATE_DOWN,
		.diagnostic = parameters->admin_down ? BFD_DIAG_ADMIN_DOWN : BFD_DIAG_NONE,
		.remote_state = BFD_STATE_DOWN,
		.remote_min_rx = 1,
		.local_discriminator = discriminator,
		.sent_at = now,
		.send_at = now,
		.expires_at = BFD_NEVER,
	};
	take_parameters(machine);
}

// Nobody is there any more. Afterwards it starts with what 6.8.1 says: one that wanted nothing may be another now.
static unsigned expire(struct bfd_machine *machine)
{
	machine->expires_at = BFD_NEVER;
	machine->remote_discriminator = 0;
	machine->remote_min_rx = 1;
	machine->remote_demand = false;
	machine->remote_state = BFD_STATE_DOWN;
	if (machine->state != BFD_STATE_UP && machine->state != BFD_STATE_INIT) return 0;
	go(machine, BFD_STATE_DOWN, BFD_DIAG_DETECTION_EXPIRED);
	return BFD_CHANGED | BFD_SEND;
}

static void sent(struct bfd_machine *machine, uint64_t now, uint32_t random)
{
	machine->sent_at = now;
	schedule(machine, now, random);
}

unsigned bfd_time(struct bfd_machine *machine, uint64_t now, uint32_t random)
{
	unsigned todo = 0;

	if (now >= machine->expires_at) {
		todo |= expire(machine);
		schedule(machine, now, random);
	}
	if (now >= late_at(machine)) {
		machine->late = true;
		todo |= BFD_LATE;
	}
	if (now >= machine->send_at) todo |= BFD_SEND;
	if (todo & BFD_SEND) sent(machine, now, random);
	return todo;
}

// 6.8.6, the table of states.
static unsigned heard_state(struct bfd_machine *machine, uint8_t remote)
{
	if (remote == BFD_STATE_ADMIN_DOWN) {
		if (machine->state == BFD_STATE_DOWN) return 0;
		go(machine, BFD_STATE_DOWN, BFD_DIAG_NEIGHBOR_DOWN);
		return BFD_CHANGED | BFD_SEND;
	}
	switch ((enum bfd_state)machine->state) {
	case BFD_STATE_DOWN:
		if (remote == BFD_STATE_UP) return 0;
		go(machine, remote == BFD_STATE_DOWN ? BFD_STATE_INIT : BFD_STATE_UP, BFD_DIAG_NONE);
		break;
	case BFD_STATE_INIT:
		if (remote == BFD_STATE_DOWN) return 0;
		go(machine, BFD_STATE_UP, BFD_DIAG_NONE);
		break;
	case BFD_STATE_UP:
		if (remote != BFD_STATE_DOWN) return 0;
		go(machine, BFD_STATE_DOWN, BFD_DIAG_NEIGHBOR_DOWN);
		break;
	case BFD_STATE_ADMIN_DOWN:
		return 0;
	}
	return BFD_CHANGED | BFD_SEND;
}

static void end_poll(struct bfd_machine *machine)
{
	machine->polling = machine->poll_again;
	machine->poll_again = false;
	if (!machine->polling) take_parameters(machine);
}

unsigned bfd_receive(struct bfd_machine *machine, const struct bfd_packet *packet, uint64_t now, uint32_t random)
{
	uint32_t interval = bfd_tx_interval(machine);
	unsigned todo = 0;
	bool late;

	machine->remote_discriminator = packet->my_discriminator;
	machine->remote_state = packet->state;
	machine->remote_diagnostic = packet->diagnostic;
	machine->remote_demand = packet->demand;
	machine->remote_min_rx = packet->required_min_rx;
	machine->remote_desired_min_tx = packet->desired_min_tx;
	machine->remote_detect_mult = packet->detect_mult;
	if (machine->polling && packet->final) end_poll(machine);
	machine->received_at = now;
	late = machine->late;
	machine->late = false;
	if (machine->state != BFD_STATE_ADMIN_DOWN) {
		todo = heard_state(machine, packet->state);
		if (packet->poll) todo |= BFD_SEND_FINAL;
	}
	if (late && machine->state == BFD_STATE_UP) todo |= BFD_LATE;
	machine->expires_at = now + bfd_detection_time(machine);
	// What has changed is said at once (6.8.7), and the answer to a Poll says it too.
	if (todo & BFD_SEND_FINAL) todo &= ~(unsigned)BFD_SEND;
	if (todo & BFD_SEND)
		sent(machine, now, random);
	else if (bfd_tx_interval(machine) != interval)
		schedule(machine, now, random);
	return todo;
}

unsigned bfd_change(struct bfd_machine *machine, const struct bfd_parameters *parameters, uint64_t now, uint32_t random)
{
	const struct bfd_parameters before = machine->parameters;
	bool intervals = before.desired_min_tx != parameters->desired_min_tx ||
			 before.required_min_rx != parameters->required_min_rx;
	unsigned todo = 0;

	machine->parameters = *parameters;
	if (parameters->admin_down != (machine->state == BFD_STATE_ADMIN_DOWN)) {
		if (parameters->admin_down)
			go(machine, BFD_STATE_ADMIN_DOWN, BFD_DIAG_ADMIN_DOWN);
		else
			go(machine, BFD_STATE_DOWN, BFD_DIAG_NONE);
		todo = BFD_CHANGED | BFD_SEND;
	}
	if (machine->state != BFD_STATE_UP) {
		take_parameters(machine);
	} else if (intervals) {
		// What makes the other side expire too early, or us, waits until it has answered.
		if (parameters->desired_min_tx < machine->desired_min_tx)
			machine->desired_min_tx = parameters->desired_min_tx;
		if (parameters->required_min_rx > machine->required_min_rx)
			machine->required_min_rx = parameters->required_min_rx;
		machine->poll_again = machine->polling;
		machine->polling = true;
	}
	if (machine->expires_at != BFD_NEVER) machine->expires_at = machine->received_at + bfd_detection_time(machine);
	if (todo & BFD_SEND)
		sent(machine, now, random);
	else
		schedule(machine, now, random);
	return todo;
}

unsigned bfd_ask(struct bfd_machine *machine, uint64_t now, uint32_t random)
{
	if (machine->state != BFD_STATE_UP) return 0;
	machine->polling = true;
	sent(machine, now, random);
	return BFD_SEND;
}

void bfd_compose(const struct bfd_machine *machine, bool final, struct bfd_packet *packet)
{
	const struct bfd_parameters *p = &machine->parameters;

	*packet = (struct bfd_packet){
		.diagnostic = machine->diagnostic,
		.state = machine->state,
		.poll = machine->polling && !final,
		.final = final,
		// The engine goes on while the control plane restarts.
		.control_plane_independent = true,
		.detect_mult = p->detect_mult,
		.my_discriminator = machine->local_discriminator,
		.your_discriminator = machine->remote_discriminator,
		.desired_min_tx =
			machine->state == BFD_STATE_UP ? p->desired_min_tx : max32(p->desired_min_tx, BFD_SLOW),
		.required_min_rx = p->required_min_rx,
	};
}

// ---------------------------------------------------------------- authentication

bool bfd_authenticate(const struct bfd_auth *auth, struct bfd_sequence *sequence, const struct bfd_machine *machine,
		      const struct bfd_packet *packet, const uint8_t bytes[BFD_LONGEST], uint64_t now)
{
	uint32_t least = auth->type == BFD_AUTH_METICULOUS_SHA1 ? 1 : 0;

	if (packet->auth_type != auth->type) return false;
	if (auth->type == BFD_AUTH_NONE) return true;
	if (packet->key_id != auth->key_id) return false;
	// 6.8.1, bfd.AuthSeqKnown.
	if (now - machine->received_at >= 2 * bfd_detection_time(machine)) sequence->known = false;
	// From `least` to three times Detect Mult ahead, on the circle of 2^32.
	if (sequence->known && packet->sequence - sequence->received - least > 3u * packet->detect_mult - least)
		return false;
	if (!bfd_digest_is_right(bytes, auth->key)) return false;
	sequence->known = true;
	sequence->received = packet->sequence;
	return true;
}

void bfd_number(const struct bfd_auth *auth, struct bfd_sequence *sequence, struct bfd_packet *packet)
{
	uint8_t bytes[BFD_LONGEST];

	if (auth->type == BFD_AUTH_NONE) return;
	// Keyed SHA-1 counts packets that differ from the one before, meticulous SHA-1 every one.
	bfd_write(packet, NULL, bytes);
	if (auth->type == BFD_AUTH_METICULOUS_SHA1 || memcmp(sequence->last, bytes, BFD_HEADER) != 0) sequence->sent++;
	memcpy(sequence->last, bytes, BFD_HEADER);
	packet->auth_type = auth->type;
	packet->key_id = auth->key_id;
	packet->sequence = sequence->sent;
}
