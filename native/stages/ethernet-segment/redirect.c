#include "redirect.h"

#include <string.h>

#include "../block-point/copies.h"
#include "block_changes.h"

#define DEFAULT_MS 3000

int redirect_take(const struct segment_view *view, const Sluice__Api__SegmentOrder *order, struct redirect *redirect,
		  struct api_error *error)
{
	size_t length = view->version == IP_V4 ? 4 : 16;
	bool peer = false;

	*redirect = (struct redirect){.peers_milliseconds = order->peers_redirect_ms};
	if (order->redirect_ms > TERM_MOST_MS || order->peers_redirect_ms > TERM_MOST_MS)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, error->object,
				  "%s is at most 60000",
				  order->redirect_ms > TERM_MOST_MS ? "redirect_ms" : "peers_redirect_ms");
	if (order->redirect_to.len == 0) return 0;
	if (order->redirect_to.len == length) memcpy(redirect->to.bytes, order->redirect_to.data, length);
	for (unsigned i = 0; order->redirect_to.len == length && i < view->peer_count; i++)
		peer |= memcmp(&view->peer[i]->address, &redirect->to, sizeof(redirect->to)) == 0;
	if (!peer || view->vrf == 0)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, error->object, "%s",
				  peer ? "it has no VRF to redirect by" : "redirect_to is no peer");
	redirect->milliseconds = order->redirect_ms != 0 ? order->redirect_ms : DEFAULT_MS;
	return 0;
}

// The place of an address among the targets: its own, or one that no VLAN has. There are at most 15 peers, but those
// that were peers may still be in use: then the first one gives way, and its VLANs drop.
static uint8_t target_place(struct segment *segment, const struct ip_address *to)
{
	bool used[SEGMENT_TARGETS] = {false};

	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (gate_redirects(&segment->gate, vid)) used[segment->target_of[vid]] = true;
	for (uint8_t i = 0; i < SEGMENT_TARGETS; i++)
		if (memcmp(&segment->target[i], to, sizeof(*to)) == 0) return i;
	for (uint8_t i = 0; i < SEGMENT_TARGETS; i++)
		if (!used[i]) {
			// Nobody reads it: whoever did has been quiescent since its last VLAN was taken from it.
			workers_synchronize();
			segment->target[i] = *to;
			return i;
		}
	return SEGMENT_TARGETS;
}

// What was learned behind these VLANs was wanted for as long as they redirected.
void redirect_ended(const struct segment *segment, const uint64_t *ended)
{
	static struct block_changes changes;
	const struct port *port = dataplane_port(dataplane_current(), segment->port);

	if (port == NULL) return;
	block_changes_begin(&changes, port);
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (vid_is_in(ended, vid) && !gate_is_open(&segment->gate, vid))
			block_changes_add(&changes, vid, true, true);
	block_changes_flush(&changes);
}

void redirect_begin(struct segment *segment, const uint64_t *block, const uint64_t *release,
		    const struct redirect *redirect)
{
	uint8_t place = redirect->milliseconds != 0 ? target_place(segment, &redirect->to) : SEGMENT_TARGETS;
	uint64_t ended[GATE_WORDS];

	term_end(&segment->redirects, release, NULL);
	term_end(&segment->redirects, block, ended);
	term_end(&segment->doubles, block, NULL);
	term_end(&segment->doubles, release, NULL);
	// And what is on its way then.
	if (redirect->peers_milliseconds != 0)
		term_begin(&segment->doubles, release, redirect->peers_milliseconds + COPIES_MS);
	if (place == SEGMENT_TARGETS) {
		redirect_ended(segment, ended);
		return;
	}
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (vid_is_in(block, vid)) atomic_store_explicit(&segment->target_of[vid], place, memory_order_relaxed);
	term_begin(&segment->redirects, block, redirect->milliseconds);
}
