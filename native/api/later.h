// A reply that comes when what was asked for has ended; requests that follow are answered meanwhile.
#ifndef SLUICE_API_LATER_H
#define SLUICE_API_LATER_H

#include "object.h"

// That one client may wait for.
#define MOST_LATERS 64

struct client;

struct later {
	struct client *client; // NULL: it is gone, nobody waits
	uint32_t id;
	struct later *next, **place;
};

// NULL with the error: too many, or no memory.
struct later *later_new(struct client *client, uint32_t id, struct api_error *error);
// Sends the reply, and frees.
void later_reply(struct later *later, Sluice__Api__Reply__BodyCase body, void *message);
// Frees without one. NULL is fine.
void later_forget(struct later *later);
// The client goes: its laters stay their stages'.
void laters_forsake(struct client *client);

#endif
