import { type Message } from '@parley/contracts';

type Details = Pick<Message, 'replyTo' | 'mentions' | 'reactions'>;

/** The part of a row that most messages do not have, in one text that is the same for the same row. */
export const detailsOf = ({ replyTo, mentions, reactions }: Details): { details?: string } =>
  replyTo === null && mentions.length === 0 && reactions.length === 0
    ? {}
    : {
        details: JSON.stringify([
          replyTo,
          mentions,
          reactions.map(({ emoji, count, userIds }) => [emoji, count, userIds]),
        ]),
      };
