// Open vSwitch has no request for a VLAN: what the table shows is removed entry by entry.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flush.h"
#include "unixctl.h"

// The numbers of the bridge's ports, 0 where it has no such port. dpif/show:
//
//   system@ovs-system: hit:1 missed:2
//     bridge:
//       port 1/2: (system)
static int number_ports(int socket, const char *bridge, const char *const *ports, unsigned count, unsigned *numbers)
{
	bool here = false;
	char *shown, *next;
	int rc = unixctl_call(socket, &shown, "dpif/show", NULL);

	memset(numbers, 0, count * sizeof(*numbers));
	if (rc != 0) return rc;
	for (char *line = strtok_r(shown, "\n", &next); line != NULL; line = strtok_r(NULL, "\n", &next)) {
		char name[64], end;
		unsigned number;

		if (sscanf(line, "    %63s %u/", name, &number) == 2) {
			for (unsigned i = 0; here && i < count; i++)
				if (strcmp(ports[i], name) == 0) numbers[i] = number;
		} else if (sscanf(line, " %63[^: ]%c", name, &end) == 2 && end == ':') {
			here = strcmp(name, bridge) == 0;
		}
	}
	free(shown);
	return 0;
}

// Open vSwitch removes static entries only: the learned one becomes static, at its port, and goes.
static int remove_entry(int socket, const char *bridge, const char *port, unsigned vid, const char *mac)
{
	char vlan[8], *said;
	int rc;

	snprintf(vlan, sizeof(vlan), "%u", vid);
	rc = unixctl_call(socket, &said, "fdb/add", bridge, port, vlan, mac, NULL);
	if (rc != 0) return rc;
	free(said);
	rc = unixctl_call(socket, &said, "fdb/del", bridge, vlan, mac, NULL);
	if (rc == 0) free(said);
	return rc;
}

static int flush_shown(int socket, const char *bridge, const char *const *ports, unsigned count,
		       const struct vlan_set *vlans, int *removed)
{
	unsigned numbers[FLUSH_PORTS];
	char *table, *next;
	int rc = number_ports(socket, bridge, ports, count, numbers);

	if (rc == 0) rc = unixctl_call(socket, &table, "fdb/show", bridge, NULL);
	if (rc != 0) return rc;
	for (char *line = strtok_r(table, "\n", &next); line != NULL; line = strtok_r(NULL, "\n", &next)) {
		unsigned port, vid;
		char mac[18];

		// Port, VLAN, MAC, age; a static entry has the word for its age. The bridge's own port is a word too.
		if (sscanf(line, " %u %u %17[0-9a-fA-F:]", &port, &vid, mac) != 3 || vid >= VIDS) continue;
		if (strstr(line, "static") != NULL || !vlan_set_has(vlans, (uint16_t)vid)) continue;
		for (unsigned i = 0; i < count; i++)
			if (port != 0 && numbers[i] == port && remove_entry(socket, bridge, ports[i], vid, mac) == 0)
				++*removed;
	}
	free(table);
	return 0;
}

int flush_ovs(const char *target, const char *bridge, const char *const *ports, unsigned count,
	      const struct vlan_set *vlans, int *removed)
{
	int socket = unixctl_open(target), rc;

	*removed = 0;
	if (socket < 0) return socket;
	rc = flush_shown(socket, bridge, ports, count, vlans, removed);
	close(socket);
	return rc;
}
