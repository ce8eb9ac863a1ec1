import { engineSnapshot } from '@pare/testkit';
import { buildImage, perlServer, removeImages } from '../docker.ts';
import { namesFor, type Place } from './place.ts';

/** The machine's Docker engine. */
export async function openDockerPlace(): Promise<Place> {
  const { images, slim } = namesFor('docker');
  await buildTestImages(images);
  return {
    engine: 'docker',
    environment: {},
    images,
    slim,
    look: engineSnapshot,
    forgetSlim: () => removeImages(slim),
    [Symbol.asyncDispose]: () => removeImages(slim, images.works, images.fails),
  };
}

/** Builds the two images in Docker. */
export async function buildTestImages(images: Place['images']): Promise<void> {
  const dockerfile = `FROM BASE\nEXPOSE 80\nVOLUME /data\nCOPY server.pl /server.pl\nCMD ["perl","/server.pl"]`;
  await buildImage(images.works, dockerfile, { 'server.pl': perlServer(200, '<p>fine</p>') });
  await buildImage(images.fails, `FROM BASE\nVOLUME /data\nCMD ["sh","-c","echo the reason >&2; exit 3"]`);
}
