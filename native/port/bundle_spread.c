#include "bundle.h"

#include <string.h>

static unsigned place_of(const uint16_t *ports, unsigned count, uint16_t port)
{
	unsigned i = 0;

	while (i < count && ports[i] != port)
		i++;
	return i;
}

void bundle_spread(uint16_t places[BUNDLE_PLACES], const uint16_t *ports, unsigned count)
{
	unsigned has[BUNDLE_MOST_LINKS] = {0}, most, to = 0;

	if (count == 0) {
		memset(places, 0, BUNDLE_PLACES * sizeof(places[0]));
		return;
	}
	most = (BUNDLE_PLACES + count - 1) / count;
	// Who is gone, or has more than its share, gives up.
	for (unsigned i = 0; i < BUNDLE_PLACES; i++) {
		unsigned link = place_of(ports, count, places[i]);

		if (link < count && has[link] < most)
			has[link]++;
		else
			places[i] = 0;
	}
	for (unsigned i = 0; i < BUNDLE_PLACES; i++) {
		if (places[i] != 0) continue;
		// The one with the fewest.
		for (unsigned link = 0; link < count; link++)
			if (has[link] < has[to]) to = link;
		places[i] = ports[to];
		has[to]++;
	}
}
