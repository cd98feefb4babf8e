/**
 * anydata and anyxml between XML and JSON (RFC 7951 sections 5.5 and 5.6). Their content has no schema here, so all
 * values are strings, and only what occurs twice is known to be an array.
 */
import type { Schema } from '../schema/node.ts';
import { escapeAttribute, escapeText } from './escape.ts';
import type { Json } from './json-writer.ts';
import { type XmlElement, type XmlHandler, XmlReader } from './xml-reader.ts';

export function anydataToJson(schema: Schema, xml: string): Json {
  const handler = new JsonBuilder(schema);
  const reader = new XmlReader(handler);
  reader.write('<anydata>');
  reader.write(xml);
  reader.write('</anydata>');
  reader.end();
  return handler.value;
}

interface Level {
  readonly name: string;
  readonly module: string | undefined;
  readonly members: Map<string, Json[]>;
  text: string;
}

class JsonBuilder implements XmlHandler {
  value: Json = {};
  readonly #schema: Schema;
  readonly #levels: Level[] = [];

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  open(element: XmlElement): void {
    const above = this.#levels.at(-1);
    const module = this.#schema.moduleByNamespace.get(element.namespace)?.name;
    const name = module === undefined || module === above?.module ? element.name : `${module}:${element.name}`;
    this.#levels.push({ name, module, members: new Map(), text: '' });
  }

  text(text: string): void {
    const level = this.#levels.at(-1);
    if (level !== undefined) level.text += text;
  }

  close(): void {
    const level = this.#levels.pop();
    if (level === undefined) return;
    const above = this.#levels.at(-1);
    const isObject = level.members.size > 0 || (above === undefined && level.text.trim() === '');
    const value: Json = isObject ? objectOf(level.members) : level.text;
    if (above === undefined) {
      this.value = value;
      return;
    }
    const same = above.members.get(level.name);
    if (same === undefined) above.members.set(level.name, [value]);
    else same.push(value);
  }
}

function objectOf(members: ReadonlyMap<string, readonly Json[]>): Json {
  const object: { [name: string]: Json } = Object.create(null);
  for (const [name, values] of members) object[name] = values.length === 1 ? (values[0] as Json) : values;
  return object;
}

export function anydataToXml(schema: Schema, value: Json): string {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? content(schema, value, '')
    : text(value);
}

function content(schema: Schema, value: Json, namespace: string): string {
  if (typeof value !== 'object' || value === null) return text(value);
  let xml = '';
  for (const [member, inside] of Object.entries(value)) {
    if (member.startsWith('@')) continue;
    const colon = member.indexOf(':');
    const own = colon < 0 ? namespace : (schema.modules.get(member.slice(0, colon))?.namespace ?? namespace);
    const name = member.slice(colon + 1);
    // Not every member name is a name of an element.
    if (!/^[A-Za-z_][\w.-]*$/.test(name)) continue;
    const start = own === namespace && namespace !== '' ? `<${name}` : `<${name} xmlns="${escapeAttribute(own)}"`;
    for (const each of Array.isArray(inside) ? inside : [inside]) {
      const inner = content(schema, each, own);
      xml += inner === '' ? `${start}/>` : `${start}>${inner}</${name}>`;
    }
  }
  return xml;
}

function text(value: Json): string {
  return value === null || typeof value === 'object' ? '' : escapeText(String(value));
}
