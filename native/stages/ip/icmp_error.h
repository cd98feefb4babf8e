// Building of ICMP messages that quote a packet.
#ifndef SLUICE_STAGES_IP_ICMP_ERROR_H
#define SLUICE_STAGES_IP_ICMP_ERROR_H

#include "ip.h"

#define ICMP_DETAIL 36

// A message to the sender of `m`: header, type, code, `detail` (what follows the checksum), then as much of the packet
// as fits. NULL: no buffer. Worker.
struct rte_mbuf *icmp_error_build(const struct worker *worker, struct rte_mbuf *m, enum ip_version version,
				  const struct ip_address *source, uint8_t type, uint8_t code, const uint8_t *detail,
				  unsigned detail_size);

#endif
