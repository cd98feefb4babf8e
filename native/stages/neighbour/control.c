// What happens to neighbours, on the control thread: the state machine's answers carried out, limits, what packets see.
#include "control.h"

#include <errno.h>
#include <string.h>

#include <rte_random.h>

#include "../../main/stages.h"
#include "../fib/fib.h"
#include "address.h"
#include "hold.h"
#include "send.h"

// Neighbours that are asked for at once: a scan of a subnet takes no more than that.
#define ASKED_LIMIT           1024u
#define ASKED_LIMIT_INTERFACE 512u
// Requests: a second, and at once; on one interface, and in all.
#define ASK_RATE_INTERFACE 500u
#define ASK_RATE           2000u

static const struct rte_ether_addr broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static struct neighbour_bucket ask_all_bucket;
uint64_t neighbour_evictions;

const struct l3_interface *neighbour_interface(const struct neighbour *n)
{
	return dataplane_interface(dataplane_current(), n->interface);
}

static bool is_known(const struct neighbour *n)
{
	return n->is_static || n->nud.state != NUD_INCOMPLETE;
}

// ---------------------------------------------------------------- what others see

static void tell(const struct neighbour *n, bool deleted)
{
	Sluice__Api__NeighbourEvent what = SLUICE__API__NEIGHBOUR_EVENT__INIT;
	Sluice__Api__NeighbourEntry entry = SLUICE__API__NEIGHBOUR_ENTRY__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;
	const struct l3_interface *interface = neighbour_interface(n);

	if (interface == NULL) return;
	STAGES_CALL(neighbour_changed, interface, n->version, &n->address,
		    !deleted && is_known(n) ? &n->nud.mac : NULL);
	entry.interface = (char *)(uintptr_t)interface->name;
	entry.address.len = n->version == IP_V4 ? 4 : 16;
	entry.address.data = (uint8_t *)(uintptr_t)n->address.bytes;
	if (is_known(n)) {
		entry.mac.len = sizeof(n->nud.mac);
		entry.mac.data = (uint8_t *)(uintptr_t)n->nud.mac.addr_bytes;
	}
	entry.status = (Sluice__Api__NeighbourStatus)n->nud.state;
	entry.is_static = n->is_static;
	entry.is_router = n->nud.router;
	what.entry = &entry;
	what.deleted = deleted;
	event.at_ns = control_realtime_ns();
	event.what_case = SLUICE__API__EVENT__WHAT_NEIGHBOUR;
	event.neighbour = &what;
	event_emit(&event);
}

static void unroute(struct neighbour *n)
{
	if (!n->has_route) return;
	fib_delete_neighbour(n->vrf, n->version, &n->address, n->interface);
	n->has_route = false;
}

// Packets to an address of the interface's subnets find their neighbour by the routes. Without one they come by
// neighbour-hold, each.
static void route(struct neighbour *n)
{
	const struct l3_interface *interface = neighbour_interface(n);
	bool link_local = n->version == IP_V6 && n->address.bytes[0] == 0xfe;
	bool wanted =
		interface != NULL && is_known(n) && !link_local && address_on_link(interface, n->version, &n->address);

	if (n->has_route && (!wanted || n->vrf != interface->vrf)) unroute(n);
	if (!wanted || n->has_route) return;
	n->vrf = interface->vrf;
	n->has_route = fib_set_neighbour(n->vrf, n->version, &n->address, n->interface, n->adjacency) == 0;
}

static void show(struct neighbour *n)
{
	const struct l3_interface *interface = neighbour_interface(n);
	const struct rte_ether_addr none = {0};

	adjacency_write(n, is_known(n) ? &n->nud.mac : NULL, interface != NULL ? &interface->live->mac : &none);
	route(n);
}

void neighbour_forget(struct neighbour *n)
{
	bool known = is_known(n);

	timer_disarm(&n->timer);
	unroute(n);
	hold_drop(n);
	if (known) tell(n, true);
	if (n->references == 0) {
		neighbour_free(n);
		return;
	}
	n->is_static = false;
	n->nud = (struct nud){.state = NUD_INCOMPLETE};
	show(n);
	neighbour_classify(n);
}

// ---------------------------------------------------------------- asking

static bool bucket_take(struct neighbour_bucket *bucket, uint32_t rate)
{
	uint64_t now = control_now_ms(), gained = (now - bucket->at_ms) * rate / 1000;

	if (gained != 0) {
		bucket->tokens = (uint32_t)RTE_MIN((uint64_t)rate, bucket->tokens + gained);
		bucket->at_ms = now;
	}
	if (bucket->tokens == 0) return false;
	bucket->tokens--;
	return true;
}

