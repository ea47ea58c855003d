/** XEP-0163: everybody's own nodes. What protocol 4 asks for when a bundle is published is in `publish`. */

import type { BareJid } from '../../../src-shared/jid.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError, xmppModule } from '../types.ts';
import { BadAnswer } from './stanza.ts';
import {
  configureRequest,
  createRequest,
  deleteRequest,
  itemsRequest,
  NS_PUBSUB,
  NS_PUBSUB_ERRORS,
  type NodeOptions,
  publishRequest,
  type PubsubEvent,
  type PubsubItem,
  readEvent,
  readItems,
  retractRequest,
} from './xep0060-pubsub.ts';

const MAX_ITEMS_OPTION = 'pubsub#max_items';
/** Tried in turn where a server knows no `max`: the first that it takes is as good as its greatest for 32 devices. */
const NUMBERS: readonly string[] = ['10000', '1000', '500', '256', '128', '100', '64', '50', '32', '20', '16', '10'];

export interface Pep {
  /**
   * Publishes one item. With options the node has them afterwards, or nothing was published: as publish-options; where
   * the node differs, after reconfiguring it; where the server refuses the options, after configuring or creating it,
   * and then without them (protocol 4).
   * @throws StanzaError, IqTimeout
   */
  publish(node: string, id: string, payload: Element, options?: NodeOptions): Promise<void>;
  /**
   * All items of somebody's node; none where there is no such node.
   * @throws StanzaError (`forbidden`, `not-authorized`: we may not see it), IqTimeout, BadAnswer
   */
  retrieve(owner: BareJid, node: string): Promise<readonly PubsubItem[]>;
  /** Withdraws one of our items; that it is gone already is no error. */
  retract(node: string, id: string): Promise<void>;
  /** Deletes a node of ours; that it is gone already is no error. */
  remove(node: string): Promise<void>;
  /**
   * Calls `handler` for events of this node, whoever owns it. The server sends them because `node+notify` is among our
   * features. An event is a hint to retrieve: it may be missing, late or hold some items only.
   */
  onEvent(node: string, handler: (event: PubsubEvent) => void): () => void;
}

const isCondition = (error: unknown, ...conditions: readonly string[]): error is StanzaError =>
  error instanceof StanzaError && conditions.includes(error.condition);

const isPreconditionNotMet = (error: unknown): boolean =>
  error instanceof StanzaError && error.application?.name === 'precondition-not-met' && error.application.ns === NS_PUBSUB_ERRORS;

/**
 * A refusal of what was asked, not of us or of now. (ejabberd 23.01 refuses publish-options that it does not know with
 * `resource-constraint`, which is of type `wait` all the same.)
 */
const mayTryOtherwise = (error: unknown): boolean =>
  error instanceof StanzaError && error.type !== 'wait' && error.type !== 'auth';

/** The options, then with each number in place of `max`, where that is among them. */
function* variants(options: NodeOptions): Generator<NodeOptions> {
  yield options;
  if (options[MAX_ITEMS_OPTION] !== 'max') return;
  for (const number of NUMBERS) yield { ...options, [MAX_ITEMS_OPTION]: number };
}

export const pep = xmppModule<undefined, Pep>({
  features: [],
  setup: (session) => {
    const handlers = new Map<string, Set<(event: PubsubEvent) => void>>();
    const withdraw = session.onMessage((stanza) => {
      const event = readEvent(stanza, session.bare);
      if (event !== undefined) for (const handler of handlers.get(event.node) ?? []) handler(event);
    });

    /** Asks with the first of the variants that the server does not refuse. */
    const withFirstAccepted = async (options: NodeOptions, ask: (options: NodeOptions) => Element): Promise<void> => {
      let refusal: unknown = new BadAnswer();
      for (const variant of variants(options)) {
        try {
          await session.iq.set(undefined, ask(variant));
          return;
        } catch (error) {
          if (!mayTryOtherwise(error) || isCondition(error, 'item-not-found', 'conflict')) throw error;
          refusal = error;
        }
      }
      throw refusal;
    };

    const configureOrCreate = async (node: string, options: NodeOptions): Promise<void> => {
      try {
        await withFirstAccepted(options, (wanted) => configureRequest(node, wanted));
      } catch (error) {
        if (!isCondition(error, 'item-not-found')) throw error;
        await withFirstAccepted(options, (wanted) => createRequest(node, wanted));
      }
    };

    const allowGone = async (request: Element): Promise<void> => {
      try {
        await session.iq.set(undefined, request);
      } catch (error) {
        if (!isCondition(error, 'item-not-found')) throw error;
      }
    };

    return {
      async publish(node, id, payload, options) {
        const bare = publishRequest(node, id, payload);
        if (options === undefined) {
          await session.iq.set(undefined, bare);
          return;
        }
        const withOptions = publishRequest(node, id, payload, options);
        try {
          await session.iq.set(undefined, withOptions);
        } catch (error) {
          if (!mayTryOtherwise(error) && !isCondition(error, 'resource-constraint')) throw error;
          await configureOrCreate(node, options);
          if (!isPreconditionNotMet(error)) {
            await session.iq.set(undefined, bare);
            return;
          }
          // The node has the options now, unless a number stands for `max`: then they would be refused again.
          try {
            await session.iq.set(undefined, withOptions);
          } catch (again) {
            if (!isPreconditionNotMet(again)) throw again;
            await session.iq.set(undefined, bare);
          }
        }
      },
      async retrieve(owner, node) {
        try {
          const to = owner === session.bare ? undefined : owner;
          const result = await session.iq.get(to, itemsRequest(node));
          const items = result.child('pubsub', NS_PUBSUB)?.child('items');
          if (items === undefined || items.attr('node') !== node) throw new BadAnswer();
          return readItems(items);
        } catch (error) {
          if (isCondition(error, 'item-not-found')) return [];
          throw error;
        }
      },
      retract: (node, id) => allowGone(retractRequest(node, id)),
      remove: (node) => allowGone(deleteRequest(node)),
      onEvent(node, handler) {
        const set = handlers.get(node) ?? new Set();
        handlers.set(node, set.add(handler));
        return () => {
          set.delete(handler);
        };
      },
      teardown() {
        withdraw();
        handlers.clear();
      },
    };
  },
});
