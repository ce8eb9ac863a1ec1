# frozen_string_literal: true

require 'yaml'

module Board
  module Formats
    module Yaml
      def self.render(rows) = YAML.dump(rows)
    end
  end
end
