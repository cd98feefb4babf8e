#include "flush.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#ifndef NLM_F_BULK
#define NLM_F_BULK 0x200
#endif
// Of linux/neighbour.h since Linux 5.19.
#define NDA_STATE_MASK 16

// More VLANs than this at once are flushed as all of a port: one message instead of thousands.
#define MOST_VLANS 256
#define DUMP       32768

// ---------------------------------------------------------------- messages

struct message {
	uint8_t *bytes;
	size_t length;
};

static void put(struct message *m, unsigned type, const void *value, size_t size)
{
	struct rtattr attribute = {.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = (unsigned short)type};

	memcpy(m->bytes + m->length, &attribute, sizeof(attribute));
	memcpy(m->bytes + m->length + RTA_LENGTH(0), value, size);
	m->length += RTA_SPACE(size);
}

static struct message begin(uint8_t *bytes, unsigned flags, int port, uint32_t sequence)
{
	struct nlmsghdr header = {.nlmsg_type = RTM_DELNEIGH,
				  .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags),
				  .nlmsg_seq = sequence};
	struct ndmsg ndm = {.ndm_family = AF_BRIDGE, .ndm_ifindex = port, .ndm_flags = NTF_MASTER};

	memset(bytes, 0, FLUSH_MESSAGE);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + NLMSG_HDRLEN, &ndm, sizeof(ndm));
	return (struct message){bytes, NLMSG_LENGTH(sizeof(ndm))};
}

static size_t end(const struct message *m)
{
	uint32_t length = (uint32_t)m->length;

	memcpy(m->bytes, &length, sizeof(length));
	return m->length;
}

size_t flush_message(uint8_t message[FLUSH_MESSAGE], int port, uint16_t vid, uint32_t sequence)
{
	struct message m = begin(message, NLM_F_BULK, port, sequence);
	uint16_t mask = NUD_PERMANENT | NUD_NOARP;

	// With a state of 0: neither the port's own addresses nor static ones.
	put(&m, NDA_STATE_MASK, &mask, sizeof(mask));
	if (vid != 0) put(&m, NDA_VLAN, &vid, sizeof(vid));
	return end(&m);
}

size_t flush_entry_message(uint8_t message[FLUSH_MESSAGE], int port, uint16_t vid, const uint8_t mac[6],
			   uint32_t sequence)
{
	struct message m = begin(message, 0, port, sequence);

	put(&m, NDA_LLADDR, mac, 6);
	if (vid != 0) put(&m, NDA_VLAN, &vid, sizeof(vid));
	return end(&m);
}

// ---------------------------------------------------------------- netlink

int flush_open(void)
{
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct timeval patience = {.tv_sec = 2};

	if (netlink < 0) return -errno;
	setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return netlink;
}

static uint32_t sequence;

// Sends a message and waits for its acknowledgement. 0 or -errno.
static int request(int netlink, const uint8_t *message, size_t length)
{
	uint8_t reply[4096];

	if (send(netlink, message, length, 0) != (ssize_t)length) return -errno;
	for (;;) {
		ssize_t got = recv(netlink, reply, sizeof(reply), 0);
		const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)reply;
		struct nlmsgerr error;

		if (got < 0) return -errno;
		if ((size_t)got < NLMSG_LENGTH(sizeof(error)) || header->nlmsg_type != NLMSG_ERROR ||
		    header->nlmsg_seq != sequence)
			continue;
		memcpy(&error, reply + NLMSG_HDRLEN, sizeof(error));
		return error.error;
	}
}

static int flush_bulk(int netlink, int port, uint16_t vid)
{
	uint8_t message[FLUSH_MESSAGE];

	return request(netlink, message, flush_message(message, port, vid, ++sequence));
}

struct entry {
	uint8_t mac[6];
	uint16_t vid;
};

