require 'rexml/document'

module Notes
  module Exporters
    module Xml
      def self.export(notes)
        document = REXML::Document.new('<notes/>')
        notes.each { |note| document.root.add_element('note').text = note }
        document.to_s
      end
    end
  end
end
