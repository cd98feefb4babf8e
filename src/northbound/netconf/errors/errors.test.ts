/**
 * Every error that RFC 7950 sections 8.3 and 15 and RFC 6241 appendix A assign, word by word but for the messages that are ours.
 * (Above 500 lines, because it is one table: a case an error.)
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { moduleFolders, servedModules } from '../../../features/modules.ts';
import { loadSchema } from '../../../yang/schema/load.ts';
import type { NetconfClient } from '../client.ts';
import { assertAppendixA, type ReadError, rpcErrors } from '../testing/rpc-errors.ts';
import { edit, type TestServer, testServer } from '../testing/server.ts';

const T = 'xmlns="urn:tags"';
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
const YANG = 'xmlns:yang="urn:ietf:params:xml:ns:yang:1"';
const YANG_URI = '{urn:ietf:params:xml:ns:yang:1}';

let router: TestServer;
let client: NetconfClient;

before(async () => {
  const paths = [join(import.meta.dirname, 'fixture'), ...moduleFolders];
  const schema = loadSchema({ paths, modules: [...servedModules, { name: 'tags' }] });
  const handlers = new Map([
    ['tags:act', () => ({ kind: 'ok' }) as const],
    ['/tags:top/server/reset', () => ({ kind: 'ok' }) as const],
  ]);
  router = await testServer({ schema, handlers });
  client = await router.connect();
});
after(async () => {
  await client.close();
  await router.close();
  assert.deepEqual(router.logged, []);
});

const top = (inside: string) => `<top ${T} ${NC} ${YANG} xmlns:t="urn:tags">${inside}</top>`;
const BASE =
  '<server><name>s1</name><ip>1</ip><port>1</port><alias><nick>n1</nick></alias></server><server><name>s2</name><ip>2</ip><port>1</port></server>' +
  '<row><k>1</k></row><row><k>2</k></row><chain>1</chain><chain>2</chain><x>was</x>';
const clear = edit(`<top ${T} ${NC} nc:operation="remove"/>`);

type Expected = Omit<ReadError, 'message'> & { readonly message?: string | RegExp };

/** Sends, and compares all errors in order. A message is compared where it is the model's. */
async function refused(rpc: string, expected: readonly Expected[]): Promise<void> {
  const reply = await client.send(rpc);
  assertAppendixA(reply);
  const found = rpcErrors(reply);
  assert.deepEqual(
    found.map(({ message: _, ...rest }) => rest),
    expected.map(({ message: _, ...rest }) => rest),
    reply,
  );
  for (const [index, { message }] of expected.entries()) {
    const ours = found[index]?.message ?? '';
    if (message instanceof RegExp) assert.match(ours, message);
    else if (message !== undefined) assert.equal(ours, message);
    assert.ok(ours.length > 0, 'a sentence for people');
  }
}

/** An error of the type `application`, with the path below `/t:top`. */
const at = (tag: string, path: string | undefined, more: Partial<Expected> = {}): Expected => ({
  type: 'application',
  tag,
  ...(path === undefined ? {} : { path: `/t:top${path}` }),
  ...more,
});
const element = (name: string) => ({ info: [`bad-element=${name}`] });
const attribute = (name: string, on: string) => ({ info: [`bad-attribute=${name}`, `bad-element=${on}`] });
const entry = (list: string, key: string) =>
  `/t:${list}[t:${list === 'row' || list === 'sorted' || list === 'few' ? 'k' : 'name'}='${key}']`;

