// Calls to every stage: the engine's side of struct stage.
#ifndef SLUICE_MAIN_STAGES_H
#define SLUICE_MAIN_STAGES_H

#include "stage.h"

const struct stage *stages_first(void);
int stages_start(void);
void stages_stop(void);
void stages_published(struct generation *g);
void stages_poll(void);

// Calls hook(arguments) of every stage that has it.
#define STAGES_CALL(hook, ...)                                                                                         \
	for (const struct stage *stage_ = stages_first(); stage_ != NULL; stage_ = stage_->next)                       \
		if (stage_->hook != NULL) stage_->hook(__VA_ARGS__)
#define STAGES_CALL_NONE(hook) STAGES_CALL(hook, )

// The same for hooks that may refuse: ends with the first negative answer, which is the value of the expression.
#define STAGES_ASK(hook, ...)                                                                                          \
	({                                                                                                             \
		int rc_ = 0;                                                                                           \
		for (const struct stage *stage_ = stages_first(); rc_ >= 0 && stage_ != NULL; stage_ = stage_->next)   \
			if (stage_->hook != NULL) rc_ = stage_->hook(__VA_ARGS__);                                     \
		rc_;                                                                                                   \
	})

#endif
