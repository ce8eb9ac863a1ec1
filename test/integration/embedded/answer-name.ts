/**
 * Answers a question of the DNS (RFC 1035, section 4) for the address of one name: other names are not there, other records
 * of it neither. Undefined for what is no question.
 */
export function answerName(question: Buffer, name: string, address: string): Buffer | undefined {
  const wanted = Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
  const end = question.indexOf(0, 12) + 1;
  if (end === 0 || question.length < end + 4) return undefined;
  const isName = question.subarray(12, end).equals(wanted);
  const answers = isName && question.readUInt16BE(end) === 1;
  const header = Buffer.alloc(12);
  question.copy(header, 0, 0, 2);
  // An answer, recursion wanted and had; its code: none, or that there is no such name.
  header.writeUInt16BE(isName ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers ? 1 : 0, 6);
  // The name at offset 12, type A, class IN, for a minute, four bytes.
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([header, question.subarray(12, end + 4), ...(answers ? [record] : [])]);
}
