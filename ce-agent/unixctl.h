// The control socket of Open vSwitch: JSON-RPC 1.0, as ovs-appctl speaks it, without a program for each request.
#ifndef CE_AGENT_UNIXCTL_H
#define CE_AGENT_UNIXCTL_H

#include <stddef.h>

// `target` is a socket, or the name of a daemon, whose socket is then where ovs-appctl looks for it: in OVS_RUNDIR or
// /var/run/openvswitch. A socket, or -errno.
int unixctl_open(const char *target);

// Sends a command with its arguments, the last of which is NULL, and waits for the answer, 5 s at most. 0 with what it
// printed in *printed, which the caller frees; -errno: -EPERM it was refused, -EPROTO that is no answer.
int unixctl_call(int socket, char **printed, const char *command, ...) __attribute__((sentinel));

// How long an answer is that begins here, in octets; 0: not all of it is there.
size_t unixctl_length(const char *text, size_t size);
// What an answer says, in place: 0 with its result ("" where it has none), or as unixctl_call.
int unixctl_result(char *answer, size_t size, char **printed);

#endif
