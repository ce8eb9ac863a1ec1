export default { parcels_one: '{{count}} Paket', parcels_other: '{{count}} Pakete' };
