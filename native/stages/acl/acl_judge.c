#include "acl_judge.h"

#include "../policer/policer.h"
#include "acl_key.h"

#define IPV4_LEAST 20
#define IPV6_LEAST 40

// Leading bits of an address that the mask has a bit among.
static unsigned leading(const struct classifier_key *mask, unsigned from, unsigned words)
{
	for (unsigned w = words; w > 0; w--)
		if (mask->word[from + w - 1] != 0) return w * 32 - (unsigned)__builtin_ctz(mask->word[from + w - 1]);
	return 0;
}

// The fields that decided, for the flow cache.
static void record_mask(struct flow_record *record, const struct acl *acl, const struct classifier_key *key,
			const struct classifier_key *mask)
{
	unsigned words = classifier_address_words(acl->version);
	uint32_t misc = mask->word[WORD_MISC], ports = mask->word[WORD_PORTS];
	unsigned source = leading(mask, WORD_ADDRESS, words), destination = leading(mask, WORD_ADDRESS + words, words);

	if (source > 0) record_source(record, source);
	if (destination > 0) record_destination(record, destination);
	// Whether there are ports, or type and code, follows from the protocol; packets that end too soon are refused
	// below.
	if ((misc & 0xff0000ff) != 0 || ports != 0) record_protocol(record);
	if ((misc & 0xff0000) != 0) record_tcp_flags(record, (uint8_t)(misc >> 16));
	if ((misc & 0xff00) != 0) record_dscp(record);
	if (ports != 0 && (key->word[WORD_MISC] & CLASS_ICMP) != 0)
		record_ports(record, (uint16_t)((ports >> 16 & 0xff) << 8 | (ports & 0xff)), 0);
	else if (ports != 0)
		record_ports(record, (uint16_t)(ports >> 16), (uint16_t)ports);
	if ((mask->word[WORD_SIZES] & 0xffff) != 0) record_ttl(record);
	if ((mask->word[WORD_SIZES] >> 16) != 0) record_refuse(record, "an access list looks at the length");
}

// What the key does not tell of a packet that a later one would have to be alike in.
static void record_odd(struct flow_record *record, const struct classifier_key *key, unsigned extensions)
{
	uint8_t protocol = (uint8_t)(key->word[WORD_MISC] >> 24);
	uint32_t has = key->word[WORD_MISC];

	if (extensions > 0) record_refuse(record, "IPv6 extension headers");
	if ((has & CLASS_FRAGMENT) != 0) record_refuse(record, "fragment");
	if ((acl_has_ports(protocol) && (has & CLASS_PORTS) == 0) || (protocol == ACL_TCP && (has & CLASS_TCP) == 0) ||
	    ((protocol == ACL_ICMP || protocol == ACL_ICMPV6) && (has & CLASS_ICMP) == 0))
		record_refuse(record, "header of the upper layer ends too soon");
}

// DSCP that a policer may have set on the way in: no longer the one that the packet came with, and not always the same.
static bool dscp_is_marked(const struct worker *worker, struct rte_mbuf *m)
{
	const struct l3_interface *in = dataplane_interface(worker->dataplane, packet_meta(m)->interface);

	if (in == NULL) return true;
	for (unsigned v = 0; v < IP_VERSIONS; v++)
		if (in->acl_in[v] != NULL && in->acl_in[v]->meters) return true;
	return in->policer_in != NULL;
}

static __rte_noinline void judge_recorded(const struct worker *worker, struct flow_record *record,
					  const struct acl *acl, struct rte_mbuf *m, const struct classifier_key *key,
					  uint32_t place, bool out)
{
	const struct acl_rule *rule = place != CLASSIFIER_NONE ? &acl->rules[place] : NULL;
	struct acl_count *count = rule != NULL ? acl_count_of(acl, rule->counter, worker->index)
					       : &acl->counters->unmatched[worker->index].count;
	struct classifier_key mask;

	record_element(record, FLOW_ACL, acl->id);
	classifier_explain(acl->classifier, key, &mask);
	record_mask(record, acl, key, &mask);
	if (out && (mask.word[WORD_MISC] & 0xff00) != 0 && dscp_is_marked(worker, m))
		record_refuse(record, "a DSCP that a policer may have set");
	record_counter_now(record, &count->packets, &count->octets);
	if (rule == NULL) return;
	if (rule->log) record_refuse(record, "an access list tells of it");
	if (rule->action == ACL_ACCEPT && rule->policer != NULL) {
		record_element(record, FLOW_POLICER, rule->policer->id);
		record_meter(record, policer_packet, rule->policer,
			     policer_drop_reason(out ? DROP_EGRESS : DROP_INGRESS),
			     policer_drop_node(out ? DROP_EGRESS : DROP_INGRESS));
	}
}

static void record_words(struct flow_record *record, const struct acl *acl, const struct acl_rule *rule)
{
	static const char *const said[] = {
		[ACL_ACCEPT] = "accepted", [ACL_DROP] = "dropped", [ACL_REJECT] = "rejected"};
	const char *name = rule != NULL ? rule->name : "no rule";

	record_verdict(record, "%s by access list %s, rule %s", said[rule != NULL ? rule->action : ACL_DROP], acl->name,
		       name);
	if (rule == NULL || rule->action != ACL_ACCEPT) record_object(record, "access-list", acl->name, name);
}

void acl_judge(struct worker *worker, const struct acl *acl, struct rte_mbuf **packets, uint8_t *verdict, unsigned n,
	       uint32_t interface, bool out)
{
	struct classifier_key key[MAX_BURST];
	uint32_t place[MAX_BURST];
	uint8_t extensions[MAX_BURST];

	for (unsigned i = 0; i < n; i++) {
		unsigned offset = packet_meta(packets[i])->l3_offset;
		const uint8_t *ip = rte_pktmbuf_mtod_offset(packets[i], const uint8_t *, offset);

		extensions[i] = 0;
		if (acl->version == IP_V4)
			acl_key_v4(&key[i], ip, packets[i]->data_len - offset);
		else
			extensions[i] = (uint8_t)acl_key_v6(&key[i], ip, packets[i]->data_len - offset);
	}
	classifier_lookup(acl->classifier, key, place, n);
	for (unsigned i = 0; i < n; i++) {
		struct flow_record *record = flow_record_of(worker, packets[i]);
		const struct acl_rule *rule = place[i] != CLASSIFIER_NONE ? &acl->rules[place[i]] : NULL;
		struct acl_count *count = rule != NULL ? acl_count_of(acl, rule->counter, worker->index)
						       : &acl->counters->unmatched[worker->index].count;

		if (unlikely(record != NULL)) {
			record_odd(record, &key[i], extensions[i]);
			judge_recorded(worker, record, acl, packets[i], &key[i], place[i], out);
			record_words(record, acl, rule);
		}
		count->packets++;
		count->octets += packets[i]->pkt_len;
		verdict[i] = ACL_DENIED;
		if (rule == NULL) continue;
		if (unlikely(rule->log)) acl_log(worker, acl, rule, interface, packets[i]);
		if (rule->action == ACL_ACCEPT)
			verdict[i] = rule->policer == NULL || policer_packet(worker, rule->policer, packets[i],
									     packet_meta(packets[i])->l3_offset)
					     ? ACL_PASS
					     : ACL_POLICED;
		else if (rule->action == ACL_REJECT)
			verdict[i] = ACL_REJECTED;
	}
}
