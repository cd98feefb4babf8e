// Open vSwitch has no request for a VLAN: what the table shows is removed entry by entry.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flush.h"

// Runs ovs-appctl; its output goes to `output`, or nowhere (-1). The process, or -errno.
static pid_t start(char *const arguments[], int output)
{
	pid_t child = fork();

	if (child < 0) return -errno;
	if (child > 0) return child;
	if (output >= 0) dup2(output, STDOUT_FILENO);
	execvp("ovs-appctl", arguments);
	_exit(127);
}

static int finish(pid_t child)
{
	int status;

	if (child < 0) return child;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR) return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

// What ovs-appctl prints. Whoever has started it reads the lines and finishes it.
struct reading {
	pid_t child;
	FILE *lines;
};

static int start_reading(struct reading *reading, char *const arguments[])
{
	int ends[2];

	if (pipe(ends) != 0) return -errno;
	reading->child = start(arguments, ends[1]);
	close(ends[1]);
	reading->lines = fdopen(ends[0], "r");
	if (reading->lines != NULL) return 0;
	close(ends[0]);
	finish(reading->child);
	return -ENOMEM;
}

static int finish_reading(struct reading *reading)
{
	fclose(reading->lines);
	return finish(reading->child);
}

// The numbers of the bridge's ports, 0 where it has no such port. dpif/show:
//
//   system@ovs-system: hit:1 missed:2
//     bridge:
//       port 1/2: (system)
static int number_ports(const char *target, const char *bridge, const char *const *ports, unsigned count,
			unsigned *numbers)
{
	const char *arguments[] = {"ovs-appctl", "-t", target, "dpif/show", NULL};
	struct reading reading;
	bool here = false;
	char line[256];
	int rc = start_reading(&reading, (char **)(uintptr_t)arguments);

	memset(numbers, 0, count * sizeof(*numbers));
	if (rc != 0) return rc;
	while (fgets(line, sizeof(line), reading.lines) != NULL) {
		char name[64], end;
		unsigned number;

		if (sscanf(line, "    %63s %u/", name, &number) == 2) {
			for (unsigned i = 0; here && i < count; i++)
				if (strcmp(ports[i], name) == 0) numbers[i] = number;
		} else if (sscanf(line, " %63[^: ]%c", name, &end) == 2 && end == ':') {
			here = strcmp(name, bridge) == 0;
		}
	}
	return finish_reading(&reading);
}

// Open vSwitch removes static entries only: the learned one becomes static, at its port, and goes.
static int remove_entry(const char *target, const char *bridge, const char *port, unsigned vid, const char *mac)
{
	char vlan[8];
	const char *add[] = {"ovs-appctl", "-t", target, "fdb/add", bridge, port, vlan, mac, NULL};
	const char *del[] = {"ovs-appctl", "-t", target, "fdb/del", bridge, vlan, mac, NULL};
	int rc;

	snprintf(vlan, sizeof(vlan), "%u", vid);
	rc = finish(start((char **)(uintptr_t)add, -1));
	return rc != 0 ? rc : finish(start((char **)(uintptr_t)del, -1));
}

int flush_ovs(const char *target, const char *bridge, const char *const *ports, unsigned count,
	      const struct vlan_set *vlans, int *removed)
{
	const char *arguments[] = {"ovs-appctl", "-t", target, "fdb/show", bridge, NULL};
	unsigned numbers[FLUSH_PORTS];
	struct reading reading;
	char line[256];
	int rc;

	*removed = 0;
	rc = number_ports(target, bridge, ports, count, numbers);
	if (rc == 0) rc = start_reading(&reading, (char **)(uintptr_t)arguments);
	if (rc != 0) return rc;
	while (fgets(line, sizeof(line), reading.lines) != NULL) {
		unsigned port, vid;
		char mac[18];

		// Port, VLAN, MAC, age; a static entry has the word for its age. The bridge's own port is a word too.
		if (sscanf(line, " %u %u %17[0-9a-fA-F:]", &port, &vid, mac) != 3 || vid >= VIDS) continue;
		if (strstr(line, "static") != NULL || !vlan_set_has(vlans, (uint16_t)vid)) continue;
		for (unsigned i = 0; i < count; i++)
			if (port != 0 && numbers[i] == port && remove_entry(target, bridge, ports[i], vid, mac) == 0)
				++*removed;
	}
	return finish_reading(&reading);
}
