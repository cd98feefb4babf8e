#include "acl_rules.h"

#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "acl_key.h"

enum ip_version acl_version(const Sluice__Api__AccessList *list)
{
	return list->family_case == SLUICE__API__ACCESS_LIST__FAMILY_IPV6 ? IP_V6 : IP_V4;
}

// ---------------------------------------------------------------- ranges

static bool prefix_wrong(enum ip_version version, const Sluice__Api__RoutePrefix *prefix)
{
	size_t octets = version == IP_V4 ? 4 : 16;

	return prefix != NULL && (prefix->address.len != octets || prefix->length > octets * 8);
}

static bool range_wrong(const Sluice__Api__PortRange *range, uint32_t most)
{
	return range != NULL && (range->lower > range->upper || range->upper > most);
}

static uint8_t icmp_of(enum ip_version version)
{
	return version == IP_V4 ? ACL_ICMP : ACL_ICMPV6;
}

const char *acl_rule_wrong(enum ip_version version, const Sluice__Api__AccessRule *rule)
{
	bool ports = rule->source_port != NULL || rule->destination_port != NULL;
	bool icmp = rule->icmp_type != -1 || rule->icmp_code != -1;

	if (rule->name[0] == '\0' || strlen(rule->name) >= ACL_NAME) return "a name has 1 to 64 octets";
	if (rule->action < SLUICE__API__ACCESS_ACTION__ACCEPT || rule->action > SLUICE__API__ACCESS_ACTION__REJECT)
		return "an action that this engine does not know";
	if (prefix_wrong(version, rule->source) || prefix_wrong(version, rule->destination))
		return "a prefix of another family, or too long";
	if (rule->protocol < -1 || rule->protocol > 255) return "a protocol is 0 to 255, or -1";
	if (range_wrong(rule->source_port, 65535) || range_wrong(rule->destination_port, 65535) ||
	    range_wrong(rule->length, 65535) || range_wrong(rule->ttl, 255))
		return "a range whose end is before its start, or too large";
	if (rule->dscp < -1 || rule->dscp > 63) return "a DSCP is 0 to 63, or -1";
	if (rule->icmp_type < -1 || rule->icmp_type > 255 || rule->icmp_code < -1 || rule->icmp_code > 255)
		return "an ICMP type or code is 0 to 255, or -1";
	if (rule->tcp_flags != NULL &&
	    (rule->tcp_flags->mask > 255 || (rule->tcp_flags->value & ~rule->tcp_flags->mask)))
		return "TCP flags that the mask does not have";
	if (ports && rule->protocol != -1 && !acl_has_ports((uint8_t)rule->protocol))
		return "ports of a protocol that has none";
	if (rule->tcp_flags != NULL && rule->protocol != -1 && rule->protocol != ACL_TCP)
		return "TCP flags of another protocol";
	if (icmp && (ports || rule->tcp_flags != NULL || (rule->protocol != -1 && rule->protocol != icmp_of(version))))
		return "an ICMP type of another protocol";
	return NULL;
}

// ---------------------------------------------------------------- what the classifier gets

static void add_prefix(struct classifier_rule *rule, const Sluice__Api__RoutePrefix *prefix, unsigned at,
		       unsigned words)
{
	for (unsigned w = 0; prefix != NULL && w < words; w++) {
		unsigned bits = prefix->length > w * 32 ? RTE_MIN(prefix->length - w * 32, 32u) : 0;

		rule->mask[at + w] = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
		rule->value[at + w] = acl_read32(prefix->address.data + 4 * w) & rule->mask[at + w];
	}
}

static void add_misc(struct classifier_rule *rule, uint32_t mask, uint32_t value)
{
	rule->mask[WORD_MISC] |= mask;
	rule->value[WORD_MISC] |= value;
}

static void add_range(struct classifier_rule *rule, const Sluice__Api__PortRange *range, unsigned word, unsigned shift)
{
	if (range == NULL) return;
	rule->value[word] = (rule->value[word] & ~(UINT32_C(0xffff) << shift)) | range->lower << shift;
	rule->mask[word] = (rule->mask[word] & ~(UINT32_C(0xffff) << shift)) | range->upper << shift;
}

