/** What each leaf of ietf-netconf-acm does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { NACM } from './model.ts';

const TESTS = 'src/features/nacm/access.test.ts';
const by = (name: string) => [[TESTS, name]] as const;
const lists = by('rule lists apply by group');
const names = by('module-name, rpc-name and notification-name');
const LIST = `${NACM}/rule-list`;
const RULE = `${LIST}/rule`;

export const nacmEffects: readonly LeafEffect[] = [
  { leaf: `${NACM}/enable-nacm`, effect: 'whether access is controlled', shownBy: by('decisions permit everything') },
  { leaf: `${NACM}/read-default`, effect: 'reading where no rule matches', shownBy: by('decisions permit everything') },
  { leaf: `${NACM}/write-default`, effect: 'writing where no rule matches', shownBy: by('decisions honour') },
  {
    leaf: `${NACM}/exec-default`,
    effect: 'operations where no rule matches',
    shownBy: by('close-session is permitted'),
  },
  { leaf: `${NACM}/enable-external-groups`, effect: 'whether groups of the transport count', shownBy: lists },
  { leaf: `${NACM}/groups/group/name`, effect: 'a group of users', shownBy: lists },
  { leaf: `${NACM}/groups/group/user-name`, effect: 'a user in the group', shownBy: lists },
  { leaf: `${LIST}/name`, effect: 'names a list of rules', shownBy: lists },
  { leaf: `${LIST}/group`, effect: 'whom the rules are for', shownBy: lists },
  { leaf: `${RULE}/name`, effect: 'names a rule', shownBy: lists },
  { leaf: `${RULE}/module-name`, effect: 'the module whose nodes the rule is about', shownBy: names },
  { leaf: `${RULE}/rpc-name`, effect: 'the operation that it is about', shownBy: names },
  { leaf: `${RULE}/notification-name`, effect: 'the notification that it is about', shownBy: names },
  { leaf: `${RULE}/path`, effect: 'the data that it is about', shownBy: by('a data rule covers') },
  { leaf: `${RULE}/access-operations`, effect: 'create, read, update, delete, exec', shownBy: by('write asks create') },
  { leaf: `${RULE}/action`, effect: 'permit or deny', shownBy: lists },
  { leaf: `${RULE}/comment`, effect: 'a text for people', shownBy: by('a comment changes nothing') },
];
