export default { parcels_one: '{{count}} paczka', parcels_few: '{{count}} paczki', parcels_other: '{{count}} paczek' };
