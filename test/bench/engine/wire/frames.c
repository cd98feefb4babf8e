/*
 * Sends frames by one network device and receives them by another, to measure what is between the two.
 *
 *   frames OUT IN DESTINATION-MAC DESTINATION-ADDRESS LENGTH FRAMES-PER-SECOND SECONDS
 *
 * FRAMES-PER-SECOND 0: as many as it can. LENGTH: bytes of a frame without FCS. Frames are IPv4 and UDP to port 9; the
 * payload begins with a mark and the time of sending. Ends a tenth of a second after the last frame and prints one JSON
 * object: sent, received, seconds, and the latency of what was received at p50 and p99, in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH     32
#define LONGEST   1514
#define MARK      0x736c7563u
#define AT_MARK   42
#define SHORTEST  (AT_MARK + 12)
#define HISTOGRAM 200000 /* microseconds; the last one takes all above */

static uint64_t received, last_ns, histogram[HISTOGRAM];
static volatile int ended;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "frames: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_device(const char *name, uint16_t protocol)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(protocol),
				 .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), size = 32 << 20, one = 1;

	if (fd < 0 || at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) die(name);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	return fd;
}

static void take(const uint8_t *frame, ssize_t length, uint64_t now)
{
	uint32_t mark;
	uint64_t sent;

	if (length < SHORTEST) return;
	memcpy(&mark, frame + AT_MARK, sizeof(mark));
	if (mark != MARK) return;
	memcpy(&sent, frame + AT_MARK + sizeof(mark), sizeof(sent));
	uint64_t us = (now - sent) / 1000;
	histogram[us < HISTOGRAM ? us : HISTOGRAM - 1]++;
	received++;
	last_ns = now;
}

static void *receive(void *arg)
{
	static uint8_t buffers[BATCH][LONGEST];
	int fd = *(int *)arg;
	struct timeval wait = {.tv_usec = 20000};
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){buffers[i], LONGEST};
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (!ended) {
		int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
		uint64_t now = now_ns();

		for (int i = 0; i < got; i++)
			take(buffers[i], (ssize_t)messages[i].msg_len, now);
	}
	return NULL;
}

static uint16_t checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void make_frame(uint8_t *frame, const char *mac, const char *address, unsigned length)
{
	unsigned m[6];
	uint32_t mark = MARK;
	uint16_t ip = (uint16_t)(length - 14), udp = (uint16_t)(length - 34), sum;

	if (sscanf(mac, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) != 6) die("destination MAC");
	for (int i = 0; i < 6; i++)
		frame[i] = (uint8_t)m[i];
	memcpy(frame + 6, (uint8_t[]){2, 0, 0, 0, 0x99, 1, 8, 0, 0x45, 0, (uint8_t)(ip >> 8), (uint8_t)ip}, 12);
	frame[22] = 64;
	frame[23] = 17;
	memcpy(frame + 26, (uint8_t[]){10, 99, 1, 2}, 4);
	if (inet_pton(AF_INET, address, frame + 30) != 1) die("destination address");
	sum = checksum(frame + 14);
	memcpy(frame + 24, (uint8_t[]){(uint8_t)(sum >> 8), (uint8_t)sum}, 2);
	memcpy(frame + 34, (uint8_t[]){4, 0, 0, 9, (uint8_t)(udp >> 8), (uint8_t)udp}, 6);
	memcpy(frame + AT_MARK, &mark, sizeof(mark));
}

static uint64_t send_all(int fd, uint8_t frames[BATCH][LONGEST], unsigned length, uint64_t rate, uint64_t end)
{
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];
	uint64_t sent = 0, start = now_ns();

	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){frames[i], length};
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (uint64_t now = start; now < end; now = now_ns()) {
		uint64_t due = rate == 0 ? BATCH : (now - start) * rate / 1000000000u - sent;
		unsigned count = due < BATCH ? (unsigned)due : BATCH;

		if (count == 0) {
			/* Shorter than the time between two frames at these rates would only burn the core. */
			nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
			continue;
		}
		for (unsigned i = 0; i < count; i++)
			memcpy(frames[i] + AT_MARK + 4, &now, sizeof(now));
		int done = sendmmsg(fd, messages, count, 0);
		if (done > 0) sent += (uint64_t)done;
	}
	return sent;
}

static uint64_t quantile(double part)
{
	uint64_t left = (uint64_t)((double)received * part), us = 0;

	while (us < HISTOGRAM - 1 && left >= histogram[us])
		left -= histogram[us++];
	return us;
}

int main(int argc, char **argv)
{
	static uint8_t frames[BATCH][LONGEST];
	pthread_t receiver;

	if (argc != 8) {
		fputs("frames OUT IN DESTINATION-MAC DESTINATION-ADDRESS LENGTH FRAMES-PER-SECOND SECONDS\n", stderr);
		return 2;
	}
	unsigned length = (unsigned)atoi(argv[5]);
	uint64_t rate = strtoull(argv[6], NULL, 10);
	double seconds = atof(argv[7]);
	if (length < SHORTEST || length > LONGEST) {
		fputs("frames: LENGTH is 54 to 1514\n", stderr);
		return 2;
	}
	int in = open_device(argv[2], ETH_P_IP), out = open_device(argv[1], 0);
	for (int i = 0; i < BATCH; i++)
		make_frame(frames[i], argv[3], argv[4], length);
	if (pthread_create(&receiver, NULL, receive, &in) != 0) die("thread");
	uint64_t start = now_ns();
	uint64_t sent = send_all(out, frames, length, rate, start + (uint64_t)(seconds * 1e9));
	double took = (double)(now_ns() - start) / 1e9;
	usleep(100000);
	ended = 1;
	pthread_join(receiver, NULL);
	printf("{\"sent\":%lu,\"received\":%lu,\"seconds\":%.3f,\"p50Us\":%lu,\"p99Us\":%lu}\n", sent, received, took,
	       quantile(0.5), quantile(0.99));
	return 0;
}
