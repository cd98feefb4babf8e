// Edges of the nodes block-in and block-out that stages/ethernet-segment leads to its own nodes, and what it has in
// common with both.
#ifndef SLUICE_BLOCK_IN_H
#define SLUICE_BLOCK_IN_H

#include <string.h>

#include "../classify/next.h"
#include "../flow/record.h"
#include "block_map.h"

enum { BLOCK_IN_PROBE = NEXT_SERVICES, BLOCK_IN_REDIRECT, BLOCK_IN_COPY, BLOCK_IN_EDGES };
enum { BLOCK_OUT_TX, BLOCK_OUT_REDIRECT, BLOCK_OUT_EDGES };

// A group address that bridges forward as any other, and the first EtherType for local experiments (IEEE 802,
// 9.2.4), both behind one tag: a frame of a PE to the other PEs of a segment.
#define SEGMENT_PROBE_ADDRESS                                                                                          \
	{                                                                                                              \
		0x03, 0x00, 0x53, 0x4c, 0x55, 0x01                                                                     \
	}
#define SEGMENT_PROBE_TYPE 0x88b5

// `frame` has TAGS_WINDOW bytes and a tag.
static inline bool is_segment_probe(const uint8_t *frame)
{
	static const uint8_t address[] = SEGMENT_PROBE_ADDRESS;

	return (frame[0] & 1) != 0 && memcmp(frame, address, sizeof(address)) == 0 &&
	       frame[16] == SEGMENT_PROBE_TYPE >> 8 && frame[17] == (SEGMENT_PROBE_TYPE & 0xff);
}

// For the flow cache and traces: who blocks, and the counter of that.
static inline void block_record(const struct worker *worker, const struct block_map *map, uint16_t vid, bool out,
				struct flow_record *record)
{
	const struct block_point *point = block_map_get(map, vid);
	const struct gate *gate = block_map_gate(map, vid);

	if (point != NULL) {
		struct block_point_counters *counters = &point->counters[worker->index];

		record_counter(record, out ? &counters->out_dropped : &counters->in_dropped, NULL, 0);
		record_verdict(record, "blocked by %s", point->name);
		record_object(record, "block-point", point->name, "");
	} else if (gate != NULL) {
		struct gate_counters *counters = &gate->counters[worker->index];

		record_counter(record, out ? &counters->out_dropped[vid] : &counters->in_dropped[vid], NULL, 0);
		record_verdict(record, "VLAN %u blocked by ethernet segment %s", vid, gate->name);
		record_object(record, "ethernet-segment", gate->name, "");
	}
}

#endif
