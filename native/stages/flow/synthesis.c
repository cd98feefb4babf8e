// A record becomes a path and entries.
#include "cache.h"

struct flow_record *flow_records(struct flow_cache *cache)
{
	return (struct flow_record *)cache;
}

void flow_synthesize(struct flow_cache *cache, struct flow_record *record)
{
	(void)cache;
	(void)record;
}
