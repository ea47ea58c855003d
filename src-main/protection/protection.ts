/**
 * What is known of people's credentials, and what follows for a conversation (protocol 4): verdicts as stored, the devices
 * that may be encrypted to, and the view that the protection panel shows.
 */

import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import type { Fingerprint } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { CredentialView, DeviceView, MessageProtection, ProtectionView, Verdict } from '../../src-shared/models.ts';
import { readCertificate, type Certificate } from '../pki/certificate.ts';
import { mayEncrypt, type SecurityAssociation } from '../security/association/association.ts';
import type { Peer } from '../security/association/aggressive.ts';
import { accepted, judge, type Judgement } from '../security/trust.ts';
import type { Agreements, Protection, Target, Workspace } from '../services.ts';
import type { VerdictRow } from '../store/verdicts.ts';
import { algorithmNames } from './algorithm-names.ts';
import { protectedRefusal, protectionState, unprotectedMayLeave, type Known } from './policy.ts';

export interface ProtectionService extends Protection {
  view(jid: BareJid): ProtectionView;
  /** As `changed`, where a screen has asked for this contact before. */
  refresh(jid: BareJid): void;
  /** The verdict on a peer whose signature held, with what is to be recorded of it. */
  judgePeer(peer: Peer): Judgement;
  /** Records a verdict on a credential that was met. Inside a transaction or not. */
  record(judgement: Judgement, chain: readonly Certificate[]): void;
  /** The user compared the fingerprint, or decided without comparing. */
  decide(jid: BareJid, fp: Fingerprint, verdict: 'verified' | 'first-use' | 'distrusted'): void;
}

export interface ProtectionHooks {
  readonly agreements: () => Agreements;
  readonly onChange: (jid: BareJid) => void;
}

