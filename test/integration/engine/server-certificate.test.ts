/** Signing in to a server whose certificate does not hold, from the contract to a real Prosody. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, type TestEngine } from '../../support/engines.ts';
import { startProsody, type Prosody } from '../../support/prosody.ts';

const JID = 'alice@localhost';
let good: Prosody;
let misnamed: Prosody;
let engine: TestEngine;

beforeAll(async () => {
  const accounts = { alice: 'wonderland' };
  [good, misnamed] = await Promise.all([
    startProsody({ accounts }),
    startProsody({ accounts, certificateNames: ['DNS:im.example.org', 'DNS:example.org'] }),
  ]);
});
afterEach(() => engine.remove());
afterAll(() => Promise.all([good.stop(), misnamed.stop()]));

const signIn = (prosody: Prosody, as: TestEngine = engine) =>
  as.call('account.signIn', {
    jid: JID,
    password: 'wonderland',
    server: { host: prosody.host, port: prosody.directTlsPort, tls: 'direct' },
  });
const refused = { message: expect.stringContaining('server-certificate') as string };

describe('a server whose certificate names somebody else', () => {
  it('is explained, passes by exception, says so, and passes no more when that is taken back', async () => {
    engine = await startEngine({ ca: [misnamed.ca] });
    await expect(signIn(misnamed)).rejects.toMatchObject(refused);
    const problem = await engine.call('server.problem', { jid: JID });
    expect(problem).toMatchObject({
      domain: 'localhost',
      failed: ['name'],
      exception: 'possible',
      certificate: { names: ['im.example.org', 'example.org'], issuer: 'Signet test authority', subject: 'Signet test server' },
    });
    const fp = problem?.certificate.fp ?? '';
    expect(fp).toMatch(/^[0-9A-F]{64}$/);

    await engine.call('server.allow', { jid: JID, fp });
    const account = await signIn(misnamed);
    expect(account).toMatchObject({ excepted: true, connection: { kind: 'online' } });
    expect(await engine.call('app.notices', {})).toMatchObject([{ code: 'server-excepted' }]);
    expect(await engine.call('server.problem', { jid: JID })).toBeNull();
    expect(await engine.call('server.exceptions', {})).toMatchObject([{ jid: JID, inUse: true, certificate: { fp } }]);

    const ended = engine.until('account.changed', (a) => a?.connection.kind === 'waiting');
    await engine.call('server.disallow', { jid: JID, fp });
    expect((await ended)?.connection).toMatchObject({ reason: 'server-certificate' });
    expect((await ended)?.excepted).toBeUndefined();
    expect(await engine.call('server.exceptions', {})).toEqual([]);
  });

  it('is not let pass where it was the right one before', async () => {
    engine = await startEngine({ ca: [good.ca, misnamed.ca] });
    expect((await signIn(good)).excepted).toBeUndefined();
    await engine.call('account.signOut', {});
    await expect(signIn(misnamed)).rejects.toMatchObject(refused);
    const problem = await engine.call('server.problem', { jid: JID });
    expect(problem).toMatchObject({ exception: 'held-before', before: { issuer: 'Signet test authority' } });
    await expect(engine.call('server.allow', { jid: JID, fp: problem?.certificate.fp ?? '' })).rejects.toThrow(
      'server-exception-refused',
    );
  });
});
