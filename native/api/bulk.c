#include "bulk.h"

static struct bulk *first;

void bulk_register(struct bulk *bulk)
{
	bulk->next = first;
	first = bulk;
}

const struct bulk *bulks_first(void)
{
	return first;
}

const struct bulk *bulk_of_set(Sluice__Api__Operation__OpCase set)
{
	const struct bulk *it = first;

	while (it != NULL && (it->add == NULL || it->set != set))
		it = it->next;
	return it;
}

const struct bulk *bulk_of_query(Sluice__Api__Query__WhatCase query)
{
	const struct bulk *it = first;

	while (it != NULL && (it->query_new == NULL || it->query != query))
		it = it->next;
	return it;
}
