/*
 * One-way UDP flows with sequence numbers, to measure loss, duplicates and gaps.
 *
 *   udpflow send ADDRESS PORT PACKETS_PER_SECOND SECONDS
 *   udpflow receive PORT
 *
 * Both print one JSON object when they end: the sender after its time, or on SIGTERM or end of standard input;
 * the receiver on SIGTERM or end of standard input. The receiver says "ready" on a line of its own once it listens.
 * A receiver sends nothing. Times are CLOCK_REALTIME in nanoseconds, taken by the kernel on arrival.
 *
 * Payload: sequence number from 0 (8 bytes, big-endian), send time (8 bytes, big-endian), padding to 26 bytes.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define PAYLOAD 26
/* Sequence numbers that a receiver can tell apart: 2 hours at 1,000 packets/s. */
#define MAX_SEQUENCE (1u << 23)
/* Gaps that are listed one by one; all are counted. */
#define MAX_GAPS 1024

static volatile sig_atomic_t ended;

static void on_signal(int signal)
{
	(void)signal;
	ended = 1;
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "udpflow: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int send_flow(const char *address, int port, unsigned rate, double seconds)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
		fprintf(stderr, "udpflow: %s is not an IPv4 address\n", address);
		return 2;
	}
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	/* The address may be that of all hosts. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("socket");
	int timer = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t interval = 1000000000ull / rate;
	struct itimerspec every = {
		.it_interval = {.tv_sec = (time_t)(interval / 1000000000), .tv_nsec = (long)(interval % 1000000000)},
		.it_value = {.tv_nsec = 1}};
	if (timer < 0 || timerfd_settime(timer, 0, &every, NULL) < 0) die("timer");

	struct pollfd wait[2] = {{.fd = timer, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	uint64_t total = (uint64_t)(rate * seconds), sent = 0, failed = 0, first = 0, last = 0;
	while (!ended && sent < total) {
		if (poll(wait, 2, -1) < 0) continue;
		char byte;
		if (wait[1].revents && read(STDIN_FILENO, &byte, 1) <= 0) break;
		uint64_t due = 0;
		if (!wait[0].revents || read(timer, &due, sizeof(due)) != sizeof(due)) continue;
		for (; due > 0 && sent < total; due--, sent++) {
			uint8_t payload[PAYLOAD] = {0};
			last = now_ns(CLOCK_REALTIME);
			uint64_t fields[2] = {htobe64(sent), htobe64(last)};
			memcpy(payload, fields, sizeof(fields));
			if (first == 0) first = last;
			/* An ICMP error of an earlier packet shows here; the packet itself is then sent again. */
			if (send(fd, payload, sizeof(payload), 0) < 0 && send(fd, payload, sizeof(payload), 0) < 0)
				failed++;
		}
	}
	printf("{\"sent\":%lu,\"failed\":%lu,\"firstNs\":\"%lu\",\"lastNs\":\"%lu\"}\n", sent, failed, first, last);
	return 0;
}

struct gap {
	uint64_t after, lost, from_ns, to_ns;
};

static int receive_flow(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, room = 8 << 20;
	if (fd < 0) die("socket");
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) die("bind");
	uint64_t *arrived = calloc(MAX_SEQUENCE, sizeof(*arrived));
	if (arrived == NULL) die("memory");
	printf("ready\n");
	fflush(stdout);

	uint64_t received = 0, duplicates = 0, late = 0, highest = 0, lowest = UINT64_MAX;
	struct pollfd wait[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	while (!ended) {
		if (poll(wait, 2, -1) < 0) continue;
		if (wait[0].revents) {
			uint8_t payload[2048], control[256];
			struct iovec into = {.iov_base = payload, .iov_len = sizeof(payload)};
			struct msghdr message = {.msg_iov = &into,
						 .msg_iovlen = 1,
						 .msg_control = control,
						 .msg_controllen = sizeof(control)};
			if (recvmsg(fd, &message, MSG_DONTWAIT) < PAYLOAD) continue;
			uint64_t at_ns = 0, sequence;
			for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
				struct timespec t;
				if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS) continue;
				memcpy(&t, CMSG_DATA(c), sizeof(t));
				at_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
			}
			memcpy(&sequence, payload, sizeof(sequence));
			sequence = be64toh(sequence);
			if (sequence >= MAX_SEQUENCE) continue;
			received++;
			if (arrived[sequence] != 0) {
				duplicates++;
				continue;
			}
			arrived[sequence] = at_ns;
			if (received > 1 && sequence < highest) late++;
			if (sequence > highest) highest = sequence;
			if (sequence < lowest) lowest = sequence;
			continue; /* What has arrived is read before the end is. */
		}
		char byte;
		if (wait[1].revents && read(STDIN_FILENO, &byte, 1) <= 0) break;
	}

	static struct gap gaps[MAX_GAPS];
	uint64_t lost = 0, gap_count = 0, previous = lowest;
	for (uint64_t s = lowest; received > 0 && s <= highest; s++) {
		if (arrived[s] == 0) continue;
		if (s > previous + 1) {
			lost += s - previous - 1;
			if (gap_count < MAX_GAPS)
				gaps[gap_count] =
					(struct gap){previous, s - previous - 1, arrived[previous], arrived[s]};
			gap_count++;
		}
		previous = s;
	}
	printf("{\"received\":%lu,\"duplicates\":%lu,\"outOfOrder\":%lu,\"lost\":%lu,\"first\":%ld,\"last\":%ld,"
	       "\"firstNs\":\"%lu\",\"lastNs\":\"%lu\",\"gaps\":[",
	       received, duplicates, late, lost, received ? (long)lowest : -1, received ? (long)highest : -1,
	       received ? arrived[lowest] : 0, received ? arrived[highest] : 0);
	for (uint64_t i = 0; i < gap_count && i < MAX_GAPS; i++)
		printf("%s{\"after\":%lu,\"lost\":%lu,\"fromNs\":\"%lu\",\"toNs\":\"%lu\"}", i ? "," : "",
		       gaps[i].after, gaps[i].lost, gaps[i].from_ns, gaps[i].to_ns);
	printf("]}\n");
	free(arrived);
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (argc == 6 && strcmp(argv[1], "send") == 0)
		return send_flow(argv[2], atoi(argv[3]), (unsigned)atoi(argv[4]), atof(argv[5]));
	if (argc == 3 && strcmp(argv[1], "receive") == 0) return receive_flow(atoi(argv[2]));
	fprintf(stderr, "usage: udpflow send ADDRESS PORT PACKETS_PER_SECOND SECONDS | udpflow receive PORT\n");
	return 2;
}
