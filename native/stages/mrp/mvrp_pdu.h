// The MVRP PDU (IEEE 802.1Q-2018, 10.8 and 11.2.3).
//
//   MRPDU    ProtocolVersion 0 (1), Message …, EndMark 0000
//   Message  AttributeType 1 = VID (1), AttributeLength 2 (1), VectorAttribute …, EndMark 0000
//   Vector   LeaveAllEvent << 13 | NumberOfValues (2), FirstValue (2), ThreePackedEvents (1 for every 3 values)
//   events   ((e1 · 6) + e2) · 6 + e3
//
// A vector holds consecutive VIDs, whatever their events.
#ifndef SLUICE_MVRP_PDU_H
#define SLUICE_MVRP_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// 10.8.2.10.1
enum mrp_event { MRP_NEW, MRP_JOIN_IN, MRP_IN, MRP_JOIN_MT, MRP_MT, MRP_LV };

struct mvrp_value {
	uint16_t vid;  // 1 to 4094
	uint8_t event; // enum mrp_event
};

// Smallest room that mvrp_encode needs to take one value.
#define MVRP_PDU_MIN 12

// Encodes as many values (ascending VIDs, none: count 0) as fit into `room` bytes (at least MVRP_PDU_MIN), with a
// LeaveAll in front where it is wanted. Returns the length of the PDU and in *taken the number of values.
size_t mvrp_encode(const struct mvrp_value *values, size_t count, bool leave_all, uint8_t *pdu, size_t room,
		   size_t *taken);

// What a PDU says, in its order. A LeaveAll comes before the values of its vector.
struct mvrp_reader {
	void (*value)(void *ctx, const struct mvrp_value *value);
	void (*leave_all)(void *ctx);
	void *ctx;
};

// Reads a PDU, checking every length. Unknown attribute types are skipped (10.8.3.5). 0, or -EBADMSG at the first octet
// that is wrong: what was before has been told.
int mvrp_read(const uint8_t *pdu, size_t length, const struct mvrp_reader *reader);

#endif
