// From the contract's rules to lists that packets see.
#ifndef SLUICE_ACL_ACL_RULES_H
#define SLUICE_ACL_ACL_RULES_H

#include "acl.h"

enum ip_version acl_version(const Sluice__Api__AccessList *list);

// What is wrong with a rule, for people; NULL: nothing.
const char *acl_rule_wrong(enum ip_version version, const Sluice__Api__AccessRule *rule);

// The list without id and policers. It counts where `before` (NULL: there was none) counts, a rule with the name of an
// old one goes on with its counters. NULL: no memory.
struct acl *acl_new(const Sluice__Api__AccessList *wanted, const struct acl *before);
// Without the counters.
void acl_free(struct acl *acl);

// Only the list's rules have counters from now on: the others are zero for those to come.
void acl_counters_keep(const struct acl *acl);
void acl_counters_free(struct acl_counters *counters);

#endif
