atom_feed do |feed|
  feed.title('Notes')
  Note.find_each { |note| feed.entry(note) { |entry| entry.title(note.title) } }
end
