/** compare (RFC 9144): what has to be changed in one datastore to make it another. */
import { type OperationalDatastore, operationalDatastore } from '../../../commit/operational/operational.ts';
import { inSlices } from '../../../commit/slices.ts';
import { differenceSteps } from '../../../datastore/reading/difference.ts';
import { type PatchEdit, type PatchOptions, type PatchSide, patchSteps } from '../../../datastore/reading/patch.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import { childSchema, findChild, findValue } from '../../../yang/data/find.ts';
import { applyFilter } from '../filter/filtered.ts';
import { interestsOf } from '../filter/interests.ts';
import { ORIGIN_NAMESPACE, OriginSink } from '../filter/origin-sink.ts';
import { RowScope } from '../filter/row-scope.ts';
import type { Call, Reply, RpcHandler } from './handler.ts';
import { datastoreOf, type Services } from './services.ts';
import { writePatch } from './yang-patch.ts';

const OPERATIONAL = 'ietf-datastores:operational';

export function compareHandler({ datastores, providers, schema }: Services): RpcHandler {
  return async (call) => {
    const identities = { before: identity(call, 'source'), after: identity(call, 'target') };
    const names = { before: nameOf(call, 'source'), after: nameOf(call, 'target') };
    using pair = datastores.readPair(names.before, names.after, call.caller);
    const isUsed = Object.values(identities).includes(OPERATIONAL);
    const operational = isUsed
      ? await operationalDatastore(pair.running, providers, interestsOf(call.filter, schema))
      : undefined;
    const views = {
      before: viewOf(identities.before, pair.first, operational),
      after: viewOf(identities.after, pair.second, operational),
    };
    // State can only be in operational: where the other is none, it is left out unless all is asked for.
    const isAsked = identities.before === identities.after || findChild(call.input, 'all') !== undefined;
    const configOnly = isUsed && !isAsked;
    const scopes = {
      before: scopeOf(call, views.before, configOnly),
      after: scopeOf(call, views.after, configOnly),
    };
    const rows = await inSlices(differenceSteps(pair.running, views.before, views.after));
    const reportsOrigin = operational !== undefined && findChild(call.input, 'report-origin') !== undefined;
    const edits = await inSlices(
      patchSteps({ ...views, rows }, call.decisions, {
        scope: (side, key) => scopes[side].hooks(key),
        ...(reportsOrigin ? { sink: originSink(identities, operational) } : {}),
      }),
    );
    if (edits.length === 0 && call.filter !== undefined && !scopes.before.hasAny() && !scopes.after.hasAny()) {
      return { kind: 'output', nodes: [{ schema: childSchema(call.rpc.output, 'no-matches'), value: '' }] };
    }
    return differences(call, identities, edits, reportsOrigin);
  };
}

function differences(
  { rpc }: Call,
  { before, after }: Readonly<Record<PatchSide, string>>,
  edits: readonly PatchEdit[],
  reportsOrigin: boolean,
): Reply {
  const element = childSchema(rpc.output, 'differences');
  if (element.kind !== 'container') throw new Error('differences is no container');
  const bare = (identity: string): string => identity.replace(/.*:/, '');
  const head = {
    'patch-id': `${bare(before)}-${bare(after)}`,
    comment: `What makes ${bare(before)} (source) what ${bare(after)} (target) is.`,
  };
  return {
    kind: 'stream',
    *write(writer) {
      writer.openElement(element, reportsOrigin ? ` xmlns:or="${ORIGIN_NAMESPACE}"` : '');
      yield* writePatch(writer, childSchema(element, 'yang-patch'), edits, head);
      writer.close();
    },
  };
}

function identity({ input }: Call, parameter: 'source' | 'target'): string {
  return findValue(input, parameter) ?? '';
}

/** The configuration that is read: running, under operational. */
function nameOf(call: Call, parameter: 'source' | 'target'): ReturnType<typeof datastoreOf> {
  const name = identity(call, parameter);
  return name === OPERATIONAL ? 'running' : datastoreOf(call, name, `/${parameter}`);
}

function viewOf(name: string, view: SourceView, operational: OperationalDatastore | undefined): SourceView {
  return name === OPERATIONAL && operational !== undefined ? operational.view : view;
}

function scopeOf({ filter, decisions }: Call, view: SourceView, configOnly: boolean): RowScope {
  return new RowScope(view, applyFilter(view, filter, decisions, 'explicit'), decisions, configOnly);
}

function originSink(
  identities: Readonly<Record<PatchSide, string>>,
  { origins }: OperationalDatastore,
): NonNullable<PatchOptions['sink']> {
  return (side, writer) => (identities[side] === OPERATIONAL ? new OriginSink(writer, origins) : undefined);
}
