import type { ImagePath } from '@pare/oci';
import type { Family, RuleView } from './family.ts';

/** Zones by name; `right/` counts leap seconds (nobody's default) and `posix/` is the same zones again. */
function* zones(view: RuleView): Iterable<ImagePath> {
  for (const path of view.expand('/usr/share/zoneinfo/**')) {
    if (!/^\/usr\/share\/zoneinfo\/(right|posix)(\/|$)/.test(path)) yield path;
  }
}

/** Time zones. The whole set without duplicates measures 0.6 MB (bookworm, hardlinked names counted once). */
export const timeZones: Family = {
  id: 'time-zones',
  triggers: 'always',
  rules: [
    {
      id: 'local-time',
      level: 'observed',
      keep: ['/etc/{localtime,timezone}', '/usr/share/zoneinfo/{UTC,Etc/UTC}'],
      reason: 'localtime() reads it at the first call',
      source: 'tzset(3)',
    },
    {
      id: 'configured-zone',
      level: 'observed',
      keep: (view) => configuredZone(view),
      reason: 'the zone that the image sets in TZ',
      source: 'tzset(3)',
    },
    {
      id: 'all-zones',
      level: 'used',
      keep: zones,
      reason: 'TZ is set when a container is run, and applications convert to the zones of their users',
      source: 'tzset(3); python zoneinfo; ruby tzinfo',
    },
  ],
};

function configuredZone(view: RuleView): readonly ImagePath[] {
  const zone = view.config.config.Env?.find((variable) => variable.startsWith('TZ='))?.slice('TZ='.length);
  if (zone === undefined || !/^:?[\w+-]+(\/[\w+-]+)*$/.test(zone)) return [];
  return view.expand(`/usr/share/zoneinfo/${zone.replace(/^:/, '')}`);
}
