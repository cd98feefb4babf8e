// The limit of ICMP errors (RFC 4443, 2.4 (f); RFC 1812, 4.3.2.8): a token bucket an interface, each worker its share.
#ifndef SLUICE_STAGES_IP_RATE_H
#define SLUICE_STAGES_IP_RATE_H

#include "../../main/dataplane.h"

#define ICMP_ERRORS_PER_SECOND 1000
#define ICMP_ERRORS_BURST      100

// Tests: no limit, which would let more or fewer pass with the machine's speed.
extern bool icmp_rate_unlimited;

// Worker. Whether an error about a packet from this interface may be sent now; takes a token if so.
bool icmp_rate_take(const struct worker *worker, uint32_t interface);

#endif
