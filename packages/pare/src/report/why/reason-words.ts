import type { KeepReason } from '../../model/keep-reason.ts';

/** Why a path is kept, as the end of "it is kept because …". */
export function reasonWords(reason: KeepReason): string {
  switch (reason.kind) {
    case 'observed':
      return `${reason.process} used it (${reason.accesses.join(', ')})${reason.probe === undefined ? '' : `, first during ${reason.probe}`}`;
    case 'parent-directory':
      return `it is a directory above ${reason.of}`;
    case 'symlink-on-the-way':
      return `it is a link on the way to ${reason.to}`;
    case 'symlink-target':
      return `the link ${reason.of} leads to it`;
    case 'hardlink-peer':
      return `it is the same file as ${reason.of}`;
    case 'elf-interpreter':
      return `${reason.of} is started by it`;
    case 'elf-needed':
      return `${reason.of} links to ${reason.soname} (found through ${reason.through})`;
    case 'elf-dlopen':
      return `${reason.of} names the library ${reason.name}`;
    case 'shebang':
      return `the script ${reason.of} is run by it`;
    case 'script-command':
      return `the script ${reason.of} calls ${reason.command}`;
    case 'named-in-settings':
      return `the settings in ${reason.of} name ${reason.name}`;
    case 'import':
      return `${reason.of} imports ${reason.name}`;
    case 'image-config':
      return `the image's config names it (${reason.field})`;
    case 'application-file':
      return "it is one of the application's own files";
    case 'package-file':
      return `it belongs to the ${reason.ecosystem} package ${reason.package}, of which ${reason.because} is kept`;
    case 'runtime-family':
      return `a rule for ${reason.family}: ${reason.rule}`;
    case 'shell':
      return `${reason.of} starts programs through a shell`;
    case 'empty-directory':
      return reason.package === ''
        ? 'it is an empty directory that a service may expect'
        : `it is an empty directory of the package ${reason.package}`;
    case 'directory-skeleton':
      return 'every file system of this kind has it';
    case 'include-rule':
      return `you asked for it: --include ${reason.pattern}`;
    case 'put-back':
      return `verification missed it (round ${reason.round}, ${reason.probe})`;
    default:
      return `of a reason that this Pare does not know: ${JSON.stringify(reason)}`;
  }
}
