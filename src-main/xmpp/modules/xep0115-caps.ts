/**
 * XEP-0115: a hash in the presence stands for what a client can, so that one of its kind is asked once and for all.
 *
 * The hash is over a flat string whose parts can be moved between identities, features and forms without changing it
 * (the preimage weakness of §8.1, which XEP-0390 repairs). Whoever does that could take `xmpp:sec` off all who run the same
 * program. So an answer is shared under its hash only where nothing of the kind is possible ({@link shareableVer});
 * any other answer counts for the full JID alone that gave it.
 */

import { createHash } from 'node:crypto';
import { type BareJid, bareOf, type FullJid, type Jid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { xmppModule } from '../types.ts';
import type { Presences } from './rfc6121-presence.ts';
import { token } from './stanza.ts';
import type { DataForm } from './xep0004-forms.ts';
import type { Disco, DiscoInfo } from './xep0030-disco.ts';

export const NS_CAPS = 'http://jabber.org/protocol/caps';
const SOFTWARE_INFO = 'urn:xmpp:dataforms:softwareinfo';

const ASK_MS = 10_000;
/** Questions at a time that nobody waits for, and how many wait their turn. */
const MAX_ASKING = 8;
const MAX_QUEUED = 1000;

/** `<c/>` of a presence, as written. */
export interface CapsAnnotation {
  readonly node: string;
  readonly ver: string;
  /** '' in the form of before 2007, where `ver` is a version. */
  readonly hash: string;
}

/**
 * Features by `ver` of SHA-1, across sessions and accounts. Only what {@link shareableVer} gave is put there. Anybody who
 * sees us can fill it, so it forgets: see {@link boundedCapsCache}.
 */
export interface CapsCache {
  get(ver: string): readonly string[] | undefined;
  set(ver: string, features: readonly string[]): void;
}

/** A cache in memory that keeps the `limit` last used. `loaded` fills it from an earlier run; `onSet` is told what is new. */
export function boundedCapsCache(
  limit = 1000,
  loaded: Iterable<readonly [string, readonly string[]]> = [],
  onSet?: (ver: string, features: readonly string[]) => void,
): CapsCache {
  const kept = new Map<string, readonly string[]>(loaded);
  return {
    get(ver) {
      const features = kept.get(ver);
      if (features !== undefined && kept.delete(ver)) kept.set(ver, features);
      return features;
    },
    set(ver, features) {
      const isNew = !kept.delete(ver);
      kept.set(ver, features);
      for (const oldest of kept.keys()) {
        if (kept.size <= limit) break;
        kept.delete(oldest);
      }
      if (isNew) onSet?.(ver, features);
    },
  };
}

export interface CapsOptions {
  readonly own: { readonly node: string; readonly info: DiscoInfo };
  readonly presence: Presences;
  readonly disco: Pick<Disco, 'askInfo'>;
  readonly cache: CapsCache;
  /** Whose devices are asked as soon as they come online: those who see our presence anyway. */
  readonly mayAskUnasked: (bare: BareJid) => boolean;
  /** What this one can has become known. */
  readonly onKnown?: (jid: Jid) => void;
}

export interface Caps {
  /** `<c/>` for our presence. */
  readonly annotation: Element;
  /** Undefined where it is not known yet; false for who is offline. */
  supports(jid: Jid, feature: string): boolean | undefined;
  /** The same, asked for where it is not known (at most 10 s); no answer, or one that makes no sense, is false. */
  whenKnown(full: FullJid, feature: string): Promise<boolean>;
  /** To be called when the presence of this bare JID changed. */
  changed(bare: BareJid): void;
}

/** The `<c/>` of a presence; undefined where there is none, or more than one, or it is not well formed. */
export function readCaps(presence: Element): CapsAnnotation | undefined {
  const [c, second] = presence.childrenOf('c', NS_CAPS);
  const node = token(c?.attr('node'), 1023);
  const ver = token(c?.attr('ver'), 256);
  if (c === undefined || second !== undefined || node === undefined || ver === undefined) return undefined;
  return { node, ver, hash: token(c.attr('hash'), 64) ?? '' };
}

const byOctets = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const hasTwice = (list: readonly string[]): boolean => new Set(list).size !== list.length;

/** The verification string S of §5.1; undefined where the whole answer is ill-formed (§5.4, 3.3 to 3.5). */
export function verificationString(info: DiscoInfo): string | undefined {
  const identities = info.identities.map((i) => `${i.category}/${i.type}/${i.lang}/${i.name}`);
  const forms = info.forms.filter((form) => form.formType !== undefined); // §5.4, 3.6: the others are ignored
  const types = forms.map((form) => form.formType ?? '');
  if (hasTwice(identities) || hasTwice(info.features) || hasTwice(types)) return undefined;
  if (info.forms.some((form) => form.illFormed)) return undefined;
  return [
    ...identities.sort(byOctets),
    ...[...info.features].sort(byOctets),
    ...forms.sort((a, b) => byOctets(a.formType ?? '', b.formType ?? '')).flatMap(formParts),
  ]
    .map((part) => `${part}<`)
    .join('');
}

function formParts(form: DataForm): string[] {
  const fields = [...form.fields].sort((a, b) => byOctets(a.name, b.name));
  return [form.formType ?? '', ...fields.flatMap((field) => [field.name, ...[...field.values].sort(byOctets)])];
}

/** `ver` by SHA-1 (§5.1): base64 of the hash of S; undefined where the answer is ill-formed. */
export function verOf(info: DiscoInfo): string | undefined {
  const s = verificationString(info);
  return s === undefined ? undefined : createHash('sha1').update(s, 'utf8').digest('base64');
}

/** `ver` where this answer is the only one that has it, short of breaking SHA-1; else undefined. */
export function shareableVer(info: DiscoInfo): string | undefined {
  const texts = [
    ...info.identities.flatMap((i) => [i.category, i.type, i.lang, i.name]),
    ...info.features,
    ...info.forms.flatMap((form) => [form.formType ?? '', ...form.fields.flatMap((field) => [field.name, ...field.values])]),
  ];
  if (texts.some((text) => text.includes('<'))) return undefined;
  // A feature, being a URI, has no way to look like an identity, nor like a part of the one form that programs describe
  // themselves with; and in a form's place it would be out of order.
  if (info.identities.some((i) => /[:/]/.test(i.category) || /[:/]/.test(i.type) || i.lang.includes('/'))) return undefined;
  if (info.forms.some((form) => form.formType !== undefined && form.formType !== SOFTWARE_INFO)) return undefined;
  return verOf(info);
}

/** What a full JID said of itself, good as long as its presence says the same. */
interface OwnWord {
  readonly caps: string;
  readonly features: ReadonlySet<string>;
}

/** Refused, late, malformed or the stream gone: whatever the reason, what it can remains unknown. */
const notKnown = (): undefined => undefined;

const keyOf = (caps: CapsAnnotation | undefined): string =>
  caps === undefined ? '' : [caps.hash, caps.ver, caps.node].join('\n');

export const caps = xmppModule<CapsOptions, Caps>({
  features: [NS_CAPS],
  setup: (_session, options) => {
    const { own, presence, disco, cache } = options;
    const ownVer = verOf(own.info);
    if (ownVer === undefined) throw new Error('our own features are ill-formed');
    cache.set(ownVer, own.info.features);

    const ownWords = new Map<BareJid, Map<Jid, OwnWord>>();
    const underway = new Map<string, Promise<ReadonlySet<string> | undefined>>();
    const queue = new Set<Jid>();
    let asking = 0;
    let over = false;

    const featuresOf = (jid: Jid): ReadonlySet<string> | undefined => {
      const annotation = presence.get(jid)?.caps;
      const shared = annotation?.hash === 'sha-1' ? cache.get(annotation.ver) : undefined;
      if (shared !== undefined) return new Set(shared);
      const word = ownWords.get(bareOf(jid))?.get(jid);
      return word?.caps === keyOf(annotation) ? word.features : undefined;
    };

    const tell = (jid: Jid, annotation: CapsAnnotation | undefined, shared: boolean): void => {
      if (options.onKnown === undefined) return;
      if (!shared) options.onKnown(jid);
      else for (const one of presence.all()) if (keyOf(one.caps) === keyOf(annotation)) options.onKnown(one.jid);
    };

    const learn = async (jid: Jid, annotation: CapsAnnotation | undefined): Promise<ReadonlySet<string> | undefined> => {
      const node = annotation === undefined ? undefined : `${annotation.node}#${annotation.ver}`;
      const info = await disco.askInfo(jid, node, ASK_MS).catch(notKnown);
      if (info === undefined || over) return undefined;
      const features = new Set(info.features);
      const shared = annotation?.hash === 'sha-1' && shareableVer(info) === annotation.ver;
      if (shared) {
        cache.set(annotation.ver, [...features]);
      } else if (presence.isOnline(jid)) {
        const bare = bareOf(jid);
        const words = ownWords.get(bare) ?? new Map<Jid, OwnWord>();
        ownWords.set(bare, words.set(jid, { caps: keyOf(annotation), features }));
      }
      tell(jid, annotation, shared);
      return features;
    };

    /** One question at a time for a JID and what its presence says. */
    const learnOnce = (jid: Jid): Promise<ReadonlySet<string> | undefined> => {
      const annotation = presence.get(jid)?.caps;
      const key = `${jid}\n${keyOf(annotation)}`;
      let question = underway.get(key);
      if (question === undefined) {
        question = learn(jid, annotation).finally(() => underway.delete(key));
        underway.set(key, question);
      }
      return question;
    };

    const askNext = (): void => {
      for (const jid of queue) {
        if (over || asking >= MAX_ASKING) return;
        queue.delete(jid);
        if (!presence.isOnline(jid) || featuresOf(jid) !== undefined) continue;
        asking += 1;
        void learnOnce(jid).finally(() => {
          asking -= 1;
          askNext();
        });
      }
    };

    return {
      annotation: xml('c', NS_CAPS, { hash: 'sha-1', node: own.node, ver: ownVer }),
      supports(jid, feature) {
        return presence.isOnline(jid) ? featuresOf(jid)?.has(feature) : false;
      },
      async whenKnown(full, feature) {
        if (!presence.isOnline(full)) return false;
        const features = featuresOf(full) ?? (await learnOnce(full));
        return features?.has(feature) ?? false;
      },
      changed(bare) {
        const words = ownWords.get(bare);
        if (words !== undefined) {
          for (const jid of words.keys()) if (!presence.isOnline(jid)) words.delete(jid);
          if (words.size === 0) ownWords.delete(bare);
        }
        if (!options.mayAskUnasked(bare)) return;
        for (const { jid } of presence.resources(bare)) {
          // Also one without an annotation: disco#info is what advertises a feature, its hash a convenience (protocol 3).
          if (featuresOf(jid) === undefined && queue.size < MAX_QUEUED) queue.add(jid);
        }
        askNext();
      },
      teardown() {
        over = true;
        queue.clear();
      },
    };
  },
});