static void ask4(const struct l3_interface *interface, const struct neighbour *n, const struct ip_address *source,
		 bool all)
{
	struct arp arp = {.operation = ARP_REQUEST, .sender_mac = interface->live->mac};

	memcpy(arp.sender, source->bytes, sizeof(arp.sender));
	memcpy(arp.target, n->address.bytes, sizeof(arp.target));
	send_arp(interface, &arp, all ? &broadcast : &n->nud.mac);
}

static void ask6(const struct l3_interface *interface, const struct neighbour *n, const struct ip_address *source,
		 bool all)
{
	struct nd nd = {.type = ND_TYPE_NEIGHBOUR_SOLICITATION, .has_mac = true, .mac = interface->live->mac};
	struct rte_ether_addr to = n->nud.mac;

	memcpy(nd.source, source->bytes, sizeof(nd.source));
	memcpy(nd.target, n->address.bytes, sizeof(nd.target));
	if (all) {
		nd_solicited_group(nd.target, nd.destination);
		nd_group_mac(nd.destination, &to);
	} else {
		memcpy(nd.destination, nd.target, sizeof(nd.destination));
	}
	send_nd(interface, &nd, &to, &interface->live->mac);
}

static void ask(struct neighbour *n, bool all)
{
	const struct l3_interface *interface = neighbour_interface(n);
	struct ip_address source;

	if (interface == NULL || !interface->enabled) return;
	if (!bucket_take(&neighbour_interface_of(n->interface)->ask, ASK_RATE_INTERFACE) ||
	    !bucket_take(&ask_all_bucket, ASK_RATE)) {
		// Not sent: asked when the timer runs, once more than otherwise.
		if (n->nud.sent > 1) n->nud.sent--;
		return;
	}
	if (!address_source(interface, n->version, &n->address, &source)) return;
	if (n->version == IP_V4)
		ask4(interface, n, &source, all);
	else
		ask6(interface, n, &source, all);
}

// ---------------------------------------------------------------- the state machine

static uint32_t reachable_ms(const struct neighbour *n)
{
	const struct l3_interface *interface = neighbour_interface(n);
	uint32_t base = (interface != NULL ? interface->reachable_seconds : 30) * 1000;

	// MIN_RANDOM_FACTOR to MAX_RANDOM_FACTOR (RFC 4861, 10).
	return base / 2 + (uint32_t)rte_rand_max(base + 1);
}

void neighbour_step(struct neighbour *n, const struct nud_event *event)
{
	struct nud_result result;

	if (n->is_static) return;
	result = nud_step(&n->nud, event, reachable_ms(n));
	if (result.failed) {
		hold_fail(n);
		neighbour_forget(n);
		return;
	}
	n->nud = result.next;
	if (result.timer_ms == 0)
		timer_disarm(&n->timer);
	else if (result.timer_ms != NUD_TIMER_KEEP)
		timer_arm(&n->timer, control_now_ms() + result.timer_ms);
	if (result.ask_all || result.ask_one) ask(n, result.ask_all);
	if (event->what == NUD_ADVERTISED && n->nud.state == NUD_REACHABLE) n->confirmed_ms = control_now_ms();
	if (!result.known && !result.changed) return;
	n->confirmed_ms = control_now_ms();
	neighbour_classify(n);
	show(n);
	tell(n, false);
	hold_release(n);
}

static void on_timer(struct timer *timer)
{
	struct neighbour *n = container_of(timer, struct neighbour, timer);
	bool gateway = n->references != 0 && n->nud.state == NUD_INCOMPLETE && n->nud.sent == 0;

	// A gateway is asked for before packets want it.
	neighbour_step(n, &(struct nud_event){.what = gateway ? NUD_WANTED : NUD_TIMER});
	port_inject_flush();
}

// ---------------------------------------------------------------- coming

static struct neighbour *oldest(const struct neighbour_interface *it, bool asked)
{
	const struct neighbour_list *list = it != NULL ? it->list : neighbour_all;
	struct neighbour *first = TAILQ_FIRST(&list[NEIGHBOUR_ASKED]);

	return asked || first != NULL ? first : TAILQ_FIRST(&list[NEIGHBOUR_LEARNED]);
}

