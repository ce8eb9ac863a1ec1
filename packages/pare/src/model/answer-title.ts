import type { Answer } from './observation.ts';

/** Title of the application's own end among the answers. */
const OWN_EXIT_TITLE = 'the command of the image';

/** What was asked, for people and to find the same question's answer in another run: `GET http://localhost:8080/`. */
export function answerTitle(answer: Answer): string {
  switch (answer.kind) {
    case 'http':
      return `${answer.method} ${answer.url}`;
    case 'exec':
      return answer.onHost === true ? `on the host: ${answer.command}` : answer.command;
    case 'exchange':
      return answer.question;
    case 'exit':
      return OWN_EXIT_TITLE;
    case 'failed':
      return answer.probe;
  }
}