static void translate(enum ip_version version, const Sluice__Api__AccessRule *from, struct classifier_rule *to)
{
	unsigned words = classifier_address_words(version);
	int protocol = from->protocol;

	classifier_rule_any(to);
	add_prefix(to, from->source, WORD_ADDRESS, words);
	add_prefix(to, from->destination, WORD_ADDRESS + words, words);
	if (from->source_port != NULL || from->destination_port != NULL) add_misc(to, CLASS_PORTS, CLASS_PORTS);
	add_range(to, from->source_port, WORD_PORTS, 16);
	add_range(to, from->destination_port, WORD_PORTS, 0);
	if (from->tcp_flags != NULL) {
		protocol = ACL_TCP;
		add_misc(to, from->tcp_flags->mask << 16 | CLASS_TCP, from->tcp_flags->value << 16 | CLASS_TCP);
	}
	if (from->icmp_type != -1 || from->icmp_code != -1) {
		Sluice__Api__PortRange type = SLUICE__API__PORT_RANGE__INIT, code = SLUICE__API__PORT_RANGE__INIT;

		protocol = icmp_of(version);
		add_misc(to, CLASS_ICMP, CLASS_ICMP);
		type.lower = type.upper = (uint32_t)from->icmp_type;
		code.lower = code.upper = (uint32_t)from->icmp_code;
		add_range(to, from->icmp_type != -1 ? &type : NULL, WORD_PORTS, 16);
		add_range(to, from->icmp_code != -1 ? &code : NULL, WORD_PORTS, 0);
	}
	if (protocol != -1) add_misc(to, 0xff000000, (uint32_t)protocol << 24);
	if (from->dscp != -1) add_misc(to, 0x3f00, (uint32_t)from->dscp << 8);
	if (from->fragment) add_misc(to, CLASS_FRAGMENT, CLASS_FRAGMENT);
	add_range(to, from->length, WORD_SIZES, 16);
	add_range(to, from->ttl, WORD_SIZES, 0);
}

static struct classifier *classify(enum ip_version version, const Sluice__Api__AccessList *wanted)
{
	struct classifier_rule *rules = malloc((wanted->n_rules + 1) * sizeof(*rules));
	struct classifier *classifier = NULL;

	if (rules == NULL) return NULL;
	for (size_t i = 0; i < wanted->n_rules; i++)
		translate(version, wanted->rules[i], &rules[i]);
	classifier = classifier_new(version, rules, (uint32_t)wanted->n_rules);
	free(rules);
	return classifier;
}

// ---------------------------------------------------------------- counters

static bool is_used(const struct acl_counters *counters, uint32_t i)
{
	return (counters->used[i / 8] >> (i % 8) & 1) != 0;
}

static void set_used(struct acl_counters *counters, uint32_t i)
{
	counters->used[i / 8] = (uint8_t)(counters->used[i / 8] | 1u << (i % 8));
}

static bool chunk_is_there(struct acl_counters *counters, uint32_t i)
{
	size_t size = COUNTER_SLOTS * ACL_COUNT_CHUNK * sizeof(struct acl_count);
	struct acl_count **chunk = &counters->chunk[i / ACL_COUNT_CHUNK];

	if (*chunk != NULL) return true;
	*chunk = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (*chunk != NULL) memset(*chunk, 0, size);
	return *chunk != NULL;
}

static int compare_rules(const void *a, const void *b)
{
	return strcmp((*(const struct acl_rule *const *)a)->name, (*(const struct acl_rule *const *)b)->name);
}

// The rules by name. NULL: no memory.
static struct acl_rule **sorted(const struct acl *acl)
{
	struct acl_rule **list = malloc((acl->count + 1) * sizeof(*list));

	if (list == NULL) return NULL;
	for (uint32_t i = 0; i < acl->count; i++)
		list[i] = &acl->rules[i];
	qsort(list, acl->count, sizeof(struct acl_rule *), compare_rules);
	return list;
}

