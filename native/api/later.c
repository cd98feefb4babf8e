#include "later.h"

#include <stdlib.h>

#include "client.h"

struct later *later_new(struct client *client, uint32_t id, struct api_error *error)
{
	struct later *later = client->later_count < MOST_LATERS ? malloc(sizeof(*later)) : NULL;

	if (later == NULL) {
		api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_RESOURCE, 0, "",
			   "more than %u requests are not answered yet", MOST_LATERS);
		return NULL;
	}
	*later = (struct later){client, id, client->laters, &client->laters};
	if (later->next != NULL) later->next->place = &later->next;
	client->laters = later;
	client->later_count++;
	return later;
}

void later_forget(struct later *later)
{
	if (later == NULL) return;
	if (later->client != NULL) {
		*later->place = later->next;
		if (later->next != NULL) later->next->place = later->place;
		later->client->later_count--;
	}
	free(later);
}

void laters_forsake(struct client *client)
{
	for (struct later *later = client->laters; later != NULL; later = later->next)
		later->client = NULL;
	client->laters = NULL;
}
