import type { Verification } from '../model/verification.ts';
import { formatItems } from './format.ts';
import { renderDifferences } from './terminal-failure.ts';
import { labelledRow, printable, type TerminalOptions, terminalStyle } from './terminal-text.ts';

/** `pare verify` as a person reads it. */
export function renderVerification(verification: Verification, options: TerminalOptions): string {
  const style = terminalStyle(options);
  const { against, image, profile, verdict } = verification;
  const { colors, signs } = style;
  const row = (label: string, text: string) => labelledRow(label, [text], style);
  const name = colors.bold(printable(image.reference));
  const profiles = {
    report: 'of the report',
    file: 'of the file',
    none: 'none: the usual one of the engine',
  };
  const other = printable(against.reference);
  return [
    '',
    verdict.passed
      ? `${colors.green(signs.yes)} ${name} answers as ${other} does`
      : `${colors.red(signs.no)} ${name} does not answer as ${other} does`,
    '',
    ...row(
      'compared',
      `${formatItems(verdict.compared, 'answer')}, ${formatItems(verdict.differences.length, 'difference')}`,
    ),
    ...row('with', against.kind === 'image' ? `a run of ${other}` : printable(against.path)),
    ...row('seccomp', profiles[profile]),
    '',
    ...(verdict.passed ? [] : renderDifferences(verification, advice(verification), style)),
    '',
  ].join('\n');
}

function advice({ against, lacking, profileAtFault }: Verification): readonly string[] {
  return [
    ...(profileAtFault ? ['Build it again with a scenario that makes the calls which are refused'] : []),
    ...(lacking.length > 0
      ? [
          'Build it again with the paths above: --include, or keep.include in pare.yaml',
          'See why they went: pare why',
        ]
      : ['Build it again with this scenario: pare build --scenario']),
    ...(against.kind === 'report'
      ? ['If the application was changed on purpose, compare with its fat image: --fat']
      : []),
  ];
}
