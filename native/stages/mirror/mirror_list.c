#include "mirror_list.h"

#include <errno.h>

static int set_list(struct generation *g, struct port *port, const struct mirror_list *list)
{
	generation_retire(g, port->mirrors);
	port->mirrors = list;
	return 0;
}

int mirror_list_remove(struct generation *g, uint16_t port_id, const void *owner)
{
	struct port *port = generation_port(g, port_id);
	struct mirror_list *list = NULL;

	// The port goes as well.
	if (port == NULL || port->mirrors == NULL) return 0;
	if (port->mirrors->count > 1) {
		list = generation_alloc(g, sizeof(*list) + (port->mirrors->count - 1) * sizeof(list->entry[0]));
		if (list == NULL) return -ENOMEM;
		for (unsigned i = 0; i < port->mirrors->count; i++)
			if (port->mirrors->entry[i].owner != owner)
				list->entry[list->count++] = port->mirrors->entry[i];
	}
	return set_list(g, port, list);
}

int mirror_list_add(struct generation *g, uint16_t port_id, const struct mirror_entry *entry)
{
	struct port *port = generation_port(g, port_id);
	unsigned had = port != NULL && port->mirrors != NULL ? port->mirrors->count : 0;
	struct mirror_list *list = generation_alloc(g, sizeof(*list) + (had + 1) * sizeof(list->entry[0]));

	if (port == NULL || list == NULL) return -ENOMEM;
	for (unsigned i = 0; i < had; i++)
		list->entry[list->count++] = port->mirrors->entry[i];
	list->entry[list->count++] = *entry;
	return set_list(g, port, list);
}

bool mirror_list_has_mirrors(const struct port *port)
{
	for (unsigned i = 0; port->mirrors != NULL && i < port->mirrors->count; i++)
		if (port->mirrors->entry[i].observer == NULL) return true;
	return false;
}
