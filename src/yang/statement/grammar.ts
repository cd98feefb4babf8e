/**
 * Which statements may stand in which, how often (RFC 7950 section 7, tables "substatements"; RFC 6020 for
 * YANG 1), and what their arguments look like. `name?` at most once, `name` once, `name*` any number, `name+` at
 * least once; a `^` in front: only in YANG 1.1. Order is free.
 */

export interface Occurrence {
  readonly min: number;
  readonly max: number;
  readonly version11: boolean;
}

export type ArgumentForm =
  | 'none'
  | 'any'
  | 'identifier'
  | 'reference'
  | 'boolean'
  | 'status'
  | 'ordered-by'
  | 'date'
  | 'position'
  | 'integer'
  | 'count'
  | 'maximum'
  | 'fraction-digits'
  | 'modifier'
  | 'version'
  | 'enum-name'
  | 'absolute-path'
  | 'descendant-path'
  | 'augment-path'
  | 'deviate'
  | 'not-empty';

const TEXT = 'description? reference?';
const DATA = 'container* leaf* leaf-list* list* choice* anyxml* ^anydata* uses*';
const SCOPE = 'typedef* grouping*';
const NODE = `status? if-feature* when? ${TEXT}`;
const BODY =
  `${DATA} ${SCOPE} extension* feature* identity* augment* rpc* notification* deviation* ` +
  `import* include* revision* organization? contact? ${TEXT}`;

const RULES: Readonly<Record<string, string>> = {
  module: `yang-version? namespace prefix ${BODY}`,
  submodule: `yang-version? belongs-to ${BODY}`,
  import: 'prefix revision-date? ^description? ^reference?',
  include: 'revision-date? ^description? ^reference?',
  'belongs-to': 'prefix',
  revision: TEXT,
  extension: `argument? status? ${TEXT}`,
  argument: 'yin-element?',
  feature: `if-feature* status? ${TEXT}`,
  identity: `^if-feature* base* status? ${TEXT}`,
  typedef: `type units? default? status? ${TEXT}`,
  grouping: `status? ${TEXT} ${SCOPE} ${DATA} ^action* ^notification*`,
  container: `${NODE} must* presence? config? ${SCOPE} ${DATA} ^action* ^notification*`,
  list: `${NODE} must* key? unique* config? min-elements? max-elements? ordered-by? ${SCOPE} ${DATA} ^action* ^notification*`,
  leaf: `${NODE} type units? must* default? config? mandatory?`,
  'leaf-list': `${NODE} type units? must* ^default* config? min-elements? max-elements? ordered-by?`,
  choice: `${NODE} default? config? mandatory? case* container* leaf* leaf-list* list* anyxml* ^anydata* ^choice*`,
  case: `${NODE} ${DATA}`,
  anydata: `${NODE} must* config? mandatory?`,
  anyxml: `${NODE} must* config? mandatory?`,
  uses: `${NODE} refine* augment*`,
  refine: `^if-feature* must* presence? default* config? mandatory? min-elements? max-elements? ${TEXT}`,
  augment: `${NODE} ${DATA} case* ^action* ^notification*`,
  rpc: `if-feature* status? ${TEXT} ${SCOPE} input? output?`,
  action: `if-feature* status? ${TEXT} ${SCOPE} input? output?`,
  input: `^must* ${SCOPE} ${DATA}`,
  output: `^must* ${SCOPE} ${DATA}`,
  notification: `if-feature* ^must* status? ${TEXT} ${SCOPE} ${DATA}`,
  deviation: `${TEXT} deviate+`,
  'deviate not-supported': '',
  'deviate add': 'units? must* unique* default* config? mandatory? min-elements? max-elements?',
  'deviate replace': 'type? units? default* config? mandatory? min-elements? max-elements?',
  'deviate delete': 'units? must* unique* default*',
  type: 'fraction-digits? range? length? pattern* enum* bit* path? base* require-instance? type*',
  range: `error-message? error-app-tag? ${TEXT}`,
  length: `error-message? error-app-tag? ${TEXT}`,
  pattern: `^modifier? error-message? error-app-tag? ${TEXT}`,
  must: `error-message? error-app-tag? ${TEXT}`,
  when: TEXT,
  enum: `^if-feature* value? status? ${TEXT}`,
  bit: `^if-feature* position? status? ${TEXT}`,
};

const ARGUMENTS: Readonly<Record<ArgumentForm, string>> = {
  none: 'input output',
  identifier:
    'module submodule import include belongs-to prefix container leaf leaf-list list choice case anydata anyxml ' +
    'rpc action notification feature identity extension argument typedef grouping bit',
  reference: 'uses base type',
  boolean: 'config mandatory require-instance yin-element',
  status: 'status',
  'ordered-by': 'ordered-by',
  date: 'revision revision-date',
  position: 'position',
  integer: 'value',
  count: 'min-elements',
  maximum: 'max-elements',
  'fraction-digits': 'fraction-digits',
  modifier: 'modifier',
  version: 'yang-version',
  'enum-name': 'enum',
  'absolute-path': 'deviation',
  'descendant-path': 'refine',
  'augment-path': 'augment',
  deviate: 'deviate',
  'not-empty': 'key unique path must when if-feature range length',
  any: 'namespace organization contact description reference units default presence error-message error-app-tag pattern',
};

const OCCURRENCES: Readonly<Record<string, Omit<Occurrence, 'version11'>>> = {
  '?': { min: 0, max: 1 },
  '*': { min: 0, max: Number.POSITIVE_INFINITY },
  '+': { min: 1, max: Number.POSITIVE_INFINITY },
};

function parseRule(rule: string): ReadonlyMap<string, Occurrence> {
  const result = new Map<string, Occurrence>();
  for (const word of rule.split(' ').filter((part) => part !== '')) {
    const [, only, name, mark] = /^(\^?)([a-z-]+)([?*+]?)$/.exec(word) as unknown as [string, string, string, string];
    result.set(name, { ...(OCCURRENCES[mark] ?? { min: 1, max: 1 }), version11: only === '^' });
  }
  return result;
}

const NOTHING: ReadonlyMap<string, Occurrence> = new Map();
const GRAMMAR = new Map(Object.entries(RULES).map(([keyword, rule]) => [keyword, parseRule(rule)]));
const FORMS = new Map<string, ArgumentForm>();
for (const [form, keywords] of Object.entries(ARGUMENTS)) {
  for (const keyword of keywords.split(' ')) FORMS.set(keyword, form as ArgumentForm);
}

/** Substatements of a keyword (of `deviate`: with its argument). */
export function substatementsOf(keyword: string): ReadonlyMap<string, Occurrence> {
  return GRAMMAR.get(keyword) ?? NOTHING;
}

/** Undefined: no statement of YANG has this keyword. */
export function argumentForm(keyword: string): ArgumentForm | undefined {
  return FORMS.get(keyword);
}