const EDITS: Readonly<Record<string, readonly [inside: string, ...expected: Expected[]]>> = {
  'a range with its own error-app-tag and error-message': [
    '<small>11</small>',
    at('invalid-value', '/t:small', { appTag: 'small-range', message: 'One to ten.' }),
  ],
  'a range without': ['<plain>6</plain>', at('invalid-value', '/t:plain')],
  'no number': ['<plain>six</plain>', at('invalid-value', '/t:plain')],
  'no number where there is a range': ['<small>six</small>', at('invalid-value', '/t:small')],
  'a number beyond the type where there is a range': [
    '<small>300</small>',
    at('invalid-value', '/t:small', { appTag: 'small-range', message: 'One to ten.' }),
  ],
  'a length': [
    '<text>abcde</text>',
    at('invalid-value', '/t:text', { appTag: 'text-length', message: 'Two to four.' }),
  ],
  'a pattern': [
    '<text>AB</text>',
    at('invalid-value', '/t:text', { appTag: 'text-pattern', message: 'Small letters.' }),
  ],
  'an inverted pattern': ['<no-x>xyz</no-x>', at('invalid-value', '/t:no-x', { appTag: 'no-x', message: 'No x.' })],
  'a decimal range': ['<ratio>1.5</ratio>', at('invalid-value', '/t:ratio', { appTag: 'ratio-range' })],
  'too many fraction digits': ['<ratio>0.123</ratio>', at('invalid-value', '/t:ratio')],
  'a binary length': ['<octets>AAAA</octets>', at('invalid-value', '/t:octets', { appTag: 'octets-length' })],
  'no base64': ['<octets>*</octets>', at('invalid-value', '/t:octets')],
  'no boolean': ['<flag>1</flag>', at('invalid-value', '/t:flag')],
  'content of empty': ['<nothing>x</nothing>', at('invalid-value', '/t:nothing')],
  'no identity of the base': ['<kind>t:animal</kind>', at('invalid-value', '/t:kind')],
  'an identity of no declared prefix': ['<kind>z:dog</kind>', at('invalid-value', '/t:kind')],
  'no enum': ['<level>middle</level>', at('invalid-value', '/t:level')],
  'no bit': ['<marks>a c</marks>', at('invalid-value', '/t:marks')],
  'a bit twice': ['<marks>a a</marks>', at('invalid-value', '/t:marks')],
  'no member of a union': ['<either>300</either>', at('invalid-value', '/t:either')],
  'no instance-identifier': ['<pointer>top</pointer>', at('invalid-value', '/t:pointer')],
  'several at once, in order': [
    '<small>0</small><plain>9</plain>',
    at('invalid-value', '/t:small', { appTag: 'small-range' }),
    at('invalid-value', '/t:plain'),
  ],

  'an unknown element': ['<nope/>', at('unknown-element', '', element('nope'))],
  'a known element in another place': ['<k>1</k>', at('unknown-element', '', element('k'))],
  'an unknown namespace': [
    '<nope xmlns="urn:nope"/>',
    at('unknown-namespace', '', { info: ['bad-element=nope', 'bad-namespace=urn:nope'] }),
  ],
  'an if-feature that does not hold': ['<optional>v</optional>', at('unknown-element', '', element('optional'))],
  'a when that does not hold': [
    '<conditional>v</conditional>',
    at('unknown-element', '/t:conditional', element('conditional')),
  ],
  'a when that the same edit makes false': [
    '<a>8</a><conditional>v</conditional>',
    at('unknown-element', '/t:conditional', element('conditional')),
  ],
  state: ['<status>up</status>', at('unknown-element', '/t:status', element('status'))],
  'state in an entry': [
    '<server><name>s1</name><count>1</count></server>',
    at('unknown-element', `${entry('server', 's1')}/t:count`, element('count')),
  ],
  'two cases of a choice': ['<x>1</x><y>1</y>', at('bad-element', '/t:y', element('y'))],
  'a leaf twice': ['<a>1</a><a>2</a>', at('bad-element', '/t:a', element('a'))],
  'text among elements': [
    '<server>text<name>s1</name></server>',
    at('bad-element', entry('server', 's1'), element('server')),
  ],
  'an element in a leaf': ['<a><b/></a>', at('unknown-element', '/t:a', element('b')), at('invalid-value', '/t:a')],
  'no key': ['<server><ip>1</ip></server>', at('missing-element', '/t:server', element('name'))],
  'an entry twice': [
    '<sorted><k>1</k></sorted><sorted><k>1</k></sorted>',
    at('operation-failed', entry('sorted', '1'), {
      appTag: 'data-not-unique',
      info: [`${YANG_URI}non-unique=/t:top${entry('sorted', '1')}/t:k`],
    }),
  ],

  'an unknown attribute': ['<a colour="red">1</a>', at('unknown-attribute', '/t:a', attribute('colour', 'a'))],
  'an operation that there is not': [
    '<a nc:operation="move">1</a>',
    at('bad-attribute', '/t:a', attribute('operation', 'a')),
  ],
  'insert where the system orders': [
    '<sorted yang:insert="first"><k>1</k></sorted>',
    at('unknown-attribute', entry('sorted', '1'), attribute('insert', 'sorted')),
  ],
  'insert on a leaf': ['<a yang:insert="first">1</a>', at('unknown-attribute', '/t:a', attribute('insert', 'a'))],
  'no place to insert at': [
    '<row yang:insert="middle"><k>3</k></row>',
    at('bad-attribute', entry('row', '3'), attribute('insert', 'row')),
  ],
  'insert before without a key': [
    '<row yang:insert="before"><k>3</k></row>',
    at('missing-attribute', entry('row', '3'), attribute('key', 'row')),
  ],
  'insert before with a key that is no value': [
    `<row yang:insert="before" yang:key="[t:k='x']"><k>3</k></row>`,
    at('bad-attribute', entry('row', '3'), attribute('key', 'row')),
  ],
  'insert before with the keys of another list': [
    `<row yang:insert="before" yang:key="[t:name='1']"><k>3</k></row>`,
    at('bad-attribute', entry('row', '3'), attribute('key', 'row')),
  ],
  'insert before what is not there': [
    `<row yang:insert="before" yang:key="[t:k='9']"><k>3</k></row>`,
    at('bad-attribute', entry('row', '3'), { appTag: 'missing-instance', ...attribute('key', 'row') }),
  ],
  'insert after what is not there, in a leaf-list': [
    '<chain yang:insert="after" yang:value="9">3</chain>',
    at('bad-attribute', "/t:chain[.='3']", { appTag: 'missing-instance', ...attribute('value', 'chain') }),
  ],
  'insert with a value that is none': [
    '<chain yang:insert="after" yang:value="x">3</chain>',
    at('bad-attribute', "/t:chain[.='3']", attribute('value', 'chain')),
  ],
  'insert before itself': [
    `<row yang:insert="before" yang:key="[t:k='1']"><k>1</k></row>`,
    at('bad-attribute', entry('row', '1'), { appTag: 'missing-instance', ...attribute('key', 'row') }),
  ],

  'create of what exists': [
    '<server nc:operation="create"><name>s1</name></server>',
    at('data-exists', entry('server', 's1')),
  ],
  'create of a leaf that exists': ['<x nc:operation="create">1</x>', at('data-exists', '/t:x')],
  'create of a leaf-list entry that exists': [
    '<chain nc:operation="create">1</chain>',
    at('data-exists', "/t:chain[.='1']"),
  ],
  'delete of what does not exist': [
    '<server nc:operation="delete"><name>s9</name></server>',
    at('data-missing', entry('server', 's9')),
  ],
  'delete of a leaf that does not exist': ['<a nc:operation="delete"/>', at('data-missing', '/t:a')],
  'delete of a leaf-list entry that does not exist': [
    '<chain nc:operation="delete">9</chain>',
    at('data-missing', "/t:chain[.='9']"),
  ],
  'delete of a presence container that does not exist': [
    '<limits nc:operation="delete"/>',
    at('data-missing', '/t:limits'),
  ],

  unique: [
    '<server><name>s2</name><ip>1</ip></server>',
    at('operation-failed', entry('server', 's2'), {
      appTag: 'data-not-unique',
      info: ['ip', 'port'].map((leaf) => `${YANG_URI}non-unique=/t:top${entry('server', 's2')}/t:${leaf}`),
    }),
  ],
  'unique in a container below': [
    '<server><name>s2</name><alias><nick>n1</nick></alias></server>',
    at('operation-failed', entry('server', 's2'), {
      appTag: 'data-not-unique',
      info: [`${YANG_URI}non-unique=/t:top${entry('server', 's2')}/t:alias/t:nick`],
    }),
  ],
  'too few entries': [
    '<limits><few><k>1</k></few><some>1</some></limits>',
    at('operation-failed', '/t:limits/t:few', { appTag: 'too-few-elements' }),
  ],
  'too many entries': [
    `<limits>${[1, 2, 3, 4].map((k) => `<few><k>${k}</k></few>`).join('')}<some>1</some></limits>`,
    at('operation-failed', '/t:limits/t:few', { appTag: 'too-many-elements' }),
  ],
  'too many entries of a leaf-list, one error': [
    '<limits><few><k>1</k></few><few><k>2</k></few><some>1</some><some>2</some><some>3</some><some>4</some></limits>',
    at('operation-failed', '/t:limits/t:some', { appTag: 'too-many-elements' }),
  ],
  'nothing where there have to be some': [
    '<limits/>',
    at('operation-failed', '/t:limits/t:few', { appTag: 'too-few-elements' }),
    at('operation-failed', '/t:limits/t:some', { appTag: 'too-few-elements' }),
  ],
  'must with its own error-app-tag and error-message': [
    '<b>1</b>',
    at('operation-failed', '/t:b', { appTag: 'b-needs-a', message: 'b needs a.' }),
  ],
  'must without': ['<c>1</c>', at('operation-failed', '/t:c', { appTag: 'must-violation', message: /"\.\.\/a"/ })],
  'a leafref without its instance': ['<ref>s9</ref>', at('data-missing', '/t:ref', { appTag: 'instance-required' })],
  'a leafref in a leaf-list without its instance': [
    '<refs>s1</refs><refs>s9</refs>',
    at('data-missing', "/t:refs[.='s9']", { appTag: 'instance-required' }),
  ],
  'an instance-identifier without its instance': [
    "<pointer>/t:top/t:server[t:name='s9']</pointer>",
    at('data-missing', '/t:pointer', { appTag: 'instance-required' }),
  ],
  'the end of what is referred to': [
    '<ref>s1</ref><server nc:operation="delete"><name>s1</name></server>',
    at('data-missing', '/t:ref', { appTag: 'instance-required' }),
  ],
  'a mandatory leaf and a mandatory choice': [
    '<strict/>',
    at('data-missing', '/t:strict/t:needed'),
    at('data-missing', '/t:strict', { appTag: 'missing-choice', info: [`${YANG_URI}missing-choice=way`] }),
  ],
  'a mandatory choice in a container below': [
    '<inner/>',
    at('data-missing', '/t:inner/t:deep', { appTag: 'missing-choice', info: [`${YANG_URI}missing-choice=other`] }),
  ],
};

