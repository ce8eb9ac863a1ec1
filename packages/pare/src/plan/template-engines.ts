import type { Ecosystem } from '../model/package.ts';
import { baseName } from './system-paths.ts';

interface TemplateEngine {
  readonly ecosystem: Ecosystem;
  readonly packages: readonly string[];
}

/**
 * Engines that a web framework loads by the extension of a template, with no line of code that names them. Sources: tilt,
 * `lib/tilt.rb` ("Template Implementations"); Express, "Using template engines"; consolidate, README.
 */
const enginesByExtension: Readonly<Record<string, TemplateEngine>> = {
  '.haml': { ecosystem: 'gem', packages: ['haml'] },
  '.slim': { ecosystem: 'gem', packages: ['slim'] },
  '.liquid': { ecosystem: 'gem', packages: ['liquid'] },
  '.builder': { ecosystem: 'gem', packages: ['builder'] },
  '.erb': { ecosystem: 'gem', packages: ['erubi', 'erubis'] },
  '.mab': { ecosystem: 'gem', packages: ['markaby'] },
  '.rabl': { ecosystem: 'gem', packages: ['rabl'] },
  '.jbuilder': { ecosystem: 'gem', packages: ['jbuilder'] },
  '.nokogiri': { ecosystem: 'gem', packages: ['nokogiri'] },
  '.prawn': { ecosystem: 'gem', packages: ['prawn'] },
  '.scss': { ecosystem: 'gem', packages: ['sass', 'sassc', 'sass-embedded'] },
  '.sass': { ecosystem: 'gem', packages: ['sass', 'sassc', 'sass-embedded'] },
  '.ejs': { ecosystem: 'npm', packages: ['ejs'] },
  '.pug': { ecosystem: 'npm', packages: ['pug'] },
  '.hbs': { ecosystem: 'npm', packages: ['hbs', 'express-handlebars', 'handlebars'] },
  '.handlebars': { ecosystem: 'npm', packages: ['express-handlebars', 'handlebars'] },
  '.njk': { ecosystem: 'npm', packages: ['nunjucks'] },
  '.mustache': { ecosystem: 'npm', packages: ['mustache-express', 'mustache'] },
  '.eta': { ecosystem: 'npm', packages: ['eta'] },
  '.twig': { ecosystem: 'npm', packages: ['twig'] },
};

/** The packages, any of which may render this application file; undefined for what is no template. */
export function enginesOf(path: string): TemplateEngine | undefined {
  const name = baseName(path);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? undefined : enginesByExtension[name.slice(dot)];
}
