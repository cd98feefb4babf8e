#include "priority.h"

#include <errno.h>
#include <sys/resource.h>

#include "log.h"

// sluiced takes -5 (src/main.ts). Not a fixed priority: a worker under full load would leave its core to nobody.
#define NICE (-10)

void priority_before_others(const char *thread)
{
	// Of the calling thread alone, in Linux.
	if (setpriority(PRIO_PROCESS, 0, NICE) < 0)
		log_warning("priority-refused", "thread=%s errno=%d", thread, errno);
}
