/** What is asked of the servers: entries of ietf-interfaces that both know, without devices behind them. */
import { editConfig, interfaces, namespace } from '../../configuration.ts';

const entry = (name: string, more: string): string =>
  `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type>${more}</interface>`;

export const nameOf = (index: number): string => `eth${index}`;

/** One entry with a description and a switch, about 190 bytes in a reply. */
export const nth = (index: number, description = `customer ${index}`): string =>
  entry(nameOf(index), `<description>${description}</description><enabled>true</enabled>`);

export const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => nth(from + index));

/** One leaf of one entry. */
export const describe = (index: number, description: string): string =>
  interfaces(entry(nameOf(index), `<description>${description}</description>`));

export const edit = (target: 'running' | 'candidate', content: string): string => editConfig(target, content);

export const load = (from: number, to: number): string => editConfig('running', interfaces(...range(from, to)));

/** Merged with nothing but the container's removal: netconfd, too, takes the attribute. */
export const removeAll = editConfig(
  'running',
  `<interfaces xmlns="${namespace.interfaces}" xmlns:nc="${namespace.netconf}" nc:operation="remove"/>`,
);

const getConfig = (filter: string): string => `<get-config><source><running/></source>${filter}</get-config>`;

export const getAll = getConfig(`<filter type="subtree"><interfaces xmlns="${namespace.interfaces}"/></filter>`);

export const getBySubtree = (index: number): string =>
  getConfig(`<filter type="subtree">${interfaces(`<interface><name>${nameOf(index)}</name></interface>`)}</filter>`);

export const getByXpath = (index: number): string =>
  getConfig(
    `<filter type="xpath" xmlns:if="${namespace.interfaces}" select="/if:interfaces/if:interface[if:name='${nameOf(index)}']"/>`,
  );

export const commit = '<commit/>';
export const saveToStartup = '<copy-config><target><startup/></target><source><running/></source></copy-config>';
export const subscribe = '<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>';
