import type { DeliveredEventName } from '../socket/socket-events.js';

/**
 * What travels in `inbox.<slot>`: fields separated by tabs, which JSON text never contains unescaped, so that a
 * gateway can cut out the bytes of an event and send them on without parsing them.
 *
 *   ping     incarnation  number
 *   reply    incarnation  request  ack as JSON
 *   deliver  incarnation  [session counters]  excepted counter or -  event  body as JSON
 *   died     incarnation
 */
export type InboxItem =
  | { kind: 'ping'; incarnation: number; number: number }
  | { kind: 'reply'; incarnation: number; request: number; ack: Buffer }
  | {
      kind: 'deliver';
      incarnation: number;
      recipients: number[];
      /** The sending session: its ack carries the same row. */
      except: number | null;
      event: DeliveredEventName;
      body: Buffer;
    }
  | { kind: 'died'; incarnation: number };

export function encodePing(incarnation: number, number: number): string {
  return `ping\t${incarnation}\t${number}`;
}

/** @param ack JSON of the whole ack */
export function encodeReply(incarnation: number, request: number, ack: string): string {
  return `reply\t${incarnation}\t${request}\t${ack}`;
}

/**
 * @param recipients JSON array of session counters
 * @param body JSON of the event
 */
export function encodeDelivery(
  incarnation: number,
  recipients: string,
  except: number | null,
  event: DeliveredEventName,
  body: string,
): string {
  return `deliver\t${incarnation}\t${recipients}\t${except ?? '-'}\t${event}\t${body}`;
}

export function encodeDied(incarnation: number): string {
  return `died\t${incarnation}`;
}

const tab = 9;

/** @throws RangeError when the bytes are no inbox item */
export function decodeInboxItem(bytes: Buffer): InboxItem {
  let position = 0;
  const next = (): string => {
    const end = bytes.indexOf(tab, position);
    const field = bytes.toString('latin1', position, end === -1 ? bytes.length : end);
    position = end === -1 ? bytes.length : end + 1;
    return field;
  };
  const number = (): number => {
    const value = Number(next());
    if (!Number.isSafeInteger(value)) throw new RangeError('not an inbox item: a number is missing');
    return value;
  };
  const kind = next();
  switch (kind) {
    case 'ping':
      return { kind, incarnation: number(), number: number() };
    case 'reply':
      return { kind, incarnation: number(), request: number(), ack: bytes.subarray(position) };
    case 'deliver': {
      const incarnation = number();
      const recipients = JSON.parse(next()) as number[];
      const except = next();
      const event = next() as DeliveredEventName;
      return {
        kind,
        incarnation,
        recipients,
        except: except === '-' ? null : Number(except),
        event,
        body: bytes.subarray(position),
      };
    }
    case 'died':
      return { kind, incarnation: number() };
    default:
      throw new RangeError(`not an inbox item: unknown kind ${JSON.stringify(kind.slice(0, 40))}`);
  }
}
