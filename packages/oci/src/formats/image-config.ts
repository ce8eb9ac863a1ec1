import type { HistoryEntry, ImageConfig, RunConfig } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import { parseDigest } from './digest.ts';
import { type JsonObject, listOf, objectOf, parseJson, stringOf } from './json-shape.ts';

/**
 * Reads an image config (OCI image spec, "Image JSON Description"; Docker's has more fields, which are dropped, and
 * writes absent ones as null). Throws OciError `corrupt`, or `not-an-image` where the document is something else.
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const json = objectOf(parseJson(bytes, 'the image config'), 'the image config');
  if (json.rootfs === undefined || json.architecture === undefined || json.os === undefined) {
    throw new OciError('not-an-image', 'the config lacks rootfs, architecture or os: it is no image config');
  }
  const rootfs = objectOf(json.rootfs, 'rootfs');
  return {
    ...strings(json, ['created', 'author', 'variant']),
    architecture: stringOf(json.architecture, 'architecture'),
    os: stringOf(json.os, 'os'),
    config:
      json.config === undefined || json.config === null
        ? {}
        : parseRunConfig(objectOf(json.config, 'config')),
    rootfs: {
      type: 'layers',
      diff_ids: listOf(rootfs.diff_ids, 'rootfs.diff_ids').map((digest) => parseDigest(digest, 'a diffID')),
    },
    history: listOf(json.history, 'history').map(parseHistory),
  };
}

function parseRunConfig(json: JsonObject): RunConfig {
  const healthcheck = json.Healthcheck;
  return {
    ...strings(json, ['User', 'WorkingDir', 'StopSignal']),
    ...lists(json, ['Env', 'Entrypoint', 'Cmd', 'Shell', 'OnBuild']),
    ...objects(json, ['ExposedPorts', 'Volumes']),
    ...labels(json),
    ...(healthcheck === undefined || healthcheck === null
      ? {}
      : { Healthcheck: parseHealthcheck(objectOf(healthcheck, 'Healthcheck')) }),
    ...(json.ArgsEscaped === true ? { ArgsEscaped: true } : {}),
  };
}

function parseHealthcheck(json: JsonObject): NonNullable<RunConfig['Healthcheck']> {
  const numbers = (['Interval', 'Timeout', 'StartPeriod', 'Retries'] as const).flatMap((key) =>
    typeof json[key] === 'number' ? [[key, json[key]]] : [],
  );
  return { ...lists(json, ['Test']), ...Object.fromEntries(numbers) };
}

function parseHistory(value: unknown): HistoryEntry {
  const json = objectOf(value, 'a history entry');
  return {
    ...strings(json, ['created', 'created_by', 'author', 'comment']),
    ...(json.empty_layer === true ? { empty_layer: true } : {}),
  };
}

/** The string fields that are there; Docker writes unset ones as null or as an empty string. */
function strings<Key extends string>(
  json: JsonObject,
  keys: readonly Key[],
): { readonly [K in Key]?: string } {
  const found = keys.filter((key) => json[key] !== undefined && json[key] !== null && json[key] !== '');
  return Object.fromEntries(found.map((key) => [key, stringOf(json[key], key)])) as { [K in Key]?: string };
}

function lists<Key extends string>(
  json: JsonObject,
  keys: readonly Key[],
): { readonly [K in Key]?: readonly string[] } {
  const found = keys.filter((key) => json[key] !== undefined && json[key] !== null);
  const pairs = found.map((key) => [
    key,
    listOf(json[key], key).map((item) => stringOf(item, `an item of ${key}`)),
  ]);
  return Object.fromEntries(pairs) as { [K in Key]?: readonly string[] };
}

function objects<Key extends string>(
  json: JsonObject,
  keys: readonly Key[],
): { readonly [K in Key]?: Readonly<Record<string, object>> } {
  const found = keys.filter((key) => json[key] !== undefined && json[key] !== null);
  const pairs = found.map((key) => {
    const names = Object.keys(objectOf(json[key], key));
    return [key, Object.fromEntries(names.map((name) => [name, {}]))];
  });
  return Object.fromEntries(pairs) as { [K in Key]?: Record<string, object> };
}

function labels(json: JsonObject): { readonly Labels?: Readonly<Record<string, string>> } {
  if (json.Labels === undefined || json.Labels === null) return {};
  const pairs = Object.entries(objectOf(json.Labels, 'Labels'));
  return {
    Labels: Object.fromEntries(pairs.map(([key, value]) => [key, stringOf(value, `the label ${key}`)])),
  };
}
