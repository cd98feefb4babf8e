#include "kind.h"

#include <errno.h>
#include <stdlib.h>

#include "../main/id.h"

static struct object_kind *first;

void kind_register(struct object_kind *kind)
{
	struct object_kind **at = &first;

	while (*at != NULL && (*at)->order <= kind->order)
		at = &(*at)->next;
	kind->next = *at;
	*at = kind;
}

const struct object_kind *kinds_first(void)
{
	return first;
}

const struct object_kind *kind_of(Sluice__Api__ObjectKind kind)
{
	const struct object_kind *it = first;

	while (it != NULL && it->kind != kind)
		it = it->next;
	return it;
}

const struct object_kind *kind_of_set(Sluice__Api__Operation__OpCase set)
{
	const struct object_kind *it = first;

	while (it != NULL && it->set != set)
		it = it->next;
	return it;
}

const struct object_kind *kind_of_query(Sluice__Api__Query__WhatCase query)
{
	const struct object_kind *it = first;

	while (it != NULL && it->query != query)
		it = it->next;
	return it;
}

uint32_t kind_id(Sluice__Api__ObjectKind kind, const char *name)
{
	const struct object *object = name[0] != '\0' ? store_find(kind, name) : NULL;

	return object != NULL ? object->id : 0;
}

const struct version *kind_committed(const struct object *object)
{
	return object->change != NULL ? object->change->before : object->version;
}

void *kind_runtime(Sluice__Api__ObjectKind kind, const char *name, const struct owner *owner)
{
	const struct object *object = store_find(kind, name);
	const struct version *version = object != NULL && object->owner == owner ? kind_committed(object) : NULL;

	return version != NULL ? version->runtime : NULL;
}

// ---------------------------------------------------------------- ids

struct given {
	struct id_pool *pool;
	uint32_t id;
};

static void give(void *arg)
{
	struct given *given = arg;

	id_give(given->pool, given->id);
	free(given);
}

static void forget(void *arg)
{
	free(arg);
}

int kind_take_id(struct generation *g, struct id_pool *pool, const char *what, uint32_t *id)
{
	struct given *given = malloc(sizeof(*given));

	if (given == NULL) return -ENOMEM;
	*given = (struct given){pool, id_take(pool)};
	if (given->id == 0) {
		free(given);
		return generation_refuse(g, -ENOSPC, "at most %u %s", pool->limit, what);
	}
	if (generation_on_commit(g, forget, given) < 0) {
		give(given);
		return -ENOMEM;
	}
	// Without a place for the second note the id stays taken: the note above frees the memory.
	if (generation_on_abort(g, give, given) < 0) return -ENOMEM;
	*id = given->id;
	return 0;
}

int kind_give_id(struct generation *g, struct id_pool *pool, uint32_t id)
{
	struct given *given = malloc(sizeof(*given));

	if (given == NULL) return -ENOMEM;
	*given = (struct given){pool, id};
	if (generation_on_abort(g, forget, given) < 0) {
		free(given);
		return -ENOMEM;
	}
	return generation_on_commit(g, give, given);
}
