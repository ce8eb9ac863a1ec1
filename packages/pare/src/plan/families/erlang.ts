import type { ImagePath } from '@pare/oci';
import { parentOf } from '../system-paths.ts';
import type { Family, RuleView } from './family.ts';

/** Applications of Erlang/OTP that code calls without declaring them, by the habits of its libraries. */
const habitual =
  'kernel,stdlib,sasl,crypto,public_key,asn1,ssl,compiler,inets,runtime_tools,syntax_tools,os_mon,mnesia,tools,xmerl,eldap,elixir,logger,eex,iex,mix';

/**
 * Erlang/OTP and Elixir. `beam.smp` lies in `ROOT/erts-VERSION/bin`; a module is a file that is loaded at its first call.
 * The habitual applications measure 14 MB of OTP's 60.
 */
export const erlang: Family = {
  id: 'erlang',
  triggers: ['/**/erts-*/bin/beam*'],
  runtime: [
    '/usr/local/lib/{erlang,elixir}/**',
    '/usr/local/bin/{erl,erlc,escript,epmd,elixir,elixirc,iex,mix,run_erl,to_erl}',
  ],
  drops: ['/**/lib/*/{src,doc,c_src,examples,test,asn1}/**', '/**/erts-*/{doc,include,lib,man,src}/**'],
  rules: [
    {
      id: 'runtime-system',
      level: 'observed',
      keep: (view) => below(view, (root) => [`${root}/erts-*/bin/*`, `${root}/releases/**`, `${root}/bin/*`]),
      reason: 'boot files, helpers (epmd, inet_gethost, erl_child_setup) and release settings',
      source: 'erl(1), release handling in "OTP Design Principles"; Mix.Release docs',
    },
    {
      id: 'habitual-applications',
      level: 'used',
      keep: (view) => below(view, (root) => [`${root}/lib/{${habitual}}{-*,}/{ebin,priv,include}/**`]),
      reason: 'modules are loaded one by one at their first call',
      source: 'code(3erl), "Interactive mode"',
    },
  ],
};

function* below(view: RuleView, globsOf: (root: ImagePath) => readonly string[]): Iterable<ImagePath> {
  const roots = new Set(view.triggeredBy.map((path) => parentOf(parentOf(parentOf(path)))));
  for (const root of roots) for (const glob of globsOf(root)) yield* view.expand(glob);
}
