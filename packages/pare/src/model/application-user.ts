import { PareError } from './pare-error.ts';

/** Who the application runs as. */
export interface ApplicationUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; the primary one is among them, as Docker does since 20.10.18 (CVE-2022-36109). */
  readonly groups: readonly number[];
  /** What the runtime sets HOME to when the environment has none. */
  readonly home: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Highest number that runc takes for a user or a group. */
const idLimit = 0x7fff_ffff;

/**
 * Resolves `user[:group]` with the texts of the image's passwd(5) and group(5), as Docker and runc do (moby/sys/user
 * `GetExecUser`): a number is a number even where a user bears it as its name; a group that is given leaves no
 * supplementary ones; HOME is that of the first entry with the number, else `/`.
 * Throws PareError `image-invalid` for a name that is not there.
 */
export function resolveUser(spec: string, passwd: string, group: string): ApplicationUser {
  const colon = spec.indexOf(':');
  const userPart = colon < 0 ? spec : spec.slice(0, colon);
  const groupPart = colon < 0 ? '' : spec.slice(colon + 1);
  const entries = parsePasswd(passwd);
  const wanted = userPart === '' ? 0 : numericId(userPart);
  const entry = entries.find((one) => (wanted === undefined ? one.name === userPart : one.uid === wanted));
  const uid = entry?.uid ?? wanted;
  if (uid === undefined) throw unknownName('user', userPart, '/etc/passwd');
  const groups = parseGroups(group);
  const gid = groupPart === '' ? (entry?.gid ?? 0) : groupId(groupPart, groups);
  const supplementary =
    groupPart === '' && entry !== undefined
      ? groups.filter(({ members }) => members.includes(entry.name)).map((one) => one.gid)
      : [];
  const home = entries.find((one) => one.uid === uid)?.home || '/';
  return { uid, gid, groups: [...new Set([gid, ...supplementary])], home };
}

function groupId(name: string, groups: readonly GroupEntry[]): number {
  const wanted = numericId(name);
  const gid = wanted ?? groups.find((one) => one.name === name)?.gid;
  if (gid === undefined) throw unknownName('group', name, '/etc/group');
  return gid;
}

function numericId(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  if (value > idLimit)
    throw new PareError('image-invalid', `${text} is not a user or group number`, {
      hint: 'the highest is 2147483647',
    });
  return value;
}

function unknownName(what: string, name: string, file: string): PareError {
  return new PareError('image-invalid', `the ${what} ${name} is not in ${file} of the image`, {
    hint: `give a number, or a ${what} that the image has, with --user`,
  });
}

/** Lines that are not entries are passed over, as libc does. */
function parsePasswd(text: string): readonly PasswdEntry[] {
  return lines(text).flatMap((fields) => {
    const [name, , uid, gid, , home] = fields;
    const uidNumber = fieldNumber(uid);
    if (name === undefined || uidNumber === undefined) return [];
    return [{ name, uid: uidNumber, gid: fieldNumber(gid) ?? 0, home: home ?? '' }];
  });
}

function parseGroups(text: string): readonly GroupEntry[] {
  return lines(text).flatMap((fields) => {
    const [name, , gid, members] = fields;
    const gidNumber = fieldNumber(gid);
    if (name === undefined || gidNumber === undefined) return [];
    return [{ name, gid: gidNumber, members: members?.split(',') ?? [] }];
  });
}

function lines(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function fieldNumber(field: string | undefined): number | undefined {
  return field !== undefined && /^\d{1,10}$/.test(field) && Number(field) <= idLimit
    ? Number(field)
    : undefined;
}
