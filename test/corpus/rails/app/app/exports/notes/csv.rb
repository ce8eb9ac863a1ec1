require 'csv'

module Notes
  class Csv
    def initialize(notes) = @notes = notes

    def to_s = CSV.generate { |csv| @notes.each { |note| csv << [note.id, note.title] } }
  end
end