// Makes room for one more: the oldest that is only asked for goes first, then the one that was used least lately.
static bool room(const struct l3_interface *interface)
{
	struct neighbour_interface *it = neighbour_interface_of(interface->id);
	const struct neighbour_interface *whose = NULL;
	uint32_t of_interface = 0, asked = 0, limit = dataplane_current()->settings.neighbour_limit;
	struct neighbour *victim = NULL;

	if (it != NULL) {
		asked = it->count[NEIGHBOUR_ASKED];
		of_interface = asked + it->count[NEIGHBOUR_LEARNED] + it->count[NEIGHBOUR_FIXED];
	}
	if (interface->neighbour_limit != 0 && of_interface >= interface->neighbour_limit) {
		whose = it;
		victim = it != NULL ? oldest(it, false) : NULL;
	} else if (asked >= RTE_MIN(ASKED_LIMIT_INTERFACE, limit / 4 + 1)) {
		victim = oldest(it, true);
	} else if (neighbour_count[NEIGHBOUR_ASKED] >= RTE_MIN(ASKED_LIMIT, limit / 4 + 1)) {
		victim = oldest(NULL, true);
	} else if (neighbour_count[NEIGHBOUR_ASKED] + neighbour_count[NEIGHBOUR_LEARNED] +
			   neighbour_count[NEIGHBOUR_FIXED] >=
		   limit) {
		victim = oldest(NULL, false);
	} else {
		return true;
	}
	if (victim == NULL) return false;
	neighbour_evictions++;
	neighbour_forget(victim);
	RTE_SET_USED(whose);
	return true;
}

struct neighbour *neighbour_make(const struct l3_interface *interface, enum ip_version version,
				 const struct ip_address *address)
{
	struct neighbour *n = neighbour_find(interface->id, version, address);

	if (n != NULL) return n;
	if (!room(interface) || neighbour_new(interface->id, version, address, &n) < 0) return NULL;
	n->timer.run = on_timer;
	return n;
}

int adjacency_take(uint32_t interface, enum ip_version version, const struct ip_address *address, uint32_t *id)
{
	struct neighbour *n = neighbour_find(interface, version, address);
	int rc = n != NULL ? 0 : neighbour_new(interface, version, address, &n);

	if (rc < 0) return rc;
	n->timer.run = on_timer;
	n->references++;
	if (n->nud.state == NUD_INCOMPLETE && n->nud.sent == 0) timer_arm(&n->timer, control_now_ms());
	neighbour_classify(n);
	*id = n->adjacency;
	return 0;
}

void adjacency_give(uint32_t id)
{
	struct neighbour *n = neighbour_of_adjacency(id);

	if (n == NULL) return;
	n->references--;
	if (n->references == 0 && !n->is_static && n->nud.state == NUD_INCOMPLETE && n->nud.sent == 0)
		neighbour_forget(n);
	else
		neighbour_classify(n);
}

void neighbour_set_static(uint32_t adjacency, const struct rte_ether_addr *mac)
{
	struct neighbour *n = neighbour_of_adjacency(adjacency);

	if (n == NULL) return;
	n->is_static = mac != NULL;
	n->nud = (struct nud){.state = mac != NULL ? NUD_REACHABLE : NUD_INCOMPLETE};
	if (mac != NULL) n->nud.mac = *mac;
	n->confirmed_ms = control_now_ms();
	timer_disarm(&n->timer);
	show(n);
	tell(n, mac == NULL);
	neighbour_classify(n);
	if (mac != NULL) hold_release(n);
	port_inject_flush();
}

// ---------------------------------------------------------------- with the interface

void neighbours_of_interface_changed(const struct l3_interface *interface)
{
	struct neighbour_interface *it = neighbour_interface_of(interface->id);
	bool down = !interface->enabled || interface->live->link == PORT_LINK_DOWN ||
		    interface->live->link == PORT_LINK_NOT_PRESENT;
	struct neighbour *n, *next;

	for (unsigned class = 0; it != NULL && class < NEIGHBOUR_CLASSES; class ++)
		for (n = TAILQ_FIRST(&it->list[class]); n != NULL; n = next) {
			next = TAILQ_NEXT(n, in_interface);
			if (!n->is_static &&
			    (down || (n->references == 0 && !address_on_link(interface, n->version, &n->address)))) {
				// Behind a link that was lost may be others now. The gateways stay where they are.
				if (class != NEIGHBOUR_FIXED || n->nud.state != NUD_INCOMPLETE) neighbour_forget(n);
				continue;
			}
			show(n);
			if (class == NEIGHBOUR_FIXED && !n->is_static && n->nud.state == NUD_INCOMPLETE &&
			    n->nud.sent == 0)
				timer_arm(&n->timer, control_now_ms());
		}
}

void neighbours_of_interface_gone(uint32_t interface)
{
	struct neighbour_interface *it = neighbour_interface_of(interface);

	// One that somebody still holds goes back to the end of its list: each is looked at once.
	for (unsigned class = 0; it != NULL && class < NEIGHBOUR_CLASSES; class ++)
		for (uint32_t left = it->count[class]; left != 0; left--)
			neighbour_forget(TAILQ_FIRST(&it->list[class]));
}