describe('edit-config', () => {
  beforeEach(async () => {
    await client.rpc(clear);
    await client.rpc(edit(top(BASE)));
  });
  for (const [what, [inside, ...expected]] of Object.entries(EDITS)) {
    it(`answers ${what}`, () => refused(edit(top(inside)), expected));
  }

  it('accepts a leafref that asks for no instance', async () => {
    await client.rpc(edit(top('<weak>s9</weak>')));
  });

  it('answers a step of "none" that does not exist', () =>
    refused(
      edit(top('<server><name>s9</name><ip nc:operation="merge">1</ip></server>')).replace(
        '<config>',
        '<default-operation>none</default-operation><config>',
      ),
      [at('data-missing', entry('server', 's9'))],
    ));

  it('leaves constraints of the candidate to commit, and answers the same there and for validate', async () => {
    await client.rpc(edit(top('<b>1</b>'), 'candidate'));
    const expected = [at('operation-failed', '/t:b', { appTag: 'b-needs-a', message: 'b needs a.' })];
    await refused('<validate><source><candidate/></source></validate>', expected);
    await refused('<commit/>', expected);
    await client.rpc('<discard-changes/>');
  });
});

const CALLS: Readonly<Record<string, readonly [inside: string, ...expected: Expected[]]>> = {
  'a mandatory parameter that is missing': [
    '<tag>a</tag><fast/>',
    { type: 'protocol', tag: 'missing-element', path: '/t:act', info: ['bad-element=n'] },
  ],
  'a value with its own error-app-tag': [
    '<n>11</n><tag>a</tag><fast/>',
    { type: 'protocol', tag: 'invalid-value', path: '/t:act/t:n', appTag: 'n-range', message: 'One to ten.' },
  ],
  'an unknown parameter': [
    '<n>1</n><tag>a</tag><fast/><nope/>',
    { type: 'protocol', tag: 'unknown-element', path: '/t:act', info: ['bad-element=nope'] },
  ],
  'a parameter of a feature that is absent': [
    '<n>1</n><tag>a</tag><fast/><only>x</only>',
    { type: 'protocol', tag: 'unknown-element', path: '/t:act', info: ['bad-element=only'] },
  ],
  'a parameter twice': [
    '<n>1</n><n>2</n><tag>a</tag><fast/>',
    { type: 'protocol', tag: 'bad-element', path: '/t:act/t:n', info: ['bad-element=n'] },
  ],
  'two cases': [
    '<n>1</n><tag>a</tag><fast/><slow/>',
    { type: 'protocol', tag: 'bad-element', path: '/t:act/t:slow', info: ['bad-element=slow'] },
  ],
  'a mandatory choice': [
    '<n>1</n><tag>a</tag>',
    {
      type: 'application',
      tag: 'data-missing',
      path: '/t:act',
      appTag: 'missing-choice',
      info: [`${YANG_URI}missing-choice=how`],
    },
  ],
  'too few': [
    '<n>1</n><fast/>',
    { type: 'application', tag: 'operation-failed', path: '/t:act/t:tag', appTag: 'too-few-elements' },
  ],
  'too many': [
    '<n>1</n><tag>a</tag><fast/><item><k>1</k></item><item><k>2</k></item><item><k>3</k></item>',
    { type: 'application', tag: 'operation-failed', path: '/t:act/t:item', appTag: 'too-many-elements' },
  ],
  'no key': [
    '<n>1</n><tag>a</tag><fast/><item><u>1</u></item>',
    { type: 'protocol', tag: 'missing-element', path: '/t:act/t:item', info: ['bad-element=k'] },
  ],
  'a key twice': [
    '<n>1</n><tag>a</tag><fast/><item><k>1</k></item><item><k>1</k></item>',
    {
      type: 'application',
      tag: 'operation-failed',
      path: "/t:act/t:item[t:k='1']",
      appTag: 'data-not-unique',
      info: [`${YANG_URI}non-unique=/t:act/t:item[t:k='1']/t:k`],
    },
  ],
  unique: [
    '<n>1</n><tag>a</tag><fast/><item><k>1</k><u>x</u></item><item><k>2</k><u>x</u></item>',
    {
      type: 'application',
      tag: 'operation-failed',
      path: "/t:act/t:item[t:k='2']",
      appTag: 'data-not-unique',
      info: [`${YANG_URI}non-unique=/t:act/t:item[t:k='2']/t:u`],
    },
  ],
  must: [
    '<n>1</n><tag>a</tag><fast/><level>5</level>',
    {
      type: 'application',
      tag: 'operation-failed',
      path: '/t:act/t:level',
      appTag: 'too-high',
      message: 'Below five.',
    },
  ],
  when: [
    '<n>1</n><tag>a</tag><fast/><level>2</level><extra>x</extra>',
    { type: 'protocol', tag: 'unknown-element', path: '/t:act/t:extra', info: ['bad-element=extra'] },
  ],
  'a leafref into the configuration without its instance': [
    '<n>1</n><tag>a</tag><fast/><server>s9</server>',
    { type: 'application', tag: 'data-missing', path: '/t:act/t:server', appTag: 'instance-required' },
  ],
  'a must that looks into the configuration': [
    '<n>1</n><tag>a</tag><fast/><known>7</known>',
    { type: 'application', tag: 'operation-failed', path: '/t:act/t:known', appTag: 'not-known' },
  ],
};

