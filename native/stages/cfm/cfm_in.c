// Node "cfm-in", between classify and block-in for ports with MEPs: CFM frames of a MEP's VLAN and level, or of a lower
// one, end here (IEEE 802.1Q-2018, 19.2.7 and 19.2.8); what is of a higher level, or no CFM, goes on as a customer's
// frame. Loopback and delay measurement are answered here, the rest goes to the thread.
#include <string.h>

#include "../../main/clock.h"
#include "../classify/next.h"
#include "../classify/tags.h"
#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "cfm.h"

// Ends within its header, or its fixed part is shorter than its opcode's.
DROP_NODE(cfm_malformed, "cfm-malformed", DROP_INGRESS);
// Of a lower level than the MEP, and no CCM: another domain's frame that leaks.
DROP_NODE(cfm_level, "cfm-level", DROP_INGRESS);
// Of the MEP's level, to another address: it ends here all the same.
DROP_NODE(cfm_destination, "cfm-destination", DROP_INGRESS);
// An opcode that no MEP of the router reads.
DROP_NODE(cfm_opcode, "cfm-opcode", DROP_INGRESS);
// More frames than the thread takes.
DROP_NODE(cfm_queue_full, "cfm-queue-full", DROP_INGRESS);

enum {
	EDGE_VLAN_IN = NEXT_SERVICES,
	EDGE_BLOCK_IN,
	EDGE_UNKNOWN_VLAN,
	EDGE_TX,
	EDGE_MALFORMED,
	EDGE_LEVEL,
	EDGE_DESTINATION,
	EDGE_OPCODE,
	EDGE_POLICED,
	EDGE_QUEUE_FULL,
	EDGES,
	EDGE_TAKEN = EDGES, // freed here
};

#define LONGEST 1536 // of an LBR that can be ours
#define LEAST   40   // bytes that an answer writes to, from the PDU on

// Where classify would have sent it.
static uint8_t go_on(const struct worker *worker, const struct port *port, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct logical_port *lp = dataplane_logical_port(worker->dataplane, meta->ingress);

	if (lp == NULL) return EDGE_UNKNOWN_VLAN;
	if (port->blocks != NULL) return EDGE_BLOCK_IN;
	if (lp->interface != 0) return NEXT_L3;
	// A priority tag is taken off there.
	if (lp->rewrite == REWRITE_KIND_NONE &&
	    (meta->tags != 0 || !is_tag(read_be16(rte_pktmbuf_mtod(m, const uint8_t *) + 12))))
		return next_service(lp);
	return EDGE_VLAN_IN;
}

// Bytes in front of a CFM PDU that is tagged as the MEP's frames are; 0: none.
static uint32_t pdu_offset(const struct cfm_point *point, const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t at = ETHERNET_HEADER;
	uint16_t type = read_be16(frame + 12);

	if (point->tpid != 0) {
		if (type != point->tpid || m->data_len < at + TAG_SIZE) return 0;
		at += TAG_SIZE;
	} else if (is_tag(type)) {
		// A priority tag; others have a VID.
		if (m->data_len < at + TAG_SIZE || (read_be16(frame + 14) & 0xfff) != 0) return 0;
		at += TAG_SIZE;
	}
	return read_be16(frame + at - 2) == CFM_TYPE ? at : 0;
}

// 20.28.2 (LBR), G.8013 8.2 (DMR): the frame goes back, its addresses exchanged.
static uint8_t answer(const struct worker *worker, struct rte_mbuf *m, const struct cfm_point *point, uint32_t at,
		      uint8_t opcode, uint64_t now)
{
	struct cfm_worker_counters *counters = &point->mep->by_worker[worker->index];
	struct packet_meta *meta = packet_meta(m);
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	memcpy(frame, frame + 6, 6);
	cfm_mac(point->mep, frame + 6);
	if (opcode == CFM_LBM) {
		frame[at + 1] = CFM_LBR;
		counters->lbr_out++;
	} else {
		cfm_answer_dmm(frame + at, now, clock_realtime_ns());
		counters->dmr_out++;
	}
	meta->egress_port = meta->ingress_port;
	meta->egress = 0;
	meta->record = 0;
	meta->flags |= PACKET_INJECTED;
	return EDGE_TX;
}

// What must have come back as it was: TLVs up to and with the last.
static uint32_t digest_of(struct rte_mbuf *m, uint32_t at, uint32_t length)
{
	uint8_t scratch[LONGEST];
	const uint8_t *pdu;
	uint32_t end = CFM_LB_TAIL;

	if (length > LONGEST || length <= CFM_LB_TAIL) return 0;
	pdu = rte_pktmbuf_read(m, at, length, scratch);
	if (pdu == NULL) return 0;
	while (end + 3 <= length && pdu[end] != 0)
		end += 3u + read_be16(pdu + end + 1);
	return cfm_digest(CFM_DIGEST, pdu + CFM_LB_TAIL, RTE_MIN(end + 1, length) - CFM_LB_TAIL);
}

static uint8_t hand_over(const struct worker *worker, struct rte_mbuf *m, const struct cfm_point *point, uint32_t at,
			 uint8_t opcode, uint64_t now)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct cfm_heard heard;
	const uint8_t *pdu;

	heard.slot = point->mep->slot;
	heard.whole = m->pkt_len - at;
	heard.length = (uint16_t)RTE_MIN(heard.whole, (uint32_t)CFM_HEAD);
	heard.digest = opcode == CFM_LBR ? digest_of(m, at, heard.whole) : 0;
	heard.priority = point->tpid != 0 ? (uint8_t)(frame[14] >> 4) : 0;
	heard.at_ns = now;
	memcpy(heard.destination, frame, 6);
	memcpy(heard.source, frame + 6, 6);
	memset(heard.spare, 0, sizeof(heard.spare));
	pdu = rte_pktmbuf_read(m, at, heard.length, heard.bytes);
	if (pdu == NULL) return EDGE_MALFORMED;
	if (pdu != heard.bytes) memcpy(heard.bytes, pdu, heard.length);
	if (!cfm_put(worker, &heard)) return EDGE_QUEUE_FULL;
	rte_pktmbuf_free(m);
	return EDGE_TAKEN;
}

