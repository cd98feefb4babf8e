// Access lists as packets see them: a list hangs from the interfaces that use it (struct l3_interface) and is made anew
// by a change; what counts is kept.
#ifndef SLUICE_ACL_ACL_H
#define SLUICE_ACL_ACL_H

#include "../../main/stage.h"
#include "classifier.h"

struct policer;

#define ACL_NAME 65 // RFC 8519: up to 64 octets, of lists and of rules

enum acl_action { ACL_ACCEPT, ACL_DROP, ACL_REJECT };

struct acl_rule {
	uint8_t action; // enum acl_action
	bool log;
	uint32_t counter;        // its place among the counters
	struct policer *policer; // NULL: none
	const char *name;
};

struct acl_count {
	uint64_t packets, octets;
};

// One worker's share.
struct acl_unmatched {
	struct acl_count count;
} __rte_cache_aligned;

// 512 times 256: twice the rules of the longest list, for a change that replaces all of them.
#define ACL_COUNT_CHUNK  256
#define ACL_COUNT_CHUNKS 512

// The same memory from the list's creation to its end.
struct acl_counters {
	// A chunk has ACL_COUNT_CHUNK counters for each worker, one worker after the other.
	struct acl_count *chunk[ACL_COUNT_CHUNKS];
	uint8_t used[ACL_COUNT_CHUNK * ACL_COUNT_CHUNKS / 8]; // control thread
	struct acl_unmatched unmatched[MAX_WORKERS + 1];      // and of traces
};

// Never written after it is published.
struct acl {
	uint32_t id;
	enum ip_version version;
	uint32_t count;
	struct acl_rule *rules;
	struct classifier *classifier;
	struct acl_counters *counters;
	bool meters; // a rule has a policer
	char *names; // memory of the rules' names
	char name[ACL_NAME];
};

static inline struct acl_count *acl_count_of(const struct acl *acl, uint32_t counter, unsigned worker)
{
	return &acl->counters->chunk[counter / ACL_COUNT_CHUNK][worker * ACL_COUNT_CHUNK + counter % ACL_COUNT_CHUNK];
}

// Control thread. The list of that name in the generation that is being built, or NULL.
const struct acl *acl_named(const char *name);

// ---------------------------------------------------------------- log

#define ACL_LOG_HEAD 64 // octets of a packet, from its IP header on

// Worker. Tells the control thread of a packet; what it has no room for is not told.
void acl_log(struct worker *worker, const struct acl *acl, const struct acl_rule *rule, uint32_t interface,
	     struct rte_mbuf *m);

#endif
