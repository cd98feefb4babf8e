// Sessions of BFD between three threads: the control thread makes and changes them, the thread "sluice-urgent" runs
// their clocks, workers bring packets. The lock of main/urgent.h guards sessions against the two former.
#ifndef SLUICE_BFD_BFD_H
#define SLUICE_BFD_BFD_H

#include <stdatomic.h>

#include "../../main/due.h"
#include "../../main/stage.h"
#include "../../main/urgent.h"
#include "machine.h"

#define BFD_MOST_SESSIONS 1024
// Packets a second that all sessions together ask their neighbours for: less than what the class `bfd` of control-plane
// policers takes.
#define BFD_MOST_PACKETS 40000
#define BFD_RING         1024 // packets a worker

struct bfd_settings {
	uint32_t interface; // id; 0: several hops
	uint32_t vrf;       // id; several hops
	uint8_t version;    // enum ip_version
	uint8_t least_ttl;
	bool has_local;
	struct ip_address remote, local;
	struct bfd_parameters parameters;
	struct bfd_auth auth;
};

struct bfd_counters {
	uint64_t sent, received, send_failures;
	uint64_t authentication_failures, ttl_errors, session_errors;
	uint64_t became_up, became_down;
};

struct bfd_session {
	char name[256];
	// Until its first settings are committed it has no slot and nobody else knows it.
	uint32_t slot;
	struct bfd_settings settings;
	struct bfd_session *next; // with the same hash
	struct bfd_machine machine;
	struct bfd_sequence sequence;
	// What it sends with; without an address it is silent.
	uint32_t send_vrf;
	bool has_source;
	struct ip_address source;
	struct due due;
	uint64_t since_ns, last_down_ns;
	bool untold;  // its last change found no room among the changes
	bool awaited; // the next packet of its neighbour answers an ask
	struct bfd_counters counters;
};

// A packet on its way from a worker.
struct bfd_heard {
	uint32_t interface, vrf;
	uint8_t version;
	bool multihop;
	uint8_t ttl;
	uint8_t bytes[BFD_LONGEST];
	struct ip_address source;
	struct bfd_packet packet;
};

// ---------------------------------------------------------------- the control thread

// Sessions by interface, and by VRF those over several hops: what is not for one of them is the kernel's.
extern _Atomic uint32_t bfd_by_interface[MAX_ID + 1], bfd_by_vrf[MAX_ID + 1];

// NULL: no memory.
struct bfd_session *bfd_new(const char *name);
// Begins, or goes on with other settings. Another path, or another address at its end, begins anew.
void bfd_configure(struct bfd_session *session, const struct bfd_settings *settings);
// Says so to the neighbour, and is freed. Whose settings were never committed is only freed.
void bfd_delete(struct bfd_session *session);
// The address that it sends from, as the interface has them now.
void bfd_look(struct bfd_session *session);
// By slot from *slot on; NULL: no more.
struct bfd_session *bfd_next(uint32_t *slot);

struct bfd_told {
	struct bfd_session *session;
	uint64_t at_ns;
	uint8_t state, diagnostic, remote_state, remote_diagnostic;
	bool late;
};
// Takes up to `most` changes of state, oldest first; a session that is gone has none.
unsigned bfd_take_changes(struct bfd_told *told, unsigned most);

// Asks the neighbour of a session that is up to answer at once. When that was; 0: it is not up.
uint64_t bfd_session_ask(struct bfd_session *session);
// Whether a session is up and was heard after a moment; sessions are freed, a discriminator is not used again soon.
bool bfd_heard_since(uint32_t slot, uint32_t discriminator, uint64_t at);
// Whether an answer has come since the last call.
bool bfd_take_answered(void);

// bfd_ask.c: a request of the contract (stage.h), and looking whether it can be answered.
int bfd_request(const Sluice__Api__Request *request, const struct owner *owner, struct later *later,
		struct api_error *error);
void bfd_asks_look(void);
void bfd_asks_stop(void);

// A copy as it is now.
void bfd_read(const struct bfd_session *session, struct bfd_session *copy);

int bfd_sessions_start(void);
void bfd_sessions_stop(void);

// ---------------------------------------------------------------- the thread

// Takes what workers have brought, then does what is due at `now`, microseconds. Returns when to be called again at the
// latest, BFD_NEVER; sets `changed` where there are changes to take.
uint64_t bfd_round(uint64_t now, bool *changed);

// ---------------------------------------------------------------- workers

// False: the ring is full.
bool bfd_put(const struct worker *worker, const struct bfd_heard *heard);

// ---------------------------------------------------------------- sending

// Once the nodes are there. 0 or -errno.
int bfd_send_start(void);
// A thread other than a worker, with the lock. 0 or -ENOBUFS.
int bfd_send(const struct bfd_session *session, const uint8_t *bytes, uint32_t length);
uint16_t bfd_source_port(const struct bfd_session *session);

#endif
