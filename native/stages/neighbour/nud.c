#include "nud.h"

static void enter(struct nud_result *result, enum nud_state state, uint32_t timer_ms)
{
	result->next.state = state;
	result->next.sent = 0;
	result->timer_ms = timer_ms;
}

static void fail(struct nud_result *result)
{
	enter(result, NUD_INCOMPLETE, 0);
	result->failed = true;
}

static void ask(struct nud_result *result, bool all)
{
	result->ask_all = all;
	result->ask_one = !all;
	result->next.sent++;
	result->timer_ms = NUD_RETRANS_MS;
}

static void on_timer(struct nud_result *result)
{
	switch ((enum nud_state)result->next.state) {
	case NUD_INCOMPLETE:
		if (result->next.sent == 0)
			result->timer_ms = 0;
		else if (result->next.sent < NUD_MULTICAST_SOLICIT)
			ask(result, true);
		else
			fail(result);
		break;
	case NUD_REACHABLE:
		enter(result, NUD_STALE, NUD_STALE_MS);
		break;
	case NUD_STALE:
		fail(result);
		break;
	case NUD_DELAY:
		enter(result, NUD_PROBE, 0);
		ask(result, false);
		break;
	case NUD_PROBE:
		if (result->next.sent < NUD_UNICAST_SOLICIT)
			ask(result, false);
		else
			fail(result);
		break;
	}
}

static bool take_mac(struct nud_result *result, const struct nud_event *event)
{
	if (rte_is_same_ether_addr(&result->next.mac, &event->mac)) return false;
	result->next.mac = event->mac;
	result->changed = true;
	return true;
}

static void on_heard(struct nud_result *result, const struct nud_event *event)
{
	bool new = result->next.state == NUD_INCOMPLETE;

	if (!take_mac(result, event) && !new) return;
	result->known = new;
	enter(result, NUD_STALE, NUD_STALE_MS);
}

static void on_advertised(struct nud_result *result, const struct nud_event *event, uint32_t reachable_ms)
{
	bool new = result->next.state == NUD_INCOMPLETE;
	bool other = event->has_mac && !rte_is_same_ether_addr(&result->next.mac, &event->mac);

	if (new && !event->has_mac) return;
	if (!new &&other && !event->override) {
		// Somebody claims it; whether it is true shows when we ask.
		if (result->next.state == NUD_REACHABLE) enter(result, NUD_STALE, NUD_STALE_MS);
		return;
	}
	if (event->has_mac) take_mac(result, event);
	result->known = new;
	result->next.router = event->router;
	if (event->solicited)
		enter(result, NUD_REACHABLE, reachable_ms);
	else if (new || other)
		enter(result, NUD_STALE, NUD_STALE_MS);
}

struct nud_result nud_step(const struct nud *nud, const struct nud_event *event, uint32_t reachable_ms)
{
	struct nud_result result = {.next = *nud, .timer_ms = NUD_TIMER_KEEP};

	switch (event->what) {
	case NUD_WANTED:
		if (nud->state == NUD_INCOMPLETE && nud->sent == 0) ask(&result, true);
		break;
	case NUD_USED:
		if (nud->state == NUD_STALE) enter(&result, NUD_DELAY, NUD_DELAY_MS);
		break;
	case NUD_TIMER:
		on_timer(&result);
		break;
	case NUD_HEARD:
		on_heard(&result, event);
		break;
	case NUD_ADVERTISED:
		on_advertised(&result, event, reachable_ms);
		break;
	}
	// What is not known has no MAC: a later one is another one.
	if (result.next.state == NUD_INCOMPLETE) result.next.mac = (struct rte_ether_addr){0};
	return result;
}
