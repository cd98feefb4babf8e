// Nodes are observed by a function in front of theirs, in each worker's graph: what is not observed costs nothing.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../../main/worker.h"
#include "../flow/record.h"
#include "observer.h"

#define NODES 1024 // ids; the graph has a tenth of that

struct observer_list {
	unsigned count;
	struct {
		struct observer *observer;
		enum observer_direction direction;
	} entry[];
};

// By id of the node.
static struct observer_list *_Atomic of_drops;
static struct observer_list *_Atomic of_node[NODES];
static rte_node_process_t process_of[NODES];

// ---------------------------------------------------------------- workers

static bool matches(const struct observer *observer, enum observer_direction direction, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);

	return observer->interface == 0 ||
	       observer->interface == (direction == OBSERVER_OUT ? meta->egress_interface : meta->interface);
}

// l3-in learns which interface it is only there.
static bool comes_to(const struct worker *worker, const struct observer *observer, struct rte_mbuf *m)
{
	const struct bridge_domain *bd = dataplane_bridge_domain(worker->dataplane, packet_meta(m)->bridge_domain);

	return observer->interface == 0 || (bd != NULL && bd->interface == observer->interface);
}

static uint16_t observed_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	const struct observer_list *list = atomic_load_explicit(&of_node[node->id], memory_order_acquire);

	for (uint16_t i = 0; list != NULL && i < n; i++) {
		struct flow_record *record = flow_record_of(worker, objs[i]);

		if (record != NULL) record_refuse(record, "observed");
		for (unsigned k = 0; k < list->count; k++) {
			enum observer_direction direction = list->entry[k].direction;

			if (direction == OBSERVER_IN ? comes_to(worker, list->entry[k].observer, objs[i])
						     : matches(list->entry[k].observer, direction, objs[i]))
				observer_see(worker, list->entry[k].observer, objs[i]);
		}
	}
	return process_of[node->id](graph, node, objs, n);
}

static bool dropped_there(const struct observer *observer, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);

	if (observer->port != 0) return meta->ingress_port == observer->port || meta->egress_port == observer->port;
	if (observer->logical_port != 0)
		return meta->ingress == observer->logical_port || meta->egress == observer->logical_port;
	return matches(observer, OBSERVER_IN, m) || matches(observer, OBSERVER_OUT, m);
}

static void see_drop(const struct worker *worker, struct rte_mbuf *m)
{
	const struct observer_list *list = atomic_load_explicit(&of_drops, memory_order_acquire);
	struct flow_record *record = list != NULL ? flow_record_of(worker, m) : NULL;

	if (record != NULL) record_refuse(record, "observed");
	for (unsigned k = 0; list != NULL && k < list->count; k++)
		if (dropped_there(list->entry[k].observer, m)) observer_see(worker, list->entry[k].observer, m);
}

// ---------------------------------------------------------------- the control thread

// A copy with room for one more, without `without`. NULL: no memory.
static struct observer_list *list_copy(const struct observer_list *old, const struct observer *without)
{
	unsigned count = old != NULL ? old->count : 0;
	struct observer_list *list = calloc(1, sizeof(*list) + (count + 1) * sizeof(list->entry[0]));

	for (unsigned i = 0; list != NULL && i < count; i++)
		if (old->entry[i].observer != without) list->entry[list->count++] = old->entry[i];
	return list;
}

static bool list_has(const struct observer_list *list, const struct observer *observer)
{
	for (unsigned i = 0; list != NULL && i < list->count; i++)
		if (list->entry[i].observer == observer) return true;
	return false;
}

// What the flow cache knows would pass by unseen, or was refused for who looked.
static void settle(void)
{
	flow_element_changed(FLOW_OBSERVATION, 0);
	workers_synchronize();
}

static void replace(struct observer_list *_Atomic *place, struct observer_list *list)
{
	struct observer_list *old = atomic_exchange(place, list);

	settle();
	free(old);
}

static int put_in(struct observer_list *_Atomic *place, struct observer *observer, enum observer_direction direction)
{
	struct observer_list *list = list_copy(atomic_load(place), NULL);

	if (list == NULL) return -ENOMEM;
	list->entry[list->count].observer = observer;
	list->entry[list->count++].direction = direction;
	replace(place, list);
	return 0;
}

// Without memory for a shorter list all of them stop: none may stay that is gone.
static void take_out(struct observer_list *_Atomic *place, const struct observer *observer)
{
	struct observer_list *list;

	if (!list_has(atomic_load(place), observer)) return;
	list = list_copy(atomic_load(place), observer);
	if (list != NULL && list->count == 0) {
		free(list);
		list = NULL;
	}
	replace(place, list);
}

static void set_process(uint32_t id, rte_node_process_t process)
{
	for (unsigned w = 0; w < worker_count; w++) {
		struct rte_node *node = workers[w].graph != NULL ? rte_graph_node_get(workers[w].graph->id, id) : NULL;

		if (node != NULL) __atomic_store_n(&node->process, process, __ATOMIC_RELEASE);
	}
}

bool observer_can_watch(const char *name)
{
	rte_node_t id = rte_node_from_name(name);
	struct rte_node *node = id != RTE_NODE_ID_INVALID && workers[0].graph != NULL
					? rte_graph_node_get(workers[0].graph->id, id)
					: NULL;

	// The sources get no packets: they bring them.
	return node != NULL && id < NODES && strcmp(name, "rx") != 0 && strcmp(name, "inject") != 0 &&
	       strcmp(name, "flow-credit") != 0;
}

int observer_watch_node(struct observer *observer, const char *name, enum observer_direction direction)
{
	rte_node_t id = rte_node_from_name(name);
	int rc;

	if (!observer_can_watch(name)) return -ENOENT;
	if (process_of[id] == NULL) process_of[id] = rte_graph_node_get(workers[0].graph->id, id)->process;
	rc = put_in(&of_node[id], observer, direction);
	if (rc == 0) set_process(id, observed_process);
	return rc;
}

int observer_watch_drops(struct observer *observer)
{
	drop_observed = see_drop;
	return put_in(&of_drops, observer, OBSERVER_IN);
}

void observer_unwatch(const struct observer *observer)
{
	take_out(&of_drops, observer);
	for (uint32_t id = 0; id < NODES; id++) {
		if (process_of[id] == NULL) continue;
		take_out(&of_node[id], observer);
		// process_of stays: a worker may be about to call it.
		if (atomic_load(&of_node[id]) == NULL) set_process(id, process_of[id]);
	}
}
