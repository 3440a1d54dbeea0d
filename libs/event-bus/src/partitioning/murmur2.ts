const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** The hash that Kafka's Java clients choose partitions with; writers in other languages agree with it. */
export function murmur2(data: Buffer): number {
  const length = data.length;
  let hash = seed ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(data.readInt32LE(at), multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const rest = length - whole;
  if (rest > 0) {
    hash ^= data.readUIntLE(whole, rest);
    hash = Math.imul(hash, multiplier);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}
