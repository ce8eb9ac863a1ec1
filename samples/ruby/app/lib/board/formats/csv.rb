# frozen_string_literal: true

require 'csv'

module Board
  module Formats
    module Csv
      def self.render(rows)
        CSV.generate { |csv| [rows.first.keys, *rows.map(&:values)].each { |row| csv << row } }
      end
    end
  end
end
