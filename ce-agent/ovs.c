// Open vSwitch has no request for a VLAN: what the table shows is removed entry by entry.
#include <errno.h>
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

// Open vSwitch removes static entries only: the learned one becomes static, at whatever port, and goes.
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

int flush_ovs(const char *target, const char *bridge, const char *port, const struct vlan_set *vlans, int *removed)
{
	char *arguments[] = {(char *)(uintptr_t) "ovs-appctl", (char *)(uintptr_t) "-t",  (char *)(uintptr_t)target,
			     (char *)(uintptr_t) "fdb/show",   (char *)(uintptr_t)bridge, NULL};
	int ends[2], rc;
	char line[256];
	FILE *table;
	pid_t child;

	*removed = 0;
	if (pipe(ends) != 0) return -errno;
	child = start(arguments, ends[1]);
	close(ends[1]);
	table = fdopen(ends[0], "r");
	while (table != NULL && fgets(line, sizeof(line), table) != NULL) {
		char number[32], mac[18];
		unsigned vid;

		// Port, VLAN, MAC, age; a static entry has the word for its age.
		if (sscanf(line, " %31s %u %17[0-9a-fA-F:]", number, &vid, mac) != 3 || vid >= VIDS) continue;
		if (strstr(line, "static") != NULL || !vlan_set_has(vlans, (uint16_t)vid)) continue;
		if (remove_entry(target, bridge, port, vid, mac) == 0) ++*removed;
	}
	if (table != NULL) fclose(table);
	rc = finish(child);
	return table == NULL ? -ENOMEM : rc;
}
