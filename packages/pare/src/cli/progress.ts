import pc from 'picocolors';
import type { Progress, Stage } from '../ports/progress.ts';

/** A progress view and how it ends: the last frame stays on the screen. */
export interface ProgressView extends Progress {
  close(): void;
}

/** How progress is shown: `live` redraws in place, `plain` appends lines, `silent` shows warnings alone. */
export type ProgressMode = 'live' | 'plain' | 'silent';

interface Output {
  write(text: string): unknown;
}

/** Picks the view for a terminal, a log file or `--quiet`. Draws on stderr, so that stdout stays for results. */
export async function openProgress(mode: ProgressMode, output: NodeJS.WriteStream): Promise<ProgressView> {
  if (mode !== 'live') return plainProgress(output, mode === 'silent');
  const { createLogUpdate } = await import('log-update');
  return liveProgress(createLogUpdate(output), () => performance.now());
}

/** One line for each end of a stage and each note. */
export function plainProgress(output: Output, silent = false): ProgressView {
  const line = (text: string) => {
    if (!silent) output.write(`${text}\n`);
  };
  return {
    stage(title): Stage {
      line(`… ${title}`);
      return {
        update: () => {},
        done: (summary) => line(`✔ ${title}${summary === undefined ? '' : `: ${summary}`}`),
        failed: (summary) => line(`✖ ${title}${summary === undefined ? '' : `: ${summary}`}`),
      };
    },
    note: line,
    warn: (message) => void output.write(`warning: ${message}\n`),
    close: () => {},
  };
}

/** What log-update gives: draws over the last frame, and keeps it. */
interface Screen {
  (text: string): void;
  persist(text: string): void;
  done(): void;
}

interface LiveStage {
  readonly title: string;
  readonly startMs: number;
  detail: string;
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

/** Running stages spin at the bottom; ended ones scroll up above them. */
export function liveProgress(screen: Screen, now: () => number): ProgressView {
  const running = new Set<LiveStage>();
  let frame = 0;
  const draw = () => {
    frame += 1;
    const glyph = pc.cyan(spinner[frame % spinner.length] ?? '');
    screen(
      [...running].map((stage) => `${glyph} ${stage.title} ${pc.dim(stageTail(stage, now()))}`).join('\n'),
    );
  };
  const timer = setInterval(draw, frameMs);
  timer.unref();
  const keep = (text: string) => {
    screen.persist(text);
    draw();
  };
  return {
    stage(title): Stage {
      const stage: LiveStage = { title, startMs: now(), detail: '' };
      running.add(stage);
      draw();
      const end = (mark: string, summary: string | undefined) => {
        running.delete(stage);
        keep(
          `${mark} ${title}${summary === undefined ? '' : ` ${pc.dim(summary)}`} ${pc.dim(seconds(now() - stage.startMs))}`,
        );
      };
      return {
        update(detail) {
          stage.detail = detail;
        },
        done: (summary) => end(pc.green('✔'), summary),
        failed: (summary) => end(pc.red('✖'), summary),
      };
    },
    note: (message) => keep(`${pc.blue('•')} ${message}`),
    warn: (message) => keep(`${pc.yellow('!')} ${message}`),
    close() {
      clearInterval(timer);
      screen('');
      screen.done();
    },
  };
}

function stageTail(stage: LiveStage, nowMs: number): string {
  const elapsed = seconds(nowMs - stage.startMs);
  return stage.detail === '' ? elapsed : `${stage.detail} ${elapsed}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
