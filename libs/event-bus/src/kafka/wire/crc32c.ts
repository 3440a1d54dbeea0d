const polynomial = 0x82f63b78;
/** Four tables: four bytes are taken at once, which is what makes it quick. */
const tables = [0, 1, 2, 3].map(() => new Int32Array(256)) as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  tables[0][byte] = crc;
}
for (let byte = 0; byte < 256; byte++) {
  for (let n = 1; n < 4; n++) {
    const before = tables[n - 1]?.[byte] ?? 0;
    (tables[n] as Int32Array)[byte] = (before >>> 8) ^ (tables[0][before & 0xff] ?? 0);
  }
}

/** The checksum of Kafka's record batches, of a part of a buffer. */
export function crc32c(buffer: Buffer, start: number, end: number): number {
  const [first, second, third, fourth] = tables;
  let crc = -1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^= buffer.readInt32LE(at);
    crc =
      (fourth[crc & 0xff] ?? 0) ^
      (third[(crc >>> 8) & 0xff] ?? 0) ^
      (second[(crc >>> 16) & 0xff] ?? 0) ^
      (first[crc >>> 24] ?? 0);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (first[(crc ^ (buffer[at] ?? 0)) & 0xff] ?? 0);
  return (crc ^ -1) >>> 0;
}
