/** XEP-0380: which encryption a message uses, so that a client without it can say so. */

import { type Element, xml } from '../../xml/element.ts';
import { clip, token } from './stanza.ts';

const NS_EME = 'urn:xmpp:eme:0';

export interface Encryption {
  readonly namespace: string;
  readonly name: string | undefined;
}

/** `<encryption/>`; `name` is for people whose client does not know the namespace. */
export function encryption(namespace: string, name?: string): Element {
  return xml('encryption', NS_EME, { namespace, name });
}

/** How a message says that it is encrypted. It is a hint for the eye, never a reason to decrypt or to trust. */
export function readEncryption(message: Element): Encryption | undefined {
  const element = message.child('encryption', NS_EME);
  const namespace = token(element?.attr('namespace'), 256);
  if (element === undefined || namespace === undefined) return undefined;
  const name = element.attr('name');
  return { namespace, name: name === undefined ? undefined : clip(name, 256) };
}
