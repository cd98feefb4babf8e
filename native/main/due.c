#include "due.h"

static void put(struct due_heap *heap, uint32_t place, struct due *due)
{
	heap->items[place] = due;
	due->place = place;
}

static void sift(struct due_heap *heap, uint32_t place, struct due *due)
{
	while (place > 1 && heap->items[place / 2]->at > due->at) {
		put(heap, place, heap->items[place / 2]);
		place /= 2;
	}
	for (uint32_t child; (child = 2 * place) <= heap->count; place = child) {
		if (child < heap->count && heap->items[child + 1]->at < heap->items[child]->at) child++;
		if (heap->items[child]->at >= due->at) break;
		put(heap, place, heap->items[child]);
	}
	put(heap, place, due);
}

static void take_out(struct due_heap *heap, struct due *due)
{
	uint32_t place = due->place;
	struct due *last;

	if (place == 0) return;
	due->place = 0;
	last = heap->items[heap->count--];
	if (last != due) sift(heap, place, last);
}

void due_set(struct due_heap *heap, struct due *due, uint64_t at)
{
	due->at = at;
	if (at == DUE_NEVER)
		take_out(heap, due);
	else
		sift(heap, due->place != 0 ? due->place : ++heap->count, due);
}
