// Any frames into a configured graph, whole or in pieces: nothing crashes, and no packet is lost or kept.
#include <string.h>

#include "../stages/testing/engine.h"
#include "target.h"

static void set_up(void)
{
	static const uint8_t rewrite[] = {REWRITE_KIND_NONE, REWRITE_KIND_POP, REWRITE_KIND_TRANSLATE,
					  REWRITE_KIND_PUSH};
	struct generation *g;
	uint32_t id = 0;

	engine_start();
	g = engine_begin();
	engine_bridge_domain(g, &(struct bridge_domain){.id = 1, .learning = true, .flood_unknown_unicast = true},
			     true);
	for (uint16_t port = 1; port <= 4; port++) {
		engine_port(g, port, true);
		for (uint8_t matches = 0; matches <= 2; matches++) {
			struct logical_port lp = {.id = ++id, .port = port, .bridge_domain = 1, .enabled = true};

			lp.matches = matches;
			lp.match[0] = (struct vlan_tag){port % 2 ? RTE_ETHER_TYPE_VLAN : RTE_ETHER_TYPE_QINQ, 1};
			lp.match[1] = (struct vlan_tag){RTE_ETHER_TYPE_VLAN, 2};
			lp.rewrite = rewrite[port - 1];
			lp.rewrite_tags = (uint8_t)(1 + port % 2);
			lp.rewrite_tag[0] = (struct vlan_tag){RTE_ETHER_TYPE_VLAN, 1};
			lp.rewrite_tag[1] = (struct vlan_tag){RTE_ETHER_TYPE_VLAN, 3};
			engine_logical_port(g, &lp, true);
		}
	}
	engine_block(g, 2, 1, true);
	engine_commit(g, NULL);
}

// A frame in segments of at most `piece` bytes.
static struct rte_mbuf *packet_of(const uint8_t *bytes, size_t size, size_t piece)
{
	struct rte_mbuf *first = rte_pktmbuf_alloc(engine_pool());

	for (size_t done = 0; first != NULL && done < size;) {
		size_t length = size - done < piece ? size - done : piece;
		struct rte_mbuf *segment = done == 0 ? first : rte_pktmbuf_alloc(engine_pool());

		MUST(segment != NULL);
		memcpy(rte_pktmbuf_append(segment, (uint16_t)length), bytes + done, length);
		if (segment != first) MUST(rte_pktmbuf_chain(first, segment) == 0);
		done += length;
	}
	return first;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct rte_mbuf *m;

	if (!ready) set_up();
	ready = true;
	if (size < 3 || size > 1600) return 0;
	engine_frame_count = 0;
	m = packet_of(data + 3, size - 3, data[1] % 2 ? 2000 : 1u + data[1]);
	if (data[2] % 8 == 0) {
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		m->vlan_tci = data[2];
	}
	engine_receive_packet(1 + data[0] % 4, m);
	MUST(engine_packets_in_use() == 0);
	return 0;
}
