import type { KeepReasonKind } from '../model/keep-reason.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import type { Evidence } from './keep-set.ts';

/** Without these a program or library does not start at all. */
const links: ReadonlySet<KeepReasonKind> = new Set(['elf-interpreter', 'elf-needed']);

/** What is done with a file's need of another: nothing, kept, or kept if it costs little (`candidates.ts`). */
export type Following = 'ignore' | 'keep' | 'offer';

/**
 * Whether a need is followed. `observed` follows what programs link to and scripts are run by; `used` also what code that
 * is used names (imports, commands, libraries loaded by name). A file kept in reserve drags in only what it links to, and
 * the first line of a script counts only where it is run: modules have one too. Settings in reserve are of use only with the
 * modules that they name (`pam_userdb.so`).
 */
export function following(
  kind: KeepReasonKind,
  level: KeepLevel,
  from: { readonly evidence: Evidence; readonly isProgram: boolean },
  to: string,
): Following {
  if (links.has(kind)) return 'keep';
  if (kind === 'shebang' && from.isProgram) return 'keep';
  if (level === 'packages') return kind === 'elf-dlopen' ? 'offer' : 'keep';
  if (level === 'observed' || kind === 'shebang') return 'ignore';
  if (from.evidence === 'reserve')
    return kind === 'named-in-settings' && to.endsWith('.so') ? 'offer' : 'ignore';
  return kind === 'elf-dlopen' ? 'offer' : 'keep';
}
