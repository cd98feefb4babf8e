/** Text in XML, and texts that are likely to be misread. */

/** As content of an element. */
export function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
}

/** As an attribute's value in double quotes. The argument may be content already. */
export function attributeText(value: string): string {
  return value
    .replaceAll(/&(?!#?\w+;)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
    .replaceAll('\n', '&#10;');
}

/** Content of a leaf; well-formed XML, whatever else it is. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\n\t ',
  '-',
  '-0',
  '+1',
  '0x1F',
  '1e9',
  'NaN',
  '-129',
  '65536',
  '4294967296',
  '-9223372036854775809',
  '18446744073709551616',
  '9'.repeat(400),
  '0.'.padEnd(60, '3'),
  'true ',
  'TRUE',
  'x:y',
  ':',
  '/',
  '//',
  "/x[y='",
  "/if:interfaces/if:interface[if:name='a']",
  '/'.repeat(2000),
  '['.repeat(500),
  '('.repeat(3000),
  'not('.repeat(300),
  '\u00e9\u{1f600}\u0301',
  '\ud7ff\ue000\ufffd',
  '&#x10FFFF;',
  'x'.repeat(3000),
  '__proto__',
  'constructor',
  '%s%n',
  '../../../../etc/passwd',
  'file:///etc/passwd',
  '$0$',
  '$6$rounds=999999999$x$',
  'a&#0065;',
  '<x/>',
  '<![CDATA[]]>',
  '<![CDATA[a]]>b',
  "'\"'",
  '2026-11-25T00:00:00+99:99',
  '0000-00-00T00:00:00Z',
  '9999999999-01-01T00:00:00Z',
];
