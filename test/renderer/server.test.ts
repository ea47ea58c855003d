/** Server certificates that do not hold, as a person meets them. */

import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import ConnectionBanner from '../../src-renderer/components/ConnectionBanner.svelte';
import ServerExceptions from '../../src-renderer/components/ServerExceptions.svelte';
import ServerCertificate from '../../src-renderer/dialogs/ServerCertificate.svelte';
import { exceptions, problem } from '../../src-renderer/gallery/server-scenes.ts';
import { account, alice, NOW } from '../../src-renderer/gallery/world.ts';
import Rail from '../../src-renderer/screens/Rail.svelte';
import { CredentialsForm } from '../../src-renderer/stores/credentials-form.svelte.ts';
import { ServerProblemModel } from '../../src-renderer/stores/server-problem.svelte.ts';
import { settle, start } from './support.ts';

afterEach(cleanup);

const input = { jid: alice, password: 'x' };
const serverProblem = problem(['expired', 'name']);

describe('signing in to a server whose certificate does not hold', () => {
  it.each([
    [false, 'sign-in', 'account.signIn'],
    [true, 'register', 'account.register'],
  ] as const)('asks what to do (making an account: %s)', async (creating, kind, command) => {
    const { app } = await start({ account: null, serverProblem, fails: { [command]: 'server-certificate' } });
    const form = new CredentialsForm(app, creating);
    form.jid = alice;
    form.password = 'x';
    expect(await form.submit()).toBe(false);
    expect(app.dialog).toEqual({ kind: 'server-certificate', jid: alice, interrupted: { kind, input: form.input } });
  });

  it('makes an exception only for one who says that he compared, then goes on where it stopped', async () => {
    const { app, inputs } = await start({ account: null, serverProblem });
    const model = new ServerProblemModel(app, alice, { kind: 'sign-in', input });
    await model.load();
    expect(await model.allow()).toBe(false);
    expect(inputs('server.allow')).toEqual([]);
    model.compared = true;
    expect(await model.allow()).toBe(true);
    expect(inputs('server.allow')).toEqual([{ jid: alice, fp: serverProblem.certificate.fp }]);
    expect(inputs('account.signIn')).toHaveLength(1);
    expect(app.account?.jid).toBe(alice);
  });

  it('asks again where another certificate is in the way by then', async () => {
    const { app, engine } = await start({ account: null, serverProblem, fails: { 'account.signIn': 'server-certificate' } });
    const model = new ServerProblemModel(app, alice, { kind: 'sign-in', input });
    await model.load();
    model.compared = true;
    const { certificate } = problem(['issuer']);
    const allowed = model.allow();
    await settle();
    engine.world.serverProblem = { ...problem(['issuer']), certificate: { ...certificate, subject: 'another' } };
    expect(await allowed).toBe(false);
    expect(model.error).toBe('server-certificate');
    expect(model.compared).toBe(false);
    expect(model.mayAllow).toBe(false);
  });

  it.each(['never', 'held-before'] as const)('offers no exception where it is %s', async (exception) => {
    const { app, inputs } = await start({ account: null, serverProblem: problem(['revoked'], { exception }) });
    const onclose = vi.fn();
    render(ServerCertificate, { app, jid: alice, interrupted: { kind: 'sign-in', input }, onclose });
    await settle();
    expect(screen.getByTestId('server-exception').dataset['exception']).toBe(exception);
    expect(screen.queryByTestId('server-allow')).toBeNull();
    expect(screen.queryByTestId('server-compared')).toBeNull();
    screen.getByTestId('server-leave').click();
    expect(onclose).toHaveBeenCalledOnce();
    expect(inputs('server.allow')).toEqual([]);
  });

  it('says what is wrong, whose certificate it is and since when', async () => {
    const { app } = await start({ account: null, serverProblem });
    render(ServerCertificate, { app, jid: alice, interrupted: { kind: 'reconnect' }, onclose: vi.fn() });
    await settle();
    const said = screen.getByTestId('dialog').textContent;
    for (const part of ['out of date since', 'not for example.org', 'im.example.net', 'Example Authority R3']) {
      expect(said).toContain(part);
    }
    expect(screen.getByTestId('fingerprint').dataset['fp']).toBe(serverProblem.certificate.fp);
    expect(document.activeElement).toBe(screen.getByTestId('server-leave'));
    expect(screen.getByTestId('server-allow')).toHaveProperty('disabled', true);
    await fireEvent.click(screen.getByTestId('server-compared'));
    expect(screen.getByTestId('server-allow')).toHaveProperty('disabled', false);
  });
});

describe('a connection that waits for a certificate that holds', () => {
  it('can be asked what is wrong', async () => {
    const waiting = { kind: 'waiting', retryAt: NOW + 9_000, reason: 'server-certificate' } as const;
    const { app } = await start({ account: account({ connection: waiting }) });
    render(ConnectionBanner, { app });
    screen.getByTestId('server-explain').click();
    expect(app.dialog).toEqual({ kind: 'server-certificate', jid: alice, interrupted: { kind: 'reconnect' } });
  });
});

describe('exceptions', () => {
  it('are listed with what they let pass, the one in use marked, and can be taken back', async () => {
    const { app } = await start({ exceptions });
    render(ServerExceptions, { app });
    await settle();
    const rows = screen.getAllByTestId('server-exception-row');
    expect(rows.map((row) => row.textContent.includes('In use now'))).toEqual([true, false]);
    screen.getAllByTestId('server-take-back')[0]?.click();
    expect(app.dialog).toMatchObject({ kind: 'take-back-exception', jid: alice, fp: exceptions[0]?.certificate.fp });
  });

  it('that the connection stands on are seen everywhere', async () => {
    const { app } = await start({ account: account({ excepted: true }) });
    render(Rail, { app });
    expect(screen.getByTestId('rail-settings').textContent).toContain('certificate does not hold');
  });
});
