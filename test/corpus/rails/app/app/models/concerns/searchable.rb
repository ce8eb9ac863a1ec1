module Searchable
  extend ActiveSupport::Concern

  included do
    scope :matching, ->(text) { where(arel_table[:title].matches("%#{sanitize_sql_like(text)}%")) }
  end
end
