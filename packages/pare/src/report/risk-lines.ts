import type { RiskEstimate } from '../model/risk.ts';
import { formatItems, formatPercent } from './format.ts';
import { printable } from './terminal-text.ts';

const packagesNamed = 3;

/** What is known of what nobody probed, a sentence each, most important first. */
export function riskLines(risk: RiskEstimate): readonly string[] {
  return [
    ...nextProbeLines(risk),
    ...heldOutLines(risk),
    ...sampledRunLines(risk.sampledRuns),
    ...partlyLines(risk),
  ];
}

function nextProbeLines({ discovery, nextProbe, unseen }: RiskEstimate): readonly string[] {
  const probes = discovery.length - 1;
  if (nextProbe === undefined) {
    const least = unseen.kind === 'too-few-probes' ? unseen.least : 0;
    return [`${formatItems(probes, 'probe')} cannot tell what further ones would use (${least} can)`];
  }
  const { chanceAtMost, finding } = nextProbe;
  const found =
    finding === 0
      ? `The last ${nextProbe.probes} of ${probes} probes used no file that none before had`
      : `${finding} of the last ${nextProbe.probes} probes used files that none before had (${Number(nextProbe.newFiles.toFixed(1))} each)`;
  return [
    `${found}; one more like them does with a chance of at most ${formatPercent(chanceAtMost)}`,
    ...unseenLines(unseen),
  ];
}

function unseenLines(unseen: RiskEstimate['unseen']): readonly string[] {
  if (unseen.kind === 'not-levelling-off')
    return ['The later probes found as many new files as the earlier: there is no telling how many are left'];
  if (unseen.kind === 'too-few-probes' || unseen.files === 0) return [];
  return [
    `At least ${formatItems(unseen.files, 'file')} would be used by further probes like these, by estimate`,
  ];
}

function heldOutLines({ heldOut }: RiskEstimate): readonly string[] {
  if (heldOut === undefined || heldOut.used === 0) return [];
  return [
    `${heldOut.keptAnyway} of the ${formatItems(heldOut.used, 'file')} that the last ${heldOut.probes} probes were the first to use are kept without them too`,
  ];
}

/** What a further run of the same kind would use, as far as merged observations tell. */
export function sampledRunLines(sampled: RiskEstimate['sampledRuns']): readonly string[] {
  if (sampled === undefined) return [];
  const { coverage, observations, once, unseen } = sampled;
  return [
    `${observations} runs: about ${formatPercent(coverage)} of what a further one uses is known (${formatItems(once, 'file')} in one run alone); ${
      unseen === 0
        ? 'none is estimated to be unseen'
        : `at least ${formatItems(unseen, 'file')} unseen, by estimate`
    }`,
  ];
}

function partlyLines({ partlyExercised }: RiskEstimate): readonly string[] {
  if (partlyExercised.length === 0) return [];
  const named = partlyExercised
    .slice(0, packagesNamed)
    .map(({ name, keptFiles, usedFiles }) => `${printable(name)} ${usedFiles}/${keptFiles} files`);
  const more = partlyExercised.length > packagesNamed ? ', …' : '';
  return [
    `${formatItems(partlyExercised.length, 'kept package was', 'kept packages were')} exercised only in part (${named.join(', ')}${more})`,
  ];
}
