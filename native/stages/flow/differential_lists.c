// Access lists and policers of the differential test, at random.
#include "differential.h"

static Sluice__Api__PortRange *range(uint32_t lower, uint32_t upper)
{
	Sluice__Api__PortRange *it = malloc(sizeof(*it));

	sluice__api__port_range__init(it);
	it->lower = lower;
	it->upper = upper;
	return it;
}

// Around the addresses that there are, of a length at random.
static Sluice__Api__RoutePrefix *near(unsigned version)
{
	Sluice__Api__RoutePrefix *it = malloc(sizeof(*it));
	unsigned interface = below(INTERFACES), size = version == 0 ? 4 : 16;

	sluice__api__route_prefix__init(it);
	it->address.len = size;
	it->address.data = calloc(1, size);
	if (version == 0)
		host_address4(interface, below(HOSTS), it->address.data);
	else
		host_address6(interface, below(HOSTS), it->address.data);
	if (below(2) == 0 && version == 0)
		memcpy(it->address.data, (uint8_t[]){20, (uint8_t)below(3), (uint8_t)below(3), (uint8_t)below(130)}, 4);
	if (below(2) == 0 && version == 1)
		memcpy(it->address.data, (uint8_t[]){0x20, 0x02, 0, (uint8_t)below(3), 0, (uint8_t)below(3)}, 6);
	it->length = below(2) == 0 ? size * 8 - below(9) : 8 * (1 + below(size));
	// A prefix has no bits behind its length.
	for (unsigned i = it->length; i < size * 8; i++)
		it->address.data[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return it;
}

static Sluice__Api__AccessRule *rule(unsigned version, unsigned place, bool last)
{
	static const int actions[] = {SLUICE__API__ACCESS_ACTION__ACCEPT, SLUICE__API__ACCESS_ACTION__ACCEPT,
				      SLUICE__API__ACCESS_ACTION__DROP, SLUICE__API__ACCESS_ACTION__REJECT};
	Sluice__Api__AccessRule *it = malloc(sizeof(*it));
	int icmp = version == 0 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;

	sluice__api__access_rule__init(it);
	// Of a few names, so that a change keeps some rules' counters.
	set_text(&it->name, name_of("rule", place, last));
	it->action = (Sluice__Api__AccessAction)(last ? actions[0] : actions[below(4)]);
	it->protocol = it->dscp = it->icmp_type = it->icmp_code = -1;
	if (last) return it;
	if (below(2) == 0) it->source = near(version);
	if (below(2) == 0) it->destination = near(version);
	switch (below(6)) {
	case 0:
		it->protocol = below(2) == 0 ? PROTOCOL_UDP : PROTOCOL_TCP;
		if (below(2) == 0) it->source_port = range(1024 + below(2), 1024 + 2 + below(4));
		if (below(2) == 0) it->destination_port = range(52, 52 + below(3));
		break;
	case 1:
		it->protocol = icmp;
		if (below(2) == 0) it->icmp_type = version == 0 ? 8 : 128;
		break;
	case 2:
		it->protocol = PROTOCOL_TCP;
		it->tcp_flags = malloc(sizeof(*it->tcp_flags));
		sluice__api__tcp_flags__init(it->tcp_flags);
		it->tcp_flags->mask = it->tcp_flags->value = below(2) == 0 ? 8 : 2;
		break;
	case 3:
		it->dscp = below(2) == 0 ? 12 : 46;
		break;
	case 4:
		it->ttl = range(0, 62 + below(3));
		break;
	default:
		if (below(4) == 0) it->fragment = version == 0;
		if (below(4) == 0) it->length = range(0, 150);
		if (below(4) == 0) it->log = true;
	}
	if (it->action == SLUICE__API__ACCESS_ACTION__ACCEPT && below(4) == 0)
		set_text(&it->policer, name_of("policer", below(POLICERS), 0));
	return it;
}

void l3_set_list(unsigned version, unsigned number)
{
	Sluice__Api__Operation *operation = malloc(sizeof(*operation));
	Sluice__Api__AccessList *list = malloc(sizeof(*list));
	unsigned count = below(6);

	sluice__api__operation__init(operation);
	sluice__api__access_list__init(list);
	operation->op_case = SLUICE__API__OPERATION__OP_SET_ACCESS_LIST;
	operation->set_access_list = list;
	set_text(&list->name, name_of("list", version, number));
	list->family_case =
		version == 0 ? SLUICE__API__ACCESS_LIST__FAMILY_IPV4 : SLUICE__API__ACCESS_LIST__FAMILY_IPV6;
	list->ipv4 = true;
	list->rules = malloc((count + 1) * sizeof(Sluice__Api__AccessRule *));
	for (unsigned i = 0; i < count; i++)
		list->rules[list->n_rules++] = rule(version, i, false);
	if (below(5) != 0) list->rules[list->n_rules++] = rule(version, count, true);
	apply(operation);
}

static Sluice__Api__PolicerAction *action(bool drop, int dscp)
{
	Sluice__Api__PolicerAction *it = malloc(sizeof(*it));

	sluice__api__policer_action__init(it);
	it->drop = drop;
	it->dscp = dscp;
	return it;
}

// Whose verdict is not a matter of time: one that packets' own colours decide, whose bucket nothing empties; or one
// whose bucket has no room for any packet. How much passes in a time is policer_test's.
void l3_set_policer(unsigned number)
{
	Sluice__Api__Operation *operation = malloc(sizeof(*operation));
	Sluice__Api__Policer *it = malloc(sizeof(*it));
	bool by_color = below(4) != 0;

	sluice__api__operation__init(operation);
	sluice__api__policer__init(it);
	operation->op_case = SLUICE__API__OPERATION__OP_SET_POLICER;
	operation->set_policer = it;
	set_text(&it->name, name_of("policer", number, 0));
	it->color_aware = by_color;
	it->committed_rate = by_color ? UINT64_C(1000000000000) : 1000;
	it->committed_burst = by_color ? UINT64_C(1000000000) : 1;
	it->peak_burst = it->committed_burst;
	it->yellow = action(below(4) == 0, below(2) == 0 ? 14 : -1);
	it->red = action(by_color ? below(2) == 0 : below(8) == 0, below(2) == 0 ? 8 : -1);
	apply(operation);
}
