import * as v from 'valibot';
import type { Ecosystem } from '../model/package.ts';
import { either, mapping, text, texts } from './form-parts.ts';
import { probeForm, readinessForm } from './probe-forms.ts';
import { runForm } from './run-form.ts';

/** Exhaustive: an ecosystem that is missing here does not compile. */
const ecosystemWords: Readonly<Record<Ecosystem, true>> = {
  deb: true,
  apk: true,
  npm: true,
  python: true,
  gem: true,
  java: true,
  perl: true,
  composer: true,
  nuget: true,
  erlang: true,
};
const ecosystem = v.picklist(Object.keys(ecosystemWords) as Ecosystem[]);

const name = v.pipe(
  text,
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
    'must be a name of letters, digits, dots, dashes and underscores',
  ),
);

const containerDependency = v.strictObject({
  image: v.optional(v.pipe(text, v.nonEmpty('is empty'))),
  ...runForm.entries,
  aliases: v.optional(v.array(name)),
  after: v.optional(v.array(name)),
  untilExit: v.optional(v.boolean()),
  readiness: v.optional(mapping(readinessForm)),
});

const composeDependency = v.strictObject({
  file: text,
  services: v.optional(v.array(text)),
  profiles: v.optional(v.array(text)),
  envFile: v.optional(either({ string: text, list: texts })),
});

export type ContainerDependencyForm = v.InferOutput<typeof containerDependency>;
export type ComposeDependencyForm = v.InferOutput<typeof composeDependency>;

/** The whole of a `pare.yaml`. */
export const scenarioForm = v.strictObject({
  version: v.literal(1),
  run: v.optional(mapping(runForm)),
  readiness: v.optional(mapping(readinessForm)),
  probes: v.optional(v.array(mapping(probeForm))),
  dependencies: v.optional(v.objectWithRest({ compose: v.optional(composeDependency) }, containerDependency)),
  runs: v.optional(
    v.array(
      v.strictObject({
        name,
        run: v.optional(mapping(runForm)),
        readiness: v.optional(mapping(readinessForm)),
        probes: v.optional(v.array(mapping(probeForm))),
      }),
    ),
  ),
  keep: v.optional(
    mapping(
      v.strictObject({
        include: v.optional(v.array(text)),
        packages: v.optional(v.array(text)),
        ecosystems: v.optional(v.array(ecosystem)),
      }),
    ),
  ),
  drop: v.optional(
    mapping(v.strictObject({ exclude: v.optional(v.array(text)), packages: v.optional(v.array(text)) })),
  ),
});

export type ScenarioForm = v.InferOutput<typeof scenarioForm>;
