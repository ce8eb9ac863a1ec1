Note.create!(title: 'Bread', extra: { shop: 'north' }, created_at: Time.utc(2024, 7, 1, 12))
