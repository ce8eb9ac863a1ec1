import type { KeepReasonKind } from '../model/keep-reason.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import type { Evidence } from './keep-set.ts';

/** Without these a program or library does not start at all. */
const links: ReadonlySet<KeepReasonKind> = new Set(['elf-interpreter', 'elf-needed']);

/** What is done with a file's need of another: nothing, kept, or kept if it costs little (`candidates.ts`). */
export type Following = 'ignore' | 'keep' | 'offer';

/**
 * Whether a need is followed. `observed` follows what links and script interpreters; `used` also what code that is used
 * names (imports, commands, libraries loaded by name). A file kept in reserve drags in only what it links to.
 */
export function following(kind: KeepReasonKind, level: KeepLevel, evidence: Evidence): Following {
  if (links.has(kind)) return 'keep';
  if (level === 'packages') return kind === 'elf-dlopen' ? 'offer' : 'keep';
  if (evidence === 'reserve') return 'ignore';
  if (kind === 'shebang') return 'keep';
  if (level === 'observed') return 'ignore';
  return kind === 'elf-dlopen' ? 'offer' : 'keep';
}