// 20.51.4: the MEP's own address, or the group address that the opcode goes to.
static bool is_for(const struct cfm_point *point, const uint8_t *destination, const struct cfm_header *header)
{
	uint8_t own[6], group[6];

	if ((destination[0] & 1) == 0) {
		cfm_mac(point->mep, own);
		// Unicast CCMs are allowed by G.8013.
		return header->opcode != CFM_LTM && memcmp(destination, own, 6) == 0;
	}
	memcpy(group, cfm_group, 6);
	group[5] |= (uint8_t)(header->level | (header->opcode == CFM_LTM ? 8 : 0));
	switch (header->opcode) {
	case CFM_CCM:
	case CFM_LBM:
	case CFM_LTM:
	case CFM_DMM:
	case CFM_SLM:
		return memcmp(destination, group, 6) == 0;
	default:
		return false;
	}
}

static bool is_read(uint8_t opcode)
{
	switch (opcode) {
	case CFM_CCM:
	case CFM_LBR:
	case CFM_LBM:
	case CFM_LTR:
	case CFM_LTM:
	case CFM_DMR:
	case CFM_DMM:
	case CFM_SLR:
	case CFM_SLM:
		return true;
	default:
		return false;
	}
}

static uint8_t take(struct worker *worker, struct rte_mbuf *m, const struct cfm_point *point, uint32_t at,
		    const struct cfm_header *header)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint64_t now;

	if (header->level < point->level && header->opcode != CFM_CCM) {
		point->mep->by_worker[worker->index].low_level++;
		return EDGE_LEVEL;
	}
	if (!is_read(header->opcode)) return EDGE_OPCODE;
	// An answer to a group would go to many.
	if (!is_for(point, frame, header) || (frame[6] & 1) != 0) return EDGE_DESTINATION;
	if (!control_plane_takes(worker, CONTROL_CFM)) return EDGE_POLICED;
	if (worker_traces(worker)) {
		rte_pktmbuf_free(m);
		return EDGE_TAKEN;
	}
	now = clock_realtime_ns();
	if (header->opcode == CFM_LBM || header->opcode == CFM_DMM) {
		if (m->data_len < RTE_MIN(at + LEAST, m->pkt_len) && rte_pktmbuf_linearize(m) != 0)
			return EDGE_MALFORMED;
		return answer(worker, m, point, at, header->opcode, now);
	}
	return hand_over(worker, m, point, at, header->opcode, now);
}

static uint8_t cfm_packet(struct worker *worker, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct port *port = dataplane_port(worker->dataplane, meta->ingress_port);
	const struct cfm_point *point = cfm_map_get(port->meps, meta->vid);
	uint8_t scratch[CFM_HEADER];
	struct cfm_header header;
	const uint8_t *pdu;
	uint32_t at = point != NULL ? pdu_offset(point, m) : 0;

	if (at == 0) return go_on(worker, port, m);
	pdu = rte_pktmbuf_read(m, at, CFM_HEADER, scratch);
	if (pdu == NULL) return EDGE_MALFORMED;
	// Somebody else's may be of a form that is not known here.
	if (pdu[0] >> 5 > point->level) return go_on(worker, port, m);
	if (!cfm_parse_header(pdu, m->pkt_len - at, &header)) return EDGE_MALFORMED;
	return take(worker, m, point, at, &header);
}

static uint16_t cfm_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	uint8_t edge[MAX_BURST];
	bool any = false;

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST), kept = 0;

		for (uint16_t i = 0; i < chunk; i++) {
			struct rte_mbuf *m = objs[done + i];
			struct flow_record *record = flow_record_of(worker, m);

			if (unlikely(record != NULL)) record_stage(record, node->id);
			edge[kept] = cfm_packet(worker, m);
			// What ends here depends on more than addresses, tags and type.
			if (unlikely(record != NULL) && edge[kept] > EDGE_UNKNOWN_VLAN) {
				record_verdict(record, "a MEP's");
				record_refuse(record, "CFM");
			}
			if (unlikely(edge[kept] == EDGE_TAKEN))
				any = true;
			else
				objs[done + kept++] = m;
		}
		if (kept != 0) enqueue_runs(graph, node, objs + done, edge, kept, kept == n);
	}
	if (any) urgent_wake();
	return n;
}

static struct rte_node_register cfm_in_node = {
	.name = "cfm-in",
	.process = cfm_in_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			NEXT_SERVICE_NODES,
			[EDGE_VLAN_IN] = "vlan-in",
			[EDGE_BLOCK_IN] = "block-in",
			[EDGE_UNKNOWN_VLAN] = "drop-unknown-vlan",
			[EDGE_TX] = "tx",
			[EDGE_MALFORMED] = "drop-cfm-malformed",
			[EDGE_LEVEL] = "drop-cfm-level",
			[EDGE_DESTINATION] = "drop-cfm-destination",
			[EDGE_OPCODE] = "drop-cfm-opcode",
			[EDGE_POLICED] = CONTROL_PLANE_DROP,
			[EDGE_QUEUE_FULL] = "drop-cfm-queue-full",
		},
};
RTE_NODE_REGISTER(cfm_in_node);
