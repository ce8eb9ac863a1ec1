class CountJob < ActiveJob::Base
  class << self
    attr_accessor :last
  end

  def perform(number) = self.class.last = number + 1
end
