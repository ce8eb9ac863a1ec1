class Note < ApplicationRecord
  include Searchable

  validates :title, length: { minimum: 3 }
  before_save { self.title = title.titleize }
end
