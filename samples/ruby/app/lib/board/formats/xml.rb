# frozen_string_literal: true

require 'rexml/document'

module Board
  module Formats
    module Xml
      def self.render(rows)
        document = REXML::Document.new
        list = document.add_element('rows')
        rows.each { |row| list.add_element('row', row.transform_values(&:to_s)) }
        document.to_s
      end
    end
  end
end
