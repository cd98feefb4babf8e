/** What the `url` parameter of an operation names (RFC 6241 section 8.8). */
import { FaultError } from '../../../yang/fault.ts';

export type Location =
  /** A file by its path below the router's own folder. */
  { readonly scheme: 'file'; readonly segments: readonly string[] } | { readonly scheme: 'https'; readonly url: URL };

/** Schemes that are served, for the capability. */
export const SCHEMES = ['file', 'https'] as const;

const MAX_LENGTH = 4096;
const MAX_SEGMENTS = 8;
/** No dot first, so neither `..` nor what the folder keeps for itself can be named; nothing encoded. */
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._+@=,-]{0,127}$/;
/** RFC 8089: `file:/path`, `file:///path`, `file://localhost/path`. */
const FILE = /^file:(?:\/\/(?:localhost)?)?\/(.*)$/i;

/** Throws `invalid-value` at `path`, which names the parameter. */
export function locate(value: string, path: string): Location {
  const invalid = (message: string): FaultError =>
    new FaultError({
      type: 'protocol',
      tag: 'invalid-value',
      path,
      message,
      info: [{ name: 'bad-element', value: 'url' }],
    });
  if (value.length > MAX_LENGTH) throw invalid(`a URL may have ${MAX_LENGTH} characters`);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(value)?.[1]?.toLowerCase();
  if (scheme === 'file') return { scheme, segments: segmentsOf(value, invalid) };
  if (scheme !== 'https') throw invalid(`the schemes of URLs are ${SCHEMES.join(' and ')}`);
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.hostname === '' || !/^https:\/\/[^/]/i.test(value))
    throw invalid('this is no https URL');
  url.hash = '';
  if (!isDecodable(url.username) || !isDecodable(url.password)) throw invalid('user or password are not well encoded');
  return { scheme, url };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function segmentsOf(value: string, invalid: (message: string) => FaultError): readonly string[] {
  const path = FILE.exec(value)?.[1];
  if (path === undefined) throw invalid('a file is named by file:/// and its path below the folder of the router');
  const segments = path.split('/');
  if (segments.length > MAX_SEGMENTS) throw invalid(`a path has at most ${MAX_SEGMENTS} names`);
  if (!segments.every((segment) => SEGMENT.test(segment))) {
    throw invalid('names in a path have letters, digits and ._+@=,- and begin with a letter, a digit or _');
  }
  return segments;
}

/** For messages: without user, password and query. */
export function nameOf(location: Location): string {
  if (location.scheme === 'file') return `file:///${location.segments.join('/')}`;
  return `https://${location.url.host}${location.url.pathname}`;
}

export function isSame(one: Location, other: Location): boolean {
  if (one.scheme === 'file') return other.scheme === 'file' && nameOf(one) === nameOf(other);
  return other.scheme === 'https' && one.url.href === other.url.href;
}
