/** The handlers of the rpcs that every NETCONF server has, by the name of the rpc. */
import { cancelCommitHandler, commitHandler, discardChangesHandler } from './commit.ts';
import { compareHandler } from './compare.ts';
import { createSubscriptionHandler } from './create-subscription.ts';
import { copyConfigHandler, deleteConfigHandler, editConfigHandler, validateHandler } from './edit.ts';
import { getSchemaHandler } from './get-schema.ts';
import type { RpcHandlers } from './handler.ts';
import { commitDifferenceHandler, rollbackHandler } from './history.ts';
import { lockHandler, unlockHandler } from './lock.ts';
import { editDataHandler, getDataHandler } from './nmda.ts';
import { partialLockHandler, partialUnlockHandler } from './partial-lock.ts';
import { planHandler } from './plan.ts';
import { getConfigHandler, getHandler } from './read.ts';
import type { Services } from './services.ts';
import { closeSessionHandler, killSessionHandler } from './session.ts';
import {
  deleteSubscriptionHandler,
  establishSubscriptionHandler,
  killSubscriptionHandler,
  modifySubscriptionHandler,
  resyncSubscriptionHandler,
} from './subscription.ts';
import { updateHandler } from './update.ts';

export function netconfHandlers(services: Services): RpcHandlers {
  return new Map([
    ['ietf-netconf:get', getHandler(services)],
    ['ietf-netconf:get-config', getConfigHandler(services)],
    ['ietf-netconf:edit-config', editConfigHandler(services)],
    ['ietf-netconf:copy-config', copyConfigHandler(services)],
    ['ietf-netconf:delete-config', deleteConfigHandler(services)],
    ['ietf-netconf:validate', validateHandler(services)],
    ['ietf-netconf:commit', commitHandler(services)],
    ['ietf-netconf:cancel-commit', cancelCommitHandler(services)],
    ['ietf-netconf:discard-changes', discardChangesHandler(services)],
    ['ietf-netconf:lock', lockHandler(services)],
    ['ietf-netconf:unlock', unlockHandler(services)],
    ['ietf-netconf-private-candidate:update', updateHandler(services)],
    ['ietf-netconf-partial-lock:partial-lock', partialLockHandler(services)],
    ['ietf-netconf-partial-lock:partial-unlock', partialUnlockHandler(services)],
    ['ietf-netconf:close-session', closeSessionHandler(services)],
    ['ietf-netconf:kill-session', killSessionHandler(services)],
    ['ietf-netconf-nmda:get-data', getDataHandler(services)],
    ['ietf-netconf-nmda:edit-data', editDataHandler(services)],
    ['sluice-commit-history:commit-difference', commitDifferenceHandler(services)],
    ['sluice-commit-history:rollback', rollbackHandler(services)],
    ['sluice-plan:plan', planHandler(services)],
    ['ietf-nmda-compare:compare', compareHandler(services)],
    ['ietf-netconf-monitoring:get-schema', getSchemaHandler(services)],
    ['notifications:create-subscription', createSubscriptionHandler(services)],
    ['ietf-subscribed-notifications:establish-subscription', establishSubscriptionHandler(services)],
    ['ietf-subscribed-notifications:modify-subscription', modifySubscriptionHandler(services)],
    ['ietf-subscribed-notifications:delete-subscription', deleteSubscriptionHandler(services)],
    ['ietf-subscribed-notifications:kill-subscription', killSubscriptionHandler(services)],
    ['ietf-yang-push:resync-subscription', resyncSubscriptionHandler(services)],
  ]);
}
