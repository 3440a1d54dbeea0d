const SEQ = Buffer.from('"seq":');
const VERSION = Buffer.from('"version":');

/** The first `seq` in an event's bytes; -1 without one. */
export function seqOf(packet: Buffer): number {
  return numberAfter(packet, SEQ);
}

/** The first `version` in an event's bytes, which is the event's own; -1 without one. */
export function versionOf(packet: Buffer): number {
  return numberAfter(packet, VERSION);
}

function numberAfter(packet: Buffer, key: Buffer): number {
  const begin = packet.indexOf(key);
  if (begin < 0) return -1;
  let number = 0;
  let at = begin + key.length;
  for (let digit = (packet[at] ?? 0) - 48; digit >= 0 && digit <= 9; digit = (packet[at] ?? 0) - 48) {
    number = number * 10 + digit;
    at += 1;
  }
  return at === begin + key.length ? -1 : number;
}