export function createProtection(workspace: Workspace, hooks: ProtectionHooks): ProtectionService {
  const { store, bus, clock } = workspace;

  /** A stored verdict as it counts today: dates are looked at anew each time. */
  const today = (row: VerdictRow): Verdict => {
    if (!accepted(row.verdict) && row.verdict !== 'changed') return row.verdict;
    const { notBefore, notAfter } = certificateOf(row);
    const now = clock.now();
    return now < notBefore || now > notAfter ? 'expired' : row.verdict;
  };

  const verdictOf = (jid: BareJid, fp: Fingerprint): Verdict | undefined => {
    const self = workspace.self();
    if (jid === self.jid && fp === self.credential.fp) return 'verified';
    const row = store.verdicts.get(jid, fp);
    return row === undefined ? undefined : today(row);
  };

  /** The newest association of each device that may encrypt (protocol 5.6). */
  const usable = (jid: BareJid): SecurityAssociation[] => {
    const { device, credential } = workspace.self();
    const now = clock.now();
    const newest = new Map<string, SecurityAssociation>();
    for (const sa of store.associations.list(jid)) {
      const ours = sa.own.device === device && sa.own.fp === credential.fp;
      const key = `${sa.peer.fp}/${sa.peer.device}`;
      if (ours && !newest.has(key) && mayEncrypt(sa, now)) newest.set(key, sa);
    }
    return [...newest.values()];
  };

  /** One a device: of two keys that it holds it takes neither (protocol 6.2), so after a change of credential the newest. */
  const targets = (jid: BareJid): Target[] => {
    const byDevice = new Map<string, Target>();
    for (const association of usable(jid)) {
      const { fp, device } = association.peer;
      const verdict = verdictOf(jid, fp);
      if (!byDevice.has(device) && verdict !== undefined && accepted(verdict)) byDevice.set(device, { association, verdict });
    }
    return [...byDevice.values()];
  };

  const known = (jid: BareJid): Known => {
    const conversation = store.conversations.get(jid);
    return {
      verdicts: store.verdicts.list(jid).map(today),
      associations: targets(jid).map((target) => target.verdict),
      everProtected: everProtected(jid),
      capable: hooks.agreements().capable(jid).length > 0,
      unprotectedAllowed: conversation?.unprotectedAllowed ?? false,
      required: store.settings.get().requireProtection,
    };
  };

  const everProtected = (jid: BareJid): boolean =>
    store.conversations.get(jid)?.everProtected === true || store.meta.number(stoodWith(jid)) === 1;

  const changed = (jid: BareJid): void => {
    bus.emit('protection.changed', view(jid));
    hooks.onChange(jid);
  };

  /** Whose protection a screen has asked for. */
  const watched = new Set<BareJid>();
  const view = (jid: BareJid): ProtectionView => {
    const self = workspace.self();
    const now = known(jid);
    const problem: ErrorCode | undefined = protectedRefusal(now) ?? hooks.agreements().problem(jid);
    return {
      jid,
      state: protectionState(now),
      own: { fp: self.credential.fp, device: self.device },
      credentials: store.verdicts.list(jid).map((row) => credentialView(row, today(row))),
      devices: devicesOf(jid),
      unprotectedAllowed: now.unprotectedAllowed,
      required: now.required,
      ...(problem !== undefined && { problem }),
    };
  };

  const devicesOf = (jid: BareJid): DeviceView[] =>
    usable(jid).map((sa) => ({
      device: sa.peer.device,
      fp: sa.peer.fp,
      online: hooks.agreements().fullsOf(jid, sa.peer.device).length > 0,
      association: { since: sa.establishedAt, ...algorithmNames(sa), sent: sa.send.n, received: sa.receive.n },
    }));

  return {
    verdictOf,
    targets,
    view: (jid) => {
      watched.add(jid);
      return view(jid);
    },
    refresh(jid) {
      if (watched.has(jid)) changed(jid);
    },
    changed,
    shown(jid, fp): MessageProtection {
      const verdict = verdictOf(jid, fp);
      return verdict === 'verified' || verdict === 'validated' ? 'verified' : 'session';
    },
    state: (jid) => protectionState(known(jid)),
    refusal: (jid) => protectedRefusal(known(jid)),
    unprotectedMayLeave: (jid) => unprotectedMayLeave(known(jid)),
    everProtected,
    stood(jid) {
      const before = everProtected(jid);
      // Beside the conversation, which may not be there yet, and may be removed.
      if (store.meta.number(stoodWith(jid)) !== 1) store.meta.set(stoodWith(jid), 1);
      if (before || store.conversations.get(jid) === undefined) return;
      store.conversations.setEverProtected(jid);
      // Where plain text was allowed, it was for want of anything better.
      store.conversations.setUnprotectedAllowed(jid, false);
    },
    judgePeer(peer) {
      const self = workspace.self();
      return judge({
        jid: peer.jid,
        certificate: peer.certificate,
        known: store.verdicts.list(peer.jid),
        now: clock.now(),
        own: { jid: self.jid, fp: self.credential.fp },
      });
    },
    record({ record }, certificates) {
      const chain = certificates.map((certificate) => certificate.der);
      if (record === undefined) return;
      store.transaction(() => {
        store.verdicts.put({ vouchers: store.verdicts.get(record.jid, record.fp)?.vouchers ?? [], ...record, chain });
      });
    },
    decide(jid, fp, verdict) {
      const row = store.verdicts.get(jid, fp);
      if (row === undefined || row.verdict === 'revoked') throw new SignetError('not-found');
      store.transaction(() => {
        const why = verdict === 'verified' ? 'compared' : 'user';
        store.verdicts.put({ ...row, verdict, why, verdictSince: clock.now() });
        // protocol 5.6: one whose peer credential becomes `distrusted` is erased
        if (verdict === 'distrusted') {
          for (const _ of store.associations.eraseByPeer(jid, fp)) bus.emit('association.changed', { jid, state: 'erased' });
        }
      });
      changed(jid);
    },
  };
}

const stoodWith = (jid: BareJid): string => `ever-protected:${jid}`;

/** Certificates read, by fingerprint: lists ask for the same few again and again. */
const read = new Map<Fingerprint, Certificate>();
const READ_MAX = 500;

function certificateOf(row: VerdictRow): Certificate {
  const before = read.get(row.fp);
  if (before !== undefined) return before;
  const [der] = row.chain;
  if (der === undefined) throw new SignetError('store-damaged');
  const certificate = readCertificate(der);
  if (read.size >= READ_MAX) read.clear();
  read.set(row.fp, certificate);
  return certificate;
}

function credentialView(row: VerdictRow, verdict: Verdict): CredentialView {
  const certificate = certificateOf(row);
  return {
    fp: row.fp,
    verdict,
    since: row.since,
    verdictSince: row.verdictSince,
    why: verdict === 'expired' && row.verdict !== 'expired' ? 'dates' : row.why,
    selfSigned: certificate.selfSigned,
    subject: certificate.subject,
    issuer: certificate.issuer,
    notAfter: certificate.notAfter,
    keyType: certificate.keyType === 'RSA' ? `RSA ${String(certificate.bits)}` : certificate.keyType,
  };
}
