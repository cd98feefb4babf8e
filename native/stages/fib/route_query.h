// Routes as queries show them.
#ifndef SLUICE_FIB_ROUTE_QUERY_H
#define SLUICE_FIB_ROUTE_QUERY_H

#include "../../api/bulk.h"

void *route_query_new(const struct owner *owner, const Sluice__Api__Query *what, struct api_error *error);
int route_query_part(void *query, struct arena *arena, Sluice__Api__QueryReply *part);

#endif