describe('an rpc', () => {
  before(async () => {
    await client.rpc(clear);
    await client.rpc(edit(top(`${BASE}<small>3</small>`)));
  });
  for (const [what, [inside, ...expected]] of Object.entries(CALLS)) {
    it(`answers ${what}`, () => refused(`<act ${T} xmlns:t="urn:tags">${inside}</act>`, expected));
  }
  it('accepts what is right, with references into the configuration', async () => {
    await client.rpc(
      `<act ${T}><n>1</n><tag>a</tag><tag>a</tag><fast/><server>s1</server><known>3</known><level>1</level><extra>x</extra></act>`,
    );
  });
  it('answers an operation that there is not', () =>
    refused(`<nope ${T}/>`, [{ type: 'protocol', tag: 'operation-not-supported' }]));
  it('answers an attribute on an operation', () =>
    refused(`<act ${T} colour="red"><n>1</n><tag>a</tag><fast/></act>`, [
      { type: 'protocol', tag: 'unknown-attribute', info: ['bad-attribute=colour', 'bad-element=act'] },
    ]));
  it('answers an operation that is a data node', () =>
    refused(`<top ${T}/>`, [{ type: 'protocol', tag: 'operation-not-supported' }]));
});

describe('an action', () => {
  const action = (inside: string, name = 's1') =>
    `<action xmlns="urn:ietf:params:xml:ns:yang:1"><top ${T}><server><name>${name}</name><reset>${inside}</reset></server></top></action>`;
  const reset = `/t:top${entry('server', 's1')}/t:reset`;
  for (const [what, inside, ...expected] of [
    [
      'a missing parameter',
      '<now/>',
      { type: 'application', tag: 'missing-element', path: reset, info: ['bad-element=who'] },
    ],
    [
      'a bad value',
      '<who>x</who><delay>11</delay>',
      { type: 'application', tag: 'invalid-value', path: `${reset}/t:delay`, appTag: 'delay-range' },
    ],
    [
      'a must of its input',
      '<who>x</who>',
      { type: 'application', tag: 'operation-failed', path: reset, appTag: 'when-then', message: 'When, then?' },
    ],
    [
      'an unknown parameter',
      '<who>x</who><now/><nope/>',
      { type: 'application', tag: 'unknown-element', path: reset, info: ['bad-element=nope'] },
    ],
  ] as readonly (readonly [string, string, ...Expected[]])[]) {
    it(`answers ${what}`, () => refused(action(inside), expected));
  }
  it('accepts what is right', async () => {
    await client.rpc(action('<who>x</who><now/>'));
  });
  it('answers an entry that does not exist', () =>
    refused(action('<who>x</who><now/>', 's9'), [
      { type: 'application', tag: 'data-missing', path: `/t:top${entry('server', 's9')}` },
    ]));
  it('answers a key that is missing', () =>
    refused(action('<who>x</who><now/>').replace('<name>s1</name>', ''), [
      { type: 'protocol', tag: 'missing-element', path: '/t:top/t:server', info: ['bad-element=name'] },
    ]));
  it('answers a node that there is not', () =>
    refused(action('<who>x</who><now/>').replaceAll('server>', 'nope>'), [
      { type: 'protocol', tag: 'unknown-element', path: '/t:top', info: ['bad-element=nope'] },
    ]));
  it('answers a namespace that there is not', () =>
    refused(action('').replace('urn:tags', 'urn:nope'), [
      { type: 'protocol', tag: 'unknown-namespace', info: ['bad-element=top', 'bad-namespace=urn:nope'] },
    ]));
  it('answers an action element that names none', () =>
    refused(`<action xmlns="urn:ietf:params:xml:ns:yang:1"><top ${T}/></action>`, [
      { type: 'protocol', tag: 'missing-element', info: ['bad-element=action'] },
    ]));
});

