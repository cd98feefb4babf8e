// Asking neighbours whether they are there now, as a request of the contract: what a session knows of its neighbour is
// as old as the last packet.
#include <stdio.h>
#include <stdlib.h>

#include "../../api/kind.h"
#include "../../api/later.h"
#include "../../main/clock.h"
#include "bfd.h"

#define ERROR_CODE(name) SLUICE__API__ERROR_CODE__ERROR_##name
#define KIND(name)       SLUICE__API__OBJECT_KIND__KIND_##name

#define MOST_SESSIONS 64
#define LONGEST_MS    10000u

struct asked {
	char name[MAX_OBJECT_NAME + 1];
	uint32_t slot, discriminator;
	uint64_t at; // 0: was not up
};

struct ask {
	struct ask *next, **place;
	struct later *later;
	struct timer timer;
	unsigned count;
	struct asked asked[];
};

static struct ask *asks;

static bool is_silent(const struct asked *asked)
{
	return asked->at == 0 || !bfd_heard_since(asked->slot, asked->discriminator, asked->at);
}

static void end(struct ask *ask)
{
	timer_disarm(&ask->timer);
	*ask->place = ask->next;
	if (ask->next != NULL) ask->next->place = ask->place;
	free(ask);
}

static void answer(struct ask *ask)
{
	Sluice__Api__BfdAskReply reply = SLUICE__API__BFD_ASK_REPLY__INIT;
	char *silent[MOST_SESSIONS];

	reply.silent = silent;
	for (unsigned i = 0; i < ask->count; i++)
		if (is_silent(&ask->asked[i])) silent[reply.n_silent++] = ask->asked[i].name;
	later_reply(ask->later, SLUICE__API__REPLY__BODY_BFD_ASK, &reply);
	end(ask);
}

static void time_is_over(struct timer *timer)
{
	answer((struct ask *)(void *)((char *)timer - offsetof(struct ask, timer)));
}

// Whether it can still be that all answer.
static bool is_open(const struct ask *ask)
{
	bool any = false;

	for (unsigned i = 0; i < ask->count; i++) {
		if (ask->asked[i].at == 0) return false;
		any |= is_silent(&ask->asked[i]);
	}
	return any;
}

void bfd_asks_look(void)
{
	for (struct ask *ask = asks, *next; ask != NULL; ask = next) {
		next = ask->next;
		if (!is_open(ask)) answer(ask);
	}
}

void bfd_asks_stop(void)
{
	while (asks != NULL) {
		later_forget(asks->later);
		end(asks);
	}
}

static struct bfd_session *session_named(const char *name, const struct owner *owner)
{
	struct bfd_session *session = kind_runtime(KIND(BFD_SESSION), name, owner);

	return session != NULL && session->slot != 0 ? session : NULL;
}

int bfd_request(const Sluice__Api__Request *request, const struct owner *owner, struct later *later,
		struct api_error *error)
{
	const Sluice__Api__BfdAsk *it = request->bfd_ask;
	struct ask *ask;

	if (request->body_case != SLUICE__API__REQUEST__BODY_BFD_ASK) return 1;
	if (it->n_sessions == 0 || it->n_sessions > MOST_SESSIONS)
		return api_refuse(error, ERROR_CODE(INVALID), 0, "", "sessions are 1 to %u", MOST_SESSIONS);
	if (it->timeout_ms == 0 || it->timeout_ms > LONGEST_MS)
		return api_refuse(error, ERROR_CODE(INVALID), 0, "", "timeout_ms is 1 to %u", LONGEST_MS);
	for (size_t i = 0; i < it->n_sessions; i++) {
		if (session_named(it->sessions[i], owner) != NULL) continue;
		object_text((struct object_name){KIND(BFD_SESSION), it->sessions[i]}, error->object,
			    sizeof(error->object));
		return api_refuse(error, ERROR_CODE(NOT_FOUND), 0, error->object, "there is no such session");
	}
	ask = calloc(1, sizeof(*ask) + it->n_sessions * sizeof(ask->asked[0]));
	if (ask == NULL || timer_arm(&ask->timer, control_now_ms() + it->timeout_ms) < 0) {
		free(ask);
		return api_refuse(error, ERROR_CODE(RESOURCE), 0, "", "out of memory");
	}
	ask->timer.run = time_is_over;
	ask->later = later;
	ask->next = asks;
	ask->place = &asks;
	if (asks != NULL) asks->place = &ask->next;
	asks = ask;
	for (size_t i = 0; i < it->n_sessions; i++) {
		struct bfd_session *session = session_named(it->sessions[i], owner);
		struct asked *asked = &ask->asked[ask->count++];

		snprintf(asked->name, sizeof(asked->name), "%s", it->sessions[i]);
		asked->slot = session->slot;
		asked->discriminator = session->machine.local_discriminator;
		asked->at = bfd_session_ask(session);
	}
	if (!is_open(ask)) answer(ask);
	return 0;
}