// Learned entries of a message of the dump that are at the port; returns how many are in the array then.
static size_t take_entries(const struct nlmsghdr *header, int port, struct entry *entries, size_t count, size_t most)
{
	struct ndmsg ndm;
	struct entry entry = {.vid = 0};
	bool has_mac = false, mastered = false;
	const struct rtattr *at;
	int left;

	if (header->nlmsg_type != RTM_NEWNEIGH || header->nlmsg_len < NLMSG_LENGTH(sizeof(ndm))) return count;
	memcpy(&ndm, NLMSG_DATA(header), sizeof(ndm));
	if (ndm.ndm_ifindex != port || ndm.ndm_state & (NUD_PERMANENT | NUD_NOARP)) return count;
	at = (const struct rtattr *)(const void *)((const uint8_t *)NLMSG_DATA(header) + NLMSG_ALIGN(sizeof(ndm)));
	left = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof(ndm)));
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == NDA_LLADDR && RTA_PAYLOAD(at) == 6) {
			memcpy(entry.mac, RTA_DATA(at), 6);
			has_mac = true;
		}
		if (at->rta_type == NDA_VLAN && RTA_PAYLOAD(at) == 2) memcpy(&entry.vid, RTA_DATA(at), 2);
		mastered = mastered || at->rta_type == NDA_MASTER;
	}
	if (has_mac && mastered && count < most) entries[count++] = entry;
	return count;
}

// All learned entries at the port, at most `most`. The number, or -errno.
static int dump(int netlink, int port, struct entry *entries, size_t most)
{
	static uint8_t reply[DUMP];
	struct {
		struct nlmsghdr header;
		struct ndmsg ndm;
	} ask = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ndmsg)),
			    .nlmsg_type = RTM_GETNEIGH,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			    .nlmsg_seq = ++sequence},
		 .ndm = {.ndm_family = AF_BRIDGE}};
	size_t count = 0;

	if (send(netlink, &ask, ask.header.nlmsg_len, 0) < 0) return -errno;
	for (;;) {
		ssize_t got = recv(netlink, reply, sizeof(reply), 0);
		unsigned left = got > 0 ? (unsigned)got : 0;

		if (got < 0) return -errno;
		for (const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)reply;
		     NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			if (header->nlmsg_seq != sequence) continue;
			if (header->nlmsg_type == NLMSG_DONE) return (int)count;
			if (header->nlmsg_type == NLMSG_ERROR) return -EIO;
			count = take_entries(header, port, entries, count, most);
		}
	}
}

#define MOST_ENTRIES 65536

// `all`: whatever their VLAN.
static int flush_one_by_one(int netlink, int port, const struct vlan_set *vlans, bool all, int *removed)
{
	static struct entry entries[MOST_ENTRIES];
	int count = dump(netlink, port, entries, MOST_ENTRIES);

	*removed = 0;
	for (int i = 0; i < count; i++) {
		uint8_t message[FLUSH_MESSAGE];
		int rc;

		if (!all && !vlan_set_has(vlans, entries[i].vid % VIDS)) continue;
		rc = request(netlink, message,
			     flush_entry_message(message, port, entries[i].vid, entries[i].mac, ++sequence));
		if (rc == 0) ++*removed;
		// It may have aged or moved meanwhile.
		if (rc != 0 && rc != -ENOENT) return rc;
	}
	return count < 0 ? count : 0;
}

// Whether the port's bridge tells VLANs apart. -EINVAL: the port is in no bridge.
static int filters_vlans(int port)
{
	char name[IF_NAMESIZE], path[96];
	FILE *file;
	int filters;

	if (if_indextoname((unsigned)port, name) == NULL) return -ENODEV;
	snprintf(path, sizeof(path), "/sys/class/net/%s/brport", name);
	if (access(path, F_OK) != 0) return -EINVAL;
	snprintf(path, sizeof(path), "/sys/class/net/%s/brport/bridge/bridge/vlan_filtering", name);
	file = fopen(path, "re");
	if (file == NULL) return 0;
	filters = fgetc(file) == '1';
	fclose(file);
	return filters;
}

int flush_port(int netlink, int port, const struct vlan_set *vlans, int *removed)
{
	int filters = filters_vlans(port), rc = 0;
	unsigned count = 0;
	bool all;

	if (filters < 0) return filters;
	for (unsigned i = 0; i < VIDS / 64; i++)
		count += (unsigned)__builtin_popcountll(vlans->bits[i]);
	all = !filters || count > MOST_VLANS;
	*removed = -1;
	if (all)
		rc = flush_bulk(netlink, port, 0);
	else
		for (uint16_t vid = 1; vid < VIDS - 1 && rc == 0; vid++)
			if (vlan_set_has(vlans, vid)) rc = flush_bulk(netlink, port, vid);
	// A kernel before 5.19 knows no such request.
	return rc == 0 ? 0 : flush_one_by_one(netlink, port, vlans, all, removed);
}
