// The verdict of a burst of packets.
#ifndef SLUICE_ACL_ACL_JUDGE_H
#define SLUICE_ACL_ACL_JUDGE_H

#include "../flow/record.h"
#include "acl.h"

enum acl_verdict { ACL_PASS, ACL_DENIED, ACL_REJECTED, ACL_POLICED };

// Worker. What the list says of n packets with their IP header at meta->l3_offset; counts, meters, logs and records.
// `interface` is the id of the one that the list is on, `out` that it leaves by it.
void acl_judge(struct worker *worker, const struct acl *acl, struct rte_mbuf **packets, uint8_t *verdict, unsigned n,
	       uint32_t interface, bool out);

#endif
