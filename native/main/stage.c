// The stages that constructors have registered, in the order in which their published() runs.
#include "stages.h"

#include <errno.h>

#include "log.h"

static struct stage *first;

void stage_register(struct stage *stage)
{
	struct stage **at = &first;

	while (*at != NULL && (*at)->order <= stage->order)
		at = &(*at)->next;
	stage->next = *at;
	*at = stage;
}

const struct stage *stages_first(void)
{
	return first;
}

int stages_start(void)
{
	for (const struct stage *stage = first; stage != NULL; stage = stage->next) {
		int rc = stage->start != NULL ? stage->start() : 0;

		if (rc < 0) {
			log_error("stage-not-started", "stage=%s errno=%d", stage->name, -rc);
			return rc;
		}
	}
	return 0;
}

void stages_stop(void)
{
	for (const struct stage *stage = first; stage != NULL; stage = stage->next)
		if (stage->stop != NULL) stage->stop();
}

void stages_published(struct generation *g)
{
	STAGES_CALL(published, g);
}

void stages_poll(void)
{
	STAGES_CALL_NONE(poll);
}