static bool give_counters(struct acl *acl, const struct acl *before)
{
	struct acl_rule **mine = sorted(acl), **theirs = before != NULL ? sorted(before) : NULL;
	uint32_t k = 0, place = 0;
	bool done = mine != NULL && (before == NULL || theirs != NULL);

	for (uint32_t i = 0; done && i < acl->count; i++) {
		int order = 1;

		while (before != NULL && k < before->count && (order = compare_rules(&theirs[k], &mine[i])) < 0)
			k++;
		if (before != NULL && k < before->count && order == 0) {
			mine[i]->counter = theirs[k]->counter;
			continue;
		}
		// There are twice as many as rules in a list.
		while (is_used(acl->counters, place))
			place++;
		done = chunk_is_there(acl->counters, place);
		if (done) set_used(acl->counters, place);
		mine[i]->counter = place;
	}
	free(mine);
	free(theirs);
	return done;
}

void acl_counters_keep(const struct acl *acl)
{
	struct acl_counters *counters = acl->counters;
	uint8_t kept[sizeof(counters->used)] = {0};

	for (uint32_t i = 0; i < acl->count; i++)
		kept[acl->rules[i].counter / 8] |= (uint8_t)(1u << (acl->rules[i].counter % 8));
	for (uint32_t i = 0; i < ACL_COUNT_CHUNK * ACL_COUNT_CHUNKS; i++)
		for (unsigned w = 0; is_used(counters, i) && (kept[i / 8] >> (i % 8) & 1) == 0 && w < worker_count; w++)
			*acl_count_of(acl, i, w) = (struct acl_count){0, 0};
	memcpy(counters->used, kept, sizeof(kept));
}

void acl_counters_free(struct acl_counters *counters)
{
	if (counters == NULL) return;
	for (unsigned c = 0; c < ACL_COUNT_CHUNKS; c++)
		free(counters->chunk[c]);
	free(counters);
}

// ---------------------------------------------------------------- the list

static bool fill_rules(struct acl *acl, const Sluice__Api__AccessList *wanted)
{
	size_t names = 0;
	char *at;

	for (size_t i = 0; i < wanted->n_rules; i++)
		names += strlen(wanted->rules[i]->name) + 1;
	acl->rules = calloc(wanted->n_rules + 1, sizeof(*acl->rules));
	acl->names = at = malloc(names + 1);
	if (acl->rules == NULL || at == NULL) return false;
	for (size_t i = 0; i < wanted->n_rules; i++) {
		const Sluice__Api__AccessRule *rule = wanted->rules[i];

		acl->rules[i] = (struct acl_rule){
			.action = rule->action == SLUICE__API__ACCESS_ACTION__ACCEPT ? ACL_ACCEPT
				  : rule->action == SLUICE__API__ACCESS_ACTION__DROP ? ACL_DROP
										     : ACL_REJECT,
			.log = rule->log,
			.name = at,
		};
		acl->meters |= rule->policer[0] != '\0';
		at = stpcpy(at, rule->name) + 1;
	}
	return true;
}

struct acl *acl_new(const Sluice__Api__AccessList *wanted, const struct acl *before)
{
	struct acl *acl = calloc(1, sizeof(*acl));

	if (acl == NULL) return NULL;
	acl->version = acl_version(wanted);
	acl->count = (uint32_t)wanted->n_rules;
	strncpy(acl->name, wanted->name, sizeof(acl->name) - 1);
	acl->classifier = classify(acl->version, wanted);
	acl->counters = before != NULL ? before->counters : aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*acl->counters));
	if (acl->counters != NULL && before == NULL) memset(acl->counters, 0, sizeof(*acl->counters));
	if (acl->classifier != NULL && acl->counters != NULL && fill_rules(acl, wanted) && give_counters(acl, before))
		return acl;
	if (before != NULL)
		acl_counters_keep(before);
	else
		acl_counters_free(acl->counters);
	acl_free(acl);
	return NULL;
}

void acl_free(struct acl *acl)
{
	if (acl == NULL) return;
	classifier_free(acl->classifier);
	free(acl->rules);
	free(acl->names);
	free(acl);
}
