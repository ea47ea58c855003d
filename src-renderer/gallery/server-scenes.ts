/** Signing in and the server: what can stand in the way, and what settings show of it. */

import type { CertificateCheck, ServerCertificateView, ServerException, ServerProblem } from '../../src-shared/models.ts';
import type { Scene } from './scenes.ts';
import { account, alice, DAY, fpOf, NOW, world, type World } from './world.ts';

const certificate = (change: Partial<ServerCertificateView> = {}): ServerCertificateView => ({
  fp: fpOf('server certificate'),
  names: ['im.example.net', 'example.net', 'conference.example.net'],
  subject: 'im.example.net',
  issuer: 'Example Authority R3',
  notBefore: NOW - 100 * DAY,
  notAfter: NOW - 10 * DAY,
  ...change,
});

export const problem = (failed: readonly CertificateCheck[], change: Partial<ServerProblem> = {}): ServerProblem => ({
  ...{ jid: alice, domain: 'example.org', certificate: certificate(), failed, at: NOW, exception: 'possible' },
  ...change,
});

const before = { fp: fpOf('before'), issuer: 'Example Authority R3', since: NOW - 190 * DAY, last: NOW - 2 * DAY };

export const exceptions: readonly ServerException[] = [
  { jid: alice, certificate: certificate(), failed: ['name', 'expired'], since: NOW - 3 * DAY, inUse: true },
  {
    ...{ jid: alice, failed: ['self-signed'], since: NOW - 300 * DAY, inUse: false },
    certificate: certificate({ fp: fpOf('old'), names: ['example.org'], issuer: 'im.example.net', notAfter: NOW + 900 * DAY }),
  },
];

const asked = (serverProblem: ServerProblem | null): Pick<Scene, 'world' | 'act'> => ({
  world: (): World => world({ account: null, serverProblem }),
  act: (app) => {
    const input = { jid: alice, password: 'x' };
    app.dialog = { kind: 'server-certificate', jid: alice, interrupted: { kind: 'sign-in', input } };
  },
});

export const serverScenes: readonly Scene[] = [
  { id: 'certificate-problem', title: 'Certificate does not hold', ...asked(problem(['expired', 'name'])) },
  {
    id: 'certificate-self-signed',
    title: 'Certificate vouches for itself',
    ...asked(
      problem(['self-signed'], {
        certificate: certificate({ names: ['example.org'], issuer: 'im.example.net', notAfter: NOW + 900 * DAY }),
      }),
    ),
  },
  {
    id: 'certificate-held-before',
    title: 'Certificate held before',
    ...asked(problem(['issuer'], { exception: 'held-before', before })),
  },
  { id: 'certificate-never', title: 'Certificate withdrawn', ...asked(problem(['revoked'], { exception: 'never' })) },
  { id: 'certificate-gone', title: 'Certificate no longer a problem', ...asked(null) },
  {
    id: 'certificate-waiting',
    title: 'Waiting for a certificate that holds',
    world: () =>
      world({ account: account({ connection: { kind: 'waiting', retryAt: NOW + 25_000, reason: 'server-certificate' } }) }),
  },
  {
    id: 'settings-exceptions',
    title: 'Settings with exceptions',
    world: () => world({ exceptions, account: account({ excepted: true }) }),
    act: (app) => {
      app.go('settings');
    },
  },
  {
    id: 'take-back-exception',
    title: 'Take back an exception',
    world: () => world({ exceptions }),
    act: (app) => {
      app.go('settings');
      app.dialog = { kind: 'take-back-exception', jid: alice, fp: fpOf('server certificate'), name: 'im.example.net' };
    },
  },
];
