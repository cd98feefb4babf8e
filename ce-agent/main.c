// ce-agent: listens to what provider edges say of VLANs (MVRP, E-LMI, CFM) and makes this machine's bridge forget what
// it has learned in them. README.md.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>

#include "flush.h"
#include "pdu.h"

#define MOST_PORTS FLUSH_PORTS
#define FRAME      2048
// Flushes of one port in a second: a peer that repeats itself costs no more.
#define MOST_FLUSHES 50

struct agent_port {
	char name[IF_NAMESIZE];
	int index, socket;
	uint8_t mac[6];
	struct peer peer;
	struct vlan_set waiting; // to be flushed, above the limit
	uint64_t second;
	unsigned flushes;
};

static struct agent_port *ports[MOST_PORTS];
static unsigned port_count;
static const char *ovs_bridge, *ovs_target = "ovs-vswitchd";
static int netlink = -1;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// ---------------------------------------------------------------- ports

static void join(int socket, int index, const uint8_t address[6])
{
	struct packet_mreq request = {.mr_ifindex = index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6};

	memcpy(request.mr_address, address, 6);
	setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request));
}

static int open_port(const char *name)
{
	struct agent_port *port = calloc(1, sizeof(*port));
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct ifreq request = {0};
	int one = 1;

	if (port == NULL || port_count == MOST_PORTS || strlen(name) >= IF_NAMESIZE) {
		free(port);
		return -E2BIG;
	}
	strcpy(port->name, name);
	strcpy(request.ifr_name, name);
	port->socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	port->index = (int)if_nametoindex(name);
	address.sll_ifindex = port->index;
	if (port->socket < 0 || port->index == 0 || ioctl(port->socket, SIOCGIFHWADDR, &request) != 0 ||
	    setsockopt(port->socket, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) != 0 ||
	    bind(port->socket, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int rc = -errno;

		if (port->socket >= 0) close(port->socket);
		free(port);
		return rc;
	}
	memcpy(port->mac, request.ifr_hwaddr.sa_data, 6);
	static const uint8_t last[] = {0x07, 0x0d, 0x21, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37};
	for (size_t i = 0; i < sizeof(last); i++)
		join(port->socket, port->index, (const uint8_t[]){0x01, 0x80, 0xc2, 0, 0, last[i]});
	ports[port_count++] = port;
	return 0;
}

// ---------------------------------------------------------------- flushing

static void say(const char *what, const struct agent_port *port, const struct vlan_set *vlans, int removed, int rc)
{
	printf("%s port=%s vlans=", what, port->name);
	unsigned count = 0;
	for (uint16_t vid = 0; vid < VIDS - 1; vid++)
		if (vlan_set_has(vlans, vid) && ++count <= 16) printf("%s%u", count > 1 ? "," : "", vid);
	if (count > 16) printf(",+%u", count - 16);
	if (removed >= 0) printf(" entries=%d", removed);
	if (rc != 0) printf(" error=\"%s\"", strerror(-rc));
	printf("\n");
	fflush(stdout);
}

// Addresses of the VLANs may be behind any of the ports: the old one still says nothing when it has died.
static void flush_everywhere(const struct vlan_set *vlans)
{
	int removed = -1;

	if (ovs_bridge != NULL) {
		const char *names[MOST_PORTS];

		for (unsigned i = 0; i < port_count; i++)
			names[i] = ports[i]->name;
		int rc = flush_ovs(ovs_target, ovs_bridge, names, port_count, vlans, &removed);

		say("flushed", ports[0], vlans, removed, rc);
		return;
	}
	for (unsigned i = 0; i < port_count; i++) {
		int rc = flush_port(netlink, ports[i]->index, vlans, &removed);

		say("flushed", ports[i], vlans, removed, rc);
	}
}

// Returns whether something waits for the next second.
static bool flush_what_waits(struct agent_port *port)
{
	static const struct vlan_set none;

	if (memcmp(&port->waiting, &none, sizeof(none)) == 0) return false;
	if (port->second != now_ms() / 1000) {
		port->second = now_ms() / 1000;
		port->flushes = 0;
	}
	if (port->flushes >= MOST_FLUSHES) return true;
	port->flushes++;
	flush_everywhere(&port->waiting);
	port->waiting = none;
	return false;
}

// ---------------------------------------------------------------- frames

// The VLAN identifier that the kernel took off the frame; 0: none.
static uint16_t vid_of(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		struct tpacket_auxdata data;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
		memcpy(&data, CMSG_DATA(c), sizeof(data));
		return data.tp_status & TP_STATUS_VLAN_VALID ? data.tp_vlan_tci & 0xfff : 0;
	}
	return 0;
}

// A tag that is in the frame is taken off; returns the new length.
static size_t take_tag(uint8_t *frame, size_t length, uint16_t *vid)
{
	if (*vid != 0 || length < 18 ||
	    !((frame[12] == 0x81 && frame[13] == 0) || (frame[12] == 0x88 && frame[13] == 0xa8)))
		return length;
	*vid = (uint16_t)((frame[14] & 0xf) << 8 | frame[15]);
	memmove(frame + 12, frame + 16, length - 16);
	return length - 4;
}

