// Announcements by request. A job is the addresses of one request at one logical port. Jobs take turns a millisecond at
// a time, within the pace of their ports: the control thread never waits. Whether the logical port is there, enabled
// and not blocked is asked of each frame.
#include "announce.h"

#include <errno.h>
#include <stdlib.h>

#include "../bridge/bridge.h"
#include "ce_method.h"
#include "ce_vlans.h"
#include "mac_move_frame.h"
#include "pace.h"

// Frames of one round.
#define ROUND_FRAMES 4096

// Shared by the jobs of a request.
struct addresses {
	uint32_t users;
	uint32_t count;
	struct rte_ether_addr mac[];
};

struct job {
	struct job *next;
	struct addresses *addresses;
	uint32_t logical_port;
	uint32_t position;
	bool everywhere; // to all stations
	bool taught;     // the port's own address has gone
};

static struct job *first, **last = &first;
static uint32_t waiting; // addresses of all jobs
static struct pace paces[MAX_PORTS];
static struct timer round_timer;

static void job_free(struct job *job)
{
	waiting -= job->addresses->count;
	if (--job->addresses->users == 0) free(job->addresses);
	free(job);
}

// NULL: nothing leaves by it now.
static const struct logical_port *port_of(const struct job *job)
{
	const struct dataplane *dp = dataplane_current();
	const struct logical_port *lp = dataplane_logical_port(dp, job->logical_port);

	if (lp == NULL || dataplane_port(dp, lp->port) == NULL || !lp->enabled) return NULL;
	return ce_blocked(lp->port, logical_port_vid(lp)) ? NULL : lp;
}

static int send_one(const struct logical_port *lp, const struct rte_ether_addr *to, const struct rte_ether_addr *source)
{
	uint8_t frame[MAC_MOVE_FRAME_MAX];
	size_t length = mac_move_frame(frame, to, source, lp->match, lp->matches);

	return ce_inject(lp->port, frame, length);
}

// True: there is more for the next round.
static bool job_run(struct job *job, uint64_t now_ns, uint32_t *frames)
{
	const struct logical_port *lp = port_of(job);
	struct rte_ether_addr own, to;
	int result = 0;

	if (lp == NULL) return false;
	ce_own_address(lp->port, &own);
	to = own;
	if (job->everywhere) memset(to.addr_bytes, 0xff, sizeof(to.addr_bytes));
	while (job->position < job->addresses->count) {
		if (*frames == 0 || pace_due(&paces[lp->port], now_ns) == 0) return true;
		result = send_one(lp, &to, job->taught ? &job->addresses->mac[job->position] : &own);
		if (result == -ENOBUFS) return true;
		if (result != 0) return false;
		--*frames;
		pace_sent(&paces[lp->port], 1);
		if (job->taught) job->position++;
		job->taught = true;
	}
	return false;
}

static void run_jobs(void)
{
	uint64_t now = control_now_ms();
	uint32_t frames = ROUND_FRAMES;

	for (struct job **place = &first; *place != NULL;) {
		struct job *job = *place;

		if (job_run(job, now * 1000000, &frames)) {
			place = &job->next;
			continue;
		}
		*place = job->next;
		job_free(job);
	}
	last = &first;
	while (*last != NULL)
		last = &(*last)->next;
	port_inject_flush();
	timer_disarm(&round_timer);
	if (first != NULL) timer_arm(&round_timer, now + 1);
}

static void round_due(struct timer *timer)
{
	run_jobs();
}

static int add_job(uint32_t logical_port, struct addresses *addresses, bool everywhere)
{
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), logical_port);
	struct job *job;

	if (lp == NULL) return 0;
	if (waiting + addresses->count > ANNOUNCE_MAX) return -ENOBUFS;
	job = calloc(1, sizeof(*job));
	if (job == NULL) return -ENOMEM;
	job->addresses = addresses;
	job->logical_port = logical_port;
	job->everywhere = everywhere;
	job->taught = everywhere;
	addresses->users++;
	waiting += addresses->count;
	pace_set(&paces[lp->port], pace_of_port(port_speed_mbps(lp->port)));
	pace_begin(&paces[lp->port], control_now_ms() * 1000000);
	*last = job;
	last = &job->next;
	return 0;
}

// What was learned of the addresses while another PE forwarded: they are behind the logical port now.
static void forget_elsewhere(const struct logical_port *lp, const struct addresses *addresses)
{
	for (uint32_t i = 0; i < addresses->count; i++) {
		uint8_t address[8] = {0};

		memcpy(address, &addresses->mac[i], RTE_ETHER_ADDR_LEN);
		fdb_forget(&bridge_fdb, fdb_key(address, (uint16_t)lp->bridge_domain), lp->id);
	}
}

static int add_others(uint32_t logical_port, struct addresses *addresses, bool sends)
{
	const struct dataplane *dp = dataplane_current();
	const struct logical_port *lp = dataplane_logical_port(dp, logical_port);
	const struct bridge_domain *bd = lp != NULL ? dataplane_bridge_domain(dp, lp->bridge_domain) : NULL;
	int result = 0;

	if (bd == NULL) return 0;
	forget_elsewhere(lp, addresses);
	for (uint32_t i = 0; sends && bd->members != NULL && i < bd->members->count && result == 0; i++)
		if (bd->members->logical_port[i] != logical_port)
			result = add_job(bd->members->logical_port[i], addresses, true);
	return result;
}

static bool all_unicast(const struct addresses *addresses)
{
	for (uint32_t i = 0; i < addresses->count; i++)
		if (!rte_is_valid_assigned_ether_addr(&addresses->mac[i])) return false;
	return true;
}

int announce(uint32_t logical_port, const uint8_t *macs, size_t length, enum announce_to to, const char **why)
{
	struct addresses *addresses;
	int result;

	*why = "macs has 6 bytes for each address";
	if (length % RTE_ETHER_ADDR_LEN != 0) return -EINVAL;
	if (length == 0) return 0;
	*why = "too many addresses wait";
	if (length / RTE_ETHER_ADDR_LEN > ANNOUNCE_MAX) return -ENOBUFS;
	*why = "out of memory";
	addresses = calloc(1, sizeof(*addresses) + length);
	if (addresses == NULL) return -ENOMEM;
	addresses->count = (uint32_t)(length / RTE_ETHER_ADDR_LEN);
	memcpy(addresses->mac, macs, length);
	addresses->users = 1;
	if (all_unicast(addresses)) {
		result = to == ANNOUNCE_TO_PORT ? add_job(logical_port, addresses, false)
						: add_others(logical_port, addresses, to == ANNOUNCE_TO_OTHERS);
		if (result == -ENOBUFS) *why = "too many addresses wait";
	} else {
		*why = "macs are unicast";
		result = -EINVAL;
	}
	if (--addresses->users == 0) free(addresses);
	round_timer.run = round_due;
	if (first != NULL) run_jobs();
	return result;
}

void announce_stop(void)
{
	timer_disarm(&round_timer);
	while (first != NULL) {
		struct job *job = first;

		first = job->next;
		job_free(job);
	}
	last = &first;
}
