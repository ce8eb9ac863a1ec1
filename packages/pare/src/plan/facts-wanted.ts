import type { ImagePath, TreeFile } from '@pare/oci';
import { matchAny } from './glob.ts';
import { baseName } from './system-paths.ts';

/** Files that name nothing: data, by name. Asking for the facts of thousands of them would be all cost. */
const data =
  /\.(pyc|pyo|json|html?|css|scss|less|svg|png|jpe?g|gif|ico|webp|woff2?|ttf|otf|eot|mo|po|pem|crt|cer|txt|md|rst|csv|xml|ya?ml|toml|gz|bz2|xz|zst|gemspec|map|d\.ts|typed|pyi|sql|tmpl|mustache|erb|ejs|hbs|jinja2?)$/i;
const dataTrees = [
  '/usr/share/{zoneinfo,locale,terminfo,mime,icons,fonts,ca-certificates,perl/**/unicore}/**',
  '/{usr/,}lib/{terminfo,locale}/**',
  '/etc/ssl/certs/**',
];

/** Examples in perl and bash need nothing until somebody copies them; packages that a user names are kept with them. */
const documents = ['/usr/{local/,}share/{doc,man,info}/**'];

const isDocument = matchAny(documents);
const isDocumentOrData = matchAny([...documents, ...dataTrees]);

/** Program text. Installed packages declare what they need, so only the application's own is looked into. */
const source = /\.([cm]?js|jsx|tsx?|py|rb|p[lm]|php|lua|tcl)$/i;

/** Whether a path is program text by its name. */
export function isProgramText(path: string): boolean {
  return source.test(baseName(path));
}

/** Whether static analysis of a kept file can change the plan. `isInstalled`: of a package or a runtime's own tree. */
export function wantsFacts(
  file: TreeFile,
  followsCode: boolean,
  isInstalled: (path: ImagePath) => boolean,
): boolean {
  if (file.sizeBytes === 0) return false;
  const name = baseName(file.path);
  if (!source.test(name)) return !data.test(name) && !isDocumentOrData(file.path);
  const isLookedInto = (file.mode & 0o111) !== 0 || (followsCode && !isInstalled(file.path));
  return isLookedInto && !isDocument(file.path);
}