static void read_port(struct agent_port *port)
{
	for (unsigned i = 0; i < 64; i++) {
		uint8_t frame[FRAME], control[256];
		struct sockaddr_ll from;
		struct iovec part = {frame, sizeof(frame)};
		struct msghdr message = {.msg_name = &from,
					 .msg_namelen = sizeof(from),
					 .msg_iov = &part,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		ssize_t length = recvmsg(port->socket, &message, 0);
		uint16_t vid;

		if (length < 0) return;
		if (from.sll_pkttype == PACKET_OUTGOING) continue;
		vid = vid_of(&message);
		length = (ssize_t)take_tag(frame, (size_t)length, &vid);
		(void)frame_read(&port->peer, frame, (size_t)length, vid, &port->waiting);
	}
}

static void poll_e_lmi(void)
{
	for (unsigned i = 0; i < port_count; i++) {
		uint8_t frame[ENQUIRY_SIZE];

		enquiry_write(&ports[i]->peer, ports[i]->mac, frame);
		// A port that is down asks again later.
		(void)!send(ports[i]->socket, frame, sizeof(frame), 0);
	}
}

static void tell_counters(void)
{
	for (unsigned i = 0; i < port_count; i++) {
		const struct peer *peer = &ports[i]->peer;

		printf("port=%s mvrp=%" PRIu64 " e-lmi=%" PRIu64 " ccm=%" PRIu64 " malformed=%" PRIu64 "\n",
		       ports[i]->name, peer->mvrp, peer->e_lmi, peer->ccm, peer->malformed);
	}
	fflush(stdout);
}

static int run(int signals, unsigned polling_seconds)
{
	struct pollfd waits[MOST_PORTS + 1];
	uint64_t poll_at = now_ms();

	for (;;) {
		bool waiting = false, ask_on = false;

		for (unsigned i = 0; i < port_count; i++) {
			waits[i] = (struct pollfd){.fd = ports[i]->socket, .events = POLLIN};
			waiting = flush_what_waits(ports[i]) || waiting;
			ask_on = ask_on || ports[i]->peer.continued || ports[i]->peer.want_full;
		}
		waits[port_count] = (struct pollfd){.fd = signals, .events = POLLIN};
		uint64_t now = now_ms();
		// The rest of a full status is asked for at once.
		if (ask_on && poll_at > now + 50) poll_at = now + 50;
		if (polling_seconds != 0 && now >= poll_at) {
			poll_e_lmi();
			poll_at = now + polling_seconds * UINT64_C(1000);
		}
		int wait = polling_seconds == 0 ? -1 : (int)(poll_at - now);
		if (waiting) wait = (int)(1000 - now % 1000);
		if (poll(waits, port_count + 1, wait) < 0 && errno != EINTR) return -errno;
		for (unsigned i = 0; i < port_count; i++)
			if (waits[i].revents & POLLIN) read_port(ports[i]);
		if (waits[port_count].revents & POLLIN) return 0;
	}
}

static int usage(void)
{
	fputs("usage: ce-agent [--ovs BRIDGE [--ovs-target TARGET]] [--polling SECONDS] PORT...\n"
	      "  --ovs BRIDGE       the ports are those of this Open vSwitch bridge\n"
	      "  --ovs-target TARGET  as ovs-appctl takes it: a name or a control socket (ovs-vswitchd)\n"
	      "  --polling SECONDS  E-LMI enquiries, 5 to 30, 0: none (10)\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"ovs", required_argument, NULL, 'o'},
						{"ovs-target", required_argument, NULL, 't'},
						{"polling", required_argument, NULL, 'p'},
						{NULL, 0, NULL, 0}};
	unsigned long polling = 10;
	char *rest = NULL;
	sigset_t ends;
	int option, rc;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'o')
			ovs_bridge = optarg;
		else if (option == 't')
			ovs_target = optarg;
		else if (option == 'p')
			polling = strtoul(optarg, &rest, 10);
		else
			return usage();
	}
	if (optind == argc || (rest != NULL && *rest != 0) || polling > 30 || (polling > 0 && polling < 5))
		return usage();
	netlink = flush_open();
	for (; optind < argc; optind++) {
		rc = open_port(argv[optind]);
		if (rc != 0) {
			fprintf(stderr, "ce-agent: port %s: %s\n", argv[optind], strerror(-rc));
			return 1;
		}
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	printf("ready\n");
	fflush(stdout);
	rc = run(signalfd(-1, &ends, SFD_CLOEXEC), (unsigned)polling);
	tell_counters();
	for (unsigned i = 0; i < port_count; i++) {
		close(ports[i]->socket);
		free(ports[i]);
	}
	if (rc != 0) fprintf(stderr, "ce-agent: %s\n", strerror(-rc));
	return rc != 0;
}
