require 'pp'
require 'logger'
require 'ostruct'
require 'forwardable'

module Notes
  module Report
    def self.text
      out = StringIO.new
      Logger.new(out, formatter: ->(_, _, _, message) { message }).info(OpenStruct.new(notes: Store.all).pretty_inspect)
      out.string
    end
  end
end
