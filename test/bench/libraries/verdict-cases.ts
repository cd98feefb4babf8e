/** Instances of small modules, and whether they are valid (RFC 7950). */
export interface VerdictCase {
  readonly what: string;
  /** Body of `module m`, prefix `m`, YANG 1.1, with a container `c` at the top. */
  readonly body: string;
  /** Content of `c`, in the form of RFC 7951. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly isValid: boolean;
}

const identities = 'identity base; identity one { base base; } identity other;';

export const verdictCases: readonly VerdictCase[] = [
  { what: 'int8 out of range', body: 'container c { leaf a { type int8; } }', data: { a: 500 }, isValid: false },
  { what: 'range', body: 'container c { leaf a { type uint16 { range "1..9"; } } }', data: { a: 10 }, isValid: false },
  {
    what: 'pattern',
    body: 'container c { leaf a { type string { pattern "[a-c]+"; } } }',
    data: { a: 'abd' },
    isValid: false,
  },
  {
    what: 'enumeration',
    body: 'container c { leaf a { type enumeration { enum x; } } }',
    data: { a: 'y' },
    isValid: false,
  },
  {
    what: 'identityref of the base',
    body: `${identities} container c { leaf a { type identityref { base base; } } }`,
    data: { a: 'm:one' },
    isValid: true,
  },
  {
    what: 'identityref of another base',
    body: `${identities} container c { leaf a { type identityref { base base; } } }`,
    data: { a: 'm:other' },
    isValid: false,
  },
  {
    what: 'identityref of no identity',
    body: `${identities} container c { leaf a { type identityref { base base; } } }`,
    data: { a: 'nonsense' },
    isValid: false,
  },
  {
    what: 'must that holds',
    body: 'container c { must "a = 1"; leaf a { type uint8; } }',
    data: { a: 1 },
    isValid: true,
  },
  {
    what: 'must that fails',
    body: 'container c { must "a = 1"; leaf a { type uint8; } }',
    data: { a: 2 },
    isValid: false,
  },
  {
    what: 'must over siblings',
    body: 'container c { leaf a { type uint8; must ". > ../b"; } leaf b { type uint8; } }',
    data: { a: 1, b: 2 },
    isValid: false,
  },
  {
    what: 'when that fails',
    body: 'container c { leaf a { type string; } leaf b { when "../a = \'x\'"; type string; } }',
    data: { a: 'y', b: '1' },
    isValid: false,
  },
  {
    what: 'leafref to nothing',
    body: 'container c { list l { key k; leaf k { type string; } } leaf r { type leafref { path "../l/k"; } } }',
    data: { l: [{ k: 'a' }], r: 'b' },
    isValid: false,
  },
  {
    what: 'unique',
    body: 'container c { list l { key k; unique v; leaf k { type string; } leaf v { type string; } } }',
    data: {
      l: [
        { k: 'a', v: '1' },
        { k: 'b', v: '1' },
      ],
    },
    isValid: false,
  },
  {
    what: 'two entries with one key',
    body: 'container c { list l { key k; leaf k { type string; } } }',
    data: { l: [{ k: 'a' }, { k: 'a' }] },
    isValid: false,
  },
  {
    what: 'mandatory leaf',
    body: 'container c { leaf a { type string; mandatory true; } leaf b { type string; } }',
    data: { b: '1' },
    isValid: false,
  },
  {
    what: 'min-elements',
    body: 'container c { leaf-list a { type string; min-elements 2; } }',
    data: { a: ['1'] },
    isValid: false,
  },
  {
    what: 'two cases of a choice',
    body: 'container c { choice x { leaf a { type string; } leaf b { type string; } } }',
    data: { a: '1', b: '1' },
    isValid: false,
  },
  { what: 'unknown leaf', body: 'container c { leaf a { type string; } }', data: { z: '1' }, isValid: false },
  { what: 'anydata', body: 'container c { anydata a; }', data: { a: { x: 1 } }, isValid: true },
  {
    what: 'if-feature of an identity',
    body: 'feature f; identity base; identity one { if-feature f; base base; } container c { leaf a { type identityref { base base; } } }',
    data: { a: 'm:one' },
    isValid: true,
  },
];
