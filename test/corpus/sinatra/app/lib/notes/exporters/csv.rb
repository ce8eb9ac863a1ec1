require 'csv'

module Notes
  module Exporters
    module Csv
      def self.export(notes) = notes.map { |note| [note].to_csv }.join
    end
  end
end