describe('the operations of NETCONF', () => {
  for (const [what, rpc, ...expected] of [
    [
      'an edit-config without a target',
      '<edit-config><config/></edit-config>',
      // A container without presence is there when it is not sent (RFC 7950 section 7.5.1): what is missing is the choice.
      {
        type: 'application',
        tag: 'data-missing',
        path: '/nc:edit-config/nc:target',
        appTag: 'missing-choice',
        info: [`${YANG_URI}missing-choice=config-target`],
      },
    ],
    [
      'an edit-config of two datastores',
      '<edit-config><target><running/><candidate/></target><config/></edit-config>',
      {
        type: 'protocol',
        tag: 'bad-element',
        path: '/nc:edit-config/nc:target/nc:running',
        info: ['bad-element=running'],
      },
    ],
    [
      'a default-operation that there is not',
      `<edit-config><target><running/></target><default-operation>create</default-operation><config/></edit-config>`,
      { type: 'protocol', tag: 'invalid-value', path: '/nc:edit-config/nc:default-operation' },
    ],
    [
      'a get-config without a source',
      '<get-config/>',
      {
        type: 'application',
        tag: 'data-missing',
        path: '/nc:get-config/nc:source',
        appTag: 'missing-choice',
        info: [`${YANG_URI}missing-choice=config-source`],
      },
    ],
    [
      'a session that there is not',
      '<kill-session><session-id>4000000</session-id></kill-session>',
      { type: 'protocol', tag: 'invalid-value', path: '/nc:kill-session/nc:session-id' },
    ],
    [
      'the end of a lock that is not held',
      '<unlock><target><running/></target></unlock>',
      { type: 'protocol', tag: 'operation-failed' },
    ],
    [
      'an unknown parameter',
      '<commit><nope/></commit>',
      { type: 'protocol', tag: 'unknown-element', path: '/nc:commit', info: ['bad-element=nope'] },
    ],
    ['no operation at all', '', { type: 'protocol', tag: 'missing-element', info: ['bad-element=rpc'] }],
  ] as readonly (readonly [string, string, ...Expected[]])[]) {
    it(`answer ${what}`, () => refused(rpc, expected));
  }
  it('answer a lock that another session holds with its session-id', async () => {
    const other = await router.connect();
    await other.rpc('<lock><target><running/></target></lock>');
    await refused('<lock><target><running/></target></lock>', [
      { type: 'protocol', tag: 'lock-denied', info: [`session-id=${other.sessionId}`] },
    ]);
    await refused(edit(top('<a>1</a>')), [{ type: 'protocol', tag: 'in-use' }]);
    await other.close();
  });
});
