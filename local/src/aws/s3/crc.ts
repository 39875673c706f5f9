/**
 * The two cyclic redundancy checks of S3's that Node doesn't bring along, table-driven, a byte at a time.
 * Both are reflected, begin with all ones and end complemented.
 */

/** CRC-32C (Castagnoli), RFC 3720: four bytes, big-endian. */
export function crc32c(bytes: Uint8Array): Buffer {
  let sum = 0xff_ff_ff_ff;
  for (const byte of bytes) sum = (CASTAGNOLI[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  const result = Buffer.alloc(4);
  result.writeUInt32BE(~sum >>> 0);
  return result;
}

/** CRC-64/NVME: eight bytes, big-endian. Two halves of 32 bits, since BigInt is 30 times slower. */
export function crc64nvme(bytes: Uint8Array): Buffer {
  let high = 0xff_ff_ff_ff;
  let low = 0xff_ff_ff_ff;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (NVME.low[index] ?? 0);
    high = (high >>> 8) ^ (NVME.high[index] ?? 0);
  }
  const result = Buffer.alloc(8);
  result.writeUInt32BE(~high >>> 0, 0);
  result.writeUInt32BE(~low >>> 0, 4);
  return result;
}

const CASTAGNOLI = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1)
    value = (value & 1) === 1 ? (value >>> 1) ^ 0x82_f6_3b_78 : value >>> 1;
  return value;
});

/** The polynomial 0xAD93D23594C93659, reflected: 0x9A6C9329AC4BC9B5. */
const NVME = nvmeTable(0x9a_6c_93_29, 0xac_4b_c9_b5);

function nvmeTable(polynomialHigh: number, polynomialLow: number): { high: Uint32Array; low: Uint32Array } {
  const table = { high: new Uint32Array(256), low: new Uint32Array(256) };
  for (let index = 0; index < 256; index += 1) {
    let high = 0;
    let low = index;
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = (low & 1) === 1;
      low = ((low >>> 1) | (high << 31)) ^ (isOdd ? polynomialLow : 0);
      high = (high >>> 1) ^ (isOdd ? polynomialHigh : 0);
    }
    table.high[index] = high;
    table.low[index] = low;
  }
  return table;
}
